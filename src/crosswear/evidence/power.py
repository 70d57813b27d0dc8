"""Gains that a study can detect, before anything is trained.

The model is that of `crosswear.evidence.crossed`: the difference of two methods in one repetition
on one person is the true gain plus a deviation of the repetition, one of the person, and one of
both together. Each variance that `crossed_mean` adds up has an expected value under this model, and
is taken to vary about it as a chi-square with the part's degrees of freedom does; what it subtracts
is taken to have its expected value. From these
follow the test's limits, and from the limits its power.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from crosswear.core.recording import GroupUnit
from crosswear.evidence.crossed import one_person_each, together
from crosswear.evidence.inference import FEWEST
from crosswear.evidence.statements import ALPHA
from crosswear.signal.groups import variance_over_groups

POWER = 0.8
"""Share of studies that find a gain which is called detectable."""

_QUANTILES = (np.arange(30) + 0.5) / 30


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of the gain over the network from scratch, as shares of windows.

    Attributes:
        repetitions: between repetitions, the same for all people.
        groups: between people (or occurrences), the same in all repetitions.
        rest: between repetitions of one person, with the chance among its windows.
    """

    repetitions: float
    groups: float
    rest: float


MEASURED: dict[GroupUnit, Deviations] = {
    "subject": Deviations(repetitions=0.022, groups=0.012, rest=0.050),
    "occurrence": Deviations(repetitions=0.025, groups=0.020, rest=0.088),
}
"""By what a split keeps whole; `python benchmarks/deviations.py` measures them on docs/records."""

BETWEEN_TARGETS = 0.014
"""Standard deviation of the mean gain on a target between targets, from the same command."""


@dataclass(frozen=True)
class VariancePart:
    """One of the variances that `crossed_mean` adds up.

    Attributes:
        expected: its expected value; 0 where it is unknown.
        freedom: its degrees of freedom; 0 where it is unknown.
        true: the variance that the mean has.
    """

    expected: float
    freedom: float
    true: float


def expected_part(
    windows: NDArray[np.integer], own: float, other: float, rest: float
) -> VariancePart:
    """Return the part of the variance of a mean that differences between rows add.

    Args:
        windows: numbers of windows [N, M] of each row and column; no row is empty.
        own: variance between rows.
        other: variance between columns.
        rest: variance of both together.
    """
    totals = windows.sum(axis=1)
    share, within = totals / totals.sum(), windows / totals[:, None]
    squares, inner = float((share**2).sum()), (within**2).sum(axis=1)
    columns = float(((share @ within) ** 2).sum())
    true = own * squares + other * columns + rest * float(share**2 @ inner)
    each = own + (other + rest) * inner  # variance of a row's mean
    _, freedom = variance_over_groups(np.zeros(len(totals)), totals)
    if freedom == 0:
        return VariancePart(0.0, 0.0, true)
    between = (float(share @ each) - true) / (1 - squares)
    return VariancePart(squares * between, freedom, true)


def detectable(
    windows: NDArray[np.integer], deviations: Deviations, alpha: float = ALPHA
) -> float | None:
    """Return the smallest gain that a comparison finds with a chance of 80 %.

    Args:
        windows: [R, G], of each repetition and group of test windows, as in `crossed_mean`.
        deviations: how much the gain varies.
        alpha: error rate of the two-sided test.

    Returns:
        A difference of shares; None if nothing up to 1 is found, or there is nothing to test with.
    """
    windows = windows[windows.any(axis=1)][:, windows.any(axis=0)]
    row, group, rest = (sd**2 for sd in astuple(deviations))
    if one_person_each(windows):  # repetitions and people are one factor, which counts once
        return _smallest([expected_part(windows.T, row + group, 0.0, rest)], alpha)
    parts = [expected_part(windows, row, group, rest), expected_part(windows.T, group, row, rest)]
    return _smallest(parts, alpha, rest * float(((windows / windows.sum()) ** 2).sum()))


def detectable_mean(targets: int, between: float = BETWEEN_TARGETS) -> float | None:
    """Return the smallest mean gain over targets that `mean_over` finds with a chance of 80 %."""
    variance = between**2 / max(targets, 1)
    freedom = targets - 1 if targets >= FEWEST else 0
    return _smallest([VariancePart(variance, freedom, variance)], ALPHA)


def _smallest(parts: Sequence[VariancePart], alpha: float, rest: float = 0.0) -> float | None:
    """Return the gain that a test finds with a chance of 80 %.

    Its variance and degrees of freedom come from the parts, and from the `rest` that two of them
    contain, as those of `crossed_mean` do.
    """
    known = [part for part in parts if part.freedom > 0]
    if not known:
        return None
    drawn = np.meshgrid(
        *(one.expected * stats.chi2.ppf(_QUANTILES, one.freedom) / one.freedom for one in known)
    )
    variance, freedom = together(np.array(drawn), rest, [one.freedom for one in known])
    limits = np.sqrt(variance) * stats.t.isf(alpha / 2, freedom)
    error = math.sqrt(known[0].true)

    def missed(gain: float) -> float:
        return float(special.ndtr((limits - gain) / error).mean()) - (1 - POWER)

    return None if missed(1.0) > 0 else float(optimize.brentq(missed, 0.0, 1.0))
