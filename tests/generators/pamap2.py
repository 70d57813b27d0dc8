"""PAMAP2: six significant digits, a heart rate now and then, dropouts and a jump in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

UNITS = {"dominant_wrist": 3, "chest": 20, "ankle": 37}
GRAVITY = 9.80665
COLUMNS = 54
ROW = " ".join(["%g"] * COLUMNS) + "\n"
CLASS_OF = {0: None, 9: "2", 10: "2", 11: "2"}
"""Codes whose class is another one by default: null, and what is done sitting."""
FILES = {
    "Optional/subject101.dat": (0, 9, 0, 18, 11, 10),
    "Protocol/subject101.dat": (0, 1, 2, 0, 3, 24, 0),
    "Protocol/subject108.dat": (0, 17, 20, 12, 0),
}


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for name, activities in FILES.items():
        codes = np.repeat(activities, rng.integers(80, 250, len(activities)))
        planted += write_file(root / name, rng, codes)
    return planted


def write_file(path: Path, rng: np.random.Generator, codes: np.ndarray) -> list[Planted]:
    """Write one file with the activity codes that are given, one a sample."""
    samples = len(codes)
    ticks = np.arange(838, 838 + samples)
    ticks[samples * 2 // 3 :] += 300
    table = rng.normal(size=(samples, COLUMNS))
    table[:, 0], table[:, 1], table[:, 2] = ticks / 100, codes, np.nan
    table[::11, 2] = rng.integers(60, 180)
    planted = []
    for placement, first in UNITS.items():
        signal = movement(rng, samples, 100.0)
        table[:, first] = 30.25
        table[:, first + 1 : first + 4] = signal * GRAVITY
        table[:, first + 4 : first + 7] = np.clip(signal, -1, 1) * GRAVITY
        turning = table[:, first + 7 : first + 10].copy()
        for start in rng.integers(0, samples - 60, 3):
            lost = slice(start, start + int(rng.integers(1, 60)))
            table[lost, first : first + 17] = np.nan
            signal[lost] = turning[lost] = np.nan
        planted.append(
            Planted(
                subject=path.stem.removeprefix("subject"),
                placement=placement,
                codes=tuple(CLASS_OF.get(code, str(code)) for code in codes.tolist()),
                acceleration=signal,
                resolution_g=5e-5 / GRAVITY,
                time_s=(ticks - ticks[0]) / 100,
                rotation=turning,
            )
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines((ROW % tuple(row.tolist())).replace("nan", "NaN") for row in table)
    return planted
