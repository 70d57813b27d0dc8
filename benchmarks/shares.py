"""Shares of a cohort's time: residual blocks, dense layers, spectral branch, copies, and the rest.

    python benchmarks/shares.py

The cells of `cohorts.py`, trained for five epochs; one thread.
torch's profiler notes the time of each operation. What no operation takes is Python, and the
profiler itself. Only compiled blocks can be distinguished from the spectral branch.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from grid import in_precision, make_grid
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile, record_function

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.executors.processes import keep_freed_memory
from crosswear.engine.grouping import group
from crosswear.engine.task import Task
from crosswear.networks.kernels import implementation, residual
from crosswear.networks.kernels.masks import Masks

CONSOLE = Console(width=100)
KINDS = {
    "residual blocks": ("compiled block",),
    "dropout masks": ("compiled mask",),
    "optimiser": ("adam", "optimizer"),
    "spectral branch": ("conv",),
    "dense layers": ("bmm", "addmm", "::mm", "_product"),
    "batch norm": ("batch_norm",),
    "copies": ("copy_", "cat", "index", "_to_copy", "contiguous", "clone", "stack"),
}
"""Parts of the names of operations."""


def noted(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Let the profiler see a call of compiled code."""

    def wrapped(*arguments: Any) -> Any:
        with record_function(name):
            return call(*arguments)

    return wrapped


def shares(tasks: list[Task]) -> dict[str, float]:
    """Shares of the time that cells take, by kind."""
    trainer = CohortTrainer()
    cohorts = group(tasks, "cpu")
    trainer(cohorts[0])  # what is slow only once
    with profile(activities=[ProfilerActivity.CPU]) as found:
        begun = time.perf_counter()
        for cohort in cohorts:
            trainer(cohort)
        total = time.perf_counter() - begun
    spent: Counter[str] = Counter()
    for event in found.key_averages():
        name = event.key.lower()
        kinds = (kind for kind, parts in KINDS.items() if any(part in name for part in parts))
        spent[next(kinds, "other operations")] += event.self_cpu_time_total / 1e6
    spent["Python and profiler"] = total - spent.total()
    return {kind: seconds / total for kind, seconds in spent.items()}


def main(
    sizes: Annotated[list[int], typer.Option("--size")] = [20, 100, 400, 2000],  # noqa: B006
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
) -> None:
    """Measure and print."""
    if implementation(precision) == "torch":
        sys.exit("blocks are not compiled: the profiler cannot separate them from the spectrum")
    torch.set_num_threads(1)
    keep_freed_memory()
    residual._call = noted(residual._call, "compiled block")
    Masks.draw = noted(Masks.draw, "compiled mask")  # type: ignore[method-assign]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        grid = make_grid(Path(folder), ModelConfig(), 0.4, epochs=1)
        for size in sizes:
            tasks = grid.tasks(size, (0, 3), 1, TrainConfig(epochs=5))
            found[size] = shares([in_precision(task, precision) for task in tasks])
            CONSOLE.print(f"{size} windows: done")
    table = Table("share of the time", *map(str, sizes), title=precision)
    for kind in (*KINDS, "other operations", "Python and profiler"):
        table.add_row(kind, *(f"{found[size].get(kind, 0.0):.0%}" for size in sizes))
    CONSOLE.print(table)


if __name__ == "__main__":
    typer.run(main)
