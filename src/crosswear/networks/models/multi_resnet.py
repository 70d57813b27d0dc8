"""Multi-ResNet: a spectro-temporal residual network with filters of their own for each channel.

Gjoreski et al., "Cross-dataset deep transfer learning for activity recognition", UbiComp/ISWC 2019
Adjunct. What the paper leaves open is reconstructed, see docs/study.md.

    window [N, 3, 100]
      ├─ batch norm ─ block1 ─ … ─ block5 ─────────── [N, 3·64, 2]   temporal, each channel alone
      └─ spectrogram [N, 3·4, 33] ─ convolution ───── [N, 3·32, 33]  spectral, each channel alone
    concatenate [N, 3552] ─ dense 64 ─ dense 128 ─ class scores [N, C]

A gyroscope beside the accelerometer goes the same way through modules of its own, up to where all
is concatenated (ours: the paper has acceleration alone).

"Each channel alone" is a convolution in three groups: one call instead of three, and the numbers
of a loop over channels. In the same way several networks stand side by side, as more groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from crosswear.core.config import ModelConfig
from crosswear.core.errors import UsageError
from crosswear.core.recording import ACCELEROMETER, AXES, Sensors
from crosswear.networks.kernels.residual import Layer, asked_for, computes, residual_block
from crosswear.networks.models.layers import (
    InputNorm,
    NormalisedConvolution,
    SeededDropout,
    SideBySideLinear,
    SideBySideNorm,
    channels_last,
    flat,
    prefix_of,
    relu_,
    relu_pool,
)

WIDTH = 3
CONVOLUTIONS = 3
FFT, HOP = 64, 32
MIRRORED = FFT // 2
"""Samples by which a spectrogram mirrors a window at its ends: it must have more than these."""
FLOOR_DB = 80.0
SPECTRAL_FILTERS = 32
DENSE = (64, 128)


class ResidualBlock(nn.Module):
    """Three convolutions beside a 1×1 shortcut; max-pool 3, stride 2.

    [N, groups·before, 1, L] → [N, groups·after, 1, (L - 1) // 2]
    """

    def __init__(self, groups: int, before: int, after: int, copies: int) -> None:
        super().__init__()
        widths = (before, *(after,) * (CONVOLUTIONS - 1))
        self.convolutions = nn.ModuleList(
            NormalisedConvolution(groups, inputs, after, WIDTH, copies) for inputs in widths
        )
        self.shortcut = NormalisedConvolution(groups, before, after, 1, copies)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        if asked_for(x) and computes(x, layers := tuple(self._layers())):
            return residual_block(x, layers)
        y = x
        for layer in self.convolutions[:-1]:
            y = relu_(layer(y))
        return relu_pool(self.convolutions[-1](y).add_(self.shortcut(x)))

    def _layers(self) -> Iterator[Layer]:
        for one in (*self.convolutions, self.shortcut):
            layer = cast("NormalisedConvolution", one)
            yield Layer(layer.convolution.weight, layer.norm)


class Spectrogram(nn.Module):
    """Power in dB relative to the window's maximum, per channel, floor −80 dB, scaled to [−1, 0].

    FFT 64, hop 32, periodic Hann, the window mirrored by 32 samples at its ends: a window of 100
    samples has 4 frames of 33 bins. [N, channels, L] → [N, channels·frames, 1, 33]
    """

    basis: Tensor

    def __init__(self) -> None:
        super().__init__()
        # A product with the DFT matrix is as fast as an FFT at this length and exports anywhere.
        time = torch.arange(FFT, dtype=torch.float64)
        angle = 2 * torch.pi * time[:, None] * torch.arange(FFT // 2 + 1)[None] / FFT
        hann = torch.hann_window(FFT, periodic=True, dtype=torch.float64)
        basis = hann[:, None] * torch.cat([angle.cos(), angle.sin()], dim=1)
        self.register_buffer("basis", basis.T.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        mirrored = functional.pad(x, (MIRRORED, MIRRORED), mode="reflect")
        frames = mirrored.unfold(-1, FFT, HOP).contiguous()
        with torch.autocast(x.device.type, enabled=False):  # 80 dB need more than bfloat16 has
            cosine, sine = functional.linear(frames, self.basis).chunk(2, dim=-1)
        power = (cosine.square() + sine.square()).clamp_min(1e-10)
        decibel = 10 * power.log10()
        decibel = decibel - decibel.amax(dim=(-2, -1), keepdim=True)
        return (decibel.clamp_min(-FLOOR_DB) / FLOOR_DB).flatten(1, 2).unsqueeze(2)


class MultiResNet(nn.Module):
    """The network of the study, or several of it side by side.

    Args:
        config: filters (their number is the depth), channels, dropout.
        classes: number of classes C.
        samples: length L of a window.
        copies: how many networks.
        sensors: what the windows have channels of; each has branches of its own.

    Raises:
        UsageError: if the window is too short for the spectrogram or for the depth.
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
        if samples <= MIRRORED:
            raise UsageError(
                f"windows of {samples} samples are too short for a spectrogram",
                expected=f"more than {MIRRORED} samples",
                todo="use longer windows, or a network without a spectral branch",
            )
        self.magnitude = config.magnitude
        self.copies = copies
        self.sensors = sensors
        channels = len(AXES) + config.magnitude
        trunks = self._trunks(channels)
        inputs, groups = channels // trunks, copies * trunks
        length = samples
        for _ in config.filters:
            length = (length - 1) // 2
        if length < 1:
            raise UsageError(
                f"windows of {samples} samples are too short for {len(config.filters)} blocks",
                expected="at least one sample after halving in every block",
                todo="use fewer blocks or longer windows",
            )
        self.spectrogram = Spectrogram()
        frames = samples // HOP + 1
        for own in map(prefix_of, sensors):
            self.add_module(f"{own}normalise", InputNorm(channels, copies))
            blocks = nn.ModuleDict()
            before = inputs
            for number, after in enumerate(config.filters, start=1):
                blocks[f"block{number}"] = ResidualBlock(groups, before, after, copies)
                before = after
            self.add_module(f"{own}blocks", blocks)
            spectral = (groups, inputs * frames, SPECTRAL_FILTERS, WIDTH, copies)
            self.add_module(f"{own}spectral", NormalisedConvolution(*spectral))
        features = trunks * (config.filters[-1] * length + SPECTRAL_FILTERS * (FFT // 2 + 1))
        self.dense1 = SideBySideLinear(len(sensors) * features, DENSE[0], copies)
        self.dense1_norm = SideBySideNorm(DENSE[0], copies)
        self.dense2 = SideBySideLinear(*DENSE, copies)
        self.head = SideBySideLinear(DENSE[1], classes, copies)
        self.dropout = SeededDropout(config.dropout, copies)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it

    @staticmethod
    def _trunks(channels: int) -> int:
        """Number of equal parts of a sensor's channels that have filters of their own."""
        return channels

    @property
    def transfer_units(self) -> tuple[tuple[str, ...], ...]:
        """Modules of each transferable block, of every sensor, first block first.

        The input's batch norm belongs to the first block: nothing before a frozen block is trained.
        """
        sensors = [list(self._temporal(prefix_of(sensor))) for sensor in self.sensors]
        first = tuple(name for names in sensors for name in names[:2])
        return (first, *zip(*(names[2:] for names in sensors), strict=True))

    @property
    def spectral_unit(self) -> tuple[str, ...]:
        """Modules of the spectral branches."""
        return tuple(f"{prefix_of(sensor)}spectral" for sensor in self.sensors)

    def _temporal(self, own: str) -> Iterator[str]:
        """Names of a sensor's input norm and blocks, in their order."""
        yield f"{own}normalise"
        for name, _ in self.get_submodule(f"{own}blocks").named_children():
            yield f"{own}blocks.{name}"

    @property
    def head_unit(self) -> tuple[str, ...]:
        """Modules that depend on the number of classes."""
        return ("head",)

    @property
    def regularised(self) -> tuple[Tensor, ...]:
        """The weights of the two dense layers."""
        return (self.dense1.weight, self.dense2.weight)

    def cached_input(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what depends on no weight: the channels and their spectrograms.

        Args:
            x: windows [N, 3·sensors, L].

        Returns:
            The temporal and the spectral branch of each sensor, [N, features, 1, length].
        """
        branches: list[Tensor] = []
        for axes in x.chunk(len(self.sensors), dim=1):
            if self.magnitude:
                axes = torch.cat([axes, axes.norm(dim=1, keepdim=True)], dim=1)
            spectral = channels_last(self.spectrogram(axes))
            branches += (axes.unsqueeze(2), spectral)
        return tuple(branches)

    def forward_frozen(
        self, cached_input: tuple[Tensor, ...], done: Collection[str], upto: Collection[str]
    ) -> tuple[Tensor, ...]:
        """Carry a cached input further, through the modules in `upto` that are not `done`.

        Args:
            cached_input: of all copies, joined along dim 1.
            done: modules in the cached input, as `transfer_units` and `spectral_unit` name them.
            upto: those that shall be; of the blocks the first ones.
        """
        branches: list[Tensor] = []
        for own, temporal, spectral in zip(
            map(prefix_of, self.sensors), cached_input[::2], cached_input[1::2], strict=True
        ):
            for name in self._temporal(own):
                if name in upto and name not in done:
                    temporal = self.get_submodule(name)(temporal)
            name = f"{own}spectral"
            if name in upto and name not in done:
                spectral = relu_(self.get_submodule(name)(spectral))
            branches += (temporal, spectral)
        return tuple(branches)

    def features(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Return what the layer of class scores sees, [copies, N, 128].

        Args:
            cached_input: of all copies, joined along dim 1.
            done: the modules that are in it.
        """
        units = (*self.transfer_units, self.spectral_unit)
        branches = self.forward_frozen(
            cached_input, done, [name for unit in units for name in unit]
        )
        parts = [flat(branch, self.copies) for branch in branches]
        features = torch.cat(parts, dim=2).transpose(0, 1).contiguous()
        y = functional.relu(self.dense1_norm(self.dense1(self.dropout(features))))
        y = functional.relu(self.dense2(self.dropout(y)))
        seen: Tensor = self.dropout(y)
        return seen

    def forward_trainable(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Class scores (logits) [copies, N, C]; see `features` for the arguments."""
        scores: Tensor = self.head(self.features(cached_input, done))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (logits) [N, C] of windows [N, 3·sensors, L], of a single network."""
        return self.forward_trainable(self.cached_input(x), ())[0]
