"""The learning curve, and the gain to expect from more labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.budget import Budget
from crosswear.adaptation.learners import Floats, Learner, TrainingData
from crosswear.adaptation.scoring import CONFIDENCE
from crosswear.core.intervals import Interval
from crosswear.signal.folds import Fold
from crosswear.signal.groups import error_over_groups

SHARES = (0.125, 0.25, 0.5)
"""Shares of a fold's training windows; the score for all of them is known."""
MORE = 50
FEWEST = 4
"""Fewest windows to train a model on."""
RESAMPLES = 500
EXPONENTS = np.linspace(0.1, 2.0, 39)


@dataclass(frozen=True)
class CurvePoint:
    """Micro-F1 on test windows after training on `windows`, with one standard error."""

    windows: int
    micro_f1: float
    error: float


@dataclass(frozen=True)
class LearningCurve:
    """Micro-F1 over the number of labelled windows.

    Attributes:
        points: rising in the number of windows.
        a, b, c: parameters of the fit a - b · n^-c.
        next_gain: gain in micro-F1 by the next `more` labelled windows, with its 95 % interval.
        more: number of windows.
    """

    points: tuple[CurvePoint, ...]
    a: float
    b: float
    c: float
    next_gain: Interval
    more: int = MORE


def learning_curve(
    learner: Learner,
    correct: NDArray[np.bool_],
    data: TrainingData,
    folds: Sequence[Fold],
    budget_s: float,
) -> LearningCurve | None:
    """Train on less, fold by fold, and extrapolate the trend.

    Args:
        learner: the chosen candidate.
        correct: bool [N], test windows that it classifies correctly when trained on all others.
        data: the labelled windows.
        folds: train and test windows.
        budget_s: seconds; sizes that take longer are left out.

    Returns:
        None if there is no time for two sizes, or too few windows.
    """
    budget = Budget(budget_s)
    scored = np.sort(np.concatenate([fold.test for fold in folds]))
    everything = min(int(np.mean([len(fold.train) for fold in folds])), learner.max_windows)
    sizes, answers = [], []
    for share in SHARES:
        size = round(share * everything)
        if size < FEWEST or len(folds) * learner.seconds(size) > budget.left:
            continue
        sizes.append(size)
        answers.append(_correct_after(learner, size, data, folds)[scored])
    if not sizes:
        return None
    sizes.append(everything)
    answers.append(correct[scored])
    return fit_curve(sizes, np.stack(answers), data.groups[scored], len(data.y), data.seed)


def fit_curve(
    sizes: Sequence[int],
    correct: NDArray[np.bool_],
    groups: NDArray[np.integer],
    windows: int,
    seed: int,
) -> LearningCurve:
    """Fit an inverse power law, with an interval by a bootstrap of groups.

    Figueroa et al., "Predicting sample size required for classification performance", 2012.

    Args:
        sizes: numbers of training windows [S].
        correct: bool [S, n], test windows that were classified correctly.
        groups: [n].
        windows: number of labelled windows: the next ones come after them.
        seed: seed of the bootstrap.
    """
    _, number = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(number, weights=row) for row in correct])
    counts = np.bincount(number)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLES)
    shares = np.concatenate(
        [correct.mean(axis=1)[None], drawn @ sums.T / (drawn @ counts)[:, None]]
    )
    a, b, c = fit_power(np.array(sizes, np.float64), shares)
    gains = b * (float(windows) ** -c - float(windows + MORE) ** -c)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains[1:], [tail, 1 - tail])
    points = tuple(
        CurvePoint(size, float(row.mean()), error_over_groups(row.astype(np.float64), groups)[0])
        for size, row in zip(sizes, correct, strict=True)
    )
    return LearningCurve(
        points=points,
        a=float(a[0]),
        b=float(b[0]),
        c=float(c[0]),
        next_gain=Interval(float(gains[0]), float(min(low, gains[0])), float(max(high, gains[0]))),
    )


def fit_power(sizes: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit by least squares a - b · n^-c with b ≥ 0 and a ≤ 1, for each row of shares [R, S]."""
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


def _correct_after(
    learner: Learner, size: int, data: TrainingData, folds: Sequence[Fold]
) -> NDArray[np.bool_]:
    """Return which windows [N] are classified correctly after `size` training windows a fold."""
    y = data.y
    correct = np.zeros(len(y), np.bool_)
    for fold in folds:
        order = np.random.default_rng(data.seed).permutation(fold.train)
        rows = np.sort(order[:size])
        if len(np.unique(y[rows])) < 2:  # one class: the only possible answer
            correct[fold.test] = y[fold.test] == y[rows[0]]
            continue
        correct[fold.test] = learner.probabilities(rows, fold.test).argmax(axis=1) == y[fold.test]
    return correct
