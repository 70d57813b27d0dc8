"""Columns of Arrow as arrays of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def as_array(column: Any) -> NDArray[Any]:
    """The numbers [T] of a column, NaN where one is missing; not to be written to.

    Arrow's own `to_numpy` imports pandas wherever that is installed: half a second, and 50 MB.

    Args:
        column: an Array or a ChunkedArray of numbers.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not column.null_count:
        return np.asarray(np.from_dlpack(column))
    content = [None, column.buffers()[1]]  # without the bits that tell which ones are missing
    known = pa.Array.from_buffers(column.type, len(column), content, offset=column.offset)
    missing = np.from_dlpack(column.is_null().cast(pa.uint8()))
    return np.where(missing, np.nan, np.from_dlpack(known))
