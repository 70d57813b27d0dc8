"""The members of a stack, each bound to labelled windows; see `crosswear.baselines.stack`.

What needs no classes is computed once for all windows: features, and the choice of kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.forest import DRAWN, Forest, grow_forest
from crosswear.baselines.kernel import (
    KernelClassifier,
    KernelFeatures,
    fit_kernel_ridge,
    kernel_features,
)
from crosswear.baselines.minirocket import MiniRocket, RocketFeatures, rocket_features
from crosswear.baselines.ridge import fit_ridge
from crosswear.baselines.stack import Floats, Indices, StackMember
from crosswear.baselines.vote import SHARPNESS
from crosswear.baselines.whitening import LabelledWindows
from crosswear.signal.features import window_features


@dataclass(frozen=True, eq=False)
class TreesMember:
    """Extremely randomised trees on the features [n, F] of windows."""

    features: Floats
    y: NDArray[np.integer]
    classes: int
    rate_hz: float
    seed: int

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        """See `StackMember`."""
        return self._grown(train).vote(self.features[asked])

    def fit(self) -> Forest:
        """See `StackMember`."""
        return self._grown(np.arange(len(self.y)))

    def _grown(self, rows: Indices) -> Forest:
        known = (self.features[rows], self.y[rows], self.classes, self.rate_hz, self.seed)
        return grow_forest(*known, DRAWN)


@dataclass(frozen=True, eq=False)
class RocketMember:
    """MiniRocket, as it takes part in the vote. Its kernels are chosen on all windows."""

    rocket: RocketFeatures
    y: NDArray[np.integer]
    classes: int

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        """See `StackMember`."""
        features = self.rocket.features
        ridge = fit_ridge(features[train], self.y[train])
        return ridge.probabilities(features[asked], self.classes, SHARPNESS)

    def fit(self) -> MiniRocket:
        """See `StackMember`."""
        return self.rocket.fit(self.y, self.classes, SHARPNESS)


@dataclass(frozen=True, eq=False)
class KernelMember:
    """Ridge regression on how similar windows are to each other."""

    kernel: KernelFeatures
    y: NDArray[np.integer]
    classes: int

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        """See `StackMember`."""
        similar = self.kernel.known[:, train]
        return fit_kernel_ridge(similar[train], self.y[train], self.classes).vote(similar[asked])

    def fit(self) -> KernelClassifier:
        """See `StackMember`."""
        return self.kernel.fit(self.y, self.classes)


def classical_members(
    windows: LabelledWindows,
    classes: int,
    rate_hz: float,
    seed: int,
    sources: Sequence[LabelledWindows] = (),
) -> tuple[StackMember, ...]:
    """Return the members that need no network, in the order of their weights.

    Args:
        windows: to learn from.
        classes: number of classes C.
        rate_hz: sampling rate of the windows.
        seed: of the trees, and of MiniRocket's biases and channels.
        sources: windows of others, by which the features of the last two are whitened.
    """
    x, y = windows.x, windows.y
    features = window_features(x, rate_hz)
    return (
        TreesMember(features, y, classes, rate_hz, seed),
        RocketMember(rocket_features(x, seed, sources), y, classes),
        KernelMember(kernel_features(features, rate_hz, sources), y, classes),
    )
