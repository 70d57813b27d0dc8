"""The recipe for few labels: extremely randomised trees and a sharpened MiniRocket vote.

The trees see features of distribution and spectrum, MiniRocket sees shapes; where one is wrong the
other often is not. With windows of other datasets, MiniRocket's features are whitened
(`crosswear.baselines.whitening`): that is what is kept of somebody else's labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.forest import DRAWN, Forest, grow_forest, load_forest
from crosswear.baselines.minirocket import MiniRocket, fit_sharpened, load_minirocket
from crosswear.baselines.whitening import LabelledWindows
from crosswear.signal.features import window_features

SHARPNESS = 2.5
"""Factor of the ridge classifier's decisions before their softmax. With 1 its probabilities are
nearly equal, and the trees decide alone."""


@dataclass(frozen=True, eq=False)
class Vote:
    """Two fitted classifiers with an equal vote."""

    trees: Forest
    minirocket: MiniRocket

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Class probabilities [n, C] of windows [n, 3, L] in g."""
        return self.vote(x, window_features(x, float(self.trees.rate_hz)))

    def vote(self, x: NDArray[np.float32], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same, of windows whose `window_features` [n, F] are known."""
        return (self.trees.vote(features) + self.minirocket.scores(x)) / 2

    def state(self) -> dict[str, NDArray[Any]]:
        """The arrays of both."""
        parts = (("trees", self.trees.state()), ("minirocket", self.minirocket.state()))
        return {f"{part}.{name}": a for part, state in parts for name, a in state.items()}


def fit_vote(
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    classes: int,
    rate_hz: float,
    seed: int,
    sources: Sequence[LabelledWindows] = (),
) -> Vote:
    """Fit on windows; see `crosswear.baselines.Baseline` and `vote_of`."""
    features = window_features(x, rate_hz)
    return vote_of(LabelledWindows(x, y), features, classes, rate_hz, seed, sources)


def vote_of(
    windows: LabelledWindows,
    features: NDArray[np.float64],
    classes: int,
    rate_hz: float,
    seed: int,
    sources: Sequence[LabelledWindows] = (),
) -> Vote:
    """Fit on windows whose features are known.

    Args:
        windows: with their classes.
        features: `window_features` [n, F] of them.
        classes: number of classes C.
        rate_hz: sampling rate of the windows.
        seed: of the trees, and of MiniRocket's biases and channels.
        sources: windows of others, by which MiniRocket's features are whitened.
    """
    x, y = windows.x, windows.y
    trees = grow_forest(features, y, classes, rate_hz, seed, DRAWN)
    return Vote(trees, fit_sharpened(x, y, classes, seed, sources, SHARPNESS))


def load_vote(state: Mapping[str, NDArray[Any]]) -> Vote:
    """The vote that gave this state."""

    def part(name: str) -> dict[str, NDArray[Any]]:
        start = f"{name}."
        return {key.removeprefix(start): a for key, a in state.items() if key.startswith(start)}

    return Vote(load_forest(part("trees")), load_minirocket(part("minirocket")))
