"""What the frozen part of a network makes of a domain's windows: computed once, used by many.

Without frozen blocks, that is the windows and their spectrograms. See `Network.front`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crosswear.core.config import TrainConfig
from crosswear.engine.subsets import arithmetic
from crosswear.networks.models import declared

Front: TypeAlias = tuple[Tensor, ...]
"""For every window of a domain, [N, ...] each."""

KEPT = 4
"""Fronts held at a time, beside those in use: what the next cohorts need or can go on from."""
BATCH = 512


class Fronts:
    """The fronts that were used last, on one device."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._kept: OrderedDict[tuple[Hashable, frozenset[str]], Front] = OrderedDict()

    def get(
        self,
        origin: Hashable,
        windows: NDArray[np.float32],
        network: nn.Module,
        frozen: tuple[str, ...],
        config: TrainConfig,
    ) -> Front:
        """The front of a network on all windows of a domain.

        Args:
            origin: equal for the same windows, and frozen modules with the same weights.
            windows: [N, 3·sensors, L].
            network: on the CPU, in evaluation mode.
            frozen: its modules that make the front.
            config: for the precision.
        """
        key = (origin, frozenset(frozen))
        if key not in self._kept:
            done, front = self._nearest(origin, frozen)
            if front is None:
                front = raw_front(windows, network, self.device)
            self._kept[key] = advance(front, network, tuple(done), frozen, config, self.device)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _nearest(
        self, origin: Hashable, frozen: tuple[str, ...]
    ) -> tuple[frozenset[str], Front | None]:
        """The front that is there and has most of the frozen modules in it."""
        there = {
            done: front
            for (name, done), front in self._kept.items()
            if name == origin and done < set(frozen)
        }
        done = max(there, key=len, default=frozenset())
        return done, there.get(done)


@torch.inference_mode()
def raw_front(windows: NDArray[np.float32], network: nn.Module, device: str) -> Front:
    """What depends on no weight, of windows [N, 3·sensors, L]."""
    network.to(device)
    parts = [
        declared(network).front(torch.from_numpy(windows[start : start + BATCH].copy()).to(device))
        for start in range(0, len(windows), BATCH)
    ]
    network.cpu()
    return tuple(torch.cat(some) for some in zip(*parts, strict=True))


@torch.inference_mode()
def advance(
    front: Front,
    network: nn.Module,
    done: tuple[str, ...],
    frozen: tuple[str, ...],
    config: TrainConfig,
    device: str,
) -> Front:
    """Carry a front of a single network through its frozen modules; parts they leave are shared."""
    network.to(device)
    batches = [torch.split(part, BATCH) for part in front]
    with arithmetic(config, device):
        after = [
            declared(network).advance(some, done, frozen) for some in zip(*batches, strict=True)
        ]
    network.cpu()
    return tuple(
        part if some[0] is batch[0] else torch.cat(some)
        for part, batch, some in zip(front, batches, zip(*after, strict=True), strict=True)
    )


def rows_of(fronts: Sequence[Front], rows: Tensor) -> Front:
    """Some rows [copies, n] of each front, side by side."""
    chosen = zip(fronts, rows, strict=True)
    return abreast([tuple(part[mine] for part in front) for front, mine in chosen])


def abreast(fronts: Sequence[Front]) -> Front:
    """Fronts of equal size, one a copy, side by side as `Network.rest` takes them."""
    return tuple(torch.cat(parts, dim=1) for parts in zip(*fronts, strict=True))
