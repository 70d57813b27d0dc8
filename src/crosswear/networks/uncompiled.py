"""Adam and the counter of multiply-adds without torch's compiler.

torch wraps the methods that its compiler should leave alone, and imports the compiler when the
first of them is called: one to two seconds of each process, in which nothing is ever compiled.
Here they are called without their wrappers. They compute the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

_ADD_PARAM_GROUP: Callable[..., None] = inspect.unwrap(torch.optim.Adam.add_param_group)
_ZERO_GRAD: Callable[..., None] = inspect.unwrap(torch.optim.Adam.zero_grad)
_STEP: Callable[..., None] = inspect.unwrap(torch.optim.Adam.step)


class Adam(torch.optim.Adam):
    """torch's Adam."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add weights with settings of their own."""
        _ADD_PARAM_GROUP(self, param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients."""
        _ZERO_GRAD(self, set_to_none)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the weights from their gradients."""
        _STEP(self, closure)


class FlopCounter(FlopCounterMode):
    """torch's counter of multiplications and additions."""

    def __enter__(self) -> FlopCounter:
        """Begin to count."""
        super().__enter__()  # type: ignore[no-untyped-call]
        mode: Any = type(self.mode)
        mode.__torch_dispatch__ = inspect.unwrap(mode.__torch_dispatch__)
        return self
