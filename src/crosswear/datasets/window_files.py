"""Windows of a domain, written to disk as they are cut: their samples need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.array_files import save_blocks
from crosswear.core.files import as_disk_error
from crosswear.core.recording import Windows

_ROWS = 4096  # windows that are copied at a time
_SAMPLES = "x"


def write_samples(pieces: Iterable[Windows], file: Path) -> Windows | None:
    """Write the samples of windows to a file, one after another, float32 without a header.

    Args:
        pieces: windows of a segment each; consumed one at a time.
        file: written anew.

    Returns:
        All windows without their samples: `x` is [N, 0, L]. None if there is not a single one.

    Raises:
        DiskError: if the file cannot be written.
    """
    tables: list[Windows] = []
    with file.open("wb") as written:
        for windows in pieces:
            with as_disk_error(file):
                written.write(np.ascontiguousarray(windows.x, np.float32).data)
            tables.append(replace(windows, x=windows.x[:, :0].copy()))
    return Windows.joined(tables) if any(map(len, tables)) else None


def save_samples(
    files: Sequence[tuple[Path, NDArray[np.bool_]]], shape: tuple[int, int], target: Path
) -> None:
    """Save the samples of some windows of several files as one .npy file, a block at a time.

    Args:
        files: as `write_samples` leaves them, each with the windows of it that are saved, [N].
        shape: channels and samples of a window.
        target: the .npy file, float32 [n, *shape].

    Raises:
        DiskError: if it cannot be written.
    """

    def blocks() -> Iterator[NDArray[np.float32]]:
        for file, kept in files:
            with file.open("rb") as written:
                for place in range(0, len(kept), _ROWS):
                    some = kept[place : place + _ROWS]
                    block = np.fromfile(written, np.float32, len(some) * shape[0] * shape[1])
                    yield block.reshape(len(some), *shape)[some]

    save_blocks(target, (sum(int(kept.sum()) for _, kept in files), *shape), blocks())


def save_table(windows: Windows, folder: Path) -> None:
    """Save all fields but the samples, an .npy file each."""
    for field in fields(Windows):
        if field.name != _SAMPLES:
            np.save(folder / f"{field.name}.npy", getattr(windows, field.name))


def load_table(folder: Path) -> Windows:
    """Load what `save_table` has saved; `x` is [N, 0, 0].

    Raises:
        OSError, ValueError: if a file is missing or damaged, or their lengths differ.
    """
    names = [field.name for field in fields(Windows) if field.name != _SAMPLES]
    table = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in names}
    lengths = {len(array) for array in table.values()}
    if len(lengths) > 1:
        raise ValueError("its files have different lengths")
    return Windows(x=np.empty((*lengths, 0, 0), np.float32), **table)
