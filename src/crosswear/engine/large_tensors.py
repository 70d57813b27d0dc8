"""Tensors that may be larger than memory: from a size on they lie in a file without a name.

The system keeps as much of such a file in memory as there is room for. The numbers are the same.
"""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from crosswear.core.files import TEMPORARY_PREFIX, as_disk_error

IN_MEMORY_BYTES = 2**30
"""Size of the largest tensor of a domain that is held in memory."""


def empty(shape: Sequence[int], like: Tensor, folder: Path | None) -> Tensor:
    """Return a tensor to be filled.

    Args:
        shape: of the tensor.
        like: has its type and device.
        folder: takes the file of a large tensor of the CPU; in memory without it.

    Raises:
        DiskError: if the file cannot be made.
    """
    size = math.prod(shape)
    small = size * like.element_size() <= IN_MEMORY_BYTES
    if small or folder is None or like.device.type != "cpu":
        return torch.empty(*shape, dtype=like.dtype, device=like.device)
    with as_disk_error(folder):
        handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
        try:
            # All of it, or an error: a write to a map that finds no space ends the process.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, size * like.element_size())
            mapped = torch.from_file(name, shared=True, size=size, dtype=like.dtype)
        finally:
            os.close(handle)
            with contextlib.suppress(OSError):  # Windows keeps a file that is mapped
                Path(name).unlink()
    return mapped.view(*shape)
