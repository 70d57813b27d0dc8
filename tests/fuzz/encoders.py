"""A small encoder, damaged in many ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from crosswear.encoders.card import EncoderCard, Found
from crosswear.encoders.importing import examine_apart
from generators import encoders

CARD = EncoderCard(30.0, 2.0, "g", "NCL", "none", "CC0-1.0", "made up for tests")
SOUND = encoders.convolutional()
OPERATORS = ("Gemm", "LSTM", "Reshape", "Loop", "Tile", "Softmax", "ConstantOfShape", "Nonesuch")
NUMBERS = (-1, 0, 1, 2, 7, 300, 2**20, 2**31 - 1, 2**40)


def damaged(number: int) -> bytes:
    """The file with damaged bytes, or as a graph with wrong parts; equal numbers, equal damage."""
    rng = np.random.default_rng(number)
    return _bytes(rng) if number % 3 == 0 else _parts(rng)


def examine_case(number: int, folder: Path) -> Found:
    """Examine a damaged file as the import does."""
    file = folder / "damaged.onnx"
    file.write_bytes(damaged(number))
    return examine_apart(file, CARD)


def _bytes(rng: np.random.Generator) -> bytes:
    """Bytes changed, cut out, doubled or put in, and some files cut off."""
    content = bytearray(SOUND)
    for _ in range(1 + rng.integers(3)):
        at, length = int(rng.integers(len(content))), int(rng.integers(1, 12))
        match rng.integers(7):
            case 0:
                del content[at : at + length]
            case 1:
                content[at:at] = content[at : at + length]
            case 2:
                content[at:at] = rng.bytes(length)
            case 3 | 4:
                content[at] = int(rng.integers(256))
            case _:
                content[at] ^= 1 << int(rng.integers(8))
    return bytes(content[: rng.integers(1, len(content))]) if rng.random() < 0.1 else bytes(content)


def _parts(rng: np.random.Generator) -> bytes:
    """A graph with other operators, attributes, names, shapes, types and constants."""
    model = onnx.load_model_from_string(SOUND)
    graph = model.graph
    for _ in range(1 + rng.integers(2)):
        node = graph.node[rng.integers(len(graph.node))]
        tensor = graph.initializer[rng.integers(len(graph.initializer))]
        number = int(rng.choice(NUMBERS))
        match rng.integers(9):
            case 0:
                node.op_type = str(rng.choice(OPERATORS))
            case 1 if node.attribute:
                node.attribute[0].ints[:] = [number] * int(rng.integers(4))
            case 2:
                node.input[rng.integers(len(node.input))] = str(rng.choice(["", "a", "w1", "x"]))
            case 3:
                tensor.dims[rng.integers(len(tensor.dims))] = number
            case 4:
                tensor.data_type = int(rng.integers(20))
            case 5:
                tensor.raw_data = rng.bytes(len(tensor.raw_data))
            case 6:
                graph.input[0].type.tensor_type.shape.dim[int(rng.integers(3))].dim_value = number
            case 7:
                graph.input[0].type.tensor_type.elem_type = int(rng.integers(20))
            case _:
                model.opset_import[0].version = int(rng.integers(30))
    content: bytes = model.SerializeToString()
    return content
