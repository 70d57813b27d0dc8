"""Uncertainty of a mean over groups of windows: people, occurrences, repetitions.

Windows of one group are alike, so that a mean over all windows is one over groups, weighted by
their windows. Weights may be very unequal: of one public dataset's test windows, 98 % are one
person's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def variance_over_groups(
    sums: NDArray[np.number], windows: NDArray[np.integer]
) -> tuple[float, float]:
    """Variance of the mean of all windows, and its degrees of freedom.

    The variance between groups, each weighted by its share of the windows, is divided by how many
    equal groups these weights are worth (Kish, "Survey Sampling", 1965: one by the sum of their
    squares); degrees of freedom after Satterthwaite (1946). With equal groups that is the usual
    error of a mean of G values with G - 1. Unlike a sandwich estimate, it does not collapse where
    one group has most of the windows and so nearly is the mean that it is compared with.

    Args:
        sums: [G], of the values of each group's windows, less what their mean over all windows
            would give.
        windows: [G]; groups without windows count for nothing.

    Returns:
        Both are 0 with fewer than two groups.
    """
    there = windows > 0
    if np.count_nonzero(there) < 2:
        return 0.0, 0.0
    share = windows[there] / windows.sum()
    squares, cubes = float((share**2).sum()), float((share**3).sum())
    between = float((share * (sums[there] / windows[there]) ** 2).sum()) / (1 - squares)
    freedom = (1 - squares) ** 2 / (squares - 2 * cubes + squares**2)
    return squares * between, freedom


def error_over_groups(
    values: NDArray[np.floating], groups: NDArray[np.integer]
) -> tuple[float, float]:
    """Standard error of the mean of values [n], alike within groups [n], and degrees of freedom.

    With a single group the error is infinite, and there are 0.
    """
    _, number = np.unique(groups, return_inverse=True)
    sums = np.bincount(number, weights=values - values.mean())
    variance, freedom = variance_over_groups(sums, np.bincount(number))
    return (math.sqrt(variance) if freedom else math.inf), freedom
