"""WISDM 2019, the watch: lines that end in a semicolon, stamps of a device's clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

GRAVITY = 9.80665
BLOCKS = {"1600": "ABS", "1650": "AMA"}
"""Activities of each subject, one after the other; the same letter twice is two recordings."""


def lines(
    rng: np.random.Generator, subject: str, letter: str, rate_hz: float, start_ns: int
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Lines of one activity, its acceleration in g and its time in seconds."""
    samples = int(rng.integers(100, 200))
    signal = movement(rng, samples, rate_hz)
    jitter = rng.uniform(-0.1, 0.1, samples) / rate_hz
    stamps = start_ns + np.round((np.arange(samples) / rate_hz + jitter) * 1e9).astype(np.int64)
    text = [
        f"{subject},{letter},{stamp},{','.join(map(repr, row))};\n"
        for stamp, row in zip(stamps, (signal * GRAVITY).astype(np.float32).tolist(), strict=True)
    ]
    return text, signal, (stamps - stamps[0]) / 1e9


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    folder = root / "raw" / "watch" / "accel"
    folder.mkdir(parents=True)
    for subject, letters in BLOCKS.items():
        text: list[str] = []
        for position, letter in enumerate(letters):
            start_ns = 90_426_708_196_641 + position * 300 * 10**9
            block, signal, time_s = lines(rng, subject, letter, 20.0, start_ns)
            text += block
            codes = (letter,) * len(signal)
            planted.append(Planted(subject, "dominant_wrist", codes, signal, 1e-6, time_s))
        (folder / f"data_{subject}_accel_watch.txt").write_text("".join(text))
    return planted
