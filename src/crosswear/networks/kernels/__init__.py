"""Compiled operations: those that torch passes over memory for too often, or draws too slowly.

The package builds without a compiler, and runs without these on any processor: torch does the same
then, in more time. `docs/performance.md` has what they give.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from functools import cache
from pathlib import Path

SWITCH = "CROSSWEAR_KERNELS"
"""Environment variable: one of `VERSIONS` uses no other; with `off`, torch computes everything."""
VERSIONS = ("avx512bf16", "avx512", "avx2", "neon")
"""Kinds of processors for which `setup.py` compiles the same source, the fastest first."""


@cache
def implementation(precision: str = "float32") -> str:
    """Return what computes residual blocks in a precision: a version that fits, or `torch`.

    In bfloat16 it is torch, without a version in `SWITCH`, on processors that multiply tiles.
    """
    wanted = os.environ.get(SWITCH)
    if wanted is None and precision == "bfloat16" and has_tiles():
        return "torch"
    return next((one for one in VERSIONS if wanted in (None, one) and _load(one)), "torch")


def has_tiles() -> bool:
    """Return whether the processor multiplies tiles of bfloat16 (AMX), which torch makes use of.

    Linux alone says so, and lets programs use them.
    """
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False


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
