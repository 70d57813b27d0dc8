"""A small encoder, damaged in many ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crosswear.encoders.card import EncoderCard, Found
from crosswear.encoders.importing import examine_apart
from generators import encoders

CARD = EncoderCard(30.0, 2.0, "g", "NCL", "none", "CC0-1.0", "made up for tests")
SOUND = encoders.convolutional()


def damaged(number: int) -> bytes:
    """The file with bytes changed, cut out, doubled or put in; equal numbers, equal damage."""
    rng = np.random.default_rng(number)
    content = bytearray(SOUND)
    for _ in range(1 + rng.integers(4)):
        # Names and sizes are near both ends; weights between them do not break anything.
        at = int(rng.integers(len(content)))
        if rng.random() < 0.7:
            at = int(rng.choice([at % 600, len(content) - 1 - at % 400]))
        length = int(rng.integers(1, 12))
        match rng.integers(5):
            case 0:
                content[at] = int(rng.integers(256))
            case 1:
                content[at] ^= 1 << int(rng.integers(8))
            case 2:
                del content[at : at + length]
            case 3:
                content[at:at] = content[at : at + length]
            case _:
                content[at:at] = rng.bytes(length)
    return bytes(content[: rng.integers(1, len(content))]) if rng.random() < 0.1 else bytes(content)


def examine_case(number: int, folder: Path) -> Found:
    """Examine a damaged file as the import does."""
    file = folder / "damaged.onnx"
    file.write_bytes(damaged(number))
    return examine_apart(file, CARD)
