"""Features of windows, computed by onnxruntime: one thread, batches of bounded memory."""

from __future__ import annotations

import math

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from crosswear.core.errors import CheckpointError
from crosswear.core.texts import one_line
from crosswear.encoders.card import EncoderCard, Pooling
from crosswear.encoders.encoder_windows import encoder_windows, pieces

BATCH = 64
"""Windows of the encoder that are computed at once, where it takes any number."""
MOST_FEATURES = 65_536
MESSAGE = 300
"""Characters of a message of onnxruntime that are shown."""

Float32s = NDArray[np.float32]


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """Open an ONNX file, on one core.

    Raises:
        CheckpointError: if onnxruntime rejects it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no class that it exports
        raise CheckpointError(
            f"onnxruntime rejects the model: {one_line(error, MESSAGE)}",
            expected="an ONNX file whose operators onnxruntime has",
            todo="export it again, with a common opset such as 17",
        ) from error


def encode(
    session: onnxruntime.InferenceSession,
    card: EncoderCard,
    batch: int | None,
    x: Float32s,
    rate_hz: float,
) -> NDArray[np.float32]:
    """Return the features [n, D] of windows [n, 3, L] in g.

    Of windows longer than the encoder's, the mean over their pieces.

    Args:
        session: of the ONNX file.
        card: of the encoder.
        batch: windows that it takes at once; None: any number.
        x: the windows.
        rate_hz: their sampling rate.

    Raises:
        UsageError: if they are shorter than the encoder's and its card refuses those.
        CheckpointError: if the network cannot be run, or gives NaN or infinity.
    """
    each = pieces(card, x.shape[2], rate_hz)
    together = max(1, BATCH // each)
    parts = []
    for start in range(0, len(x), together):
        windows = encoder_windows(card, x[start : start + together], rate_hz)
        found = run(session, card, batch, windows)
        parts.append(found.reshape(-1, each, found.shape[1]).mean(axis=1, dtype=np.float64))
    if not parts:
        return np.empty((0, 0), np.float32)
    features: Float32s = np.concatenate(parts).astype(np.float32)
    return features


def run(
    session: onnxruntime.InferenceSession, card: EncoderCard, batch: int | None, windows: Float32s
) -> Float32s:
    """Return the features [n, D] of windows of the encoder.

    Raises:
        CheckpointError: if the network cannot be run on them, or gives no vector for each, or NaN
            or infinity.
    """
    size = batch or BATCH
    name = session.get_inputs()[0].name
    parts = []
    for start in range(0, len(windows), size):
        part = windows[start : start + size]
        count = len(part)
        if count < size and batch:
            part = np.concatenate([part, np.zeros((size - count, *part.shape[1:]), np.float32)])
        try:
            output = session.run([card.output] if card.output else None, {name: part})[0]
        except Exception as error:  # likewise
            raise CheckpointError(
                f"the network cannot be run on windows of shape {part.shape}: "
                f"{one_line(error, MESSAGE)}",
                expected="a network that takes the windows that its card describes",
                todo="correct --rate, --window or --layout",
            ) from error
        parts.append(vectors(np.asarray(output), len(part), card.pooling)[:count])
    found: Float32s = np.concatenate(parts)
    return found


def vectors(output: NDArray[np.generic], windows: int, pooling: Pooling) -> Float32s:
    """Return the vectors [n, D] in an output of a network.

    Raises:
        CheckpointError: if there is none for each window, or they hold NaN or infinity.
    """
    found = output
    if pooling != "none" and output.ndim == 3:
        found = output.mean(axis=2 if pooling == "ndt" else 1)
    elif pooling == "none" and output.ndim > 2 and math.prod(output.shape[2:]) == 1:
        found = output.reshape(output.shape[:2])
    if found.ndim != 2 or len(found) != windows or not 1 <= found.shape[1] <= MOST_FEATURES:
        raise CheckpointError(
            f"its output for {windows} windows has shape {output.shape}",
            expected=f"one vector a window, [N, D] or [N, D, 1, …], D up to {MOST_FEATURES}; with "
            "--pooling, [N, D, T] or [N, T, D]",
            todo="export the layer that pools over time, or state --pooling ndt or ntd",
        )
    if found.dtype.kind != "f":
        raise CheckpointError(
            f"its output is of type {found.dtype}", expected="floating-point numbers"
        )
    if not np.isfinite(found).all():
        raise CheckpointError(
            "its output holds NaN or infinity",
            expected="finite features",
            todo="check unit and normalisation of the card, or the export",
        )
    result: Float32s = found.astype(np.float32)
    return result
