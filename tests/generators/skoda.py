"""Skoda: both arms at their own length, sensors in an order of its own, whole milli-g."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from generators.planted import Planted, movement

SENSORS = {
    "right": (1, 2, 14, 16, 18, 21, 22, 24, 27, 29),
    "left": (3, 17, 19, 20, 23, 25, 26, 28, 30, 31),
}
NULL_CODE = 32


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for arm in SENSORS:
        performed = [32, 48, 32, 57, 32, 50, 32, 48, 32, 57, 32]
        codes = np.repeat(performed, rng.integers(200, 400, len(performed)))
        planted += write_arm(root, arm, rng, codes)
    return planted


def write_arm(root: Path, arm: str, rng: np.random.Generator, codes: np.ndarray) -> list[Planted]:
    """Write the file of one arm with the gesture codes that are given, one a sample."""
    samples = len(codes)
    table = np.empty((samples, 71))
    table[:, 0] = codes
    known = tuple(None if code == NULL_CODE else str(code) for code in codes)
    planted = []
    for slot, sensor in enumerate(rng.permutation(SENSORS[arm])):
        signal = movement(rng, samples, 98.0)
        first = 1 + 7 * slot
        table[:, first] = sensor
        table[:, first + 1 : first + 4] = np.round(signal * 1000)
        table[:, first + 4 : first + 7] = np.round(signal * 300 + 2048)
        planted.append(Planted("subject1", f"{arm}_{sensor}", known, signal, 5e-4))
    root.mkdir(parents=True, exist_ok=True)
    name = f"{arm}_classall_clean"
    savemat(root / f"{name}.mat", {name: table}, do_compression=True)
    return planted
