"""Layers that networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SeededDropout(nn.Module):
    """Dropout whose masks come from a generator of its own.

    torch's dropout draws from one generator for the whole process; with this one, a network gets
    the same masks whatever else is trained beside it. The generator lives on the CPU, so that
    the masks are the same on every device.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator = torch.Generator()

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share `rate` of the entries in training and scale the others; any shape."""
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand(x.shape, generator=self.generator) >= self.rate
        return x * keep.to(x.device) / (1 - self.rate)
