"""Arrays that need not fit into memory, written to disk a block at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.core.files import as_disk_error


def save_blocks(
    target: Path, shape: tuple[int, ...], blocks: Iterable[NDArray[np.float32]]
) -> None:
    """Save an array as an .npy file.

    Args:
        target: the file, float32 [n, ...].
        shape: of the array.
        blocks: its rows, some at a time; consumed one at a time.

    Raises:
        DiskError: if it cannot be written.
    """
    header: dict[str, Any] = {
        "descr": np.dtype(np.float32).str,
        "fortran_order": False,
        "shape": shape,
    }
    with as_disk_error(target), target.open("wb") as saved:
        # Not a memory map: its pages would count as memory of this process.
        np.lib.format.write_array_header_1_0(saved, header)  # type: ignore[no-untyped-call]
        for block in blocks:
            saved.write(np.ascontiguousarray(block, np.float32).data)
