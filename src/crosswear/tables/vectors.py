"""Differences between acceleration and what other sensors measure on three axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUATERNION = "with another column it is a quaternion"
NO_GRAVITY = "it has no gravity in it"
ONE_LENGTH = "its length stays the same while it moves"
MAGNITUDE = "the third column seems to be the magnitude of acceleration, not z"

_MOVING = 0.1  # part of the length by which a moving second deviates
_FEWEST_SECONDS = 3
_WITHOUT = 0.3  # mean of a moving second, as part of its length, of what has no gravity in it
_SAME = 0.12  # deviation of the length, as part of that of the vector, of what only turns
_DIRECTED = 0.5  # mean of a second, as part of its length, of what has a direction
_TURNED = 0.98  # mean of all directions, of what turns
_LARGEST = 1e100
_QUATERNION = 0.01
_COARSE = 0.02  # of one g, by which rounding moves a magnitude
_CLOSER, _CLOSER_MOVING = 0.02, 0.05
"""By so much is a magnitude nearer to one g than a vector that has it for z; in logarithms."""
_ROUNDED = 2e-3  # what the digits of a sum and its parts leave, as part of its size
_UNIT = 1e-3
"""Deviation from one length that three digits make; noise of most accelerometers is more."""


def no_acceleration(values: NDArray[np.float64], rate_hz: float) -> str:
    """Return why a moving sensor is no accelerometer; an empty text if it may be one.

    A magnetometer or gravity alone turns without changing its length. A gyroscope, or acceleration
    without gravity, swings around 0.

    Args:
        values: [T, 3], in any unit.
        rate_hz: sampling rate.
    """
    values = _plausible(values)
    if _is_direction(values):
        return ONE_LENGTH
    pieces = _seconds(values, rate_hz)
    lengths = np.linalg.norm(pieces, axis=2)
    spread = np.sqrt(pieces.var(axis=1).sum(axis=1))
    moving = spread > _MOVING * lengths.mean(axis=1)
    if moving.sum() < _FEWEST_SECONDS:
        return ""
    pieces, lengths, spread = pieces[moving], lengths[moving], spread[moving]
    if np.median(lengths.std(axis=1) / spread) < _SAME:
        return ONE_LENGTH
    means = np.linalg.norm(pieces.mean(axis=1), axis=1) / lengths.mean(axis=1)
    return NO_GRAVITY if np.median(means) < _WITHOUT else ""


def points_somewhere(values: NDArray[np.float64], rate_hz: float) -> bool:
    """Return whether a vector [T, 3] has a direction in most seconds, and not always the same one.

    Gravity in any unit does, seen by a limb that turns; noise of a gyroscope and its offset do not.
    """
    pieces = _seconds(_plausible(values), rate_hz)
    means, lengths = pieces.mean(axis=1), np.linalg.norm(pieces, axis=2).mean(axis=1)
    sizes = np.linalg.norm(means, axis=1)
    if not len(pieces) or not (sizes > 0).all() or np.median(sizes / lengths) < _DIRECTED:
        return False
    return bool(np.linalg.norm((means / sizes[:, None]).mean(axis=0)) < _TURNED)


def completes_to_one(values: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether vectors [T, 3] and a fourth number [T] are quaternions: of length 1 together.

    Their own length varies then, as that of a rotated limb's acceleration may.
    """
    four = np.concatenate([values, other[:, None]], axis=1)
    four = four[(np.abs(four) < 2).all(axis=1)]
    if len(four) < len(values) / 2 or not len(four):
        return False
    lengths = np.linalg.norm(four, axis=1)
    if (np.abs(np.percentile(lengths, (1, 99)) - 1) > _QUATERNION).any():
        return False
    return bool(np.linalg.norm(four[:, :3], axis=1).std() > 4 * lengths.std())


def is_sum(
    total: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]
) -> bool:
    """Return whether vectors [T, 3] are the sum of two others, neither of which is 0."""
    known = np.isfinite(total + one + other).all(axis=1)
    total, one, other = total[known], one[known], other[known]
    if not len(total) or not one.any() or not other.any():
        return False
    off = np.abs(total - one - other).max(axis=1)
    return bool(np.percentile(off, 99) <= _ROUNDED * np.sqrt((total**2).mean()))


def distance_at_rest(
    values: NDArray[np.float64], other: NDArray[np.float64], rate_hz: float
) -> float | None:
    """Return how far two vectors [T, 3] are apart in seconds in which the first is at rest.

    Movement is what acceleration and the gravity in it differ by. It is the median, as part of the
    length of the other one; None without a second at rest.
    """
    known = (np.abs(values) < _LARGEST).all(axis=1) & (np.abs(other) < _LARGEST).all(axis=1)
    pieces, others = (_seconds(one[known], rate_hz) for one in (values, other))
    means, down = pieces.mean(axis=1), others.mean(axis=1)
    lengths = np.linalg.norm(down, axis=1)
    quiet = _are_quiet(pieces) & (lengths > 0)
    if not quiet.any():
        return None
    return float(np.median(np.linalg.norm(means - down, axis=1)[quiet] / lengths[quiet]))


def has_magnitude(values: NDArray[np.float64], rate_hz: float, one_g: float) -> bool:
    """Return whether the third column of [T, 3] is the magnitude of acceleration, and not z.

    It is never negative, and at least as large as the other two together. z is so too where the
    sensor lies flat; but then all three together are one g, and z is less.

    Args:
        values: of x, y and the third column.
        rate_hz: sampling rate.
        one_g: one g in the unit of the values.
    """
    values = _plausible(values)
    across = np.hypot(values[:, 0], values[:, 1])
    if not len(values) or (values[:, 2] < across - _COARSE * one_g).any() or values[:, 2].min() < 0:
        return False
    pieces = _seconds(values, rate_hz)
    if not len(pieces):
        return False
    means, quiet = pieces.mean(axis=1), _are_quiet(pieces)
    lengths = np.linalg.norm(means, axis=1)
    seen = [(means, lengths, 90, _CLOSER_MOVING)]
    seen += [(means[quiet], lengths[quiet], 50, _CLOSER)] * bool(quiet.any())
    for some, together, percent, closer in seen:
        third, all_three = np.percentile(some[:, 2], percent), np.percentile(together, percent)
        if abs(np.log(third / one_g)) + closer < abs(np.log(all_three / one_g)):
            return True
    return False


def _plausible(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[(np.abs(values) < _LARGEST).all(axis=1)]


def _are_quiet(pieces: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each second [S, n, 3] is one at rest."""
    lengths = np.linalg.norm(pieces.mean(axis=1), axis=1)
    return np.asarray(pieces.std(axis=1).max(axis=1) < _MOVING * lengths)


def _seconds(values: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the whole seconds [S, n, 3] of values [T, 3]."""
    second = max(round(rate_hz), 2)
    whole = len(values) // second
    return values[: whole * second].reshape(whole, second, 3)


def _is_direction(values: NDArray[np.float64]) -> bool:
    """Return whether vectors [T, 3] that vary have the same length throughout.

    No sensor measures so: it is a direction, or gravity that was computed.
    """
    lengths = np.linalg.norm(values, axis=1)
    usual = float(np.median(lengths)) if len(lengths) else 0.0
    if not usual > 0 or (np.abs(np.percentile(lengths, (1, 99)) / usual - 1) > _UNIT).any():
        return False
    spread = np.sqrt(values.var(axis=0).sum())
    return bool(spread > max(4 * lengths.std(), _UNIT / 10 * usual))
