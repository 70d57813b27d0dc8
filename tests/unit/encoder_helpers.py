"""Encoders that tests import."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from crosswear.encoders import Encoder, importing, probe
from crosswear.encoders.card import EncoderCard
from crosswear.encoders.importing import import_encoder
from generators.encoders import WINDOW

CARD = EncoderCard(30.0, 2.0, "g", "NCL", "none", "CC0-1.0", "made up for tests")


def windows(samples: int = WINDOW, count: int = 7) -> np.ndarray:
    rng = np.random.default_rng(1)
    steps = rng.normal(size=(count, 3, samples)).cumsum(axis=2) / 10
    gravity = np.array([[0.0], [0.0], [1.0]])
    return (steps + gravity).astype(np.float32)


def made(folder: Path, model: bytes, card: EncoderCard = CARD) -> Encoder:
    file = folder / "file.onnx"
    file.write_bytes(model)
    return import_encoder(file, folder / "encoder", card)


def examine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be examined in this process: to start another one takes most of an import."""

    def run_here(module: str, *arguments: str, timeout_s: float) -> CompletedProcess[str]:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            code = probe.main(*arguments)
        return CompletedProcess([module], code, printed.getvalue(), "")

    monkeypatch.setattr(importing, "run_apart", run_here)
    monkeypatch.setattr(probe, "_limit_memory", lambda size: None)  # of this process
