"""Networks for an adaptation set: from scratch, or transferred from a source network.

They train like the cells of a study (`crosswear.engine.training`): frozen layers run once for all
windows and folds, and the last epoch counts, so no labels are needed for validation.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import ModelConfig, TrainConfig, TransferConfig
from crosswear.engine.cached_inputs import InputCache
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task
from crosswear.engine.training import Member, Target, Training
from crosswear.grid.experiment import Cell
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import build
from crosswear.networks.transfer import plan_transfer

TRAIN = TrainConfig(selection="last")


@dataclass(frozen=True)
class NetworkPlan:
    """Source, transfer and training of a network.

    Attributes:
        source: name of the source network; None for a network from scratch.
        transfer: settings of the transfer; None for a network from scratch.
        blocks: number of transferred residual blocks.
        train: settings of the training.
    """

    source: str | None = None
    transfer: TransferConfig | None = None
    blocks: int = 0
    train: TrainConfig = field(default=TRAIN)

    @property
    def name(self) -> str:
        """Readable name."""
        if self.source is None or self.transfer is None:
            return "network from scratch"
        if self.blocks == 0:
            return f"{self.source}, all fine-tuned"
        spectral = " and the spectral branch" if self.transfer.freeze_spectral else ""
        return f"{self.source}, {self.blocks} blocks{spectral} frozen"


def network_plans(sources: Mapping[str, Checkpoint]) -> list[NetworkPlan]:
    """Return plans: from scratch, and each source with all, half and none of its blocks frozen."""
    found = [NetworkPlan()]
    for name, source in sources.items():
        depth = source.model.blocks
        found += [
            NetworkPlan(name, TransferConfig(freeze_spectral=True), depth),
            NetworkPlan(name, TransferConfig(), (depth + 1) // 2),
            NetworkPlan(name, TransferConfig(), 0),
        ]
    return found


class NetworkTrainer:
    """A trainer of networks on rows of one array of windows.

    Args:
        x: windows float32 [N, 3, L], in g.
        y: class of each window, integers [N].
        classes: size of the class table.
        sources: source networks by name.
        model: settings of networks from scratch; transferred ones have those of their source.
        seed: seed of fresh weights, orders and dropout masks.
    """

    def __init__(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.integer],
        classes: int,
        sources: Mapping[str, Checkpoint],
        model: ModelConfig,
        seed: int,
    ) -> None:
        self.x = x
        self._y = y.astype(np.int16)
        self._classes = classes
        self._sources = sources
        self._model = model
        self._seed = seed
        self._cached_inputs = InputCache("cpu")
        self._step_s: dict[tuple[TransferConfig | None, int, ModelConfig], float] = {}

    def model(self, plan: NetworkPlan) -> ModelConfig:
        """Return the network settings of a plan."""
        return self._sources[plan.source].model if plan.source else self._model

    def fit(self, plan: NetworkPlan, rows: NDArray[np.int64]) -> Training:
        """Train a network on some of the windows.

        Args:
            plan: source, transfer and training.
            rows: int64 [n], indices of the windows; at least 2.

        Raises:
            TransferError: if the source network does not fit.
        """
        model = self.model(plan)
        # This cell belongs to no study: its names seed the random numbers.
        cell = Cell("network", plan.name, self._seed, len(rows), model=model, train=plan.train)
        samples = self.x.shape[2]
        network = build(model, self._classes, samples, weight_seed(cell))
        report = None
        if plan.source is not None and plan.transfer is not None:
            transfer = plan_transfer(network, plan.transfer, plan.blocks)
            report = transfer.apply(network, self._sources[plan.source].state)
        frozen = report.frozen if report else ()
        origin = (plan.source if frozen else None, model)
        cached_input = self._cached_inputs.get(origin, self.x, network, frozen, plan.train)
        member = Member(Task(cell, plan.name, Path()), network, cached_input, rows, report)
        target = Target(self.x, self._y, rows[:0], self._classes, samples)
        training = Training([member], target, model, plan.train, "cpu")
        training.fit()
        return training

    def seconds(self, plan: NetworkPlan, windows: int) -> float:
        """Return how long training on this many windows takes, extrapolated from a few steps."""
        key = (plan.transfer, plan.blocks, self.model(plan))
        batch = min(plan.train.batch_size, len(self.x))
        if key not in self._step_s:
            rows = np.arange(batch)
            self._timed(plan, 1, rows)  # fills the caches
            setup_s = self._timed(plan, 1, rows)
            self._step_s[key] = max(self._timed(plan, 5, rows) - setup_s, 1e-4) / 4
        return self._step_s[key] * plan.train.epochs * max(windows / batch, 0.5)

    def _timed(self, plan: NetworkPlan, epochs: int, rows: NDArray[np.int64]) -> float:
        start = time.perf_counter()
        self.fit(replace(plan, train=replace(plan.train, epochs=epochs)), rows)
        return time.perf_counter() - start
