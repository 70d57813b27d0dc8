"""DSADS: a gap on the plain, loose segments with blank ends on the stairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

PLACEMENTS = ("torso", "right_arm", "left_arm", "right_leg", "left_leg")
RUNS = {
    ("a01", "p1"): ((1, 2), (4,)),
    ("a01", "p2"): ((1, 2, 3),),
    ("a05", "p1"): ((1,), (2,)),
    ("a19", "p2"): ((59, 60),),
}
GRAVITY = 9.80665


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for (activity, subject), runs in RUNS.items():
        for run in runs:
            samples = 125 * len(run)
            table = rng.normal(size=(samples, 45))
            for unit, placement in enumerate(PLACEMENTS):
                signal = movement(rng, samples, 25.0)
                table[:, 9 * unit : 9 * unit + 3] = signal * GRAVITY
                turning = table[:, 9 * unit + 3 : 9 * unit + 6].copy()
                if activity == "a05":
                    signal[100:] = turning[100:] = np.nan
                codes = (activity,) * samples
                found = Planted(subject, placement, codes, signal, 6e-6, rotation=turning)
                planted.append(found)
            if activity == "a05":
                table[100:] = 0.0
            for position, segment in enumerate(run):
                path = root / "data" / activity / subject / f"s{segment:02d}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                rows = table[125 * position : 125 * (position + 1)]
                np.savetxt(path, rows, fmt="%.4f", delimiter=",")
    return planted
