"""JSI-FOS: the neutral layout, with two sessions, unlabelled samples and lost ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

SETTINGS = """\
title = "JSI-FOS"
files = ["subject*.csv"]
rate_hz = 50.0
unit = "g"
placement = "wrist"
time_unit = "s"
null = ["none", "transition"]

[columns]
subject = "subject"
session = "session"
time = "time_s"
x = "x_g"
y = "y_g"
z = "z_g"
label = "activity"

[classes]
walks = "walking"
lies = "lying"
"lies on side" = "lying"
on_all_fours = "being on all fours"
"""
WORDS = ("lies", "walks", "none", "lies on side", "transition", "on_all_fours")
LYING = "lies/lies on side"
CODES = (LYING, "walks", None, LYING, None, "on_all_fours")


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    root.mkdir(parents=True, exist_ok=True)
    (root / "dataset.toml").write_text(SETTINGS)
    return [one for subject in ("1", "2") for one in write_subject(root, subject, rng, (40, 90))]


def write_subject(
    root: Path, subject: str, rng: np.random.Generator, bout: tuple[int, int]
) -> list[Planted]:
    """Write the file of one person, whose bouts have between two numbers of samples."""
    planted = []
    lines = ["subject,session,time_s,x_g,y_g,z_g,activity\n"]
    for session in ("morning", "evening"):
        order = np.repeat(rng.permutation(len(WORDS)), rng.integers(*bout, len(WORDS)))
        samples = len(order)
        signal = movement(rng, samples, 50.0)
        signal[30:34] = np.nan
        time_s = np.round(np.arange(samples) / 50 + rng.uniform(-0.004, 0.004, samples), 3) + 7
        cells = np.char.mod("%.4f", signal).tolist()
        lines += [
            f"{subject},{session},{stamp:.3f},{','.join(row)},{WORDS[word]}\n"
            for stamp, row, word in zip(time_s, cells, order, strict=True)
        ]
        codes = tuple(CODES[word] for word in order)
        planted.append(Planted(subject, "wrist", codes, signal, 5e-5, time_s - time_s[0]))
    (root / f"subject{subject}.csv").write_text("".join(lines))
    return planted
