"""The parts that networks without a spectral branch or dense layers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection

import torch
from torch import Tensor, nn


class TemporalNetwork(nn.Module):
    """A network whose cached input is its channels, and whose only dense layer is its head.

    It keeps the protocol `crosswear.networks.models.Network` with the blocks of a subclass.

    Attributes:
        magnitude: whether the length of the acceleration is a channel.
        head: module that gives class scores.
    """

    magnitude: bool
    head: nn.Module

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
