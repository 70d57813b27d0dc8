"""Windows of simple movements that any classifier separates."""

from __future__ import annotations

import numpy as np


def movements(people: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows of three activities that differ in gravity and rhythm; classes; people."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.arange(3), people * each)
    who = np.repeat(np.arange(people), 3 * each)
    time = np.arange(100) / 25
    down = np.eye(3)[y][:, :, None]
    hertz = np.array([0.5, 1.5, 3.0])[y] * rng.uniform(0.9, 1.1, people)[who]
    swing = 0.3 * np.sin(2 * np.pi * hertz[:, None] * time + rng.uniform(0, 6, len(y))[:, None])
    x = down + swing[:, None] + rng.normal(0, 0.05, (len(y), 3, 100))
    return x.astype(np.float32), y, who
