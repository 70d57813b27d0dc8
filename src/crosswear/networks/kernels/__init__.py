"""Compiled operations: those that torch passes over memory for too often, or draws too slowly.

The package builds without a compiler, and runs without these on any processor: torch does the same
then, in more time. `docs/performance.md` has what they give.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from functools import cache

SWITCH = "CROSSWEAR_KERNELS"
"""Environment variable: one of `VERSIONS` uses no other; with `off`, torch computes everything."""
VERSIONS = ("avx512bf16", "avx512", "avx2", "neon")
"""Kinds of processors for which `setup.py` compiles the same source, the fastest first."""


@cache
def implementation() -> str:
    """Return the version that fits this processor, or `torch`, for a record."""
    wanted = os.environ.get(SWITCH)
    return next((one for one in VERSIONS if wanted in (None, one) and _load(one)), "torch")


def compiled_code() -> ctypes.CDLL | None:
    """Return the compiled code, if it was built for this processor and is not switched off."""
    return _load(implementation())


@cache
def _load(version: str) -> ctypes.CDLL | None:
    found = importlib.util.find_spec(f"{__name__}._{version}")
    if found is None or found.origin is None:
        return None
    try:
        code = ctypes.CDLL(found.origin)
    except OSError:  # built for another system
        return None
    return code if code.runs_here() else None
