"""A study's grid on simulated domains, for the benchmarks: one target, three sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig, TransferConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.networks.checkpoint import save_checkpoint

TARGET = "simulated-daily"
SOURCES = ("simulated-gestures", "simulated-manipulation", "simulated-sports")


@dataclass(frozen=True)
class Grid:
    """A prepared target, source networks on disk, and the domain of the first of them."""

    target: Domain
    sources: dict[str, Path]
    model: ModelConfig
    source_folder: Path

    def tasks(
        self, size: int, blocks: tuple[int, ...], seeds: int, train: TrainConfig
    ) -> list[Task]:
        """Baseline and transfers of one adaptation size."""
        tasks = []
        for seed in range(seeds):
            cell = Cell("network", TARGET, 2019, size, seed, model=self.model, train=train)
            tasks.append(Task(cell, f"{seed} scratch", self.target.folder))
            for source, path in self.sources.items():
                for count in blocks:
                    transfer = TransferConfig()
                    some = replace(cell, sources=(source,), blocks=count, transfer=transfer)
                    key = f"{seed} {source} {count}"
                    tasks.append(Task(some, key, self.target.folder, path))
        return tasks


def make_grid(folder: Path, model: ModelConfig, hop_s: float, epochs: int) -> Grid:
    """Prepare the domains and train the sources; a smaller hop gives more windows."""
    sources, folders = {}, []
    for name in SOURCES:
        domain = prepare(name, None, PreparationConfig(), folder)
        folders.append(domain.folder)
        size = len(domain.indices(Subset.TRAIN))
        train = TrainConfig(epochs=epochs)
        cell = Cell("source", name, 2019, size, model=model, train=train)
        checkpoint = CohortTrainer()((Task(cell, name, domain.folder),))[0].checkpoint
        if checkpoint is None:
            raise RuntimeError("a source cell gives a checkpoint")
        sources[name] = folder / f"{name}.safetensors"
        save_checkpoint(sources[name], checkpoint)
    target = prepare(TARGET, None, PreparationConfig(hop_s=hop_s), folder)
    return Grid(target, sources, model, folders[0])


def in_precision(task: Task, name: str) -> Task:
    """The same cell in another precision."""
    if task.cell.train is None:
        return task
    train = replace(task.cell.train, precision=name)  # type: ignore[arg-type]
    return replace(task, cell=replace(task.cell, train=train))
