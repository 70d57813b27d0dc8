"""Certainty of a mean over repetitions and test people.

Both vary: another draw of the adaptation set or other initial weights give another network, and
other people give other windows. The two factors are crossed: every repetition is tested on all the
people. The variance of the mean is the sum of its variances over repetitions and over people, less
what is neither's, which both contain: chance among windows, and how a person fares in a repetition
(the two-way clusters of Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
2011). With few clusters that difference can be too small, even negative, so it is never less than
either variance. Degrees of freedom after Satterthwaite, "An approximate distribution of estimates
of variance components", 1946, with a bound, since they are estimated too. People have unequal
numbers of windows: see `crosswear.signal.groups`. `benchmarks/intervals.py` shows coverage, also
that of a bootstrap over both factors (Owen, "The pigeonhole bootstrap", 2007): with five
repetitions that is too narrow.

Each of several splits counts as one repetition with all its seeds, which share a source network.
Where every split tests one person of its own, splits and people are one factor, which counts once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from crosswear.core.intervals import Interval
from crosswear.evidence.statements import ALPHA
from crosswear.signal.groups import variance_over_groups

Floats: TypeAlias = NDArray[np.float64]

MOST = 2.5
"""A mean has at most so many times the degrees of freedom of the part that has the fewest."""


@dataclass(frozen=True)
class CrossedMean:
    """A mean with its standard error and degrees of freedom; both NaN where they are unknown."""

    mean: float
    error: float
    freedom: float

    def interval(self) -> Interval:
        """Return the 95 % interval of a difference of shares, which lies in [-1, 1]."""
        if math.isnan(self.error):
            return Interval(self.mean)
        reach = self.error * float(stats.t.ppf(1 - ALPHA / 2, self.freedom))
        return Interval(self.mean, self.mean - reach, self.mean + reach).within(-1.0, 1.0)

    def share(self) -> Interval:
        """Return the 95 % interval of a share of windows, which lies in [0, 1]."""
        return self.interval().within(0.0, 1.0)

    def p(self) -> float | None:
        """Return the two-sided p-value of a true mean of zero; None where it is unknown."""
        if math.isnan(self.error):
            return None
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))


def crossed_mean(correct: NDArray[np.number], windows: NDArray[np.integer]) -> CrossedMean:
    """The share of correct in all windows.

    Args:
        correct: [R, G], of each repetition and group of test windows; for a difference, of one
            less those of the other.
        windows: [R, G], how many there are; 0 where a repetition did not test a group.
    """
    mean = float(correct.sum() / windows.sum())
    surplus = correct - mean * windows
    axes = (0,) if one_person_each(windows) else (1, 0)
    parts = [variance_over_groups(surplus.sum(axis=axis), windows.sum(axis=axis)) for axis in axes]
    known = [(variance, freedom) for variance, freedom in parts if freedom > 0]
    if not known:
        return CrossedMean(mean, math.nan, math.nan)
    rest = rest_of(surplus, windows) if len(known) > 1 else 0.0
    variance, freedom = together(
        np.array([part for part, _ in known]), rest, [one for _, one in known]
    )
    return CrossedMean(mean, math.sqrt(float(variance)), float(freedom))


def together(parts: Floats, rest: float, freedoms: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the variance of a mean, and its degrees of freedom.

    Args:
        parts: its variances over one factor or over both, along the first axis.
        rest: the variance that each of two parts contains and that belongs to neither; it does not
            matter where there is one part.
        freedoms: of the parts.
    """
    sums, largest = parts.sum(axis=0), parts.max(axis=0)
    variance = np.maximum(sums - rest, largest)
    # Where only one part is left, both parts are evidence of its size.
    counted = np.where(sums - rest > largest, variance, sums)
    squares = sum(part**2 / one for part, one in zip(parts, freedoms, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = counted**2 / squares
    # Two repetitions may agree by chance, and with many people the formula would trust that.
    bounded = np.minimum(freedom, MOST * min(freedoms))
    return variance, np.where(variance > 0, bounded, np.inf)


def rest_of(surplus: NDArray[np.number], windows: NDArray[np.integer]) -> float:
    """Return the variance of a mean that neither repetitions nor people explain.

    Args:
        surplus: [R, G], correct less what the mean of all windows would give.
        windows: [R, G].
    """
    each = np.divide(surplus, windows, out=np.zeros(surplus.shape), where=windows > 0)
    by_row, by_column = (
        surplus.sum(axis=axis, keepdims=True) / np.maximum(windows.sum(axis=axis, keepdims=True), 1)
        for axis in (1, 0)
    )
    left = np.where(windows > 0, each - by_row - by_column, 0.0)
    share = windows / windows.sum()
    free = [1 - float((share.sum(axis=axis) ** 2).sum()) for axis in (0, 1)]
    return float((share**2).sum() * (share * left**2).sum() / math.prod(free))


def one_person_each(windows: NDArray[np.integer]) -> bool:
    """Return whether every repetition [R, G] tested one group, and another one each time."""
    tested = windows > 0
    return len(windows) > 1 and bool(
        (tested.sum(axis=1) == 1).all() and tested.sum(axis=0).max() == 1
    )
