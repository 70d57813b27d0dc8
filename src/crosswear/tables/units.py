"""Units of acceleration and time, and what an accelerometer at rest says about its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import STANDARD_GRAVITY
from crosswear.tables.instants import Order

TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns"] | Order
UNITS = {"g": 1.0, "mg": 1000.0, "m/s2": STANDARD_GRAVITY}
"""Number of each unit in one g."""
SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""Number of each unit in one second."""
STEADY = 0.1
"""A second is quiet if no axis deviates by more than this part of the mean vector's length."""
TOLERANCE = 1.25
"""Sensors that are not calibrated read one g within this factor."""

MOVING_TOLERANCE = 1.5
"""In recordings without a second at rest, the median of |a| is one g within this factor."""
LEAST_G, MOST_G = 0.3, 3.0
"""Bounds of |a| of a person, in g, at rest or in the median of some seconds."""

UNEVEN = 1.3
"""Upper bound of the ratio between readings at rest in two postures. The largest in recordings of
four public datasets is 1.23, of sensors that were not calibrated."""

CONFIRMED = 1.2
"""As `UNEVEN`, for counts, of which many numbers may be one g."""

_FEWEST_SECONDS, _SEVERAL = 3, 5
_APART = 0.7  # cosine of the least angle between two postures, 45 degrees
_LOST = 0.2  # part of a second that may be lost
_LARGEST = 1e100
"""The squares of much larger numbers overflow."""


@dataclass(frozen=True)
class Reading:
    """Length of the vector of acceleration where it is about one g.

    Attributes:
        length: in the unit of the samples.
        at_rest: whether it is of seconds at rest; otherwise the median over all samples.
        whole: whether all samples are whole numbers, as counts are.
        between: shortest and longest vector of most quiet seconds, if there are several.
        turned: ratio of the length in seconds with another posture, quiet or not, to that at rest;
            None without such seconds.
    """

    length: float
    at_rest: bool
    whole: bool = False
    between: tuple[float, float] | None = None
    turned: float | None = None

    @property
    def unit(self) -> str | None:
        """The unit that it is in, if it is one of `UNITS`."""
        if self.at_rest:
            return unit_at_rest(self.length)
        near = (u for u, g in UNITS.items() if _within(self.length, g, MOVING_TOLERANCE))
        return next(near, None)

    @property
    def is_uneven(self) -> bool:
        """Return whether the length depends on the posture: that of gravity is the same in each."""
        return self._uneven is not None

    @property
    def _uneven(self) -> tuple[float, float] | None:
        """Return the shorter and the longer vector of two postures that differ too much."""
        turned = None if self.turned is None else (self.length, self.length * self.turned)
        pairs = (sorted(pair) for pair in (self.between, turned) if pair is not None)
        return next(((low, high) for low, high in pairs if high > UNEVEN * low), None)

    @property
    def is_confirmed(self) -> bool:
        """Return whether the length is the same in another posture: zero is at 0 then."""
        return self.turned is not None and _within(self.turned, 1, CONFIRMED)

    def contradicts(self, one_g: float) -> bool:
        """Return whether the samples cannot have `one_g` units in a g."""
        other = self.at_rest and self.unit is not None and not alike(self.length, one_g)
        return other or not LEAST_G <= self.length / one_g <= MOST_G

    def __str__(self) -> str:
        if self._uneven is not None:
            low, high = self._uneven
            return f"at rest the sensor reads {low:.4g} in one posture and {high:.4g} in another"
        said = "at rest the sensor reads" if self.at_rest else "the median of |a| is"
        return f"{said} {self.length:.4g}" + (f", as if in {self.unit}" if self.unit else "")


def reading(values: NDArray[np.float64], rate_hz: float) -> Reading | None:
    """Return what is about one g in a recording: |a| at rest, or its median where no one rests.

    At rest that is the median over the quietest tenth of all quiet seconds.

    Args:
        values: [T, 3], in any unit; up to a fifth of a second may be NaN.
        rate_hz: sampling rate.

    Returns:
        None if there are neither a second at rest nor some seconds with gravity in them.
    """
    means, spread = _seconds(values, rate_hz)
    length = np.linalg.norm(means, axis=1)
    known = np.isfinite(values)
    quiet = np.flatnonzero(spread < STEADY * length)
    if len(quiet):
        order = quiet[np.argsort(spread[quiet] / length[quiet], kind="stable")]
        quietest = order[: max(1, len(order) // 10)]
        rest = float(np.median(length[quietest]))
        low, high = np.percentile(length[quiet], (5, 95)).tolist()
        return Reading(
            rest,
            at_rest=True,
            whole=bool((values == np.rint(values))[known].all()),
            between=(low, high) if len(quiet) >= _SEVERAL else None,
            turned=_turned(means, means[quietest].mean(axis=0), rest),
        )
    every = np.linalg.norm(values[(np.abs(values) < _LARGEST).all(axis=1)], axis=1)
    if len(length) < _FEWEST_SECONDS:
        return None
    usual = float(np.median(every))
    # Without gravity, what is measured in a second has a mean of almost nothing.
    return Reading(usual, at_rest=False) if np.median(length) > usual / 2 > 0 else None


def _seconds(
    values: NDArray[np.float64], rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean vector of every second [S, 3], and how far an axis varies in it [S]."""
    second = max(round(rate_hz), 2)
    whole = len(values) // second
    pieces = values[: whole * second].reshape(whole, second, 3)
    known = np.asarray((np.abs(pieces) < _LARGEST).all(axis=2, keepdims=True))  # NaN is not
    there = known.sum(axis=(1, 2)) >= (1 - _LOST) * second
    pieces, known = pieces[there], known[there]
    if not len(pieces):
        return np.empty((0, 3)), np.empty(0)
    means = pieces.mean(axis=1, where=known)
    return means, pieces.std(axis=1, where=known).max(axis=1)


def _turned(means: NDArray[np.float64], down: NDArray[np.float64], rest: float) -> float | None:
    lengths = np.linalg.norm(means, axis=1)
    other = means @ down < _APART * lengths * np.linalg.norm(down)
    return float(np.median(lengths[other])) / rest if other.sum() >= _FEWEST_SECONDS else None


def unit_at_rest(rest: float) -> str | None:
    """Return the unit in which a sensor at rest reads `rest`, if it is one of `UNITS`."""
    return next((unit for unit, one_g in UNITS.items() if alike(rest, one_g)), None)


def alike(rest: float, one_g: float) -> bool:
    """Return whether a sensor at rest that reads `rest` may have `one_g` units in a g."""
    return _within(rest, one_g, TOLERANCE)


def _within(length: float, one_g: float, factor: float) -> bool:
    return length > 0 and abs(math.log(length / one_g)) <= math.log(factor)
