"""SP-SW-HAR: watch files with late, repeated time stamps, beside tables and files of the phone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

HEADER = "x_acc,y_acc,z_acc,x_gyro,y_gyro,z_gyro,timestamp,label\n"
SEQUENCE = ("SEATED", "STANDING_UP", "WALKING", "TURNING", "WALKING", "TURNING", "SITTING_DOWN")
GRAVITY = 9.80665


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    data = root / "DATA"
    for subject, execution in (("s01", "01"), ("s01", "02"), ("s16", "01")):
        labels = np.repeat([*SEQUENCE, "SEATED"], rng.integers(100, 180, len(SEQUENCE) + 1))
        samples = len(labels)
        signal = movement(rng, samples, 104.28)
        turning = rng.normal(size=(samples, 3))
        table = np.hstack([signal * GRAVITY, turning]).astype(np.float32)
        stamps = 1657533977810 + np.arange(samples) / 104.28 * 1000 + rng.uniform(-2, 2, samples)
        for late in range(int(rng.integers(100, 400)), samples - 4, 480):
            stamps[late : late + 4] = stamps[late + 3]
        stamps = np.maximum.accumulate(np.round(stamps).astype(np.int64))
        lines = [
            f"{','.join(map(repr, row))},{stamp},{label}\n"
            for row, stamp, label in zip(table.tolist(), stamps, labels, strict=True)
        ]
        path = data / subject / f"{subject}_{execution}_sw.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + "".join(lines))
        path.with_name(f"{subject}_{execution}_sp.csv").write_text(HEADER)
        codes = tuple(labels.tolist())
        planted.append(Planted(subject, "wrist", codes, signal, 1e-6, rotation=turning))
    (data / "subjects_info.csv").write_text("subject_id,age,gender,height,weight,dominant_hand\n")
    return planted
