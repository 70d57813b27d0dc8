"""CAPTURE-24: packed text of a person each, annotations letter by letter, their dictionary."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

HEADER = "time,x,y,z,annotation\n"
SCHEMES = (
    *("WillettsSpecific2018", "WillettsMET2018", "DohertySpecific2018"),
    *("Willetts2018", "Doherty2018", "Walmsley2020"),
)
CHILD_CARE = (
    "home activity;child/elderly/pet care;child care;"
    "5185 child care sitting/kneeling {}lifting;MET 2.0"
)
DICTIONARY = {
    "7030 sleeping;MET 0.95": ("sleep",) * 6,
    "occupation;office and administrative support;11580 office wok/computer work general;MET 1.5": (
        *("sitting", "sitstand+lowactivity", "sedentary-screen"),
        *("sit-stand", "sedentary", "sedentary"),
    ),
    CHILD_CARE.format("occasional "): (
        *("mixed-activity", "sitstand+activity", "tasks-light"),
        *("mixed", "tasks-light", "light"),
    ),
    CHILD_CARE.format(" occasional "): (
        *("sitting", "sitstand+activity", "tasks-light"),
        *("sit-stand", "tasks-light", "sedentary"),
    ),
}
"""Annotations and their classes; two of them differ in a double space alone."""
PEOPLE = ("P001", "P151")
LOST = slice(70, 73)
GAP = 300
"""Row before which the file of the second person lacks a second."""


def lines(
    signal: np.ndarray, annotations: list[str], first_row: int = 0, gap: int | None = None
) -> tuple[list[str], np.ndarray]:
    """Rows of a file at 100 Hz, and their time in seconds."""
    begin = datetime(2016, 11, 13, 2, 18)
    time_s = (first_row + np.arange(len(signal))) / 100
    if gap is not None:
        time_s[gap:] += 1.0
    text = []
    for at_s, values, annotation in zip(time_s, signal.tolist(), annotations, strict=True):
        stamp = begin + timedelta(milliseconds=round(at_s * 1000))
        cells = "".join(f",{'' if np.isnan(value) else f'{value:.8g}'}" for value in values)
        text.append(f"{stamp:%Y-%m-%d %H:%M:%S.%f}{cells},{annotation}\n")
    return text, time_s - time_s[0]


def pack(path: Path, text: list[str]) -> None:
    path.write_bytes(gzip.compress((HEADER + "".join(text)).encode(), mtime=0))


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    root.mkdir(parents=True, exist_ok=True)
    for person in PEOPLE:
        samples = int(rng.integers(800, 1000))
        signal = movement(rng, samples, 100.0)
        signal[LOST] = np.nan
        written = [*DICTIONARY, ""]
        annotations = np.repeat(written, samples // len(written) + 1)[:samples].tolist()
        gap = GAP if person == PEOPLE[1] else None
        text, time_s = lines(signal, annotations, gap=gap)
        pack(root / f"{person}.csv.gz", text)
        codes = tuple(DICTIONARY[one][0] if one else None for one in annotations)
        planted.append(Planted(person, "dominant_wrist", codes, signal, 1e-6, time_s))
    header = ",".join(["annotation", *(f"label:{scheme}" for scheme in SCHEMES)])
    table = [header, *(",".join([key, *labels]) for key, labels in DICTIONARY.items())]
    (root / "annotation-label-dictionary.csv").write_text("\n".join(table) + "\n")
    (root / "metadata.csv").write_text("pid,age,sex\nP001,38-52,F\nP151,18-29,M\n")
    return planted
