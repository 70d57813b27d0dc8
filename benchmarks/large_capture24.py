"""CAPTURE-24 in its genuine layout, for any number of people and hours, written quickly."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from generators.capture24 import DICTIONARY, HEADER, SCHEMES

RATE_HZ = 100
BOUT_S = 900
STEP_G = 0.015625
"""Resolution of the sensor."""
BLOCK = 3600 * RATE_HZ
BEGIN = np.datetime64("2016-11-13T02:18:00.000000")
THIRD_WITHOUT = 0.34
"""Part of the bouts that has no annotation, as in the published files."""


def write(folder: Path, people: int, hours: float) -> None:
    """Write a file for each person, and the dictionary."""
    folder.mkdir(parents=True)
    for person in range(people):
        _write_person(folder / f"P{person + 1:03}.csv.gz", person, round(hours * 3600 * RATE_HZ))
    header = ",".join(["annotation", *(f"label:{scheme}" for scheme in SCHEMES)])
    table = [header, *(",".join([key, *labels]) for key, labels in DICTIONARY.items())]
    (folder / "annotation-label-dictionary.csv").write_text("\n".join(table) + "\n", "utf-8")


def _write_person(path: Path, person: int, samples: int) -> None:
    rng = np.random.default_rng(person)
    bouts = samples // (BOUT_S * RATE_HZ) + 1
    annotations = np.array([*DICTIONARY, ""], object)
    share = (1 - THIRD_WITHOUT) / len(DICTIONARY)
    drawn = rng.choice(len(annotations), bouts, p=[*[share] * len(DICTIONARY), THIRD_WITHOUT])
    drawn[: len(DICTIONARY)] = np.arange(len(DICTIONARY))[:bouts]  # everyone does everything
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(HEADER.encode())
        for start in range(0, samples, BLOCK):
            row = np.arange(start, min(start + BLOCK, samples))
            bout = drawn[row // (BOUT_S * RATE_HZ)]
            swing = 0.1 * bout * np.sin(2 * np.pi * row / RATE_HZ * (0.5 + 0.3 * bout))
            x, y, z = (
                _measured(offset + swing + rng.normal(0, 0.01, len(row)), 1 + 0.002 * axis)
                for axis, offset in enumerate((0.1, -0.2, 0.97))
            )
            time = BEGIN + row.astype("timedelta64[us]") * (1_000_000 // RATE_HZ)
            columns = [pa.array(time), x, y, z, pa.array(annotations[bout])]
            csv.write_csv(pa.table(columns, list("txyza")), packed, options)


def _measured(values: np.ndarray, gain: float) -> pa.Array:
    """Return samples of the sensor's resolution, calibrated afterwards."""
    return pa.array((np.rint(values / STEP_G) * STEP_G * gain + 0.0021).round(7))
