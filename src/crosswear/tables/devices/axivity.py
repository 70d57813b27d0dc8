"""Axivity AX3 and AX6: `.cwa`, a header and blocks of 512 bytes, each with a checksum.

The reader of scikit-digital-health puts zeros where a block is damaged, and crashes where one is
missing: both are looked for before.

Source: Open Movement, https://github.com/openmovementproject/openmovement (Docs/ax3/cwa.h)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.devices.apart import convert_apart
from crosswear.tables.devices.format import DeviceFormat, damaged

HEADER_BYTES, BLOCK_BYTES = 1024, 512
BLOCK = np.dtype(
    {
        "names": ["name", "size", "session", "sequence", "rate", "packing", "count"],
        "formats": ["S2", "<u2", "<u4", "<u4", "u1", "u1", "<u2"],
        "offsets": [0, 2, 6, 10, 24, 25, 28],
        "itemsize": BLOCK_BYTES,
    }
)
"""Fields of a block that are the same, or count, from block to block."""

_TOGETHER = 1 << 13  # blocks that are looked at at once
_BLOCK_SIZE = 508  # without the four bytes of name and size
_SAMPLES = {0x30: 120, 0x32: 80, 0x62: 40, 0x92: 26}
"""Samples in a full block, by their packing."""


def convert(source: Path, where: str, target: Path) -> None:
    """Write the acceleration of a `.cwa` file as Parquet; see `DeviceFormat.convert`."""
    _check(source, where)
    convert_apart("axivity", FORMAT.device, source, where, target)


def _check(source: Path, where: str) -> None:
    """Raise an error unless every block is whole and follows the one before it."""
    size = source.stat().st_size - HEADER_BYTES
    if size < BLOCK_BYTES or size % BLOCK_BYTES:
        what = "ends within a block" if size > 0 else "holds no sample"
        raise damaged(what, where, FORMAT.device)
    first: NDArray[np.void] | None = None
    done = 0
    with source.open("rb") as file:
        file.seek(HEADER_BYTES)
        while content := file.read(_TOGETHER * BLOCK_BYTES):
            blocks = np.frombuffer(content, BLOCK)
            sums = np.frombuffer(content, "<u2").reshape(len(blocks), -1).sum(1, dtype=np.uint16)
            first = blocks[:1] if first is None else first
            for what, wrong in _problems(blocks, first, done, sums):
                if wrong.any():
                    place = f"{where}, block {done + int(wrong.argmax()) + 1}"
                    raise damaged(what, place, FORMAT.device)
            done += len(blocks)


def _problems(
    blocks: NDArray[np.void], first: NDArray[np.void], done: int, sums: NDArray[np.uint16]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield what may be wrong with blocks, and with which of them it is.

    Args:
        blocks: some of a file, of type `BLOCK`.
        first: the first block of the file, alone.
        done: number of the blocks before these.
        sums: of the words of each block.
    """
    yield "no block of samples", (blocks["name"] != b"AX") | (blocks["size"] != _BLOCK_SIZE)
    yield "its checksum is wrong", sums != 0
    unlike = [blocks[name] != first[name] for name in ("session", "rate", "packing")]
    yield "the device was started anew, or set up anew", np.logical_or.reduce(unlike)
    number = first["sequence"].astype(np.int64) + done + np.arange(len(blocks))
    yield "blocks before it are missing", blocks["sequence"] != number
    yield "not full of samples", blocks["count"] != _SAMPLES.get(int(first["packing"][0]), 0)


FORMAT = DeviceFormat("Axivity", ".cwa", b"MD", convert)
