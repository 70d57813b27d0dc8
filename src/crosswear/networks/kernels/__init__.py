"""Compiled operations: those that torch passes over memory for too often, or draws too slowly.

The package builds without a compiler, and runs without these on any processor: torch does the same
then, in bfloat16 in about 1.5 times the time. `docs/performance.md` has what they give.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from functools import cache

SWITCH = "CROSSWEAR_KERNELS"
"""Environment variable: with `off`, torch computes everything."""


@cache
def compiled_code() -> ctypes.CDLL | None:
    """The compiled code, if it was built for this system and is not switched off."""
    found = importlib.util.find_spec("crosswear.networks.kernels._compiled")
    if found is None or found.origin is None or os.environ.get(SWITCH) == "off":
        return None
    try:
        return ctypes.CDLL(found.origin)
    except OSError:  # built for another system
        return None
