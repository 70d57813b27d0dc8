"""Masks of zeros and ones from a seed: the same numbers from compiled code as from torch."""

from __future__ import annotations

import ctypes
import math

import torch
from torch import Tensor

from crosswear.networks.kernels import compiled_code

_DRAWS = {torch.bfloat16: "draw_halves", torch.float32: "draw_floats"}


class _Twister(ctypes.Structure):
    """The same in masks.cpp."""

    _fields_ = (("words", ctypes.c_uint32 * 624), ("used", ctypes.c_uint32))


class Masks:
    """A source of masks on one device.

    On a CPU torch's generator is a Mersenne Twister, of which it uses 24 bits of each word; it
    takes five times as long as compiled code.

    Args:
        seed: of the numbers; one of 64 bits, of which a CPU's generator takes the lower half.
        device: where the masks are wanted.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        code = compiled_code() if device.type == "cpu" else None
        self._source: _Twister | torch.Generator
        if code is None:
            self._source = torch.Generator(device).manual_seed(seed)
        else:
            self._source = _Twister()
            code.seed_twister(ctypes.byref(self._source), ctypes.c_uint32(seed))

    def draw(self, mask: Tensor, rate: float) -> None:
        """Fill a contiguous mask with the next numbers: zeros, a share `rate` of it, and ones."""
        if isinstance(self._source, torch.Generator):
            numbers = torch.rand(mask.shape, generator=self._source, device=self.device)
            mask.copy_(numbers.ge_(rate))
            return
        code = compiled_code()
        if code is None:
            raise RuntimeError("no compiled code")
        drawn = mask if mask.dtype in _DRAWS else torch.empty(mask.shape)
        least = math.ceil(torch.tensor(rate, dtype=torch.float32).item() * 2**24)
        draw = getattr(code, _DRAWS[drawn.dtype])
        draw(
            ctypes.byref(self._source),
            ctypes.c_int64(drawn.numel()),
            ctypes.c_uint32(least),
            ctypes.c_void_p(drawn.data_ptr()),
        )
        if drawn is not mask:
            mask.copy_(drawn)
