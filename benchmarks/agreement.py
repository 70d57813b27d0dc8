"""Do the two trainers say the same? Paired over the cells of a grid, five seeds, simulated data.

    python benchmarks/agreement.py

Prints, for each precision of the cohort trainer, the mean difference of micro-F1 from the reference
(in float32) with its 95 % interval, and beside it how much seeds differ.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from grid import Grid, in_precision, make_grid
from rich.console import Console
from rich.table import Table
from scipy import stats

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import run_cohorts
from crosswear.engine.executors.local import this_machine
from crosswear.engine.executors.processes import available_workers
from crosswear.engine.grouping import group
from crosswear.engine.task import Cohort, Failure, Outcome, Task, Trainer
from crosswear.signal.metrics import micro_f1

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from reference_trainer import train_cell

BLOCKS = (0, 3, 5)


def one_by_one(cohort: Cohort) -> list[Outcome]:
    """The reference trainer."""
    return [train_cell(task) for task in cohort]


def scores(tasks: list[Task], train: Trainer, cohorts: list[Cohort]) -> np.ndarray:
    """Micro-F1 in per cent, in the order of the tasks."""
    found = {}
    for outcome in run_cohorts(cohorts, this_machine(train, available_workers())):
        if isinstance(outcome, Failure):
            raise RuntimeError(outcome.traceback)
        found[outcome.task.key] = 100 * float(micro_f1(np.array(outcome.result.confusion)))
    return np.array([found[task.key] for task in tasks])


def compare(grid: Grid, size: int, seeds: int, epochs: int, table: Table) -> None:
    """One size: a row for each precision."""
    tasks = grid.tasks(size, BLOCKS, seeds, TrainConfig(epochs=epochs))
    expected = scores(tasks, one_by_one, [(task,) for task in tasks])
    across = expected.reshape(seeds, -1).std(axis=0, ddof=1).mean()
    for precision in ("float32", "bfloat16"):
        same = [in_precision(task, precision) for task in tasks]
        difference = scores(same, CohortTrainer(), group(same, "cpu")) - expected
        # Cells of one seed share draw and weights: a seed is one observation.
        seed_means = difference.reshape(seeds, -1).mean(axis=1)
        test = stats.ttest_1samp(seed_means, 0.0)
        low, high = test.confidence_interval(0.95)
        row = (
            *(str(size), precision, str(len(tasks)), f"{difference.mean():+.2f}"),
            *(f"{low:+.2f} to {high:+.2f}", f"{test.pvalue:.2f}", f"{difference.std():.2f}"),
            f"{across:.2f}",
        )
        print(*row, sep="  ", flush=True)  # the table comes hours later
        table.add_row(*row)


def main(
    seeds: Annotated[int, typer.Option()] = 5,
    epochs: Annotated[int, typer.Option()] = 20,
    sizes: Annotated[list[int], typer.Option("--size")] = [20, 100, 400],  # noqa: B006
) -> None:
    """Measure and print."""
    table = Table(
        *("size", "precision", "cells", "mean difference, points", "95 % interval", "p"),
        *("SD of differences", "SD of seeds"),
    )
    with tempfile.TemporaryDirectory() as name:
        grid = make_grid(Path(name), ModelConfig(), 2.0, epochs=10)
        for size in sizes:
            compare(grid, size, seeds, epochs, table)
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
