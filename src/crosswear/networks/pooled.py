"""Features of a network without its dense layers: what its branches give, without a time axis."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosswear.core.config import ARCHITECTURES
from crosswear.networks.models import declared
from crosswear.networks.models.pooled_resnet import mean_and_maximum


def branch_modules(network: nn.Module) -> tuple[str, ...]:
    """Return the names of all blocks and of the spectral branches."""
    parts = declared(network)
    return (*(name for unit in parts.transfer_units for name in unit), *parts.spectral_unit)


def pooled(name: str, branches: Sequence[Tensor]) -> Tensor:
    """Return means over the last axis, time or frequency, of branches [N, …]: [N, F].

    Means do better than all values one by one for few windows, and as well for many; the dense
    layers behind have forgotten what their own classes do not need. Of a network whose head sees
    maxima too, both.

    Args:
        name: of the network in `crosswear.networks.models`.
        branches: its outputs.
    """
    parts: list[Tensor] = []
    for branch in branches:
        parts += mean_and_maximum(branch) if ARCHITECTURES[name].pooled else [branch.mean(dim=-1)]
    return torch.cat([part.flatten(1) for part in parts], dim=1)
