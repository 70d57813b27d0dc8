"""Features of a domain's windows by an encoder, kept beside the domain.

They are computed once: a large encoder takes far longer for all windows than a regression for its
cell.
"""

from __future__ import annotations

import contextlib
from io import BytesIO
from pathlib import Path

import filelock
import numpy as np
from numpy.typing import NDArray

from crosswear.core.files import as_disk_error, write_bytes
from crosswear.core.keys import digest
from crosswear.datasets.domain import Domain
from crosswear.encoders import load_encoder


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
        x = np.ascontiguousarray(domain.windows.acceleration)
        features = load_encoder(folder).features(x, rate_hz, untrained_seed)
        buffer = BytesIO()
        np.save(buffer, features)
        write_bytes(path, buffer.getvalue())
    return features


def _kept(path: Path, windows: int) -> NDArray[np.float32] | None:
    """Return the features in a file; None unless they are those of so many windows."""
    with contextlib.suppress(OSError, ValueError):
        found: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        if found.ndim == 2 and found.dtype == np.float32 and len(found) == windows:
            return found
    return None
