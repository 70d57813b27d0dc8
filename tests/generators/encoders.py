"""Tiny feature extractors as ONNX files, as other people's exporters write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WINDOW = 60
"""Samples of a window: 2 s at 30 Hz."""
FEATURES = 12

Shape = Sequence[int | str]


def weights(name: str, *shape: int, scale: float = 0.3, mean: float = 0.0) -> onnx.TensorProto:
    """Random weights of a layer; equal names and shapes have equal weights."""
    rng = np.random.default_rng(sum(name.encode()))
    values = rng.normal(mean, scale, shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def network(
    nodes: Sequence[onnx.NodeProto],
    tensors: Sequence[onnx.TensorProto],
    *,
    given: Shape = ("n", 3, WINDOW),
    made: Shape = ("n", FEATURES),
    kind: int = TensorProto.FLOAT,
    outputs: Sequence[str] = ("features",),
) -> bytes:
    """An ONNX file with one input, `windows`."""
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("windows", kind, given)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, made) for name in outputs],
        tensors,
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def convolutional(
    *,
    given: Shape = ("n", 3, WINDOW),
    last: Sequence[onnx.NodeProto] | None = None,
    made: Shape = ("n", FEATURES),
    **more: Any,
) -> bytes:
    """A convolution with batch norm, a rectifier, a second convolution, the mean over time."""
    nodes = [
        helper.make_node("Conv", ["windows", "w1"], ["a"], pads=[2, 2]),
        helper.make_node("BatchNormalization", ["a", "scale", "shift", "mean", "var"], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Conv", ["c", "w2", "bias"], ["d"], strides=[2]),
        helper.make_node("Relu", ["d"], ["e"]),
        *(
            last
            if last is not None
            else [helper.make_node("ReduceMean", ["e"], ["features"], axes=[2], keepdims=0)]
        ),
    ]
    tensors = [
        weights("w1", 8, 3, 5),
        weights("scale", 8, scale=0.1, mean=1.3),
        weights("shift", 8),
        weights("mean", 8),
        numpy_helper.from_array(np.full(8, 1.7, np.float32), "var"),
        weights("w2", FEATURES, 8, 3),
        weights("bias", FEATURES),
    ]
    return network(nodes, tensors, given=given, made=made, **more)


def dense() -> bytes:
    """Windows [N, L, 3] in one product, and a bias that is added apart."""
    nodes = [
        helper.make_node("Flatten", ["windows"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["p"]),
        helper.make_node("Add", ["p", "b"], ["features"]),
    ]
    tensors = [weights("w", 3 * WINDOW, FEATURES, scale=0.05), weights("b", FEATURES)]
    return network(nodes, tensors, given=("n", WINDOW, 3))


def recurrent() -> bytes:
    """The last state of a GRU over windows [N, 3, L]."""
    nodes = [
        helper.make_node("Transpose", ["windows"], ["steps"], perm=[2, 0, 1]),
        helper.make_node("GRU", ["steps", "w", "r", "b"], ["", "last"], hidden_size=FEATURES),
        helper.make_node("Squeeze", ["last", "first"], ["features"]),
    ]
    tensors = [
        weights("w", 1, 3 * FEATURES, 3),
        weights("r", 1, 3 * FEATURES, FEATURES),
        weights("b", 1, 6 * FEATURES),
        numpy_helper.from_array(np.array([0]), "first"),
    ]
    return network(nodes, tensors)
