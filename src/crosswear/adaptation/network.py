"""Networks on an adaptation set: from scratch, or from a source network.

They train as cells of a study do (`crosswear.engine.training`): what is frozen runs once for all
windows and all folds, and the last epoch counts, so that no label is needed beside the set's own.
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
from crosswear.networks.models.multi_resnet import MIRRORED
from crosswear.networks.transfer import plan_transfer

TRAIN = TrainConfig(selection="last")
FEWEST_BLOCKS = 3


@dataclass(frozen=True)
class NetworkPlan:
    """How a network comes about.

    Attributes:
        source: name of the source network; None for one from scratch.
        transfer: what becomes of it; None for a network from scratch.
        blocks: how many residual blocks are transferred.
        train: how it is trained.
    """

    source: str | None = None
    transfer: TransferConfig | None = None
    blocks: int = 0
    train: TrainConfig = field(default=TRAIN)

    @property
    def name(self) -> str:
        """One readable name."""
        if self.source is None or self.transfer is None:
            return "network from scratch"
        if self.blocks == 0:
            return f"{self.source}, all fine-tuned"
        spectral = " and the spectral branch" if self.transfer.freeze_spectral else ""
        return f"{self.source}, {self.blocks} blocks{spectral} frozen"


def model_for(samples: int) -> ModelConfig | None:
    """The network for windows of so many samples: fewer blocks for short ones, None for shortest.

    Each block halves the length, and the spectrogram mirrors half a frame at either end.
    """
    filters = ModelConfig().filters
    depth = max((d for d in range(len(filters) + 1) if samples + 1 >= 2 ** (d + 1)), default=0)
    if samples <= MIRRORED or depth < FEWEST_BLOCKS:
        return None
    return ModelConfig(filters=filters[:depth])


def plans(sources: Mapping[str, Checkpoint]) -> list[NetworkPlan]:
    """From scratch, and for each source: all fine-tuned, half frozen, all but the dense layers."""
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
    """Trains networks on rows of one array of windows.

    Args:
        x: windows float32 [N, 3, L], in g.
        y: class of each, integers [N].
        classes: how many.
        sources: source networks by name.
        model: of networks from scratch; those of a source have its settings.
        seed: of fresh weights, orders and dropout masks.
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
        self._fronts = InputCache("cpu")
        self._step_s: dict[tuple[TransferConfig | None, int, ModelConfig], float] = {}

    def model(self, plan: NetworkPlan) -> ModelConfig:
        """Settings of the network that a plan makes."""
        return self._sources[plan.source].model if plan.source else self._model

    def fit(self, plan: NetworkPlan, rows: NDArray[np.int64]) -> Training:
        """Train a network on some of the windows.

        Args:
            plan: how.
            rows: int64 [n], which windows; at least 2.

        Raises:
            TransferError: if the source network does not fit.
        """
        model = self.model(plan)
        # A cell of no study: from its names come the random numbers.
        cell = Cell("network", plan.name, self._seed, len(rows), model=model, train=plan.train)
        samples = self.x.shape[2]
        network = build(model, self._classes, samples, weight_seed(cell))
        report = None
        if plan.source is not None and plan.transfer is not None:
            transfer = plan_transfer(network, plan.transfer, plan.blocks)
            report = transfer.apply(network, self._sources[plan.source].state)
        frozen = report.frozen if report else ()
        origin = (plan.source if frozen else None, model)
        cached_input = self._fronts.get(origin, self.x, network, frozen, plan.train)
        member = Member(Task(cell, plan.name, Path()), network, cached_input, rows, report)
        target = Target(self.x, self._y, rows[:0], self._classes, samples)
        training = Training([member], target, model, plan.train, "cpu")
        training.fit()
        return training

    def seconds(self, plan: NetworkPlan, windows: int) -> float:
        """What training on so many windows takes, from a few steps that are made to see."""
        key = (plan.transfer, plan.blocks, self.model(plan))
        batch = min(plan.train.batch_size, len(self.x))
        if key not in self._step_s:
            rows = np.arange(batch)
            self._timed(plan, 1, rows)  # the front, and what is made at first
            begun = self._timed(plan, 1, rows)
            self._step_s[key] = max(self._timed(plan, 5, rows) - begun, 1e-4) / 4
        return self._step_s[key] * plan.train.epochs * max(windows / batch, 0.5)

    def _timed(self, plan: NetworkPlan, epochs: int, rows: NDArray[np.int64]) -> float:
        start = time.perf_counter()
        self.fit(replace(plan, train=replace(plan.train, epochs=epochs)), rows)
        return time.perf_counter() - start
