"""Facts that a generator has written, for a test to find again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Recording


@dataclass(frozen=True, eq=False)
class Planted:
    """One recording that a reader must yield.

    Attributes:
        subject, placement: as in the recording.
        codes: the publisher's class code of every sample, None where there is no class.
        acceleration: float64 [T, 3], in g; a lost sample is a row of NaN.
        resolution_g: half of the smallest step that the format can hold.
        time_s: float64 [T], if the format has time stamps.
        rotation: float64 [T, 3], in rad/s to four decimals, if there is a gyroscope that is read.
    """

    subject: str
    placement: str
    codes: tuple[str | None, ...]
    acceleration: NDArray[np.float64]
    resolution_g: float
    time_s: NDArray[np.float64] | None = None
    rotation: NDArray[np.float64] | None = None


def movement(rng: np.random.Generator, samples: int, rate_hz: float) -> NDArray[np.float64]:
    """Acceleration in g, [samples, 3], within ±1.4 g: first a resting limb, then a moving one."""
    gravity = rng.normal(size=3)
    gravity /= np.linalg.norm(gravity)
    time_s = np.arange(samples)[:, None] / rate_hz
    swing = 0.3 * np.sin(2 * np.pi * rng.uniform(0.8, 2.5, 3) * time_s)
    moving = time_s > samples / rate_hz / 2
    tremor = rng.normal(scale=0.005, size=(samples, 3))
    return np.asarray(np.clip(gravity + swing * moving + tremor, -1.4, 1.4))


def resting_g(recordings: list[Recording]) -> float:
    """Median |a| of the quietest tenth of all whole seconds."""
    spread, length = [], []
    for recording in recordings:
        second = round(recording.rate_hz)
        whole = len(recording.acceleration) // second
        pieces = recording.acceleration[: whole * second].reshape(whole, second, 3)
        pieces = pieces[np.isfinite(pieces).all(axis=(1, 2))].astype(float)
        spread.append(pieces.std(axis=1).max(axis=1))
        length.append(np.linalg.norm(pieces.mean(axis=1), axis=1))
    order = np.argsort(np.concatenate(spread), kind="stable")
    quiet = np.concatenate(length)[order[: max(1, len(order) // 10)]]
    return float(np.median(quiet))
