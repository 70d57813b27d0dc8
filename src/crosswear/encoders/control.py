"""The untrained control of an encoder: the same network, having learned nothing.

Made from the file alone: every weight of a convolution, a dense or a recurrent layer is drawn anew
from a normal distribution with the mean and the standard deviation of its layer. Biases of these
layers become 0. Normalisation layers become what they are before any training: scale 1, shift 0,
mean 0, variance 1. All else stays: filters that are the same for all channels, such as a blur
before downsampling; all that `EncoderCard.fixed` names; constants that are added or multiplied
elsewhere, such as those that normalise the input, since nothing shows which of them were learned.

With these biases and statistics, a network of convolutions and rectifiers is homogeneous: another
scale of a layer scales its features, which the classifier behind them standardises.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from crosswear.core.keys import seed_for

WEIGHTS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("Conv", "ConvTranspose"), (1,)),
        **dict.fromkeys(("Gemm", "MatMul", "Einsum"), (0, 1)),
        **dict.fromkeys(("LSTM", "GRU", "RNN"), (1, 2)),
    }
)
"""Inputs of operators that are learned weights, where they are constants of the graph."""
CONSTANTS: Mapping[str, Mapping[int, float]] = MappingProxyType(
    {
        **{name: {2: 0.0} for name in ("Conv", "ConvTranspose", "Gemm")},
        **{name: {3: 0.0} for name in ("LSTM", "GRU", "RNN")},
        "BatchNormalization": {1: 1.0, 2: 0.0, 3: 0.0, 4: 1.0},
        "InstanceNormalization": {1: 1.0, 2: 0.0},
        "LayerNormalization": {1: 1.0, 2: 0.0},
        "GroupNormalization": {1: 1.0, 2: 0.0},
    }
)
"""Inputs of operators that have a value of their own in a network that has learned nothing."""
RESHAPING = ("Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast")
"""Operators whose output holds the values of their first input."""


@dataclass(frozen=True)
class Untrained:
    """An untrained network.

    Attributes:
        model: its ONNX file.
        weights: how many floating-point constants the graph has, fixed ones aside.
        drawn: how many of them were drawn anew.
    """

    model: bytes
    weights: int
    drawn: int


def untrained(model: bytes, seed: int, fixed: Collection[str] = ()) -> Untrained:
    """Return a network with weights that have learned nothing.

    Args:
        model: an ONNX file without external data.
        seed: equal seeds give equal weights.
        fixed: names of weights that stay as they are.
    """
    proto = onnx.load_model_from_string(model)
    graphs = list(graphs_of(proto.graph))
    tensors = {name: tensor for graph in graphs for name, tensor in tensors_of(graph)}
    drawn, constants = _parts(graphs, tensors.keys())
    found = 0
    for name, tensor in tensors.items():
        if name in fixed or not _floating(tensor):
            continue
        values = numpy_helper.to_array(tensor)
        if name in drawn and not _one_filter(values):
            rng = np.random.default_rng(seed_for("untrained encoder", seed, name))
            spread = values.mean(dtype=np.float64), values.std(dtype=np.float64)
            values = rng.normal(*spread, values.shape).astype(values.dtype)
            found += values.size
        elif name in constants:
            values = np.full_like(values, constants[name])
        else:
            continue
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    learnable = (one for name, one in tensors.items() if name not in fixed and _floating(one))
    weights = sum(int(np.prod(one.dims)) for one in learnable)
    return Untrained(proto.SerializeToString(), weights, found)


def graphs_of(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph, and those of its branches and loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if len(inner.node):
                    yield from graphs_of(inner)


def tensors_of(graph: onnx.GraphProto) -> Iterator[tuple[str, onnx.TensorProto]]:
    """Yield the constants of a graph by name."""
    yield from ((tensor.name, tensor) for tensor in graph.initializer)
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            yield node.output[0], node.attribute[0].t


def _parts(
    graphs: Collection[onnx.GraphProto], names: Collection[str]
) -> tuple[set[str], dict[str, float]]:
    """Names of the weights to draw, and of the constants with the values that they become."""
    origin = {name: name for name in names}
    drawn: set[str] = set()
    constants: dict[str, float] = {}
    products: set[str] = set()  # outputs of products with a weight, to which a bias may be added
    for node in (node for graph in graphs for node in graph.node):
        given = dict(enumerate(node.input))
        if node.op_type in RESHAPING and given.get(0) in origin:
            origin[node.output[0]] = origin[given[0]]
        for place in WEIGHTS.get(node.op_type, ()):
            if given.get(place) in origin:
                drawn.add(origin[given[place]])
                products.add(node.output[0])
        for place, value in CONSTANTS.get(node.op_type, {}).items():
            if given.get(place) in origin:
                constants[origin[given[place]]] = value
        if node.op_type == "Add" and products & {*node.input}:
            constants |= {origin[name]: 0.0 for name in node.input if name in origin}
    return drawn, constants


def _one_filter(values: NDArray[Any]) -> bool:
    """Return whether all channels have the same filter, which no training leaves: a blur."""
    return len(values) > 1 and bool((values == values[:1]).all())


def _floating(tensor: Any) -> bool:
    return tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
