"""mHealth: 24 columns between tabs, with no activity before, between and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

FIRST_COLUMN = {"right_wrist": 14, "chest": 0, "left_ankle": 5}
GRAVITY = 9.80665


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    root.mkdir(parents=True, exist_ok=True)
    for subject in ("subject1", "subject10"):
        codes = np.repeat([0, 1, 2, 0, 12, 0], rng.integers(80, 160, 6))
        samples = len(codes)
        table = rng.normal(size=(samples, 23))
        known = tuple(str(code) if code else None for code in codes)
        for placement, first in FIRST_COLUMN.items():
            signal = movement(rng, samples, 50.0)
            table[:, first : first + 3] = signal * GRAVITY
            planted.append(Planted(subject, placement, known, signal, 5.1e-5))
        text = ["\t".join(f"{x:.5g}" for x in row) for row in table]
        text = [f"{row}\t{code}\n" for row, code in zip(text, codes, strict=True)]
        (root / f"mHealth_{subject}.log").write_text("".join(text))
    return planted
