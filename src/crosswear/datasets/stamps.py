"""Time stamps, the first column of a table, as seconds from the first sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError


def elapsed_s(
    stamps: NDArray[np.float64], per_second: float, where: str, *, first_line: int = 1
) -> NDArray[np.float64]:
    """Seconds since the first sample.

    Args:
        stamps: [T], in the unit of the file, NaN where one is missing.
        per_second: how many of those units are one second.
        where: what to call the file in a message.
        first_line: the line of the first sample; empty lines do not count.

    Raises:
        DataFormatError: if a stamp is missing, repeats or goes back.
    """
    seconds = (stamps - stamps[0]) / per_second
    # Written so that a missing stamp counts as wrong, too.
    wrong = np.flatnonzero(~(np.diff(seconds, prepend=-1.0) > 0))
    if len(wrong):
        sample = int(wrong[0])
        raise DataFormatError(
            "the time does not go on",
            where=f"{where}, line {sample + first_line}, column 1",
            expected="time stamps that increase",
            todo="fetch the file again, or compare it with the publisher's",
        )
    return np.asarray(seconds)
