"""A recording that a bundle can recognise, as numbers and as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bundle_helpers import a_bundle

from crosswear.deploy.recognise import Event, Recognizer

BUNDLE = a_bundle()
RATE_HZ = 50


def movement(seconds: float = 60, unit: float = 1.0, rate_hz: float = RATE_HZ) -> np.ndarray:
    """Half of it at rest."""
    samples = round(seconds * rate_hz)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(samples, 3)) * 0.01 + (0, 0.6, 0.8)
    moving = slice(samples // 2, None)
    values[moving] += np.sin(np.arange(samples)[moving, None] / rate_hz * 9) * 0.5
    return values * unit


def write_csv(
    path: Path,
    values: np.ndarray,
    header: str | None = "time,x,y,z",
    separator: str = ",",
    time_s: np.ndarray | None = None,
) -> Path:
    time_s = np.arange(len(values)) / RATE_HZ if time_s is None else time_s
    rows = [
        separator.join([f"{t:.4f}", *(f"{v:.5f}" for v in row)])
        for t, row in zip(time_s, values, strict=True)
    ]
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n", "utf-8")
    return path


def pushed(values: np.ndarray, unit: str = "g", time_s: np.ndarray | None = None) -> list[Event]:
    recognizer = Recognizer(BUNDLE, RATE_HZ, unit)
    return [*recognizer.push(values, time_s), *recognizer.flush()]
