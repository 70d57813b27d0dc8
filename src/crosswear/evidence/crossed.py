"""How sure a mean over repetitions and test people is.

Both vary: another draw of the adaptation set or other initial weights give another network, and
other people give other windows. The two factors are crossed: every repetition is tested on all the
people. The variance of the mean is the sum of what the repetitions and what the people say of it
(the two-way clusters of Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
2011, without the term that they subtract: it can make the variance negative with few clusters).
Degrees of freedom after Satterthwaite, "An approximate distribution of estimates of variance
components", 1946. People have unequal numbers of windows: see `crosswear.signal.groups`.
`benchmarks/intervals.py` shows coverage, also that of a bootstrap over both factors (Owen, "The
pigeonhole bootstrap", 2007): with five repetitions that is too narrow.

Of several splits each counts as one repetition, whatever its seeds: these share a source network.
Their test people are told apart by their own numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from crosswear.evidence.model import ALPHA, Interval
from crosswear.signal.groups import variance_over_groups


@dataclass(frozen=True)
class CrossedMean:
    """A mean with its standard error and degrees of freedom; both NaN where nothing tells."""

    mean: float
    error: float
    freedom: float

    def interval(self) -> Interval:
        """With 95 % coverage; of a difference of shares, which lies in [-1, 1]."""
        if math.isnan(self.error):
            return Interval(self.mean, None, None)
        reach = self.error * float(stats.t.ppf(1 - ALPHA / 2, self.freedom))
        return Interval(self.mean, max(self.mean - reach, -1.0), min(self.mean + reach, 1.0))

    def share(self) -> Interval:
        """The same for a share of windows, which lies in [0, 1]."""
        one = self.interval()
        if one.low is None or one.high is None:
            return one
        return Interval(one.mean, max(one.low, 0.0), min(one.high, 1.0))

    def p(self) -> float | None:
        """Two-sided, that the true mean is zero; None where nothing tells."""
        if math.isnan(self.error):
            return None
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))


def crossed_mean(hits: NDArray[np.number], windows: NDArray[np.integer]) -> CrossedMean:
    """The share of hits in all windows.

    Args:
        hits: [R, G], of each repetition and group of test windows; for a difference, of one rival
            less those of the other.
        windows: [R, G], how many there are; 0 where a repetition did not test a group.
    """
    mean = float(hits.sum() / windows.sum())
    surplus = hits - mean * windows
    parts = [
        variance_over_groups(surplus.sum(axis=axis), windows.sum(axis=axis)) for axis in (1, 0)
    ]
    told = [(variance, freedom) for variance, freedom in parts if freedom > 0]
    if not told:
        return CrossedMean(mean, math.nan, math.nan)
    variance = sum(part for part, _ in told)
    if variance == 0:
        return CrossedMean(mean, 0.0, math.inf)
    freedom = variance**2 / sum(part**2 / freedom for part, freedom in told)
    return CrossedMean(mean, math.sqrt(variance), freedom)
