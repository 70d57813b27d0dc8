"""The parts that networks without a spectral branch or dense layers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection

import torch
from torch import Tensor, nn


class TemporalNetwork(nn.Module):
    """A network of blocks one after another, whose only dense layer is its head.

    It keeps the protocol `crosswear.networks.models.Network`; its cached input is its channels.

    Attributes:
        magnitude: whether the length of the acceleration is a channel.
        normalise: batch norm of the channels.
        blocks: first block first.
        head: module that gives class scores.
    """

    magnitude: bool
    normalise: nn.Module
    blocks: nn.ModuleDict
    head: nn.Module

    @property
    def block_names(self) -> list[str]:
        """Names of the blocks as modules, first block first."""
        return [f"blocks.{name}" for name in self.blocks]

    @property
    def transfer_units(self) -> tuple[tuple[str, ...], ...]:
        """Modules of each transferable block, first block first.

        The input's batch norm belongs to the first block: nothing before a frozen block is trained.
        """
        first, *others = self.block_names
        return (("normalise", first), *((name,) for name in others))

    @property
    def spectral_unit(self) -> tuple[str, ...]:
        """Empty: there is no spectral branch."""
        return ()

    @property
    def head_unit(self) -> tuple[str, ...]:
        """Modules that depend on the number of classes."""
        return ("head",)

    @property
    def regularised(self) -> tuple[Tensor, ...]:
        """Empty: there is no dense layer before the head."""
        return ()

    def cached_input(self, x: Tensor) -> tuple[Tensor, ...]:
        """The channels [N, channels, 1, L] of windows [N, 3, L] in g."""
        if self.magnitude:
            x = torch.cat([x, x.norm(dim=1, keepdim=True)], dim=1)
        return (x.unsqueeze(2),)

    def before_blocks(self, x: Tensor) -> Tensor:
        """Return what the first block sees of the channels of all copies."""
        normalised: Tensor = self.normalise(x)
        return normalised

    def forward_frozen(
        self, cached_input: tuple[Tensor, ...], done: Collection[str], upto: Collection[str]
    ) -> tuple[Tensor, ...]:
        """Carry a cached input further, through the blocks in `upto` that are not `done`.

        Args:
            cached_input: of all copies, joined along dim 1.
            done: modules that are in the cached input, as `transfer_units` names them.
            upto: those that shall be; of the blocks the first ones.
        """
        (x,) = cached_input
        for name in self.block_names:
            if name in upto and name not in done:
                if name == self.block_names[0]:
                    x = self.before_blocks(x)
                x = self.get_submodule(name)(x)
        return (x,)

    @abstractmethod
    def features(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Return what the layer of class scores sees, [copies, N, F].

        Args:
            cached_input: of all copies, joined along dim 1.
            done: the modules that are in it.
        """

    def forward_trainable(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Class scores (logits) [copies, N, C]; see `features` for the arguments."""
        scores: Tensor = self.head(self.features(cached_input, done))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (logits) [N, C] of windows [N, 3, L] in g, of a single network."""
        return self.forward_trainable(self.cached_input(x), ())[0]
