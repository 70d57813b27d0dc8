"""Layers that networks share.

A network may be several equal ones side by side (`copies`), each with weights of its own: their
parameters and statistics lie one after another along the first dimension, so a slice of it is one
copy. What one copy computes does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from crosswear.core.errors import UsageError
from crosswear.core.recording import ACCELEROMETER, Sensor, Sensors
from crosswear.networks.kernels.masks import Masks


class SeededDropout(nn.Module):
    """Dropout whose masks come from a generator of its own for each copy.

    torch's dropout draws from one generator for the whole process; with these, a network gets
    the same masks with any others trained beside it. Masks are drawn where the network is: those
    of a CUDA device are others than those of a CPU.
    """

    def __init__(self, rate: float, copies: int = 1) -> None:
        super().__init__()
        self.rate = rate
        self.seed([0] * copies)

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin anew, with one seed for each copy."""
        self.seeds = tuple(seeds)
        self.sources: tuple[Masks, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share `rate` of the entries in training and scale the others; [copies, ...]."""
        if not self.training or self.rate == 0:
            return x
        if not self.sources or self.sources[0].device != x.device:
            self.sources = tuple(Masks(seed, x.device) for seed in self.seeds)
        # In the type of x: a product of two types takes twenty times as long.
        masks = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        for mask, source in zip(masks, self.sources, strict=True):
            source.draw(mask, self.rate)
        return (x * masks).mul_(1 / (1 - self.rate))


class SideBySideLinear(nn.Module):
    """A linear layer in each copy: [copies, N, before] → [copies, N, after]."""

    def __init__(self, before: int, after: int, copies: int = 1) -> None:
        super().__init__()
        layer = nn.Linear(before, copies * after)  # for its initial weights
        self.weight, self.bias = layer.weight, layer.bias
        self.copies = copies

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        weight = self.weight.reshape(self.copies, -1, self.weight.shape[1])
        bias = self.bias.reshape(self.copies, 1, -1)
        kind = x.device.type
        if torch.is_autocast_enabled(kind):
            dtype = torch.get_autocast_dtype(kind)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        if not self.training:
            return _each(torch.baddbmm, bias, x, weight.transpose(1, 2))
        y: Tensor = _Product.apply(x, weight, bias)  # type: ignore[no-untyped-call]
        return y


class _Product(torch.autograd.Function):
    """`x wᵀ + b` whose gradient for w lies in memory as w does.

    That of torch lies the other way round, and the copy takes longer than the product.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Apply weights [copies, after, before] and biases [copies, 1, after] to each copy of x."""
        ctx.save_for_backward(x, weight)
        return _each(torch.baddbmm, bias, x, weight.transpose(1, 2))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x, weight and bias."""
        x, weight = ctx.saved_tensors
        of_x = _each(torch.bmm, gradient, weight) if ctx.needs_input_grad[0] else None
        of_bias = gradient.sum(dim=1, keepdim=True)
        return of_x, _each(torch.bmm, gradient.transpose(1, 2), x), of_bias


def _each(product: Callable[..., Tensor], *operands: Tensor) -> Tensor:
    """Return the batched product of operands [copies, ...].

    In bfloat16 on a CPU copy by copy: products of matrix tiles (AMX) round a batch in another way
    than its members.
    """
    if len(operands[0]) == 1 or not operands[0].is_cpu or operands[0].dtype != torch.bfloat16:
        return product(*operands)
    copies = zip(*(torch.split(operand, 1) for operand in operands), strict=True)
    return torch.cat([product(*one) for one in copies])


class SideBySideLSTM(nn.Module):
    """An LSTM layer in each copy: [copies, N, T, before] → [copies, N, T, after].

    Copy after copy with torch's own layer, which is as fast as a loop over time with all of them in
    each product, and takes less for scores.
    """

    def __init__(self, before: int, after: int, copies: int = 1) -> None:
        super().__init__()
        layers = [nn.LSTM(before, after) for _ in range(copies)]  # for their initial weights
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        self.weight_input, self.weight_hidden, self.bias_input, self.bias_hidden = (
            nn.Parameter(torch.cat([getattr(layer, name).detach() for layer in layers]))
            for name in names
        )
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        weights = (self.weight_input, self.weight_hidden, self.bias_input, self.bias_hidden)
        first = x.new_zeros(1, x.shape[1], self.after)
        copies = zip(x, *(weight.chunk(len(x)) for weight in weights), strict=True)
        return torch.stack(
            [
                torch.lstm(one, (first, first), own, True, 1, 0.0, self.training, False, True)[0]
                for one, *own in copies
            ]
        )


class SideBySideNorm(nn.Module):
    """Batch norm of features in each copy: [copies, N, features] → the same shape."""

    def __init__(self, features: int, copies: int = 1) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(copies * features)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        copies, windows, features = x.shape
        y: Tensor = self.norm(x.transpose(0, 1).reshape(windows, copies * features))
        return y.view(windows, copies, features).transpose(0, 1)


class InputNorm(nn.Module):
    """Batch norm of the raw channels: [N, channels, 1, L] → the same shape, channels-last.

    Each copy by itself: with so few channels, kernels treat a channel by its neighbours.
    """

    def __init__(self, channels: int, copies: int = 1) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(copies * channels)
        self.copies = copies

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        norm = self.norm
        mean, variance = statistics(norm)
        parts = (part.chunk(self.copies) for part in (mean, variance, norm.weight, norm.bias))
        normalised = [
            functional.batch_norm(
                one.contiguous(), m, v, w, b, norm.training, norm.momentum or 0.0, norm.eps
            )
            for one, m, v, w, b in zip(x.chunk(self.copies, dim=1), *parts, strict=True)
        ]
        return channels_last(torch.cat(normalised, dim=1))


class GroupedConvolution(nn.Conv2d):
    """Convolution along time, each group of channels alone.

    [N, groups·before, H, L] → [N, groups·after, H, L less what is not padded]. Written as a
    (1, width) two-dimensional one: only those come in channels-last layout, in which a step takes
    less than half the time on a CPU.

    Args:
        groups: how many.
        before: channels of a group.
        after: filters of a group.
        width: of a filter.
        copies: networks side by side, each of `groups / copies` groups.
        same: as long as the input, with zeros at either end, and without the bias that a norm
            behind it has.
    """

    def __init__(
        self,
        groups: int,
        before: int,
        after: int,
        width: int,
        copies: int,
        *,
        same: bool,
    ) -> None:
        size, channels = (1, width), (groups * before, groups * after)
        ends = (0, width // 2 if same else 0)
        super().__init__(*channels, size, padding=ends, groups=groups, bias=not same)
        # oneDNN has other kernels for one group than for several, and with AVX2 for three channels
        # in all than for more. They round differently: such networks are computed one by one.
        self.calls = copies if groups == copies or before == 1 else 1

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        return self.convolve(x, self.weight, self.bias)

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The same with other weights."""
        padding, groups = self.padding, self.groups // self.calls
        if self.calls == 1:
            return functional.conv2d(x, weight, bias, padding=padding, groups=groups)
        biases = bias.chunk(self.calls) if bias is not None else [None] * self.calls
        inputs, weights = x.chunk(self.calls, dim=1), weight.chunk(self.calls)
        alone = [
            functional.conv2d(channels_last(one), w, b, padding=padding, groups=groups)
            for one, w, b in zip(inputs, weights, biases, strict=True)
        ]
        return torch.cat(alone, dim=1)


class NormalisedConvolution(nn.Module):
    """Convolution along time, 'same' padding, batch norm; each group of channels alone.

    [N, groups·before, 1, L] → [N, groups·after, 1, L]. See `GroupedConvolution`.
    """

    def __init__(self, groups: int, before: int, after: int, width: int, copies: int) -> None:
        super().__init__()
        self.convolution = GroupedConvolution(groups, before, after, width, copies, same=True)
        self.norm = nn.BatchNorm2d(groups * after)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        if self.norm.training:
            y: Tensor = self.norm(self.convolution(x))
            return y
        # Fixed statistics: the norm is a part of the convolution, and costs no pass of its own.
        norm = self.norm
        mean, variance = statistics(norm)
        scale = norm.weight * torch.rsqrt(variance + norm.eps)
        weight = self.convolution.weight * scale[:, None, None, None]
        return self.convolution.convolve(x, weight, norm.bias - mean * scale)


def flat(x: Tensor, copies: int) -> Tensor:
    """The features of each copy: [N, copies·features, 1, L] → [N, copies, features·L].

    In another layout than that of x, the gradient of a ReLU before it takes eight times as long.
    """
    channels_last_gradient(x)
    return x.reshape(len(x), copies, -1)


def channels_last(x: Tensor) -> Tensor:
    """The same numbers [N, C, H, L] in the layout that convolutions are fast in."""
    return x.contiguous(memory_format=torch.channels_last)


def channels_last_gradient(x: Tensor) -> None:
    """Have the gradient of x come in this layout, even if what follows has another."""
    if x.requires_grad:
        x.register_hook(channels_last)  # type: ignore[no-untyped-call]


def relu_(x: Tensor) -> Tensor:
    """Set negative values of a tensor of any shape to 0, in place.

    Without gradients, bfloat16 on a CPU is read as 16-bit integers: a negative number has the same
    sign in both, and torch takes a sixth of the time.
    """
    numbers = _comparable(x)
    if numbers is x:
        return x.relu_()
    numbers.clamp_min_(0)
    return x


def relu_pool(x: Tensor) -> Tensor:
    """Maximum of 3, stride 2, along time, and ReLU: [N, C, 1, L] → [N, C, 1, (L - 1) // 2].

    The pool comes first, for then there is less to do. With integers, see `relu_`, it cannot: they
    are in the order of the numbers that they stand for only where these are positive.
    """
    numbers = _comparable(x)
    if numbers is x:
        return functional.max_pool2d(x, (1, 3), (1, 2)).relu_()
    positive = numbers.clamp_min_(0)
    end = x.shape[-1] - 2
    first, second, third = (positive[..., start : end + start : 2] for start in range(3))
    return torch.maximum(torch.maximum(first, second), third).view(x.dtype)


def _comparable(x: Tensor) -> Tensor:
    """The same memory, of a type that is compared fast."""
    fast = x.dtype == torch.bfloat16 and x.device.type == "cpu" and not x.requires_grad
    return x.view(torch.int16) if fast else x


def statistics(norm: nn.modules.batchnorm._BatchNorm) -> tuple[Tensor, Tensor]:
    """Running mean and variance of a batch norm, which all of ours keep."""
    if norm.running_mean is None or norm.running_var is None:
        raise TypeError("a batch norm without statistics")
    return norm.running_mean, norm.running_var


def expect_acceleration(network: str, sensors: Sensors) -> None:
    """Raise a UsageError unless a network that takes acceleration alone is asked for that."""
    if sensors != ACCELEROMETER:
        raise UsageError(
            f"{network!r} takes no {' and '.join(sensors)}",
            expected="acceleration alone",
            todo="use another network, or domains without sensors=…",
        )


def prefix_of(sensor: Sensor) -> str:
    """Return what the names of a sensor's modules begin with: nothing for the accelerometer.

    Its modules have the names of networks that know no other sensor.
    """
    return "" if sensor in ACCELEROMETER else f"{sensor}_"


def sensor_of(name: str) -> Sensor:
    """The sensor of a module before the layers that all share, or of a weight of it."""
    named: tuple[Sensor, ...] = get_args(Sensor)
    return next((one for one in named if name.startswith(f"{one}_")), ACCELEROMETER[0])
