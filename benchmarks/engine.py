"""The cohort trainer against a plain loop and the reference trainer: same cells, same run.

    python benchmarks/engine.py

Simulated data. Every size has a baseline and 3 sources with 0 to 5 frozen blocks. The plain loop is
what one would write with torch alone (`plain.py`); the reference has crosswear's network, layouts
and all. Both train one cell after the other with torch's default threads; the cohort trainer has
one process of one thread for each processor. `GFLOP/s` counts what is computed (frozen blocks once
are not), as if convolved without tiles, and is compared with products of 1024 × 1024 matrices. The
seconds of a size are those of its cells by their records, shared by the workers; the last lines are
the overall ratios, by the clock.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import torch
import typer
from grid import Grid, in_precision, make_grid
from plain import train_plainly
from rich.console import Console
from rich.table import Table

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import CohortExecutor, run_cohorts
from crosswear.engine.executors.local import this_machine
from crosswear.engine.executors.processes import available_workers
from crosswear.engine.grouping import group
from crosswear.engine.task import Failure, Task
from crosswear.engine.work import work_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from reference_trainer import train_cell

BLOCKS = (0, 1, 2, 3, 4, 5)
HOP_S = 0.4
SMALL = ModelConfig(filters=(16, 16, 16))
CONSOLE = Console(width=100)


def seconds(call: Callable[..., object], *arguments: object) -> float:
    """Return the seconds that a call takes."""
    begun = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - begun


def matrix_rate(dtype: torch.dtype) -> float:
    """Floating-point operations per second of a matrix product on all processors."""
    one, other = (torch.randn(1024, 1024, dtype=dtype) for _ in range(2))
    times = [seconds(torch.matmul, one, other) for _ in range(60)]
    return 2 * 1024**3 / sorted(times)[len(times) // 2]


def one_by_one(train: Callable[[Task, str], object], tasks: list[Task], device: str) -> float:
    """The seconds that a loop over cells takes."""
    begun = time.perf_counter()
    for task in tasks:
        train(task, device)
    return time.perf_counter() - begun


def train_all(
    tasks: list[Task], executor: CohortExecutor, workers: int, device: str
) -> dict[int, float]:
    """Train all cells with a running executor; return the seconds of a worker by size."""
    spent: dict[int, float] = defaultdict(float)
    for outcome in run_cohorts(group(tasks, device, workers), nullcontext(executor)):
        if isinstance(outcome, Failure):
            raise RuntimeError(outcome.traceback)
        spent[outcome.task.cell.size] += outcome.timing.train_s + outcome.timing.test_s
    return spent


def compare(
    grid: Grid,
    tasks: dict[int, list[Task]],
    loops: dict[str, dict[int, float]],
    executor: CohortExecutor,
    processes: int,
    device: str,
    precisions: list[str],
) -> list[str]:
    """Print a table of the sizes for each precision; returns the overall ratios."""
    times = [heading for name in loops for heading in (f"{name} s", "ratio")]
    columns = ("size", "cells", "cohort s", *times, "GFLOP/s", "of matrix rate")
    lines = []
    for name in precisions:
        matrix = matrix_rate(getattr(torch, name))
        title = f"cohort trainer in {name}; matrix product {matrix / 1e9:.0f} GFLOP/s"
        table = Table(*columns, title=title)
        same = [in_precision(task, name) for some in tasks.values() for task in some]
        begun = time.perf_counter()
        spent = train_all(same, executor, processes, device)
        wall = time.perf_counter() - begun
        for size in tasks:
            took = spent[size] / processes
            works = [work_of(task, grid.target.summary) for task in tasks[size]]
            rate = 2 * sum(work.training + work.scoring for work in works) / took
            table.add_row(
                *(str(size), str(len(works)), f"{took:.1f}"),
                *(text for loop in loops.values() for text in _against(loop[size], took)),
                *(f"{rate / 1e9:.0f}", f"{rate / matrix:.0%}"),
            )
        CONSOLE.print(table)
        ratios = (f"{_against(sum(loop.values()), wall)[1]} × {n}" for n, loop in loops.items())
        lines.append(f"{name}, all in {wall:.0f} s: {', '.join(ratios)}")
    return lines


def _against(loop: float, took: float) -> tuple[str, str]:
    return f"{loop:.1f}", f"{loop / took:.2f}"


def scaling(grid: Grid, workers: int) -> None:
    """Print cells per second against the number of cells and of workers (a small network)."""
    table = Table("cells", *(f"{n} worker(s), cells/s" for n in range(1, workers + 1)))
    train = TrainConfig(epochs=2, selection="last")
    rows: dict[int, list[str]] = {10: [], 100: [], 1000: []}
    for count in range(1, workers + 1):
        with this_machine(CohortTrainer(), count) as executor:
            train_all(grid.tasks(20, (), 8, train), executor, count, "cpu")  # the processes are up
            for cells, row in rows.items():
                took = seconds(train_all, grid.tasks(20, (), cells, train), executor, count, "cpu")
                row.append(f"{cells / took:.1f}")
    for cells, row in rows.items():
        table.add_row(str(cells), *row)
    CONSOLE.print(table)


def main(
    sizes: Annotated[list[int], typer.Option("--size")] = [20, 100, 400, 2000],  # noqa: B006
    epochs: Annotated[int, typer.Option()] = 10,
    workers: Annotated[int | None, typer.Option()] = None,
    device: Annotated[str, typer.Option()] = "cpu",
    precisions: Annotated[list[str], typer.Option("--precision")] = ["float32", "bfloat16"],  # noqa: B006
) -> None:
    """Measure and print."""
    processes = workers or (available_workers() if device == "cpu" else 1)
    with tempfile.TemporaryDirectory() as folder:
        grid = make_grid(Path(folder), ModelConfig(), HOP_S, epochs=1)
        windows = grid.target.summary.split.windows
        CONSOLE.print(f"windows of the target: {windows}; {epochs} epochs; {processes} worker(s)")
        tasks = {size: grid.tasks(size, BLOCKS, 1, TrainConfig(epochs=epochs)) for size in sizes}
        one_by_one(train_plainly, tasks[sizes[0]][:1], device)  # what is done once, is done
        loops: dict[str, dict[int, float]] = {"plain": {}, "reference": {}}
        for name, train in (("plain", train_plainly), ("reference", train_cell)):
            for size in sizes:
                loops[name][size] = one_by_one(train, tasks[size], device)
                CONSOLE.print(f"{name}, size {size}: {loops[name][size]:.1f} s")
        with this_machine(CohortTrainer(device), processes) as executor:
            train_all(grid.tasks(20, (), 20, TrainConfig(epochs=1)), executor, processes, device)
            lines = compare(grid, tasks, loops, executor, processes, device, precisions)
        # Last: one worker changes how this process keeps memory, which the reference must not.
        if device == "cpu":
            small = make_grid(Path(folder) / "small", SMALL, 2.0, epochs=1)
            scaling(small, processes)
    here, worker = (
        resource.getrusage(who).ru_maxrss / 2**20
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    CONSOLE.print(
        f"peak memory: {here:.2f} GB here, {worker:.2f} GB in each of {processes} workers"
    )
    CONSOLE.print("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)
