"""DeepConvLSTM: convolutions that all channels share, and two recurrent layers.

Ordóñez and Roggen, "Deep convolutional and LSTM recurrent neural networks for multimodal wearable
activity recognition", Sensors 16(1), 2016.

    window [N, 3, 100] ─ batch norm
      ─ convolution1 ─ … ─ convolution4 ─ [N, 64, 3, 84]   the same filters on each channel
      ─ lstm1 ─ lstm2 ─────────────────── [N, 128, 84]     inputs of a step: 64 maps of 3 channels
      ─ last step ─────────────────────── [N, 128] ─ class scores [N, C]

Stated by the paper: four convolutions along time of 64 filters of width 5, ReLU, no padding and no
pooling; two LSTM layers of 128 cells; class scores from the last step; dropout of 0.5 on the inputs
of both recurrent layers and of the class scores; orthogonal initial weights.

Adapted: batch norm of the input instead of channels scaled to [0, 1], as in the other networks;
windows of 100 samples instead of 24, so 84 steps instead of 8; trained like the other networks
(Adam, where the paper has RMSProp). `ModelConfig.filters` are those of the convolutions.

Convolutions and recurrent layers are the transfer units, first layer first: Morales and Roggen,
"Deep convolutional feature transfer across mobile activity recognition domains, sensor modalities
and locations", ISWC 2016, for the former; Kalabakov et al., "Analysis of deep transfer learning
using DeepConvLSTM for human activity recognition from wearable sensors", Informatica 45, 2021.
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from crosswear.core.config import ARCHITECTURES, ModelConfig
from crosswear.core.errors import UsageError
from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.networks.models.layers import (
    GroupedConvolution,
    InputNorm,
    SeededDropout,
    SideBySideLinear,
    SideBySideLSTM,
    channels_last_gradient,
    expect_acceleration,
)
from crosswear.networks.models.temporal import TemporalNetwork

WIDTH = 5
CELLS = 128
GATES = 4


class Convolution(nn.Module):
    """Convolution along time, the same for each channel; ReLU.

    [N, copies·before, channels, L] → [N, copies·after, channels, L - 4]
    """

    def __init__(self, before: int, after: int, copies: int) -> None:
        super().__init__()
        self.convolution = GroupedConvolution(copies, before, after, WIDTH, copies, same=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        y: Tensor = self.convolution(x)
        return y.relu_()


class Recurrence(nn.Module):
    """Dropout, then an LSTM layer.

    [N, copies·maps, channels, T] → [N, copies·128, 1, T], or 1 instead of T if only the last step
    is wanted.
    """

    def __init__(self, before: int, copies: int, dropout: float, *, last: bool) -> None:
        super().__init__()
        # Part of the layer, so that a frozen one has none and is the same in every step.
        self.dropout = SeededDropout(dropout, copies)
        self.lstm = SideBySideLSTM(before, CELLS, copies)
        self.copies = copies
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        windows, steps = len(x), x.shape[-1]
        steps_first = x.reshape(windows, self.copies, -1, steps).permute(1, 0, 3, 2)
        y: Tensor = self.lstm(self.dropout(steps_first.contiguous()))
        y = y[:, :, -1:] if self.last else y
        return y.permute(1, 0, 3, 2).reshape(windows, self.copies * CELLS, 1, -1)


class DeepConvLSTM(TemporalNetwork):
    """The network, or several of it side by side.

    Args:
        config: filters (their number is that of the convolutions), channels, dropout.
        classes: number of classes C.
        samples: length L of a window.
        copies: how many networks.
        sensors: the accelerometer alone: filters that all channels share are of no sensor, and
            could not be transferred by it.

    Raises:
        UsageError: if the window is too short for the convolutions, or there is another sensor.
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
        expect_acceleration("deep-conv-lstm", sensors)
        self.sensors = sensors
        depth = len(config.filters)
        if samples <= depth * (WIDTH - 1):
            raise UsageError(
                f"windows of {samples} samples are too short for {depth} convolutions",
                expected=f"more than {depth * (WIDTH - 1)} samples",
                todo="use fewer convolutions or longer windows",
            )
        self.magnitude = config.magnitude
        self.copies = copies
        self.channels = 4 if config.magnitude else 3
        self.normalise = InputNorm(self.channels, copies)
        self.blocks = nn.ModuleDict()
        before = 1
        for number, after in enumerate(config.filters, start=1):
            self.blocks[f"convolution{number}"] = Convolution(before, after, copies)
            before = after
        before *= self.channels
        layers = ARCHITECTURES["deep-conv-lstm"].recurrent
        for number in range(1, layers + 1):
            self.blocks[f"lstm{number}"] = Recurrence(
                before, copies, config.dropout, last=number == layers
            )
            before = CELLS
        self.dropout = SeededDropout(config.dropout, copies)
        self.head = SideBySideLinear(CELLS, classes, copies)
        if copies == 1:  # several get the weights of single ones
            self._initialise()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it

    @torch.no_grad()
    def _initialise(self) -> None:
        for layer in self.modules():
            if isinstance(layer, GroupedConvolution | SideBySideLinear):
                nn.init.orthogonal_(layer.weight)
            elif isinstance(layer, SideBySideLSTM):
                for weight in (layer.weight_input, layer.weight_hidden):
                    for gate in weight.chunk(GATES):
                        nn.init.orthogonal_(gate)

    def before_blocks(self, x: Tensor) -> Tensor:
        """Channels as rows, so that a filter goes over all of them: [N, copies, channels, L]."""
        x = self.normalise(x)
        # In this layout the norm sums a copy's gradients as it does those of a single one.
        channels_last_gradient(x)
        return x.reshape(len(x), self.copies, self.channels, -1)

    def features(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Return what the layer of class scores sees, [copies, N, 128].

        Args:
            cached_input: of all copies, joined along dim 1.
            done: the modules that are in it.
        """
        (last,) = self.forward_frozen(cached_input, done, self.block_names)
        seen: Tensor = self.dropout(
            last.reshape(len(last), self.copies, CELLS).transpose(0, 1).contiguous()
        )
        return seen
