"""Work of cells that train networks, counted before they are trained."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import (
    NO_AUGMENTATION,
    Branches,
    ModelConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.recording import Sensors
from crosswear.datasets.domain import DomainSummary
from crosswear.engine.device import scoring_windows
from crosswear.engine.heads import epoch_of
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.subsets import passes_in_epoch
from crosswear.engine.task import Task
from crosswear.networks.models import ModelSummary, build, summarise
from crosswear.networks.transfer import plan_transfer

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Work:
    """Work that there is to do for cells side by side.

    Attributes:
        updates: of all networks at once.
        weights: trained weights, times the updates.
        training: multiply-adds of steps; a backward pass counts as two forward ones.
        passes: forward passes in scoring.
        scoring: multiply-adds of them.
        networks: to be made ready.
    """

    updates: int = 0
    weights: int = 0
    training: int = 0
    passes: int = 0
    scoring: int = 0
    networks: int = 0

    def vector(self) -> Floats:
        """All of it, in this order."""
        counts = (self.updates, self.weights, self.training, self.passes, self.scoring)
        return np.array([*counts, self.networks], dtype=np.float64)


def work_of(task: Task, domain: DomainSummary, copies: int = 1, device: str = "cpu") -> Work:
    """The work of equal cells side by side on a target domain."""
    cell = task.cell
    model, train = cell.model, cell.train
    if model is None or train is None:
        return Work()
    frozen = frozen_modules(task, domain)
    adds, weights = beyond_cached_input(model, domain, frozen)
    step = adds_in_step(model, train, domain, frozen)
    _, validation, test = domain.split.windows
    looks = train.epochs if train.selection == "validation" else 0
    steps, share = epoch_of(cell.size, len(cell.targets), train.batch_size)
    seen = cell.size if len(cell.targets) == 1 else steps * share * len(cell.targets)
    passes = train.epochs * passes_in_epoch(train, steps)
    updates = passes * steps
    batch = scoring_windows(train, device)
    scored = [math.ceil(windows / batch) for windows in (validation, test)]
    return Work(
        updates=updates,
        weights=copies * weights * updates,
        training=copies * step * seen * passes * TRAINABLE[cell.method].windows_per_step,
        passes=scored[0] * looks + scored[1],
        scoring=copies * adds * (validation * looks + test),
        networks=copies,
    )


def adds_in_step(
    model: ModelConfig, train: TrainConfig, domain: DomainSummary, frozen: tuple[str, ...]
) -> int:
    """Multiply-adds for a window in a training step; of changed windows, a cached input too."""
    adds, _ = beyond_cached_input(model, domain, frozen)
    if train.augmentation == NO_AUGMENTATION:
        return 3 * adds
    return 2 * adds + _counted(model, domain).multiply_adds[""]


def beyond_cached_input(
    model: ModelConfig, domain: DomainSummary, frozen: tuple[str, ...]
) -> tuple[int, int]:
    """Multiply-adds for a window, and weights, of what is not in the cached input of a network."""
    counted = _counted(model, domain)
    within = [name for name in ("spectrogram", *frozen) if name in counted.parameters]
    adds = counted.multiply_adds[""] - sum(counted.multiply_adds[name] for name in within)
    return adds, counted.parameters[""] - sum(counted.parameters[name] for name in within)


def _counted(model: ModelConfig, domain: DomainSummary) -> ModelSummary:
    return _summarised(model, len(domain.classes), domain.samples, domain.sensors)


_summarised = functools.cache(summarise)


def frozen_modules(task: Task, domain: DomainSummary) -> tuple[str, ...]:
    """Modules of a cell's network that are not trained, whose output its cached input is."""
    cell = task.cell
    transfer = TRAINABLE[cell.method].transfer(cell)
    if cell.model is None or transfer is None:
        return ()
    what = (transfer, cell.blocks, cell.branches)
    return _modules(cell.model, *what, domain.sensors, task.source_sensors)


@functools.cache
def _modules(
    model: ModelConfig,
    transfer: TransferConfig,
    blocks: int,
    branches: Branches,
    sensors: Sensors,
    source_sensors: Sensors,
) -> tuple[str, ...]:
    network = build(model, 2, 100, 0, sensors)
    return plan_transfer(network, transfer, blocks, branches, source_sensors).frozen
