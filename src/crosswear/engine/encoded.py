"""Features of a domain's windows by an encoder, kept beside the domain.

They are computed once: a large encoder takes far longer for all windows than a regression for its
cell.
"""

from __future__ import annotations

import contextlib
from itertools import chain
from pathlib import Path

import filelock
import numpy as np
from numpy.typing import NDArray

from crosswear.core.array_files import save_blocks
from crosswear.core.errors import DiskError
from crosswear.core.files import as_disk_error, scratch_folder
from crosswear.core.keys import digest
from crosswear.datasets.domain import Domain
from crosswear.encoders import load_encoder
from crosswear.signal.blocks import blocks_of

ROWS = 2**15
"""Windows that an encoder is given at a time; whole batches of it."""


def encoded(
    domain: Domain,
    windows: str,
    rate_hz: float,
    encoder: str,
    folder: Path,
    untrained_seed: int | None = None,
) -> NDArray[np.float32]:
    """Return the features [N, D] of all windows of a domain.

    Args:
        domain: the domain.
        windows: digest of its acceleration: domains of several splits may share it.
        rate_hz: sampling rate of its windows.
        encoder: digest of the encoder.
        folder: of the encoder.
        untrained_seed: of the weights of its untrained control, which then computes them.

    Raises:
        CrosswearError: if the encoder cannot be opened or run.
        DiskError: if they cannot be written.
    """
    name = digest([encoder, windows, str(rate_hz), str(untrained_seed)])
    path = domain.folder.parent / "encoded" / f"{name}.npy"
    with as_disk_error(path):
        path.parent.mkdir(exist_ok=True)
    # Other workers wait for the first one.
    with filelock.FileLock(path.with_suffix(".lock")):
        found = _kept(path, len(domain.windows))
        if found is not None:
            return found
        x, made = domain.windows.acceleration, load_encoder(folder)
        blocks = (
            made.features(np.array(x[some]), rate_hz, untrained_seed)
            for some in blocks_of(len(x), ROWS)
        )
        first = next(blocks)
        with scratch_folder(path.parent) as scratch:
            save_blocks(scratch / path.name, (len(x), first.shape[1]), chain([first], blocks))
            with as_disk_error(path):
                (scratch / path.name).replace(path)
        found = _kept(path, len(x))
    if found is None:
        raise DiskError(
            "what was written cannot be read",
            where=str(path),
            expected="features of all windows",
            todo="check the disk, then run the same command again",
        )
    return found


def _kept(path: Path, windows: int) -> NDArray[np.float32] | None:
    """Return the features in a file; None unless they are those of so many windows."""
    with contextlib.suppress(OSError, ValueError):
        found: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        if found.ndim == 2 and found.dtype == np.float32 and len(found) == windows:
            return found
    return None
