"""OPPORTUNITY: whole milli-g, a wrist sensor that is lost, gestures amid modes of locomotion."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

COLUMNS = 250
SENSORS = {"RWR": 22, "LWR": 31, "RLA": 63, "LLA": 89, "RUA": 50, "LUA": 76, "BACK": 37}
READ_FROM = {
    "right_wrist": ("RWR", "RLA"),
    "left_wrist": ("LWR", "LLA"),
    "right_lower_arm": ("RLA", "RLA"),
    "left_lower_arm": ("LLA", "LLA"),
    "right_upper_arm": ("RUA", "RUA"),
    "left_upper_arm": ("LUA", "LUA"),
    "back": ("BACK", "BACK"),
}
"""Sensors that a placement is read from, and those instead where the wrists' are lost."""

BOUTS = ((0, 0), (1, 0), (1, 406516), (1, 0), (2, 0), (4, 407521), (0, 405506), (5, 0), (0, 0))
"""Mode of locomotion and gesture."""

FILES = {"S1-ADL1.dat": False, "S1-Drill.dat": True, "S4-ADL5.dat": False}
"""Whether the wrists' sensors are lost."""


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for name, is_lost in FILES.items():
        modes, gestures = np.repeat(BOUTS, rng.integers(20, 60, len(BOUTS)), axis=0).T
        planted += write_file(root / name, rng, modes, gestures, is_lost)
    return planted


def write_file(
    path: Path, rng: np.random.Generator, modes: np.ndarray, gestures: np.ndarray, is_lost: bool
) -> list[Planted]:
    """Write one file with the modes of locomotion and the gestures that are given, by sample."""
    samples = len(modes)
    ticks = np.arange(samples)
    ticks[samples // 2 :] += 45
    table = np.round(rng.normal(0, 500, (samples, COLUMNS)))
    table[:, 134:200] = np.nan
    table[:, 0] = np.round(ticks * 1000 / 30)
    table[:, 243], table[:, 244:249], table[:, 249] = modes, 0, gestures
    signals = {sensor: movement(rng, samples, 30.0) for sensor in SENSORS}
    for sensor, signal in signals.items():
        part = 0.7 if is_lost and sensor in ("RWR", "LWR") else 0.03
        signal[rng.random(samples) < part] = np.nan
        table[:, SENSORS[sensor] : SENSORS[sensor] + 3] = np.round(signal * 1000)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii", newline="\n") as file:
        for row in table:
            cells = ("NaN" if cell != cell else str(int(cell)) for cell in row.tolist())
            file.write(" ".join(cells) + "\n")
    codes = tuple(str(g or m) if g or m else None for m, g in zip(modes, gestures, strict=True))
    subject = path.name.split("-")[0]
    return [
        Planted(subject, placement, codes, signals[sensors[is_lost]], 5e-4, ticks / 30)
        for placement, sensors in READ_FROM.items()
    ]
