"""Scores of cross-validation with intervals.

Windows of one group (a person, an occurrence) are similar, so the intervals follow from differences
between groups, not from the number of windows.
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
    """Return the accuracy on as many *new* groups, with its prediction interval.

    New people differ from each other as these do: both the mean over these and the mean over the
    new ones vary, which makes the interval wider than that of a mean by √2.

    Args:
        right: bool [n], whether each test window was classified correctly.
        groups: int [n], group of each.
    """
    values = right.astype(np.float64)
    error, freedom = error_over_groups(values, groups)
    mean = float(values.mean())
    if not freedom:
        return Interval(mean, 0.0, 1.0)
    # No errors in a sample do not mean that there are never any: at least the error of
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
    """Return the gain of one candidate over another on the same windows, with its interval.

    Two or three groups may agree by chance: the error is at least that of independent windows
    (McNemar, 1947). The bounds lie between -1 and 1.

    Args:
        ours: bool [n], windows that the one classifies correctly.
        theirs: bool [n], windows that the other does.
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
