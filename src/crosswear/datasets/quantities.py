"""Acceleration and angular velocity in the units of a recording, within what sensors measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES

LARGEST_G = 1000.0
"""Beyond the range of every accelerometer that people wear."""
LARGEST_RAD_S = 100.0
"""Likewise of every gyroscope: the widest ranges are 4000°/s."""


def to_g(
    values: NDArray[np.float64], units_per_g: float, where: str, *, before: int = 0
) -> NDArray[np.float32]:
    """Acceleration in g, float32 [T, 3]; a row with a missing axis becomes a row of NaN.

    Args:
        values: [T, 3] in the unit of the files, NaN where a number is missing.
        units_per_g: how many of those units are one g.
        where: what to call the file in a message.
        before: samples of the file that were converted before these.

    Raises:
        DataFormatError: if a value is larger than what any sensor on a body measures.
    """
    most = f"at most {LARGEST_G:g} g, which is {LARGEST_G * units_per_g:g} here"
    _check_range(values, LARGEST_G * units_per_g, "acceleration", most, where, before)
    return _whole_rows(values / units_per_g)


def to_rad_s(values: NDArray[np.float64], where: str) -> NDArray[np.float32]:
    """Angular velocity, float32 [T, 3]; a row with a missing axis becomes a row of NaN.

    Args:
        values: [T, 3] in rad/s, NaN where a number is missing.
        where: what to call the file in a message.

    Raises:
        DataFormatError: if a value is larger than what any sensor on a body measures.
    """
    most = f"at most {LARGEST_RAD_S:g} rad/s"
    _check_range(values, LARGEST_RAD_S, "angular velocity", most, where)
    return _whole_rows(values)


def _check_range(
    values: NDArray[np.float64],
    largest: float,
    quantity: str,
    most: str,
    where: str,
    before: int = 0,
) -> None:
    beyond = np.argwhere(np.abs(values) > largest)
    if len(beyond):
        row, axis = beyond[0]
        raise DataFormatError(
            f"{values[row, axis]:g} is not an {quantity}",
            where=f"{where}, sample {before + row + 1}, axis {AXES[axis]}",
            expected=most,
            todo="fetch the file again, or compare it with the publisher's",
        )


def _whole_rows(values: NDArray[np.float64]) -> NDArray[np.float32]:
    rows = values.astype(np.float32)
    rows[np.isnan(rows).any(axis=1)] = np.nan
    return rows
