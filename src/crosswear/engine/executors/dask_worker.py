"""Parts that run on a worker of a cluster: its files, and its trainer with its cached inputs."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from crosswear.core.files import new_folder
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.device import DEVICES
from crosswear.engine.dispatch import attempt
from crosswear.engine.executors.local import keep_freed_memory
from crosswear.engine.task import Cohort, Failure, Outcome, Task
from crosswear.grid.experiment import CELL_SCHEMA


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
    folder = Path(dask_worker.local_directory) / "crosswear" / client
    shutil.rmtree(folder, ignore_errors=True)
    dask_worker.crosswear = WorkerState(folder, CohortTrainer(device))
    return about(device if DEVICES[device].available() else "cpu only")


def receive(client: str, name: str, files: Mapping[str, bytes], dask_worker: Any) -> None:
    """On a worker: write files that a cohort will need."""
    with new_folder(Path(dask_worker.local_directory) / "crosswear" / client / name) as temporary:
        for file, content in files.items():
            (temporary / file).write_bytes(content)


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
