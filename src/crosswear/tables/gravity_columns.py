"""Gravity: in the columns of acceleration, in columns of its own, or nowhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.at_rest import rest_of
from crosswear.tables.column_names import ACCELERATION, GRAVITY, WITHOUT_GRAVITY
from crosswear.tables.sampled import Sample
from crosswear.tables.scale import unit_in
from crosswear.tables.sensor_columns import Sensor, Triple, values_of
from crosswear.tables.units import TOLERANCE, UNITS
from crosswear.tables.vectors import NO_GRAVITY, distance_at_rest, no_acceleration

_FEW_G = 0.5
"""Somebody who moves reads more than that in g, in the median."""
_PARALLEL = 0.95  # cosine of the angle between a sensor's mean and gravity
_LEAST_MEAN = 0.2  # part of the usual length that the mean has where gravity is in it
_SAME = 0.12
"""Acceleration at rest is as near to the gravity in it, as part of its length: zeros may be off."""


def gravity_of(
    samples: Sequence[Sample], axes: Triple, candidates: Sequence[Triple], rate_hz: float
) -> list[Triple]:
    """Columns of gravity that must be added to some axes; none if the axes contain it.

    Args:
        samples: of some files.
        axes: acceleration, with gravity or without.
        candidates: all triples of the files.
        rate_hz: sampling rate.

    Returns:
        Several where it is not clear which, or whether.
    """
    gravities = [one for one in candidates if GRAVITY.search(str(one[0])) and one != axes]
    beginnings = {one: _alike_start(str(one[0]), str(axes[0])) for one in gravities}
    best = max(beginnings.values(), default=0)
    left = [one for one, length in beginnings.items() if length == best]
    if len(left) != 1:
        return left
    values, gravity = values_of(samples, axes), values_of(samples, left[0])
    mean, down = np.nanmean(values, axis=0), np.nanmean(gravity, axis=0)
    size, none = float(np.linalg.norm(down)), float(np.linalg.norm(mean))
    sign = 1 if np.linalg.norm(mean - down) <= np.linalg.norm(mean + down) else -1
    all_of_it = float(np.linalg.norm(mean - sign * down))
    unclear = [left[0], axes]
    if size > 0 and none < all_of_it / 2:
        usual = float(np.nanmedian(np.linalg.norm(values, axis=1)))
        other_unit = none > _LEAST_MEAN * usual and _are_one_in_two_units(mean, sign * down)
        return unclear if other_unit else left
    if all_of_it >= none / 2:
        return unclear
    # A magnetometer, too, may have about the direction of gravity on average.
    named = ACCELERATION.search(str(axes[0]))
    apart = None if named else distance_at_rest(values, sign * gravity, rate_hz)
    return [] if apart is None or apart < _SAME else unclear


def _are_one_in_two_units(mean: NDArray[np.float64], down: NDArray[np.float64]) -> bool:
    """Return whether the mean acceleration is gravity, in another unit than that of `down`."""
    lengths = np.linalg.norm(mean), np.linalg.norm(down)
    if mean @ down < _PARALLEL * lengths[0] * lengths[1]:
        return False
    factor = math.log(lengths[1] / lengths[0])
    return any(
        abs(factor - math.log(one / other)) < math.log(TOLERANCE)
        for one, other in permutations(UNITS.values(), 2)
    )


def _alike_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def lacks_gravity(
    samples: Sequence[Sample], sensor: Sensor, rate_hz: float, texts: Sequence[str]
) -> bool:
    """Return whether x, y and z have no gravity, and none is added.

    They swing around 0 while they move. Or they are never at rest, and their names say so or they
    read less than half of one g in the unit that is stated.

    Args:
        samples: of some files.
        sensor: the columns.
        rate_hz: sampling rate.
        texts: names of the columns, and what a row of units says of them.
    """
    if sensor.gravity is not None:
        return False
    values = values_of(samples, sensor.axes)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return False
    # A gyroscope may have an offset at rest that looks like gravity.
    swings = no_acceleration(values, rate_hz) == NO_GRAVITY
    if swings or rest_of(samples, sensor, rate_hz) is not None:
        return swings
    median = float(np.median(np.linalg.norm(values, axis=1)))
    stated = [UNITS[unit] for text in texts if (unit := unit_in(text)) is not None]
    named = bool(WITHOUT_GRAVITY.search(str(sensor.axes[0])))
    return named or any(median < _FEW_G * one_g for one_g in stated)
