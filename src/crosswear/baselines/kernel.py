"""A ridge classifier on the similarity of windows: a Gaussian kernel of their features.

Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998.
With windows of other datasets, the features are scaled by these, and whitened
(`crosswear.baselines.whitening`), so that windows of one movement are alike across people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.ridge import Ridge, fit_ridge
from crosswear.baselines.whitening import LabelledWindows, Whitening, whitening
from crosswear.signal.features import window_features

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

FLOOR = 0.1
"""Variance at which damping begins, of features of unit variance; chosen with the members of the
stack, see docs/results.md."""
SHARPNESS = 2.5
"""Factor of the decisions before their softmax, as in the vote."""
LEAST = 1e-6
"""Directions of a kernel with a smaller part of the largest one's variance are rounding."""


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """A map of features [n, F] in which distances are compared.

    Attributes:
        mean: [F], taken from them.
        scale: [F], by which they are divided.
        whiten: what then is done to their logarithms; None without sources.
    """

    mean: Floats
    scale: Floats
    whiten: Whitening | None = None

    def __call__(self, features: Floats) -> Floats:
        """Scale features, shorten the tails of their distribution, and whiten them."""
        z = (features - self.mean) / self.scale
        short = np.sign(z) * np.log1p(np.abs(z))
        return short if self.whiten is None else np.asarray(self.whiten(short))


@dataclass(frozen=True, eq=False)
class KernelSimilarity:
    """A Gaussian kernel: 1 for windows with equal features, towards 0 for those far apart.

    Attributes:
        known: [n, F], mapped features of the windows to learn from.
        gamma: of their squared distance.
    """

    known: Floats
    gamma: float

    @classmethod
    def of(cls, known: Floats) -> KernelSimilarity:
        """Return the one that is e⁻¹ for windows as far apart as they are on average."""
        distance = 2 * float(known.var(axis=0).sum())
        return cls(known, 1 / distance if distance > 0 else 1.0)

    def __call__(self, features: Floats) -> Floats:
        """Return the similarity [m, n] of windows with mapped features [m, F] to the known ones."""
        from sklearn.metrics.pairwise import rbf_kernel  # slow to import

        found: Floats = rbf_kernel(features, self.known, self.gamma)
        return found


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """A ridge classifier of similarities.

    Attributes:
        root: [n, k], makes features of similarities whose products are the similarities.
        ridge: of these features.
        classes: number of classes C.
    """

    root: Floats
    ridge: Ridge
    classes: int

    def vote(self, similar: Floats) -> Floats:
        """Class probabilities [m, C] of windows by their similarity [m, n] to the learned ones."""
        return self.ridge.probabilities(similar @ self.root, self.classes, SHARPNESS)


@dataclass(frozen=True, eq=False)
class KernelClassifier:
    """A fitted ridge classifier of similarities, and what gives those of other windows."""

    features: FeatureMap
    similarity: KernelSimilarity
    ridge: KernelRidge
    rate_hz: float

    def scores(self, x: NDArray[np.float32]) -> Floats:
        """Class probabilities [n, C] of windows [n, 3, L] in g."""
        return self.vote(window_features(x, self.rate_hz))

    def vote(self, features: Floats) -> Floats:
        """The same, of windows whose `window_features` [n, F] are known."""
        return self.ridge.vote(self.similarity(self.features(features)))


@dataclass(frozen=True, eq=False)
class KernelFeatures:
    """The similarity of windows to fit, in which their classes have no part.

    Attributes:
        features: the map of their features.
        similarity: to them.
        rate_hz: their sampling rate.
    """

    features: FeatureMap
    similarity: KernelSimilarity
    rate_hz: float

    @cached_property
    def known(self) -> Floats:
        """The similarity [n, n] of the windows to each other."""
        return self.similarity(self.similarity.known)

    def fit(self, y: NDArray[np.integer], classes: int) -> KernelClassifier:
        """Fit the classes [n] of the windows."""
        ridge = fit_kernel_ridge(self.known, y, classes)
        return KernelClassifier(self.features, self.similarity, ridge, self.rate_hz)


def fit_kernel(
    features: Floats,
    y: NDArray[np.integer],
    classes: int,
    rate_hz: float,
    sources: Sequence[LabelledWindows] = (),
) -> KernelClassifier:
    """Fit windows whose features are known.

    Args:
        features: `window_features` [n, F] of them.
        y: their classes [n].
        classes: number of classes C.
        rate_hz: sampling rate of all windows.
        sources: windows of others, by which the features are whitened.
    """
    return kernel_features(features, rate_hz, sources).fit(y, classes)


def kernel_features(
    features: Floats, rate_hz: float, sources: Sequence[LabelledWindows] = ()
) -> KernelFeatures:
    """Map the features [n, F] of windows to fit; see `fit_kernel`."""
    mapped = feature_map(features, rate_hz, sources)
    return KernelFeatures(mapped, KernelSimilarity.of(mapped(features)), rate_hz)


def fit_kernel_ridge(similar: Floats, y: NDArray[np.integer], classes: int) -> KernelRidge:
    """Fit windows by their similarity [n, n] to each other, and their classes [n]."""
    variance, vectors = np.linalg.eigh(similar)
    some = variance > LEAST * variance[-1]
    root = vectors[:, some] / np.sqrt(variance[some])
    return KernelRidge(root, fit_ridge(similar @ root, y), classes)


def feature_map(
    features: Floats, rate_hz: float, sources: Sequence[LabelledWindows] = ()
) -> FeatureMap:
    """Return the map of features [n, F] of windows to learn from.

    Args:
        features: `window_features` of them.
        rate_hz: sampling rate of all windows.
        sources: windows of others, which give scale and whitening in place of those.
    """
    theirs = [window_features(one.x, rate_hz) for one in sources]
    every = np.concatenate(theirs) if theirs else features
    spread = every.std(axis=0)
    scaled = FeatureMap(every.mean(axis=0), np.where(spread > 0, spread, 1.0))
    if not sources:
        return scaled
    mapped = [scaled(one).astype(np.float32) for one in theirs]
    whiten = whitening(mapped, [one.y for one in sources], FLOOR, every.shape[1])
    return FeatureMap(scaled.mean, scaled.scale, whiten)
