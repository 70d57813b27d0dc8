"""What an accelerometer at rest tells about the unit of its numbers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crosswear.datasets.own.layout import UNITS

STEADY = 0.1
"""A second is quiet if no axis deviates by more than this part of the mean vector's length."""
TOLERANCE = 1.25
"""Sensors that are not calibrated read one g within this factor."""

_LARGEST = 1e100
"""The squares of much larger numbers overflow."""


def resting(values: NDArray[np.float64], rate_hz: float) -> float | None:
    """|a| at rest: the median over the quietest tenth of all quiet seconds.

    Args:
        values: [T, 3], in any unit.
        rate_hz: sampling rate.

    Returns:
        The length of the mean vector in the unit of `values`; None if no second is quiet, as
        where nobody rests or where the device has taken gravity away.
    """
    second = max(round(rate_hz), 2)
    whole = len(values) // second
    pieces = values[: whole * second].reshape(whole, second, 3)
    pieces = pieces[(np.abs(pieces) < _LARGEST).all(axis=(1, 2))]  # NaN is not
    if not len(pieces):
        return None
    length = np.linalg.norm(pieces.mean(axis=1), axis=1)
    spread = pieces.std(axis=1).max(axis=1)
    quiet = np.flatnonzero(spread < STEADY * length)
    if not len(quiet):
        return None
    order = quiet[np.argsort(spread[quiet] / length[quiet], kind="stable")]
    return float(np.median(length[order[: max(1, len(order) // 10)]]))


def unit_at_rest(rest: float) -> str | None:
    """The unit in which a sensor at rest reads `rest`, if it is one of `UNITS`."""
    return next((unit for unit, one_g in UNITS.items() if alike(rest, one_g)), None)


def alike(rest: float, one_g: float) -> bool:
    """Whether a sensor at rest that reads `rest` may have `one_g` units in a g."""
    return rest > 0 and abs(math.log(rest / one_g)) <= math.log(TOLERANCE)
