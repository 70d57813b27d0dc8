"""A residual block on a CPU, as `residual.cpp` computes it in float32 or in bfloat16.

Three convolutions of 3 taps with batch norm and ReLU, beside them a convolution of one tap with
batch norm; the sum, max-pool of 3 with stride 2, ReLU; each group of channels alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from crosswear.networks.kernels import compiled_code, implementation

LANES = 16
"""Filters of a group come in whole vectors of so many."""
LAYERS = 4
_NAMES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


class Layer(NamedTuple):
    """A convolution without bias, weight [groups·after, before, 1, taps], and its norm."""

    weight: Tensor
    norm: nn.BatchNorm2d


def asked_for(x: Tensor) -> bool:
    """Return whether compiled code can compute products of this precision on x's device, faster.

    It has one thread, where torch has the threads that it is set to; and no exporter sees into it.
    """
    name = _NAMES.get(_precision(x))
    return (
        x.is_cpu
        and name is not None
        and torch.get_num_threads() == 1
        and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        and implementation(name) != "torch"
        and compiled_code() is not None
    )


def _precision(x: Tensor) -> torch.dtype:
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype


def computes(x: Tensor, layers: Sequence[Layer]) -> bool:
    """Return whether `asked_for` compiled code can stand for torch: filters in whole vectors.

    All norms are in training, or none, and then nothing has a gradient.
    """
    norms = [layer.norm for layer in layers]
    if len({(norm.training, norm.eps, norm.momentum) for norm in norms}) > 1:
        return False
    before, after, channels = *_widths(layers), norms[0].num_features
    wide = before * (channels // after), 1
    if after % LANES or x.ndim != 4 or x.shape[1:3] != wide or x.shape[3] < 3:
        return False
    for weight, norm in layers:
        statistics = norm.running_mean, norm.running_var
        for tensor in (weight, norm.weight, norm.bias, *statistics):
            if tensor is None or tensor.dtype is not torch.float32 or not tensor.is_cpu:
                return False
            if tensor is not weight and not tensor.is_contiguous():
                return False
    if norms[0].training:
        return norms[0].momentum is not None
    learned = (part for layer in layers for part in _learned(layer))
    return not (torch.is_grad_enabled() and any(one.requires_grad for one in (x, *learned)))


def residual_block(x: Tensor, layers: Sequence[Layer]) -> Tensor:
    """The block, where `computes` says so; in training the norms' statistics follow.

    Args:
        x: [N, groups·before, 1, L].
        layers: the three convolutions and the shortcut.

    Returns:
        [N, groups·after, 1, (L - 1) // 2], channels-last, in the precision of products.
    """
    x = x.to(_precision(x)).contiguous(memory_format=torch.channels_last)
    if not layers[0].norm.training:
        return _score(x, layers)
    weights = [part for layer in layers for part in _learned(layer)]
    y: Tensor = _Training.apply(x, layers, *weights)  # type: ignore[no-untyped-call]
    return y


def _widths(layers: Sequence[Layer]) -> tuple[int, int]:
    """Channels of a group before and after the block."""
    return layers[0].weight.shape[1], layers[1].weight.shape[1]


def _learned(layer: Layer) -> tuple[Tensor, Tensor, Tensor]:
    return layer.weight, layer.norm.weight, layer.norm.bias


def _tensors(layer: Layer) -> tuple[Tensor | None, ...]:
    """Return the tensors of a `_Layer` in order; weights are copied unless channels are last."""
    norm = layer.norm
    weight = layer.weight.contiguous(memory_format=torch.channels_last)
    return weight, norm.weight, norm.bias, norm.running_mean, norm.running_var


class _Layer(ctypes.Structure):
    """The same in block.hpp."""

    _fields_ = tuple(
        (name, ctypes.c_void_p)
        for name in (
            *("weight", "scale", "shift", "mean", "variance"),
            *("of_weight", "of_scale", "of_shift"),
        )
    )


class _Block(ctypes.Structure):
    """The same in block.hpp."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("windows", "length", "groups", "before", "after")),
        ("epsilon", ctypes.c_float),
        ("momentum", ctypes.c_float),
        ("layers", _Layer * LAYERS),
    )


def _call(
    name: str,
    x: Tensor,
    layers: Sequence[Layer],
    gradients: Sequence[Tensor],
    tensors: Sequence[Tensor | None],
) -> None:
    """Call a compiled function, which holds no tensor longer than the call.

    Args:
        name: of the function.
        x: channels-last.
        layers: of the block.
        gradients: for the weight (channels-last), scale and shift of each layer, or none at all.
        tensors: what follows the block and x.
    """
    code = compiled_code()
    if code is None:
        raise RuntimeError("no compiled code")
    own = [_tensors(layer) for layer in layers]
    described = (_Layer * LAYERS)()
    for number, tensors_of_layer in enumerate(own):
        others = gradients[3 * number : 3 * number + 3]
        described[number] = _Layer(*map(_pointer, (*tensors_of_layer, *others)))
    before, after = _widths(layers)
    norm = layers[0].norm
    block = _Block(
        *(len(x), x.shape[3], norm.num_features // after, before, after),
        *(norm.eps, norm.momentum or 0.0, described),
    )
    pointers = (ctypes.c_void_p(_pointer(tensor)) for tensor in (x, *tensors))
    getattr(code, f"{_NAMES[x.dtype]}_{name}")(ctypes.byref(block), *pointers)


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _pooled(x: Tensor, layers: Sequence[Layer]) -> Tensor:
    shape = (len(x), layers[0].norm.num_features, 1, (x.shape[3] - 1) // 2)
    return torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)


def _score(x: Tensor, layers: Sequence[Layer]) -> Tensor:
    y = _pooled(x, layers)
    _call("score", x, layers, (), (y,))
    return y


class _Training(torch.autograd.Function):
    """The block with statistics of the batch."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layers: Sequence[Layer], *weights: Tensor) -> Tensor:
        """See `residual_block`; the weights are given once more for their gradients."""
        channels = layers[0].norm.num_features
        outputs = torch.empty((LAYERS, len(x), x.shape[3], channels), dtype=x.dtype)
        norms = torch.empty((LAYERS, 4, channels), dtype=torch.float32)
        y = _pooled(x, layers)
        _call("train", x, layers, (), (outputs, norms, y))
        for layer in layers:
            if layer.norm.num_batches_tracked is not None:
                layer.norm.num_batches_tracked += 1
        ctx.layers = layers
        ctx.save_for_backward(x, outputs, norms, *weights)  # so that nothing changes these
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x and of the weights."""
        x, outputs, norms, *_ = ctx.saved_tensors
        gradient = gradient.to(x.dtype).contiguous(memory_format=torch.channels_last)
        of_layers = [
            part
            for weight, norm in ctx.layers
            for part in (
                torch.empty_like(weight, memory_format=torch.channels_last),
                torch.empty_like(norm.weight),
                torch.empty_like(norm.bias),
            )
        ]
        of_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        between = torch.empty_like(outputs[:3])
        _call("gradients", x, ctx.layers, of_layers, (outputs, norms, gradient, between, of_x))
        return of_x, None, *of_layers
