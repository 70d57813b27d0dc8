"""Where source networks come from: a dataset, trained once and kept, or a finished study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crosswear.adaptation.network import NetworkPlan, NetworkTrainer, model_for
from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.errors import CheckpointError, CrosswearError, MissingDataError, UsageError
from crosswear.core.keys import digest, seed_for
from crosswear.datasets import REGISTRY, lookup
from crosswear.datasets.domain import Domain, of_acceleration, prepare
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.networks.checkpoint import (
    Checkpoint,
    checkpoint_exists,
    forget_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from crosswear.study.load import LoadedStudy, load_study, read_study

Note = Callable[[str], None]

PASSES = 120_000
"""Windows that a source network sees in training, over all epochs: a minute or two on one core."""
SCHEMA = 1
"""Raised by hand whenever the same source would become another network."""


@dataclass(frozen=True, eq=False)
class Source:
    """Somebody else's labelled recordings.

    Attributes:
        name: how it is called here.
        domain: its windows.
        network: where its network is, or will be.
    """

    name: str
    domain: Domain
    network: Path

    @property
    def trained(self) -> bool:
        """Whether its network is there."""
        return checkpoint_exists(self.network)


def train_config(windows: int) -> TrainConfig:
    """As many epochs as the windows of a source need."""
    epochs = int(np.clip(PASSES // max(windows, 1), 10, 70))
    return TrainConfig(epochs=epochs, batch_size=64, selection="last")


def find_sources(
    name: str | Path,
    data: str | Path | None,
    cache: str | Path,
    preparation: PreparationConfig,
    note: Note,
) -> list[Source]:
    """The sources that a name stands for.

    Args:
        name: a dataset reference; the OUT folder of a study, for all of its sources; or `auto`,
            for every dataset of the registry that has a folder in `data`.
        data: folder with one folder per dataset.
        cache: folder of prepared domains; networks are kept in its `sources`.
        preparation: as the target was prepared.
        note: takes a sentence about what cannot be used.

    Raises:
        CrosswearError: if what is named cannot be read; `auto` goes on without it.
        MissingDataError: if `data` is no folder.
        UsageError: if the study was prepared in another way.
    """
    name, data, cache = str(name), None if data is None else Path(data), Path(cache)
    if data is not None and not data.is_dir():
        raise MissingDataError(
            "no such folder",
            where=str(data),
            expected="the folder with one folder or archive per dataset",
            todo="check --data",
        )
    if name == "auto":
        found = []
        for dataset, spec in REGISTRY.items():
            if not spec.patterns:  # simulated: nobody's movements
                continue
            try:
                found.append(_dataset_source(dataset, data, cache, preparation))
            except MissingDataError:
                continue
            except CrosswearError as error:
                note(f"{dataset} cannot be a source: {error.what}")
        return found
    folder = Path(name)
    if (folder / "study.toml").is_file():
        return _study_sources(folder, data, cache, preparation)
    return [_dataset_source(name, data, cache, preparation)]


def train_source(source: Source) -> Checkpoint:
    """Load the network of a source, or train it and keep it.

    Raises:
        DiskError: if it cannot be kept.
    """
    if source.trained:
        try:
            return load_checkpoint(source.network)
        except CheckpointError:
            forget_checkpoint(source.network)
    trainer = _trainer(source)
    plan = NetworkPlan(train=train_config(len(trainer.x)))
    state = trainer.fit(plan, np.arange(len(trainer.x))).state(0)
    domain = source.domain
    checkpoint = Checkpoint(trainer.model(plan), domain.classes, domain.samples, state)
    save_checkpoint(source.network, checkpoint)
    return checkpoint


def training_seconds(source: Source) -> float:
    """What `train_source` will take, roughly."""
    if source.trained:
        return 0.0
    trainer = _trainer(source)
    plan = NetworkPlan(train=train_config(len(trainer.x)))
    return trainer.seconds(plan, len(trainer.x))


def _trainer(source: Source) -> NetworkTrainer:
    windows = source.domain.windows
    classes = len(source.domain.classes)
    seed = seed_for("source", source.name)
    model = model_for(source.domain.samples) or ModelConfig()
    return NetworkTrainer(windows.x, windows.y, classes, {}, model, seed)


def _dataset_source(
    reference: str, data: Path | None, cache: Path, preparation: PreparationConfig
) -> Source:
    spec, options = lookup(reference)
    domain = of_acceleration(prepare(reference, data, preparation, cache))
    train, model = train_config(len(domain.windows)), model_for(domain.samples)
    key = digest(
        {"schema": SCHEMA, "domain": domain.summary.digest, "model": model, "train": train}
    )
    usual = options == spec.default_options
    name = spec.name if usual else f"{spec.name}:{options.placement},{options.variant}"
    return Source(name, domain, cache / "sources" / f"{key}.safetensors")


def _study_sources(
    folder: Path, data: Path | None, cache: Path, preparation: PreparationConfig
) -> list[Source]:
    opened = open_finished(folder, data, cache)
    theirs = replace(opened.study.preparation, split=preparation.split)
    if theirs != preparation:
        raise UsageError(
            "the study's windows are prepared in another way",
            where=str(folder),
            expected=f"{preparation.rate_hz:g} Hz, {preparation.window_s:g} s",
            todo="name datasets as sources: their networks are trained for these windows",
        )
    return [source for source in study_sources(opened, Store(folder)) if source.trained]


def open_finished(folder: Path, data: Path | None, cache: Path) -> LoadedStudy:
    """A study by its OUT folder.

    Raises:
        UsageError: if there is none.
    """
    if not (folder / "study.toml").is_file():
        raise UsageError(
            "not the folder of a study",
            where=str(folder),
            expected="the --out of `crosswear study run`, with study.toml in it",
        )
    study, text = read_study(folder / "study.toml")
    return load_study(study, text, data, cache, lambda sentence: None)


def study_sources(opened: LoadedStudy, store: Store) -> list[Source]:
    """The domains of a study whose networks it trains."""
    split = opened.study.splits[0]
    found = []
    for cell in opened.cells.values():
        if cell.role is Role.SOURCE and cell.split == split and cell.target in opened.study.domains:
            path = store.checkpoint(cell.key(opened.facts))
            domain = of_acceleration(opened.domains[cell.target, split])
            found.append(Source(cell.target, domain, path))
    return found
