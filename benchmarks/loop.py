"""Time of a study as a loop over the reference trainer, estimated from a sample of its cells.

    python benchmarks/loop.py studies/wrist.toml --out runs/wrist --data DATA

`--out` is the study's finished run, whose source networks the sampled cells start from. Random
networks of each size are trained by the reference as a loop would: one after the other, torch's
default threads, float32. Source networks are too few to sample: each is trained for a tenth of its
epochs. Baselines are fitted in the same way by both, so their seconds are those of the records,
which one thread took. Prints the estimate with the standard error of the sample, beside what the
run's records add up to.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated

import numpy as np
import typer
from engine import seconds
from grid import in_precision
from rich.console import Console
from rich.progress import track
from rich.table import Table

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.output import print_note
from crosswear.engine.task import Task
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.study.load import load_study
from crosswear.study.pending import pending_tasks
from crosswear.study.precision import kept_precision
from crosswear.study.read import read_study

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from reference_trainer import train_cell

SHORTER = 10


def reference_seconds(task: Task) -> float:
    """One cell, alone."""
    return seconds(train_cell, in_precision(task, "float32"))


def source_seconds(task: Task) -> float:
    """One source network, from a tenth of its epochs."""
    if task.cell.train is None:
        raise ValueError("a source cell has train settings")
    train = replace(task.cell.train, epochs=max(1, task.cell.train.epochs // SHORTER))
    few = replace(task, cell=replace(task.cell, train=train))
    return reference_seconds(few) * task.cell.train.epochs / train.epochs


def estimate(tasks: list[Task], sampled: list[Task]) -> tuple[float, float]:
    """Seconds of all tasks by those of a sample, and the standard error."""
    each = [reference_seconds(task) for task in track(sampled, transient=True)]
    error = stdev(each) / math.sqrt(len(each)) if len(each) > 1 else 0.0
    left_out = 1 - len(sampled) / len(tasks)
    return mean(each) * len(tasks), error * len(tasks) * math.sqrt(left_out)


def main(
    study: Annotated[Path, typer.Argument()],
    out: Annotated[Path, typer.Option()],
    data: Annotated[Path | None, typer.Option()] = None,
    cache: Annotated[Path, typer.Option()] = DEFAULT_CACHE,
    sample: Annotated[int, typer.Option(min=2)] = 8,
) -> None:
    """Measure and print."""
    store = Store(out)
    opened = kept_precision(load_study(*read_study(study), data, cache, print_note), store)
    console = Console(width=100)
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in pending_tasks(opened, store, ()):
        cell = task.cell
        kind = f"{cell.size} windows" if cell.role is Role.NETWORK else cell.method
        groups[kind].append(task)
    source_seconds(groups["source"][0])  # what is done once, is done
    chance = np.random.default_rng(2019)
    table = Table("cells", "number", "sampled", "reference s", "standard error", "by the records s")
    found = []
    for kind, tasks in groups.items():
        timings = [store.read(task.key).timing for task in tasks]
        recorded = sum(timing.train_s + timing.test_s for timing in timings)
        took, error, sampled = recorded, 0.0, 0
        if kind == "source":
            took = sum(source_seconds(task) for task in tasks)
        elif tasks[0].cell.role is Role.NETWORK:
            chosen = [tasks[n] for n in chance.permutation(len(tasks))[:sample]]
            (took, error), sampled = estimate(tasks, chosen), len(chosen)
        found.append((took, error, recorded))
        console.print(f"{kind}: {took:.0f} s by the reference, {recorded:.0f} s by the records")
        table.add_row(
            *(kind, str(len(tasks)), str(sampled or "")),
            *(f"{took:.0f}", f"{error:.0f}" if error else "", f"{recorded:.0f}"),
        )
    took_all, errors, recorded_all = zip(*found, strict=True)
    console.print(table)
    console.print(f"records: {sum(recorded_all):.0f} s of one worker")
    console.print(
        f"loop: {sum(took_all) / 3600:.2f} h, standard error {math.hypot(*errors) / 3600:.2f} h"
    )


if __name__ == "__main__":
    typer.run(main)
