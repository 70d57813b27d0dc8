"""Cohorts on the workers of a cluster.

A worker needs this package and nothing else. Prepared domains, source networks and encoders are
sent to it when a cohort first needs them; outcomes come back and are written by the one who asked.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.device import DEVICES
from crosswear.engine.dispatch import CohortExecutor, attempt
from crosswear.engine.executors.dask import ClusterWork, cluster, folder_of
from crosswear.engine.executors.processes import keep_freed_memory
from crosswear.engine.task import Cohort, Failure, Outcome, Task
from crosswear.grid.experiment import CELL_SCHEMA


def training_cluster(
    address: str, device: str, workers: int
) -> AbstractContextManager[CohortExecutor]:
    """Return the workers of a cluster, which train.

    Args:
        address: see `crosswear.engine.executors.dask.cluster`.
        device: where each worker trains.
        workers: how many to start, for `local`.
    """
    work = ClusterWork(about(device), set_up, (device,), train, _needs, _as_asked)
    return cluster(address, workers, work)


def about(device: str) -> str:
    """Return what must be the same here and on a worker, in one line."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("crosswear", "torch")]
    return ", ".join((*versions, f"cells of schema {CELL_SCHEMA}", f"device {device}"))


@dataclass
class WorkerState:
    """Belongings of a worker: a folder for files, and its trainer with its cached inputs."""

    folder: Path
    train: CohortTrainer


def set_up(client: str, device: str, dask_worker: Any) -> str:
    """On a worker: begin anew for a client; returns what it is."""
    keep_freed_memory()
    folder = folder_of(client, dask_worker)
    shutil.rmtree(folder, ignore_errors=True)
    dask_worker.crosswear = WorkerState(folder, CohortTrainer(device))
    return about(device if DEVICES[device].available() else "cpu only")


def train(client: str, cohort: Cohort) -> list[Outcome | Failure]:
    """On a worker: train a cohort from the files that were sent before."""
    from distributed import get_worker

    torch.set_num_threads(1)
    worker: Any = get_worker()
    desk: WorkerState = worker.crosswear
    folder = desk.folder.parent / client

    def here(task: Task) -> Task:
        source = task.source
        if source is not None:
            source = folder / "sources" / source.stem / source.name
        encoders = tuple(folder / "encoders" / known for known in task.cell.encoder_digests)
        target, *others = (
            folder / "domains" / one.name for one in (task.target, *task.source_domains)
        )
        return replace(
            task, target=target, source=source, source_domains=tuple(others), encoders=encoders
        )

    return attempt(desk.train, tuple(here(task) for task in cohort))


def _needs(cohort: Cohort) -> dict[str, list[Path]]:
    """Files that a worker must have, by the folder below its own that they belong in."""
    domains = {folder for task in cohort for folder in (task.target, *task.source_domains)}
    needs = {f"domains/{folder.name}": sorted(folder.iterdir()) for folder in domains}
    for task in cohort:
        for known, folder in zip(task.cell.encoder_digests, task.encoders, strict=True):
            needs[f"encoders/{known}"] = sorted(folder.iterdir())
    for path in {task.source for task in cohort if task.source}:
        needs[f"sources/{path.stem}"] = [path, path.with_suffix(".json")]
    return needs


def _as_asked(cohort: Cohort, outcomes: list[Outcome | Failure]) -> list[Outcome | Failure]:
    """Outcomes with the tasks as we know them: a worker has other paths."""
    tasks = {task.key: task for task in cohort}
    return [replace(outcome, task=tasks[outcome.task.key]) for outcome in outcomes]
