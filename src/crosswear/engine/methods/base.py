"""The contract of a method: how it trains cohorts, and which cells make one."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crosswear.core.config import TransferConfig
from crosswear.datasets.domain import Domain
from crosswear.engine.cached_inputs import InputCache
from crosswear.engine.large_tensors import empty
from crosswear.engine.task import Cohort, Outcome
from crosswear.grid.experiment import Cell
from crosswear.signal.blocks import blocks_of
from crosswear.signal.features import feature_names, window_features

KEPT = 2
"""Domains whose features are held: a worker goes from one target to the next."""


class Resources:
    """A worker's device, and what its cells have in common.

    Args:
        device: `cpu` or `cuda`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.cached_inputs = InputCache(device)
        self._features: OrderedDict[tuple[Path, float], NDArray[np.float64]] = OrderedDict()
        self._digests: dict[Path, str] = {}

    def features(self, domain: Domain, rate_hz: float) -> NDArray[np.float64]:
        """`window_features` [N, F] of all windows of a domain, computed once.

        They lie in a file if they are too large for memory.
        """
        key = (domain.folder, rate_hz)
        if key not in self._features:
            x, width = domain.windows.x, len(feature_names()) * len(domain.sensors)
            like = torch.empty(0, dtype=torch.float64)
            features = empty((len(x), width), like, domain.folder.parent).numpy()
            for some in blocks_of(len(x)):
                features[some] = window_features(np.array(x[some]), rate_hz)
            self._features[key] = features
            while len(self._features) > KEPT:
                self._features.popitem(last=False)
        return self._features[key]

    def acceleration_digest(self, domain: Domain) -> str:
        """Return the sha256 of the acceleration of all windows of a domain, computed once."""
        if domain.folder not in self._digests:
            found = hashlib.sha256()
            x = domain.windows.acceleration
            for some in blocks_of(len(x)):
                found.update(x[some].tobytes())
            self._digests[domain.folder] = found.hexdigest()
        return self._digests[domain.folder]


class TrainableMethod(ABC):
    """Training of the cells of a method.

    Attributes:
        timed: the estimate times a cell of it; otherwise it counts multiply-adds.
        windows_per_step: in a training step, for each window of the batch.
    """

    timed = False
    windows_per_step = 1

    @abstractmethod
    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        """Train the cells of a cohort (`crosswear.engine.grouping`) and test each."""

    def width(self, cell: Cell, device: str) -> int:
        """Return how many cells like this one a cohort has at most."""
        return 1

    def alike(self, cell: Cell) -> Hashable:
        """Return what the cells of a cohort have in common, beside the domains that they read."""
        return (cell.method, cell.size)

    def transfer(self, cell: Cell) -> TransferConfig | None:
        """Return how a cell's network comes by a source's weights; None without any."""
        return cell.transfer

    def frozen_parts(self, cell: Cell) -> tuple[int, bool]:
        """Return how many blocks of a cell's network are frozen, and whether its spectrum is."""
        transfer = self.transfer(cell)
        if transfer is None or transfer.strategy == "copy":
            return 0, False
        if cell.branches == "spectral":
            return 0, cell.blocks > 0
        return cell.blocks, transfer.freeze_spectral
