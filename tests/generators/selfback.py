"""selfBACK: millisecond time stamps that jitter around a rate beside the nominal one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

START = np.datetime64("2016-02-25T23:59:58.304", "ms")


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    for activity in ("jogging", "lying", "walk_mod"):
        for subject in ("007", "052"):
            samples = int(rng.integers(500, 800))
            steps_ms = rng.integers(9, 12, samples - 1)
            time_ms = np.concatenate([[0], np.cumsum(steps_ms)])
            signal = movement(rng, samples, 100.0)
            counts = np.round(signal * 64)
            path = root / "raw" / "9_class" / "wrist50" / activity / f"{subject}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            stamps = np.char.replace(np.datetime_as_string(START + time_ms), "T", " ")
            lines = [
                f"{stamp},{','.join(map(repr, row))}\n"
                for stamp, row in zip(stamps, (counts / 64).tolist(), strict=True)
            ]
            path.write_text("time,x,y,z\n" + "".join(lines))
            codes = (activity,) * samples
            planted.append(Planted(subject, "wrist", codes, signal, 1 / 128, time_ms / 1000))
    return planted
