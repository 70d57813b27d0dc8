"""What the frozen part of a network makes of a domain's windows: computed once, used by many.

Without frozen blocks, that is the windows and their spectrograms. See `Network.front`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crosswear.config import TrainConfig
from crosswear.domain import Domain
from crosswear.engine.subsets import arithmetic
from crosswear.models import declared

Front: TypeAlias = tuple[Tensor, ...]
"""For every window of a domain, [N, ...] each."""

KEPT = 4
"""Fronts held at a time, beside those in use: the sources of a target, mostly."""
BATCH = 512


class Fronts:
    """The fronts that were used last, on one device."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._kept: OrderedDict[Hashable, Front] = OrderedDict()

    def get(
        self,
        key: Hashable,
        domain: Domain,
        network: nn.Module,
        frozen: Collection[str],
        config: TrainConfig,
    ) -> Front:
        """The front of a network on all windows of a domain.

        Args:
            key: equal for equal fronts.
            domain: whose windows.
            network: on the CPU; its modules `frozen` make the front.
            frozen: as in `Network.front`.
            config: for the precision.
        """
        if key not in self._kept:
            self._kept[key] = _compute(domain, network, frozen, config, self.device)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def rows_of(fronts: Sequence[Front], rows: Sequence[Tensor]) -> Front:
    """Some rows of each front, side by side as `Network.rest` takes them."""
    return tuple(
        torch.cat([part[mine] for part, mine in zip(parts, rows, strict=True)], dim=1)
        for parts in zip(*fronts, strict=True)
    )


@torch.inference_mode()
def _compute(
    domain: Domain, network: nn.Module, frozen: Collection[str], config: TrainConfig, device: str
) -> Front:
    network = network.to(device).eval()
    windows: NDArray[np.float32] = domain.windows.x
    parts = []
    for start in range(0, len(windows), BATCH):
        x = torch.from_numpy(windows[start : start + BATCH].copy()).to(device)
        with arithmetic(config, device):
            parts.append(declared(network).front(x, frozen))
    return tuple(torch.cat(some) for some in zip(*parts, strict=True))
