"""Comparison of an ONNX file with its bundle: probabilities and latency."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from crosswear.core.errors import CheckpointError, ExportError
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.export.graph import INPUT, Probabilities
from crosswear.encoders.encoding import open_session as open_network

TOLERANCE = 1e-4
"""Largest difference of a probability that counts as rounding."""

_RUNS = 50
_SHARE = 16  # windows in a batch

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Latency:
    """Median milliseconds for one window on one core, a window at a time and sixteen together."""

    single_ms: float
    together_ms: float


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """Open the model in onnxruntime, on one core.

    Raises:
        ExportError: if onnxruntime rejects it.
    """
    try:
        return open_network(content)
    except CheckpointError as error:
        raise ExportError(error.what) from error


def probabilities(session: onnxruntime.InferenceSession, x: NDArray[np.float32]) -> Floats:
    """Return the probabilities [n, C] of windows [n, 3, L]."""
    parts = [
        session.run(None, {INPUT: np.ascontiguousarray(x[i : i + _SHARE])})[0]
        for i in range(0, len(x), _SHARE)
    ]
    return np.asarray(np.concatenate(parts), np.float64)


def largest_difference(
    session: onnxruntime.InferenceSession, bundle: Bundle, x: NDArray[np.float32]
) -> float:
    """Return the largest difference of a probability between the file and the bundle.

    Args:
        session: of the file.
        bundle: the origin of the file.
        x: windows [n, 3, L].

    Raises:
        ExportError: if it exceeds `TOLERANCE`.
    """
    expected = bundle.classifier().scores(x)
    found = probabilities(session, x)
    difference = np.abs(found - expected).max(axis=1)
    largest = float(difference.max())
    if not largest <= TOLERANCE:  # NaN counts as wrong
        raise ExportError(
            f"the exported model differs by {largest:.2g} in {(difference > TOLERANCE).sum()} of "
            f"{len(x)} windows",
            where=bundle.manifest.name,
            expected=f"probabilities within {TOLERANCE:g} of the bundle's",
            todo="no file was written; use `crosswear predict`",
        )
    return largest


def latency_of_onnx(session: onnxruntime.InferenceSession, x: NDArray[np.float32]) -> Latency:
    """Time onnxruntime; `x` holds 16 windows or more."""
    return _latency(lambda part: session.run(None, {INPUT: part}), x)


def latency_of_torch(bundle: Bundle, x: NDArray[np.float32]) -> Latency:
    """Time torch on its present number of threads; `x` holds 16 windows or more."""
    module = Probabilities(bundle).eval()

    def run(part: NDArray[np.float32]) -> None:
        with torch.inference_mode():
            module(torch.from_numpy(part))

    return _latency(run, x)


def _latency(run: Callable[[NDArray[np.float32]], object], x: NDArray[np.float32]) -> Latency:
    times = []
    for count in (1, _SHARE):
        part = np.ascontiguousarray(x[:count])
        run(part)
        taken = []
        for _ in range(_RUNS):
            started = time.perf_counter()
            run(part)
            taken.append(time.perf_counter() - started)
        times.append(median(taken) / count * 1e3)
    return Latency(*times)
