"""Tests over few targets or pairs, and the words for what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crosswear.evidence.model import ALPHA, Interval, Support

FEWEST = 3
"""Observations below which nothing is decided."""

SAID: Mapping[Support, str] = {
    "supported": "Supported",
    "not supported": "Not supported",
    "undecided": "Undecided",
}


@dataclass(frozen=True)
class Tested:
    """A value with its interval and test.

    Attributes:
        value: None where it cannot be computed.
        p: two-sided, that it is zero; None where nothing tells.
        n: observations.
    """

    value: Interval | None
    p: float | None
    n: int

    def support(self, sign: int) -> Support:
        """Whether the value has the sign that a reading claims."""
        if self.value is None or self.p is None or self.p >= ALPHA:
            return "undecided"
        return "supported" if self.value.mean * sign > 0 else "not supported"

    def points(self) -> str:
        """The value as a difference of F1, in points."""
        if self.value is None:
            return "unknown"
        text = f"{100 * self.value.mean:+.1f} points"
        if self.value.low is not None and self.value.high is not None:
            text += f" [{100 * self.value.low:+.1f}, {100 * self.value.high:+.1f}]"
        return text + self.chance()

    def rho(self) -> str:
        """The value as a rank correlation."""
        if self.value is None:
            return "no rank correlation can be computed"
        text = f"rank correlation {self.value.mean:+.2f}"
        if self.value.low is not None and self.value.high is not None:
            text += f" [{self.value.low:+.2f}, {self.value.high:+.2f}]"
        return text + self.chance()

    def chance(self) -> str:
        """The p-value in brackets."""
        if self.p is None:
            return ""
        return " (p < 0.001)" if self.p < 0.001 else f" (p = {self.p:.3f})"


def mean_over(values: Sequence[float]) -> Tested:
    """The mean of independent values, Student's t."""
    n = len(values)
    if n == 0:
        return Tested(None, None, 0)
    mean = float(np.mean(values))
    if n < FEWEST or np.ptp(values) == 0:
        return Tested(Interval(mean, None, None), None, n)
    test = stats.ttest_1samp(values, 0.0)
    low, high = test.confidence_interval(1 - ALPHA)
    return Tested(Interval(mean, float(low), float(high)), float(test.pvalue), n)


def rank_correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Spearman's; 0 where one side is constant: neither rises with the other."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(stats.spearmanr(x, y).statistic)


def correlation(x: Sequence[float], y: Sequence[float]) -> Tested:
    """Spearman's rank correlation of independent pairs; its p-value is exact (permutations).

    The interval is that of Fisher's z with the standard error of Fieller, Hartley and Pearson,
    "Tests for rank correlation coefficients" (1957); it needs more than three pairs.
    """
    n = len(x)
    if n < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Tested(None, None, n)
    rho = rank_correlation(x, y)
    test = stats.permutation_test(
        (np.asarray(y, float),),
        lambda turned: rank_correlation(x, turned),
        permutation_type="pairings",
        vectorized=False,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    )
    return Tested(_fisher(rho, n), float(test.pvalue), n)


def correlation_within(
    x: Mapping[tuple[str, str], float], y: Mapping[tuple[str, str], float]
) -> Tested:
    """Mean rank correlation within groups; what differs between the groups does not count.

    Args:
        x: values by group and member.
        y: likewise; groups with fewer than three members in both do not count.

    Returns:
        Its exact p-value from permutations within the groups, and an interval over the groups.
    """
    groups = dict.fromkeys(group for group, _ in x)
    members = {g: [key for key in x if key[0] == g and key in y] for g in groups}
    kept = [keys for keys in members.values() if len(keys) >= FEWEST]
    n = sum(len(keys) for keys in kept)
    xs = [np.array([x[key] for key in keys]) for keys in kept]
    ys = [np.array([y[key] for key in keys]) for keys in kept]
    if not kept or all(np.ptp(one) == 0 for one in xs) or all(np.ptp(one) == 0 for one in ys):
        return Tested(None, None, n)

    def mean(*turned: NDArray[np.float64]) -> float:
        return float(np.mean([rank_correlation(a, b) for a, b in zip(xs, turned, strict=True)]))

    test = stats.permutation_test(
        ys,
        mean,
        permutation_type="pairings",
        vectorized=False,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    )
    each = mean_over([rank_correlation(a, b) for a, b in zip(xs, ys, strict=True)])
    return Tested(each.value, float(test.pvalue), n)


def _fisher(rho: float, n: int) -> Interval:
    if n <= FEWEST or abs(rho) >= 1:
        return Interval(rho, None, None)
    reach = float(stats.norm.ppf(1 - ALPHA / 2)) * 1.03 / math.sqrt(n - 3)
    z = math.atanh(rho)
    return Interval(rho, math.tanh(z - reach), math.tanh(z + reach))
