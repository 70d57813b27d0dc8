"""WEAR: four watches in one table, the legs between the arms; labels that are null or empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

LIMBS = {"right_arm": "right_wrist", "right_leg": "right_ankle"}
LIMBS |= {"left_leg": "left_ankle", "left_arm": "left_wrist"}
HEADER = ",".join(["sbj_id", *(f"{limb}_acc_{axis}" for limb in LIMBS for axis in "xyz"), "label"])
PEOPLE = {0: "sbj_0", 18: "sbj_0", 5: "sbj_5"}
"""People by the number of the file, in the order of the names."""
LABELS = ("null", "jogging", "jogging (rotating arms)", "", "bench-dips")
LOST = slice(90, 93)


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    folder = root / "raw" / "inertial" / "50hz"
    folder.mkdir(parents=True)
    for number, person in PEOPLE.items():
        samples = int(rng.integers(300, 400))
        signals = {limb: movement(rng, samples, 50.0) for limb in LIMBS}
        labels = np.repeat(LABELS, samples // len(LABELS) + 1)[:samples].tolist()
        table = np.hstack(list(signals.values())).astype(np.float32)
        lines = [HEADER + "\n"]
        for row, (values, label) in enumerate(zip(table.tolist(), labels, strict=True)):
            cells = list(map(repr, values))
            if LOST.start <= row < LOST.stop:
                cells[9:12] = ["", "", ""]
            lines.append(f"{number},{','.join(cells)},{label}\n")
        (folder / f"sbj_{number}.csv").write_text("".join(lines))
        codes = tuple(None if label in ("null", "") else label for label in labels)
        for limb, placement in LIMBS.items():
            signal = signals[limb].copy()
            if limb == "left_arm":
                signal[LOST] = np.nan
            planted.append(Planted(person, placement, codes, signal, 1e-6))
    return planted
