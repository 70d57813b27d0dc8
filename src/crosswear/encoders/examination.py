"""Checks of an ONNX file against the card of an encoder."""

from __future__ import annotations

import onnx
import onnxruntime

from crosswear.core.errors import CheckpointError
from crosswear.encoders.card import EncoderCard
from crosswear.encoders.control import graphs_of, tensors_of

INPUT = "tensor(float)"


def check_graph(model: bytes, card: EncoderCard) -> None:
    """Check that a file is a whole ONNX graph, alone.

    Raises:
        CheckpointError: if it is none, keeps weights in other files, or lacks a name of the card.
    """
    try:
        proto = onnx.load_model_from_string(model)
    except Exception as error:  # of protobuf's, which has several implementations
        raise CheckpointError(
            "cannot be read as an ONNX file: truncated, damaged, or of another format",
            expected="a file that torch.onnx.export or another exporter wrote",
            todo="export it again",
        ) from error
    if not proto.graph.node:
        raise CheckpointError("it holds no network", expected="an ONNX graph with operators")
    tensors = [tensor for graph in graphs_of(proto.graph) for _, tensor in tensors_of(graph)]
    names = {tensor.name for tensor in tensors}
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
        raise CheckpointError(
            "its weights lie in other files",
            expected="one file with all weights",
            todo="export it again with external_data=False, or onnx.save(…) it as one file",
        )
    for name in card.fixed:
        if name not in names:
            raise CheckpointError(
                f"it has no weights {name!r}",
                expected=f"one of {', '.join(sorted(names)[:20])}",
                todo="correct --fixed",
            )


def input_batch(session: onnxruntime.InferenceSession, card: EncoderCard) -> int | None:
    """Check input and output, and return how many windows the network takes; None: any number.

    Raises:
        CheckpointError: if they differ from what the card says.
    """
    inputs, outputs = session.get_inputs(), [one.name for one in session.get_outputs()]
    if len(inputs) != 1:
        raise CheckpointError(
            f"it has {len(inputs)} inputs", expected="one input: windows of acceleration"
        )
    (one,) = inputs
    if one.type != INPUT:
        raise CheckpointError(
            f"its input {one.name!r} is {one.type}",
            expected=f"{INPUT}, float32",
            todo="export it in float32",
        )
    own = (3, card.samples) if card.layout == "NCL" else (card.samples, 3)
    wanted = f"[N, {own[0]}, {own[1]}]: {card.window_s:g} s at {card.rate_hz:g} Hz, {card.layout}"
    if len(one.shape) != 3:
        shown = f"of shape {one.shape}" if one.shape else "without a shape"
        raise CheckpointError(f"its input {one.name!r} is {shown}", expected=wanted)
    batch, *rest = (size if isinstance(size, int) else None for size in one.shape)
    if any(size not in (None, mine) for size, mine in zip(rest, own, strict=True)):
        raise CheckpointError(
            f"its input {one.name!r} is of shape {one.shape}",
            expected=wanted,
            todo="correct --rate, --window or --layout",
        )
    missing = card.output and card.output not in outputs
    if missing or (not card.output and len(outputs) != 1):
        raise CheckpointError(
            f"it has no output {card.output!r}" if missing else f"it has {len(outputs)} outputs",
            expected=f"--output with one of {', '.join(outputs)}",
        )
    return batch
