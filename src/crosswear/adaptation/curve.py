"""The learning curve, and what more labels would bring."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.folds import Fold
from crosswear.adaptation.learners import Floats, Learner
from crosswear.adaptation.scoring import CONFIDENCE
from crosswear.core.intervals import Interval
from crosswear.signal.groups import error_over_groups

SHARES = (0.125, 0.25, 0.5)
"""Of the windows that a fold learns from; all of them were learned from before."""
MORE = 50
FEWEST = 4
"""Windows that a model may be learned from."""
RESAMPLES = 500
EXPONENTS = np.linspace(0.1, 2.0, 39)


@dataclass(frozen=True)
class Point:
    """Micro-F1 on held-back windows after so many labelled ones, with one standard error."""

    windows: int
    micro_f1: float
    error: float


@dataclass(frozen=True)
class Curve:
    """What labels brought so far, and will.

    Attributes:
        points: rising in the number of windows.
        a, b, c: of the fit a - b · n^-c.
        next_gain: in micro-F1, of the next `more` labelled windows, with its 95 % interval.
        more: how many.
    """

    points: tuple[Point, ...]
    a: float
    b: float
    c: float
    next_gain: Interval
    more: int = MORE


def learning_curve(
    learner: Learner,
    right: NDArray[np.bool_],
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    folds: Sequence[Fold],
    seed: int,
    budget_s: float,
) -> Curve | None:
    """Learn from less, fold by fold, and go on from the trend.

    Args:
        learner: the chosen candidate.
        right: bool [N], which held-back windows it classifies right when it learns from all.
        y: class of each window [N].
        groups: [N].
        folds: what is held back in turn.
        seed: of what is left out.
        budget_s: seconds; sizes for which there is no time are left out, the largest first.

    Returns:
        None if there is no time for two sizes, or too few windows.
    """
    start = time.perf_counter()
    scored = np.sort(np.concatenate([fold.test for fold in folds]))
    everything = min(int(np.mean([len(fold.train) for fold in folds])), learner.most)
    sizes, answers = [], []
    for share in SHARES:
        size = round(share * everything)
        spent = time.perf_counter() - start
        if size < FEWEST or spent + len(folds) * learner.seconds(size) > budget_s:
            continue
        sizes.append(size)
        answers.append(_right_after(learner, size, y, folds, seed)[scored])
    if not sizes:
        return None
    sizes.append(everything)
    answers.append(right[scored])
    return fit_curve(sizes, np.stack(answers), groups[scored], len(y), seed)


def fit_curve(
    sizes: Sequence[int],
    right: NDArray[np.bool_],
    groups: NDArray[np.integer],
    windows: int,
    seed: int,
) -> Curve:
    """Fit an inverse power law; its interval comes from drawing groups again.

    Figueroa et al., "Predicting sample size required for classification performance", 2012.

    Args:
        sizes: windows that were learned from [S].
        right: bool [S, n], which held-back windows were then classified right.
        groups: [n].
        windows: labelled ones that there are: the next ones come after them.
        seed: of the draws.
    """
    _, number = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(number, weights=row) for row in right])
    counts = np.bincount(number)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLES)
    shares = np.concatenate([right.mean(axis=1)[None], drawn @ sums.T / (drawn @ counts)[:, None]])
    a, b, c = fit_power(np.array(sizes, np.float64), shares)
    gains = b * (float(windows) ** -c - float(windows + MORE) ** -c)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains[1:], [tail, 1 - tail])
    points = tuple(
        Point(size, float(row.mean()), error_over_groups(row.astype(np.float64), groups)[0])
        for size, row in zip(sizes, right, strict=True)
    )
    return Curve(
        points=points,
        a=float(a[0]),
        b=float(b[0]),
        c=float(c[0]),
        next_gain=Interval(float(gains[0]), float(min(low, gains[0])), float(max(high, gains[0]))),
    )


def fit_power(sizes: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Least squares of a - b · n^-c with b ≥ 0 and a ≤ 1, for each row of shares [R, S]."""
    best = np.full(len(shares), np.inf)
    a, b, c = (np.zeros(len(shares)) for _ in range(3))
    for exponent in EXPONENTS:
        x = sizes**-exponent
        centred = x - x.mean()
        slope = np.maximum(-(shares @ centred) / (centred @ centred), 0.0)
        top = shares.mean(axis=1) + slope * x.mean()
        over = top > 1
        slope = np.where(over, np.maximum((1 - shares) @ x / (x @ x), 0.0), slope)
        top = np.where(over, 1.0, top)
        loss = ((shares - top[:, None] + slope[:, None] * x) ** 2).sum(axis=1)
        better = loss < best - 1e-12
        best = np.where(better, loss, best)
        a, b, c = (
            np.where(better, new, old)
            for new, old in ((top, a), (slope, b), (np.full(len(shares), exponent), c))
        )
    return a, b, c


def _right_after(
    learner: Learner, size: int, y: NDArray[np.integer], folds: Sequence[Fold], seed: int
) -> NDArray[np.bool_]:
    """Which windows are classified right after so many of each fold's windows."""
    right = np.zeros(len(y), np.bool_)
    for fold in folds:
        order = np.random.default_rng(seed).permutation(fold.train)
        rows = np.sort(order[:size])
        if len(np.unique(y[rows])) < 2:  # one class is all that can be answered
            right[fold.test] = y[fold.test] == y[rows[0]]
            continue
        right[fold.test] = learner.probabilities(rows, fold.test).argmax(axis=1) == y[fold.test]
    return right
