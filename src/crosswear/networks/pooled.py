"""Features of a network without its dense layers: the means of what its branches give."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosswear.networks.models import declared


def branch_modules(network: nn.Module) -> tuple[str, ...]:
    """Return the names of all blocks and of the spectral branches."""
    parts = declared(network)
    return (*(name for unit in parts.transfer_units for name in unit), *parts.spectral_unit)


def pooled(branches: Sequence[Tensor]) -> Tensor:
    """Return means over the last axis, time or frequency, of branches [N, …]: [N, F].

    Means do better than all values one by one for few windows, and as well for many; the dense
    layers behind have forgotten what their own classes do not need.
    """
    return torch.cat([branch.mean(dim=-1).flatten(1) for branch in branches], dim=1)
