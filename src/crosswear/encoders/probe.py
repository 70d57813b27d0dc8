"""The process in which a file is examined before it is imported: what it holds may crash it.

It prints one JSON object: the facts of `crosswear.encoders.card.Found`, or an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydantic
from numpy.typing import NDArray

from crosswear.core.child_process import FAILED, NOT_INSTALLED
from crosswear.core.errors import CheckpointError, CrosswearError
from crosswear.encoders.card import EncoderCard, Found
from crosswear.encoders.encoder_windows import encoder_windows

GIGABYTE = 1 << 30
SPARE_BYTES = 6 * GIGABYTE
"""Address space beside what the file needs: a graph may ask for any amount."""
CHECKED = 5
"""Windows that are tried."""
ALIKE = 1e-3
"""Largest difference of a feature, as a share of the largest one, that counts as rounding."""
_CARD = pydantic.TypeAdapter(EncoderCard)
LEAST_DRAWN = 0.5
"""Smallest share of the weights that a control must draw anew."""


def main(path: str, card: str) -> int:
    """Examine one file, print the result, and return the exit code."""
    _limit_memory(Path(path).stat().st_size)
    try:
        # Imported here: an optional extra.
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        return NOT_INSTALLED
    try:
        found = examine(Path(path).read_bytes(), _CARD.validate_json(card))
    except CrosswearError as error:
        print(json.dumps([error.what, error.expected, error.todo]))  # noqa: T201
        return FAILED
    except (Exception, MemoryError) as error:  # noqa: BLE001  # anything: the file is damaged
        what = " ".join(f"{error or type(error).__name__}".split())[:300]
        print(json.dumps([f"cannot be read: {what}", "a whole ONNX file", ""]))  # noqa: T201
        return FAILED
    print(json.dumps(found.__dict__))  # noqa: T201
    return 0


def examine(model: bytes, card: EncoderCard) -> Found:
    """Check a file against its card, and try it and its untrained control on windows.

    Raises:
        CheckpointError: if it is no ONNX file, or not one that the card describes.
    """
    from crosswear.encoders.control import untrained
    from crosswear.encoders.encoding import open_session, run
    from crosswear.encoders.examination import check_graph, input_batch

    check_graph(model, card)
    session = open_session(model)
    batch = input_batch(session, card)
    windows = encoder_windows(card, _movements(card), card.rate_hz)
    features = run(session, card, batch, windows)
    _check_alone(features[::-1], run(session, card, batch, windows[::-1]))
    if batch is None:
        _check_alone(features[:1], run(session, card, batch, windows[:1]))
    with _of_control():
        control = untrained(model, 0, card.fixed)
        if control.drawn < LEAST_DRAWN * control.weights:
            raise CheckpointError(
                f"{control.drawn} of {control.weights} weights can be drawn anew",
                expected=f"{LEAST_DRAWN:.0%} of them or more, as floating-point constants of "
                "convolutions, dense and recurrent layers",
                todo="export it without quantisation",
            )
        _check_varies(run(open_session(control.model), card, batch, windows))
    _check_varies(features)
    digest = hashlib.sha256(model).hexdigest()
    width = features.shape[1]
    return Found(digest, len(model), width, batch, control.weights, control.drawn)


def _movements(card: EncoderCard) -> NDArray[np.float32]:
    """Windows of rest, walking and shaking, of the encoder's own length, in g: [n, 3, W]."""
    time = np.arange(card.samples) / card.rate_hz
    rng = np.random.default_rng(0)
    x = np.zeros((CHECKED, 3, card.samples))
    x[:, 2] = 1.0
    x[1, 1:] += np.sin(2 * np.pi * 1.8 * time) * [[0.2], [0.4]]
    x[2:] += rng.normal(size=x[2:].shape) * np.geomspace(0.01, 1, CHECKED - 2)[:, None, None]
    return x.astype(np.float32)


def _check_alone(there: NDArray[np.float32], again: NDArray[np.float32]) -> None:
    largest = float(np.abs(there).max())
    if np.abs(there - again).max() > ALIKE * max(largest, 1e-30):
        raise CheckpointError(
            "the features of a window depend on the windows beside it, or on chance",
            expected="a network in evaluation mode",
            todo="call model.eval() before the export",
        )


def _check_varies(features: NDArray[np.float32]) -> None:
    if not np.ptp(features, axis=0).any():
        raise CheckpointError(
            "all windows have the same features",
            expected="features that depend on the window",
            todo="check unit and normalisation of the card, or the export",
        )


@contextlib.contextmanager
def _of_control() -> Iterator[None]:
    """Name the untrained control in errors."""
    try:
        yield
    except CheckpointError as error:
        what = f"no untrained control can be made of it: {error.what}"
        raise CheckpointError(what, expected=error.expected, todo=error.todo) from error


def _limit_memory(size: int) -> None:
    """Let the operating system refuse more memory than a sound file needs, where it can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        most = SPARE_BYTES + 8 * size
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
