"""Scores of windows that were held back, and how sure they are.

Windows of one group (a person, an occurrence) are alike: what is sure is told by how the groups
differ, not by how many windows there are.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from crosswear.core.intervals import Interval
from crosswear.signal.groups import error_over_groups

CONFIDENCE = 0.95

Floats: TypeAlias = NDArray[np.float64]


def expected_share(right: NDArray[np.bool_], groups: NDArray[np.integer]) -> Interval:
    """The share of right windows among as many *new* groups, with its prediction interval.

    New people differ from each other as those that were held back do: both the mean over these
    and the mean over the new ones vary, which makes the interval wider than that of a mean by √2.

    Args:
        right: bool [n], whether each held-back window was classified right.
        groups: int [n], group of each.
    """
    values = right.astype(np.float64)
    error, freedom = error_over_groups(values, groups)
    mean = float(values.mean())
    if not freedom:
        return Interval(mean, 0.0, 1.0)
    # Nobody failing, or all alike, does not mean that nobody ever will: at least the error of
    # one more window on either side (Agresti and Coull, 1998).
    shrunk = (values.sum() + 2) / (len(values) + 4)
    error = max(error, float(np.sqrt(shrunk * (1 - shrunk) / (len(values) + 4))))
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom) * error * np.sqrt(2))
    return Interval(mean, mean - reach, mean + reach).within(0.0, 1.0)


def paired_gain(
    ours: NDArray[np.bool_],
    theirs: NDArray[np.bool_],
    groups: NDArray[np.integer],
    confidence: float = CONFIDENCE,
) -> Interval:
    """By how much one candidate is better than another on the same windows, with its interval.

    Two or three groups may agree by chance: the error is not taken to be smaller than that of
    windows which do not depend on each other (McNemar, 1947). No bound is beyond -1 or 1: no
    difference is.

    Args:
        ours: bool [n], which windows the one classifies right.
        theirs: bool [n], which the other.
        groups: [n].
        confidence: of the two-sided interval.
    """
    gain = ours.astype(np.float64) - theirs
    mean = float(gain.mean())
    error, freedom = error_over_groups(gain, groups)
    if not freedom:
        return Interval(mean, -1.0, 1.0)
    error = max(error, float(gain.std() / np.sqrt(len(gain))))
    reach = float(stats.t.ppf(0.5 + confidence / 2, freedom) * error)
    return Interval(mean, mean - reach, mean + reach).within(-1.0, 1.0)
