"""Directions of a feature space that do not separate classes, by labelled windows of others.

Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, "Within-class covariance
normalization for SVM-based speaker recognition", Interspeech 2006): directions in which windows of
one class differ from each other are damped, so that a linear classifier of few windows does not
lean on them. The classes of the others need not be the target's: people, sensors and executions of
a movement differ in similar directions for any movement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Windows

DIRECTIONS = 100
FLOOR = 10.0
"""Variance at which damping begins. Features of unit variance have 1 in a direction of no class.

Both numbers, and `OF_EACH`, were chosen on two datasets and confirmed on others: docs/results.md.
"""
OF_EACH = 200
"""Windows of each source that are looked at: three times as many give the same scores."""


@dataclass(frozen=True, eq=False)
class LabelledWindows:
    """Somebody else's windows.

    Attributes:
        x: float32 [n, 3, L], in g.
        y: integers [n], classes of their own.
    """

    x: NDArray[np.float32]
    y: NDArray[np.integer]

    @classmethod
    def of(cls, windows: Windows, rows: NDArray[np.int64] | slice = slice(None)) -> LabelledWindows:
        """Those of a domain, or some of them."""
        return cls(windows.x[rows], windows.y[rows])

    def draw(self, seed: int) -> LabelledWindows:
        """`OF_EACH` of them at random, or all if there are fewer."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.y))[:OF_EACH])
        return LabelledWindows(np.array(self.x[rows]), np.array(self.y[rows]))


@dataclass(frozen=True, eq=False)
class Whitening:
    """A symmetric linear map of features.

    Attributes:
        directions: float32 [F, k], orthonormal.
        damping: float32 [k], from 0 (nothing happens in a direction) to 1 (nothing is left of it).
    """

    directions: NDArray[np.float32]
    damping: NDArray[np.float32]

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.floating]:
        """Features [n, F] with less of the directions.

        Weights [n, F] too: the map is symmetric, so that a linear classifier of mapped features is
        one of the features themselves, with mapped weights.
        """
        less: NDArray[np.floating] = (x @ self.directions * self.damping) @ self.directions.T
        return x - less


def whitening(
    features: Sequence[NDArray[np.float32]],
    labels: Sequence[NDArray[np.integer]],
    floor: float = FLOOR,
    most: int = DIRECTIONS,
) -> Whitening:
    """Return the map that makes windows of one class more alike.

    Args:
        features: [n, F] of each source, scaled as those to map.
        labels: its classes [n].
        floor: variance at which damping begins.
        most: largest number of directions to damp.
    """
    from scipy.linalg import eigh  # slow to import, needless to predict

    spread = np.concatenate(
        [
            some - some.mean(axis=0)
            for one, y in zip(features, labels, strict=True)
            for some in (one[y == label] for label in np.unique(y))
        ]
    )
    windows = len(spread)
    gram = spread.astype(np.float64) @ spread.T.astype(np.float64)
    variance, vectors = eigh(gram, subset_by_index=(max(windows - most, 0), windows - 1))
    some = variance > floor * windows  # others would not be damped anyway
    variance, vectors = variance[some], vectors[:, some]
    directions = spread.T @ (vectors / np.sqrt(variance)).astype(np.float32)
    variance /= windows
    damping = 1 - np.sqrt(floor / (variance + floor))
    return Whitening(directions, damping.astype(np.float32))
