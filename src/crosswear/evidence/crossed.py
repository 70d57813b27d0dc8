"""Certainty of a mean over repetitions and test people.

Both vary: another draw of the adaptation set or other initial weights give another network, and
other people give other windows. The two factors are crossed: every repetition is tested on all the
people. The variance of the mean is the sum of its variances over repetitions and over people
(the two-way clusters of Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
2011, without the term that they subtract: it can make the variance negative with few clusters).
Degrees of freedom after Satterthwaite, "An approximate distribution of estimates of variance
components", 1946. People have unequal numbers of windows: see `crosswear.signal.groups`.
`benchmarks/intervals.py` shows coverage, also that of a bootstrap over both factors (Owen, "The
pigeonhole bootstrap", 2007): with five repetitions that is too narrow.

Each of several splits counts as one repetition with all its seeds, which share a source network.
Where every split tests one person of its own, splits and people are one factor, which counts once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from crosswear.core.intervals import Interval
from crosswear.evidence.statements import ALPHA
from crosswear.signal.groups import variance_over_groups


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
    variance = sum(part for part, _ in known)
    if variance == 0:
        return CrossedMean(mean, 0.0, math.inf)
    freedom = variance**2 / sum(part**2 / freedom for part, freedom in known)
    return CrossedMean(mean, math.sqrt(variance), freedom)


def one_person_each(windows: NDArray[np.integer]) -> bool:
    """Return whether every repetition [R, G] tested one group, and another one each time."""
    tested = windows > 0
    return len(windows) > 1 and bool(
        (tested.sum(axis=1) == 1).all() and tested.sum(axis=0).max() == 1
    )
