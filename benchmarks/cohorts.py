"""Whole cohorts with torch's residual blocks and with compiled ones, in one process on one thread.

    python benchmarks/cohorts.py --precision bfloat16

Simulated data, the study's network: a baseline and six transfers for each size, trained for two
epochs, scored on validation windows after each, tested. Seconds are those of the processor, so that
other work on the machine changes little.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from grid import in_precision, make_grid
from rich.console import Console
from rich.table import Table

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.executors.processes import keep_freed_memory
from crosswear.engine.grouping import group
from crosswear.engine.task import Task
from crosswear.networks.kernels import SWITCH, implementation

CONSOLE = Console(width=100)


def spent(tasks: list[Task], way: str) -> float:
    """Seconds of the processor to train and test cells with `torch` or a compiled version."""
    os.environ[SWITCH] = "off" if way == "torch" else way
    implementation.cache_clear()
    trainer = CohortTrainer()
    begun = time.process_time()
    for cohort in group(tasks, "cpu"):
        trainer(cohort)
    return time.process_time() - begun


def main(
    sizes: Annotated[list[int], typer.Option("--size")] = [20, 100, 400],  # noqa: B006
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
) -> None:
    """Measure and print."""
    version = implementation()
    if version == "torch":
        sys.exit("there are no compiled blocks: no compiler, another processor, or switched off")
    keep_freed_memory()
    table = Table("size", "torch (s)", f"{version} (s)", "ratio", title=precision)
    with tempfile.TemporaryDirectory() as folder:
        grid = make_grid(Path(folder), ModelConfig(), 0.4, epochs=1)
        for size in sizes:
            plain = grid.tasks(size, (0, 3), 1, TrainConfig(epochs=2))
            tasks = [in_precision(task, precision) for task in plain]
            theirs, ours = (spent(tasks, way) for way in ("torch", version))
            row = (f"{size}", f"{theirs:.1f}", f"{ours:.1f}", f"{theirs / ours:.2f}")
            CONSOLE.print(" ".join(row))
            table.add_row(*row)
    CONSOLE.print(table)


if __name__ == "__main__":
    typer.run(main)
