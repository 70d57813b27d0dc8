"""A residual network whose head sees the mean and the maximum of each filter over time.

It has no layer that depends on the length of a window, and few weights: the network that
`crosswear pretrain` makes encoders of. Pooling over the whole time axis is that of Wang, Yan and
Oates, "Time series classification from scratch with deep neural networks" (IJCNN 2017); the maximum
beside the mean keeps what happens once in a window, such as an impact.

    window [N, 3, 100]
      ─ batch norm ─ block1 ─ block2 ─ block3 ─ [N, 128, 11]   all channels, as in shared-resnet
      ─ mean and maximum over time ──────────── [N, 256] ─ class scores [N, C]
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from crosswear.core.config import ModelConfig
from crosswear.core.errors import UsageError
from crosswear.core.recording import ACCELEROMETER, AXES, Sensors
from crosswear.networks.models.layers import (
    InputNorm,
    SeededDropout,
    SideBySideLinear,
    channels_last_gradient,
    expect_acceleration,
)
from crosswear.networks.models.multi_resnet import ResidualBlock
from crosswear.networks.models.temporal import TemporalNetwork


class PooledResNet(TemporalNetwork):
    """The network, or several of it side by side.

    Args:
        config: filters (their number is the depth), channels, dropout before the head.
        classes: number of classes C.
        samples: length of the shortest window.
        copies: how many networks.
        sensors: the accelerometer alone, as all channels share filters.

    Raises:
        UsageError: if the window is too short for the depth, or there is another sensor.
    """

    def __init__(
        self,
        config: ModelConfig,
        classes: int,
        samples: int,
        copies: int = 1,
        sensors: Sensors = ACCELEROMETER,
    ) -> None:
        super().__init__()
        expect_acceleration("pooled-resnet", sensors)
        depth = len(config.filters)
        if samples + 1 < 2 ** (depth + 1):
            raise UsageError(
                f"windows of {samples} samples are too short for {depth} blocks",
                expected="at least one sample after halving in every block",
                todo="use fewer blocks or longer windows",
            )
        self.sensors = sensors
        self.magnitude = config.magnitude
        self.copies = copies
        before = len(AXES) + config.magnitude
        self.normalise = InputNorm(before, copies)
        self.blocks = nn.ModuleDict()
        for number, after in enumerate(config.filters, start=1):
            self.blocks[f"block{number}"] = ResidualBlock(copies, before, after, copies)
            before = after
        self.dropout = SeededDropout(config.dropout, copies)
        self.head = SideBySideLinear(2 * before, classes, copies)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it

    def features(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Return what the layer of class scores sees, [copies, N, 2·filters].

        Args:
            cached_input: of all copies, joined along dim 1.
            done: the modules that are in it.
        """
        (last,) = self.forward_frozen(cached_input, done, self.block_names)
        channels_last_gradient(last)
        # Copy by copy: the order of a sum depends on how many filters lie side by side.
        copies = [mean_and_maximum(one) for one in last.chunk(self.copies, dim=1)]
        seen: Tensor = self.dropout(torch.stack([torch.cat(one, dim=1) for one in copies]))
        return seen


def mean_and_maximum(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return both over time of x [N, F, 1, L]: [N, F] each."""
    return x.mean(dim=(2, 3)), x.amax(dim=(2, 3))
