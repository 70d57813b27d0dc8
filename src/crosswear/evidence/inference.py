"""Tests over few targets or pairs, and their results in words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crosswear.core.intervals import Interval, plain, points
from crosswear.evidence import phrases
from crosswear.evidence.statements import ALPHA, Finding, Support

FEWEST = 3
"""Observations below which nothing is decided."""

PERMUTATIONS = 9999
"""Number drawn where there are more."""

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
        p: two-sided, of a true value of zero; None where it is unknown.
        n: observations.
    """

    value: Interval | None
    p: float | None
    n: int

    def support(self, sign: int) -> Support:
        """Return whether the value has the sign that a hypothesis claims."""
        if self.value is None or self.p is None or self.p >= ALPHA:
            return "undecided"
        return "supported" if self.value.value * sign > 0 else "not supported"

    def within_one(self) -> Tested:
        """Return the same with the bounds that a correlation can have."""
        return replace(self, value=self.value and self.value.within(-1.0, 1.0))

    def points(self) -> str:
        """Return the value as a difference of F1, in points."""
        if self.value is None:
            return "unknown"
        return f"{points(self.value)} points{self.chance()}"

    def rho(self) -> str:
        """Return the value as a rank correlation."""
        if self.value is None:
            return "no rank correlation can be computed"
        return f"rank correlation {plain(self.value)}{self.chance()}"

    def chance(self) -> str:
        """Return the p-value as the end of a phrase."""
        return "" if self.p is None else f", p {phrases.p_value(self.p)}"


def finding(
    name: str,
    question: str,
    test: Tested,
    answer: str,
    measure: str = "difference of micro-F1",
    support: Support | None = None,
) -> Finding:
    """Return the finding of a test.

    Args:
        name: of the finding, in tables.
        question: that it answers.
        test: value, p-value and number of what was tested.
        answer: the sentence after the support, without a capital.
        measure: of the value, in words.
        support: whether the test supports the question; without it, a value above 0 does.
    """
    support = support or test.support(1)
    sentence = f"{SAID[support]}: {answer}"
    return Finding(name, question, support, sentence, measure, test.value, test.p, test.n)


def mean_over(values: Sequence[float]) -> Tested:
    """Test the mean of independent values with Student's t."""
    n = len(values)
    if n == 0:
        return Tested(None, None, 0)
    mean = float(np.mean(values))
    if n < FEWEST or np.ptp(values) == 0:
        return Tested(Interval(mean), None, n)
    test = stats.ttest_1samp(values, 0.0)
    low, high = test.confidence_interval(1 - ALPHA)
    return Tested(Interval(mean, float(low), float(high)), float(test.pvalue), n)


def rank_correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Return Spearman's rank correlation; 0 where one side is constant."""
    return float(_scaled_ranks(x) @ _scaled_ranks(y))


def correlation(x: Sequence[float], y: Sequence[float]) -> Tested:
    """Test Spearman's rank correlation of independent pairs by permutations.

    The interval is that of Fisher's z with the standard error of Fieller, Hartley and Pearson,
    "Tests for rank correlation coefficients" (1957); it needs more than three pairs.
    """
    n = len(x)
    if n < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Tested(None, None, n)
    return Tested(_fisher(rank_correlation(x, y), n), _by_permutation([x], [y]), n)


def correlation_within(
    x: Mapping[tuple[str, str], float], y: Mapping[tuple[str, str], float]
) -> Tested:
    """Test the mean rank correlation within groups; differences between groups do not count.

    Args:
        x: values by group and member.
        y: likewise; groups with fewer than three members in both do not count.

    Returns:
        Its p-value from permutations within the groups, and an interval over the groups.
    """
    groups = dict.fromkeys(group for group, _ in x)
    members = [[key for key in x if key[0] == group and key in y] for group in groups]
    kept = [keys for keys in members if len(keys) >= FEWEST]
    n = sum(len(keys) for keys in kept)
    xs, ys = ([[side[key] for key in keys] for keys in kept] for side in (x, y))
    if not any(np.ptp(a) and np.ptp(b) for a, b in zip(xs, ys, strict=True)):
        return Tested(None, None, n)
    each = mean_over([rank_correlation(a, b) for a, b in zip(xs, ys, strict=True)])
    return Tested(each.value, _by_permutation(xs, ys), n).within_one()


def _by_permutation(xs: Sequence[Sequence[float]], ys: Sequence[Sequence[float]]) -> float:
    """Return the two-sided p of the mean rank correlation of pairs of samples; exact for few.

    scipy's test wants samples of one length; targets have different numbers of sources.
    """
    ranks = [(_scaled_ranks(x), _scaled_ranks(y)) for x, y in zip(xs, ys, strict=True)]
    exact = math.prod(math.factorial(len(x)) for x, _ in ranks) <= PERMUTATIONS
    rng = np.random.default_rng(0)
    sums = np.zeros(1)
    for x, y in ranks:
        orders = (
            itertools.permutations(y)
            if exact
            else (rng.permutation(y) for _ in range(PERMUTATIONS))
        )
        each = np.array(list(orders)) @ x
        sums = np.add.outer(sums, each).ravel() if exact else sums + each
    observed = sum(x @ y for x, y in ranks)
    slack = 1e-9  # sums of the same ranks in another order
    tails = np.sum(sums <= observed + slack), np.sum(sums >= observed - slack)
    drawn = 0 if exact else 1  # what was observed is one more
    return min(1.0, 2 * (min(tails) + drawn) / (len(sums) + drawn))


def _scaled_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks with mean 0 and length 1, so that a product of two is their correlation."""
    ranks = stats.rankdata(values) - (np.size(values) + 1) / 2
    length = float(np.linalg.norm(ranks))
    return ranks / length if length else np.zeros_like(ranks)


def _fisher(rho: float, n: int) -> Interval:
    if n <= FEWEST or abs(rho) >= 1:
        return Interval(rho)
    reach = float(stats.norm.ppf(1 - ALPHA / 2)) * 1.03 / math.sqrt(n - 3)
    z = math.atanh(rho)
    return Interval(rho, math.tanh(z - reach), math.tanh(z + reach))
