"""Scores of source networks on their own domain, split by split, beside a random forest.

    python benchmarks/sources.py --data DATA --splits 3 --workers 2

Prints micro-F1 on the test subset of each split, and the means.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.baselines import BUNDLED
from crosswear.cli.output import print_note
from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import run_cohorts
from crosswear.engine.executors.local import this_machine
from crosswear.engine.task import Failure, Task
from crosswear.grid.experiment import Cell
from crosswear.signal.metrics import micro_f1

DATASETS = ["dsads", "selfback", "wharf", "actrectut"]


def forest(domain: Domain) -> float:
    """Micro-F1 of the baseline."""
    train, test = domain.indices(Subset.TRAIN), domain.indices(Subset.TEST)
    x, y = domain.windows.x, domain.windows.y
    rate_hz = PreparationConfig().rate_hz
    fitted = BUNDLED["forest"].fit(x[train], y[train], len(domain.classes), rate_hz, 0)
    return float((fitted.scores(x[test]).argmax(axis=1) == y[test]).mean())


def main(
    data: Annotated[Path, typer.Option()],
    splits: Annotated[int, typer.Option()] = 3,
    epochs: Annotated[int, typer.Option()] = 40,
    workers: Annotated[int, typer.Option()] = 2,
    datasets: Annotated[list[str], typer.Option("--dataset")] = DATASETS,
) -> None:
    """Train and print."""
    domains: dict[str, Domain] = {}
    tasks = []
    for name in datasets:
        for split in range(splits):
            config = PreparationConfig(split=split)
            domain = prepare(name, data, config, DEFAULT_CACHE)
            key = f"{name} {split}"
            domains[key] = domain
            train = TrainConfig(epochs=epochs)
            size = domain.summary.split.windows[0]
            cell = Cell("source", name, 2019, size, model=ModelConfig(), train=train)
            tasks.append(Task(cell, key, domain.folder))
    cohorts = [(task,) for task in tasks]
    scores = {}
    for outcome in run_cohorts(cohorts, this_machine(CohortTrainer(), workers)):
        if isinstance(outcome, Failure):
            print_note(outcome.traceback)
            continue
        scores[outcome.task.key] = float(micro_f1(np.array(outcome.result.confusion)))
    table = Table("dataset", *(f"split {n}" for n in range(splits)), "mean", title="micro-F1")
    for name in datasets:
        keys = [f"{name} {split}" for split in range(splits)]
        for label, values in (
            ("network", [scores[key] for key in keys]),
            ("forest", [forest(domains[key]) for key in keys]),
        ):
            figures = [*values, float(np.mean(values))]
            table.add_row(f"{name}, {label}", *(f"{figure:.3f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
