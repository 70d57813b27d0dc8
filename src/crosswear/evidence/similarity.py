"""How alike two domains are: their windows without labels, and the names of their classes.

Two measures on the features of `crosswear.signal.features`:

- proxy A-distance: 2 (1 - 2 e), e the error of a linear classifier that tells the domains apart
  (Ben-David et al., "Analysis of representations for domain adaptation", 2006). 0: it cannot;
  2: it always can. The error is that on people whom it has not seen.
- MMD: the maximum mean discrepancy with a Gaussian kernel whose width is the median distance
  (Gretton et al., "A kernel two-sample test", 2012), its unbiased estimate, never below 0.

Similar domains have *small* values of both.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float64]

WINDOWS = 1000
"""Of each domain at most, drawn at random: what both measures need is far less than all."""
FOLDS = 5
REGULARISATION = 0.1


def draw(windows: int, seed: int) -> NDArray[np.int64]:
    """Which of so many windows to measure, rising."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(windows)[:WINDOWS])


def a_distance(
    a: Floats, b: Floats, people_a: NDArray[np.integer], people_b: NDArray[np.integer]
) -> float:
    """Proxy A-distance of two sets of windows' features, from 0 to 2.

    Args:
        a: features [n, F] of the windows of one domain.
        b: [m, F], of the other.
        people_a: [n], who wore the sensor: nobody is on both sides of a fold.
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
    if folds < 2:  # one person: told apart on the windows that were learned from
        guess = classifier.fit(x, y).predict(x)
    else:
        split = StratifiedGroupKFold(folds)
        guess = cross_val_predict(classifier, x, y, groups=people, cv=split)
    error = np.mean([np.mean(guess[y == side] != side) for side in (0, 1)])
    return float(np.clip(2 * (1 - 2 * error), 0, 2))


def mmd(a: Floats, b: Floats) -> float:
    """Maximum mean discrepancy of two sets of features [n, F] and [m, F], standardised together."""
    x = StandardScaler().fit_transform(np.concatenate([a, b]))
    a, b = x[: len(a)], x[len(a) :]
    scale = 2 * float(np.median(pdist(x))) ** 2 or 1.0
    within = [
        np.exp(-pdist(one, "sqeuclidean") / scale).mean() if len(one) > 1 else 1.0 for one in (a, b)
    ]
    between = np.exp(-cdist(a, b, "sqeuclidean") / scale).mean()
    return float(np.sqrt(max(sum(within) - 2 * between, 0.0)))


def label_overlap(a: Collection[str], b: Collection[str]) -> float:
    """Share of the classes of two domains that both declare, by name (Jaccard's index)."""
    return len({*a} & {*b}) / len({*a} | {*b})
