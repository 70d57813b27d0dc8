"""The compiled code, where there is any."""

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
