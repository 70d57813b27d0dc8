"""Encoders that tests import."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crosswear.encoders import Encoder
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
