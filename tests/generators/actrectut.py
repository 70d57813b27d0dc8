"""ActRecTut: MATLAB files with whole milli-g of three arms' units and null between gestures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from generators.planted import Planted, movement

PLACEMENTS = ("right_hand", "right_lower_arm", "right_upper_arm")
NULL_CODE = 1


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for subject in ("subject1", "subject2"):
        labels = np.repeat([1, 2, 1, 12, 1, 3, 1], rng.integers(60, 120, 7))
        samples = len(labels)
        data = np.round(rng.normal(500, 100, (samples, 15)))
        codes = tuple(None if code == NULL_CODE else str(code) for code in labels)
        for unit, placement in enumerate(PLACEMENTS):
            signal = movement(rng, samples, 32.0)
            data[:, 5 * unit : 5 * unit + 3] = np.round(signal * 1000)
            planted.append(Planted(subject, placement, codes, signal, 5e-4))
        path = root / "Data" / f"{subject}_gesture" / "data.mat"
        path.parent.mkdir(parents=True)
        variables = {"data": data, "labels": labels[:, None].astype(float)}
        savemat(path, variables, do_compression=True)
    return planted
