"""Outputs of a network's frozen part for a domain's windows: computed once, used by many.

Without frozen blocks, that is the windows and their spectrograms. See `Network.cached_input`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crosswear.core.config import TrainConfig
from crosswear.engine.device import cache_bytes
from crosswear.engine.large_tensors import empty
from crosswear.engine.subsets import arithmetic
from crosswear.networks.models import declared

CachedInput: TypeAlias = tuple[Tensor, ...]
"""For every window of a domain, [N, ...] each."""

KEPT = 4
"""Fronts held at a time, beside those in use: what the next cohorts need or can go on from."""
BATCH = 512


class InputCache:
    """The cached inputs that were used last, on one device."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._kept: OrderedDict[tuple[Hashable, frozenset[str]], CachedInput] = OrderedDict()

    def get(
        self,
        origin: Hashable,
        windows: NDArray[np.float32],
        network: nn.Module,
        frozen: tuple[str, ...],
        config: TrainConfig,
        folder: Path | None = None,
    ) -> CachedInput:
        """Return the cached input of a network on all windows of a domain, computed if needed.

        Args:
            origin: equal for the same windows, and frozen modules with the same weights.
            windows: [N, 3·sensors, L].
            network: on the CPU, in evaluation mode.
            frozen: its modules that make the cached input.
            config: for the precision.
            folder: takes files of what is too large for memory; nothing is without it.
        """
        key = (origin, frozenset(frozen))
        if key not in self._kept:
            done, cached_input = self._nearest(origin, frozen)
            if cached_input is None:
                cached_input = raw_input(windows, network, self.device, folder)
            with arithmetic(config, self.device):
                self._kept[key] = forward_frozen(
                    cached_input, network, tuple(done), frozen, self.device, folder
                )
            while len(self._kept) > KEPT or self._bytes() > cache_bytes(self.device):
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def clear(self) -> None:
        """Give up what is kept."""
        self._kept.clear()

    def _bytes(self) -> int:
        """Return the memory of all but the newest; parts that two share count twice."""
        *others, _ = self._kept.values()
        return sum(part.nbytes for cached_input in others for part in cached_input)

    def _nearest(
        self, origin: Hashable, frozen: tuple[str, ...]
    ) -> tuple[frozenset[str], CachedInput | None]:
        """The cached input that is there and has most of the frozen modules in it."""
        there = {
            done: cached_input
            for (name, done), cached_input in self._kept.items()
            if name == origin and done < set(frozen)
        }
        done = max(there, key=len, default=frozenset())
        return done, there.get(done)


@torch.inference_mode()
def raw_input(
    windows: NDArray[np.float32], network: nn.Module, device: str, folder: Path | None = None
) -> CachedInput:
    """Return what depends on no weight, of windows [N, 3·sensors, L]; see `InputCache.get`."""
    network.to(device)
    batches = (
        declared(network).cached_input(
            torch.from_numpy(windows[start : start + BATCH].copy()).to(device)
        )
        for start in range(0, len(windows), BATCH)
    )
    joined = _Joined(len(windows), folder)
    for batch in batches:
        joined.add(batch, {})
    network.cpu()
    return tuple(joined.parts)


@torch.inference_mode()
def forward_frozen(
    cached_input: CachedInput,
    network: nn.Module,
    done: tuple[str, ...],
    frozen: tuple[str, ...],
    device: str,
    folder: Path | None = None,
) -> CachedInput:
    """Carry a cached input of one network through frozen modules, in the arithmetic around it.

    Parts that are left as they are are shared.
    """
    network.to(device)
    joined = _Joined(len(cached_input[0]), folder)
    for batch in zip(*(torch.split(part, BATCH) for part in cached_input), strict=True):
        after = declared(network).forward_frozen(batch, done, frozen)
        joined.add(after, dict(zip(map(id, batch), cached_input, strict=True)))
    network.cpu()
    return tuple(joined.parts)


class _Joined:
    """Batches of a domain's windows, put together.

    Args:
        windows: of the domain.
        folder: takes the files of what is too large for memory.
    """

    def __init__(self, windows: int, folder: Path | None) -> None:
        self.parts: list[Tensor] = []
        self._windows = windows
        self._folder = folder
        self._place = 0

    def add(self, batch: CachedInput, shared: Mapping[int, Tensor]) -> None:
        """Add the next windows.

        Args:
            batch: of them.
            shared: a whole tensor by the identity of its batch, where nothing was computed.
        """
        if not self.parts:
            self.parts = [
                shared[id(one)]
                if id(one) in shared
                else empty((self._windows, *one.shape[1:]), one, self._folder)
                for one in batch
            ]
        stop = self._place + len(batch[0])
        for whole, one in zip(self.parts, batch, strict=True):
            if id(one) not in shared:
                whole[self._place : stop] = one
        self._place = stop


def rows_of(cached_inputs: Sequence[CachedInput], rows: Tensor) -> CachedInput:
    """Some rows [copies, n] of each cached input, side by side."""
    chosen = zip(cached_inputs, rows, strict=True)
    return abreast([tuple(part[mine] for part in cached_input) for cached_input, mine in chosen])


def abreast(cached_inputs: Sequence[CachedInput]) -> CachedInput:
    """Fronts of equal size, one a copy, side by side as `Network.forward_trainable` takes them."""
    return tuple(torch.cat(parts, dim=1) for parts in zip(*cached_inputs, strict=True))
