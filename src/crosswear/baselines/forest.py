"""A random forest on the established features (Breiman 2001; `crosswear.signal.features`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.features import window_features

TREES = 300
BATCH = 256
"""Windows whose way down all trees is followed at a time: what stays in the cache."""


@dataclass(frozen=True)
class Growth:
    """The way in which trees grow.

    Attributes:
        extra: whether thresholds are drawn, not sought: extremely randomised trees (Geurts, Ernst
            and Wehenkel, "Extremely randomized trees", Machine Learning 2006).
        trees: how many; None for `TREES`.
    """

    extra: bool = False
    trees: int | None = None


SOUGHT, DRAWN = Growth(), Growth(extra=True)


@dataclass(frozen=True, eq=False)
class Forest:
    """A fitted forest: the nodes of all trees, one tree after the other.

    Attributes:
        roots: int32 [T], where each tree begins.
        left: int32 [M], next node where the feature is at most the threshold; a leaf's is itself.
        right: int32 [M], next node where it is more.
        feature: int32 [M], column of the features.
        threshold: float64 [M].
        share: float32 [M, C], class shares of the windows that reached a node.
        depth: int64 [], decisions on the longest way.
        rate_hz: float64 [], sampling rate of the windows.
    """

    roots: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    share: NDArray[np.float32]
    depth: NDArray[np.int64]
    rate_hz: NDArray[np.float64]

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Class probabilities [n, C] of windows [n, 3, L] in g."""
        return self.vote(window_features(x, float(self.rate_hz)))

    def vote(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Class probabilities [n, C] of features [n, F]: the mean of the trees' leaves."""
        known = features.astype(np.float32)  # as the trees were grown
        starts = range(0, len(known), BATCH)
        parts = [self.share[self._leaves(known[a : a + BATCH])].mean(axis=1) for a in starts]
        empty = np.empty((0, self.share.shape[1]))
        return np.concatenate([empty, *parts])

    def state(self) -> dict[str, NDArray[Any]]:
        """The arrays, by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _leaves(self, features: NDArray[np.float32]) -> NDArray[np.int32]:
        """The leaf [n, T] of each window in each tree."""
        node = np.repeat(self.roots[None], len(features), axis=0).ravel()
        rows = np.repeat(np.arange(len(features)), len(self.roots))
        going = np.arange(len(node))  # ways that have not ended: few are as long as the longest
        for _ in range(int(self.depth)):
            at = node[going]
            below = features[rows[going], self.feature[at]] <= self.threshold[at]
            node[going] = after = np.where(below, self.left[at], self.right[at])
            going = going[after != at]
        return node.reshape(len(features), -1)


def fit_forest(
    x: NDArray[np.float32], y: NDArray[np.integer], classes: int, rate_hz: float, seed: int
) -> Forest:
    """Grow a forest on windows; see `crosswear.baselines.Baseline.fit`."""
    return grow_forest(window_features(x, rate_hz), y, classes, rate_hz, seed)


def fit_extra_trees(
    x: NDArray[np.float32], y: NDArray[np.integer], classes: int, rate_hz: float, seed: int
) -> Forest:
    """Grow extremely randomised trees on windows; see `crosswear.baselines.Baseline.fit`."""
    return grow_forest(window_features(x, rate_hz), y, classes, rate_hz, seed, DRAWN)


def grow_forest(
    features: NDArray[np.float64],
    y: NDArray[np.integer],
    classes: int,
    rate_hz: float,
    seed: int,
    growth: Growth = SOUGHT,
) -> Forest:
    """Grow a forest on the features [n, F] of windows."""
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    # One thread: cells of a study run side by side in processes.
    kind = ExtraTreesClassifier if growth.extra else RandomForestClassifier
    grown = kind(growth.trees or TREES, n_jobs=1, random_state=seed % 2**32).fit(features, y)
    fitted = [one.tree_ for one in grown.estimators_]
    sizes = [tree.node_count for tree in fitted]
    roots = np.cumsum([0, *sizes[:-1]])
    offset = np.repeat(roots, sizes)
    leaf = np.concatenate([tree.children_left for tree in fitted]) < 0
    itself = np.arange(len(leaf))
    left = np.concatenate([tree.children_left for tree in fitted]) + offset
    right = np.concatenate([tree.children_right for tree in fitted]) + offset
    feature = np.concatenate([tree.feature for tree in fitted])
    share = np.zeros((len(leaf), classes), np.float32)
    share[:, grown.classes_] = np.concatenate([tree.value[:, 0] for tree in fitted])
    return Forest(
        roots=roots.astype(np.int32),
        left=np.where(leaf, itself, left).astype(np.int32),
        right=np.where(leaf, itself, right).astype(np.int32),
        feature=np.where(leaf, 0, feature).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree in fitted]),
        share=share,
        depth=np.array(max(tree.max_depth for tree in fitted)),
        rate_hz=np.array(float(rate_hz)),
    )


def load_forest(state: Mapping[str, NDArray[Any]]) -> Forest:
    """The forest that gave this state."""
    return Forest(**{field.name: state[field.name] for field in fields(Forest)})
