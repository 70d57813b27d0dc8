"""Windows that need not fit into memory: a block of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096
"""Windows that are in memory at a time: 5 MB of 4 s at 25 Hz."""

Value = TypeVar("Value", bound=np.generic)


def blocks_of(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield the places of `count` windows, `size` at a time; one empty block if there are none."""
    for start in range(0, max(count, 1), size):
        yield slice(start, start + size)


def by_blocks(
    function: Callable[[NDArray[np.float32]], NDArray[Value]],
    x: NDArray[np.float32],
    rows: NDArray[np.integer] | None = None,
) -> NDArray[Value]:
    """Return a function of windows, each of which it looks at alone.

    Args:
        function: of windows [n, 3·sensors, L]; returns a row for each.
        x: windows [N, 3·sensors, L], for example a memory map.
        rows: places of the windows that are wanted; all without it.
    """
    count = len(x) if rows is None else len(rows)
    places = (block if rows is None else rows[block] for block in blocks_of(count))
    return np.concatenate([function(np.array(x[some])) for some in places])
