"""WHARF: six-bit codes, some files without a final line end, and the models that are not read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

TRIALS = (
    ("Climb_stairs", "2011-03-24-10-24-39", "f1"),
    ("Climb_stairs", "2012-06-06-09-03-01", "m10"),
    ("Walk", "2011-03-24-11-00-00", "f1"),
)


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    data = root / "WHARF Data Set" / "Data"
    for folder, start, subject in TRIALS:
        samples = int(rng.integers(160, 320))
        signal = movement(rng, samples, 32.0)
        codes = np.round((signal + 1.5) / 3 * 63).astype(int)
        path = data / folder / f"Accelerometer-{start}-{folder.lower()}-{subject}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(f"{x:02d} {y:02d} {z:02d}" for x, y, z in codes)
        path.write_text(text + "\n" * int(rng.integers(2)))
        activity = (folder.lower(),) * samples
        planted.append(Planted(subject, "right_wrist", activity, signal, 1.5 / 63))
    model = data / "MODELS" / "Walk_MODEL" / "Accelerometer-2011-03-24-11-00-00-walk-f1.txt"
    model.parent.mkdir(parents=True)
    model.write_text("1 2 3\n")
    return planted
