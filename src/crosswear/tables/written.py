"""Numbers that are not in a unit as they are written: cut apart, without signs, or scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.texts import counted

Floats = NDArray[np.float64]

_FEWEST = 20
_FEWEST_ZEROS = 5
_FEWEST_JUMPS = 3
_SMALLEST_RANGE, _LARGEST_RANGE = 256, 1 << 32
_JUMP = 0.75  # part of the range: no signal with its zero in the middle jumps so far
_SCALED = 1e-3
_LARGEST_G = 100  # thousands of mg


def has_thousands(values: Floats) -> bool:
    """Return whether points in numbers [T, 3] separate thousands: 1.003 between 998 and 999.

    Numbers up to 999 are whole then, and those with a point are never below 1.
    """
    sizes = np.abs(values[np.isfinite(values).all(axis=1)])
    whole = sizes == np.rint(sizes)
    with_point = sizes[~whole]
    if with_point.size < _FEWEST or whole.sum() < _FEWEST:
        return False
    digits = np.isclose(with_point * 1000, np.rint(with_point * 1000), rtol=0, atol=1e-6)
    return bool(
        digits.all()
        and with_point.min() > 1
        and with_point.max() < _LARGEST_G
        and _LARGEST_G <= sizes[whole].max() < 1000
    )


def lacks_signs(values: Floats) -> int:
    """Return the range of numbers [T, 3] whose negative ones were written without a sign.

    Of 16 bits, -3 is then 65533: an axis that goes through 0 jumps from one end to the other.

    Returns:
        A power of 2, such as 65536; 0 if they are not such numbers.
    """
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values) or (values < 0).any() or (values != np.rint(values)).any():
        return 0
    largest = float(values.max())
    if not _SMALLEST_RANGE / 2 < largest < _LARGEST_RANGE:
        return 0
    size = 1 << int(largest).bit_length()
    signed = np.where(values < size // 2, values, values - size)
    steps, signed_steps = (np.abs(np.diff(one, axis=0)) for one in (values, signed))
    jumps, signed_jumps = (int((one > _JUMP * size).sum()) for one in (steps, signed_steps))
    smoother = 10 * signed_jumps <= jumps and signed_steps.sum() < steps.sum()
    return size if jumps >= _FEWEST_JUMPS and smoother else 0


def scaled_to(values: Floats) -> str:
    """Return to what all three axes [T, 3] are scaled, so that their unit is lost; empty if not.

    No sensor ends at 0 and 1, or at -1 and 1, on all axes, or has a mean of 0 and a deviation of 1.
    """
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < _FEWEST:
        return ""
    low, high = values.min(axis=0), values.max(axis=0)
    for least in (0, -1):
        if np.abs(low - least).max() < _SCALED and np.abs(high - 1).max() < _SCALED:
            return f"numbers from {least} to 1"
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    if np.abs(mean).max() < _SCALED and np.abs(deviation - 1).max() < _SCALED:
        return "a mean of 0 and a deviation of 1"
    return ""


def zeros_note(values: Floats) -> str:
    """Return a sentence on rows on end in which all axes [T, 3] are 0; empty if there are none.

    Gravity is never 0 for so long: they stand for lost samples.
    """
    zero = np.concatenate([[False], (values == 0).all(axis=1), [False]])
    begin, end = (np.flatnonzero(np.diff(zero.astype(np.int8)) == one) for one in (1, -1))
    lengths = (end - begin)[end - begin >= _FEWEST_ZEROS]
    if not len(lengths) or len(values) == lengths.sum():
        return ""
    rows = counted(int(lengths.sum()), "row is", "rows are")
    return (
        f"{rows} 0 in x, y and z, {counted(int(lengths.max()), 'row')} on end: no sensor measures "
        "so. If they stand for lost samples, leave their cells empty"
    )
