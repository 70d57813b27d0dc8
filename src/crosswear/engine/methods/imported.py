"""A logistic regression on the features of an imported encoder, or of its untrained control."""

from __future__ import annotations

import contextlib
from io import BytesIO
from pathlib import Path

import filelock
import numpy as np
from numpy.typing import NDArray

from crosswear.core.files import as_disk_error, write_bytes
from crosswear.core.keys import digest, seed_for
from crosswear.datasets.domain import Domain
from crosswear.encoders import load_encoder
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.logistic import FeaturesMethod
from crosswear.engine.task import Task


class EncoderMethod(FeaturesMethod):
    """Fits the features of an encoder.

    They are computed once for a domain and kept beside it: a large encoder takes far longer for
    all windows than a regression for its cell.

    Args:
        untrained: whether they are those of its control, one of each split.
    """

    def __init__(self, *, untrained: bool = False) -> None:
        self.untrained = untrained

    def features(self, task: Task, domain: Domain, resources: Resources) -> NDArray[np.floating]:
        """See `FeaturesMethod.features`."""
        cell, seed = task.cell, None
        if self.untrained:
            seed = seed_for(cell.study_seed, "untrained encoder", cell.encoder, cell.split)
        # By the content of the windows: domains of several splits may share them.
        windows = resources.acceleration_digest(domain)
        name = digest([cell.encoder, windows, str(task.rate_hz), str(seed)])
        path = domain.folder.parent / "encoded" / f"{name}.npy"
        with as_disk_error(path):
            path.parent.mkdir(exist_ok=True)
        # Other workers wait for the first one.
        with filelock.FileLock(path.with_suffix(".lock")):
            found = _kept(path, len(domain.windows))
            if found is not None:
                return found
            if task.encoder is None:
                raise ValueError("a cell that fits an encoder has its folder")
            x = np.ascontiguousarray(domain.windows.acceleration)
            features = load_encoder(task.encoder).features(x, task.rate_hz, seed)
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
