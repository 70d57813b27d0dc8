"""Similarity of two domains: of their windows without labels, and of the names of their classes.

Two measures on the features of `crosswear.signal.features`:

- proxy A-distance: 2 (1 - 2 e), e the error of a linear classifier that separates the domains
  (Ben-David et al., "Analysis of representations for domain adaptation", 2006). 0: it cannot;
  2: it always can. The error is that on people whom it has not seen.
- MMD: the maximum mean discrepancy with a Gaussian kernel whose width is the median distance
  (Gretton et al., "A kernel two-sample test", 2012), its unbiased estimate, never below 0.

Similar domains have *small* values of both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crosswear.datasets.domain import Domain
from crosswear.evidence.statements import Similarity
from crosswear.signal.features import window_features

Floats = NDArray[np.float64]

WINDOWS = 1000
"""Windows of each domain at most, drawn at random: both measures need far less than all."""
FOLDS = 5
REGULARISATION = 0.1


@dataclass(frozen=True, eq=False)
class WindowSample:
    """Some windows of a domain.

    Attributes:
        features: [n, F].
        people: [n], the person that each window is of.
        classes: of the domain.
    """

    features: Floats
    people: NDArray[np.integer]
    classes: tuple[str, ...]


def draw(windows: int, seed: int) -> NDArray[np.int64]:
    """Draw the windows to measure; return their rising indices."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(windows)[:WINDOWS])


def sample(domain: Domain, rows: NDArray[np.integer], rate_hz: float) -> WindowSample:
    """Return the features of the acceleration in some windows of a domain."""
    features = window_features(np.array(domain.windows.acceleration[rows]), rate_hz)
    return WindowSample(features, np.array(domain.windows.subject[rows]), domain.classes)


def similarity(target: str, source: str, a: WindowSample, b: WindowSample) -> Similarity:
    """Measure the similarity of a target with windows `a` and a source with windows `b`."""
    return Similarity(
        target,
        source,
        a_distance(a.features, b.features, a.people, b.people),
        mmd(a.features, b.features),
        label_overlap(a.classes, b.classes),
    )


def a_distance(
    a: Floats, b: Floats, people_a: NDArray[np.integer], people_b: NDArray[np.integer]
) -> float:
    """Return the proxy A-distance of two sets of windows' features, from 0 to 2.

    Args:
        a: features [n, F] of the windows of one domain.
        b: [m, F], of the other.
        people_a: [n], the person of each window: no person is on both sides of a fold.
        people_b: [m], likewise.
    """
    x = np.concatenate([a, b])
    y = np.repeat([0, 1], [len(a), len(b)])
    people = np.concatenate([people_a, people_b + people_a.max() + 1])
    folds = min(FOLDS, len(np.unique(people_a)), len(np.unique(people_b)))
    classifier = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=500),
    )
    if folds < 2:  # one person: separated on the training windows
        guess = classifier.fit(x, y).predict(x)
    else:
        split = StratifiedGroupKFold(folds)
        guess = cross_val_predict(classifier, x, y, groups=people, cv=split)
    error = np.mean([np.mean(guess[y == side] != side) for side in (0, 1)])
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def mmd(a: Floats, b: Floats) -> float:
    """Return the MMD of features [n, F] and [m, F], standardised together."""
    x = StandardScaler().fit_transform(np.concatenate([a, b]))
    a, b = x[: len(a)], x[len(a) :]
    scale = 2 * float(np.median(pdist(x))) ** 2 or 1.0
    within = [
        np.exp(-pdist(one, "sqeuclidean") / scale).mean() if len(one) > 1 else 1.0 for one in (a, b)
    ]
    between = np.exp(-cdist(a, b, "sqeuclidean") / scale).mean()
    return float(np.sqrt(max(sum(within) - 2 * between, 0.0)))


def label_overlap(a: Collection[str], b: Collection[str]) -> float:
    """Return the share of class names that two domains have in common (Jaccard's index)."""
    return len({*a} & {*b}) / len({*a} | {*b})
