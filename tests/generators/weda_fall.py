"""WEDA-FALL: trials at 40 and 10 Hz that complement each other, copies of them at 50 Hz.

The stamps are of delivery, in bursts of five; one trial has a message of 19 rows out of its turn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

HEADER = "accel_time_list,accel_x_list,accel_y_list,accel_z_list\n"
GRAVITY, RATE_HZ = 9.80665, 49.7
TRIALS = ("D01/U01_R01", "D01/U21_R01", "D10/U02_R03", "F01/U01_R02", "F08/U02_R04")
FALL_S = (1.5, 4.5)
OUT_OF_TURN = "D10/U02_R03"


def stamps(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Milliseconds of delivery: five rows within 10 ms, about every 100 ms."""
    bursts = np.arange(rows) // 5 * 5000 / RATE_HZ + np.repeat(rng.uniform(0, 20, rows), 5)[:rows]
    within = np.tile([0, 1, 3, 5, 9], rows)[:rows]
    moved = np.round(bursts).astype(int) + within
    return moved - moved[0]


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    falls = []
    for trial in TRIALS:
        code = trial.partition("/")[0]
        rows = int(rng.integers(300, 420))
        signal = movement(rng, rows, RATE_HZ)
        time_ms = stamps(rng, rows)
        order = np.arange(rows)
        if trial == OUT_OF_TURN:
            order[100:138] = [*range(119, 138), *range(100, 119)]
        table = signal * GRAVITY
        lines = [
            f"{time_ms[row] / 1000},{','.join(f'{value:.1f}' for value in table[row])}\n"
            for row in order
        ]
        fifth = [row for row in range(rows) if row % 5 == 4]
        others = [row for row in range(rows) if row % 5 != 4]
        kept = {"10Hz": fifth, "40Hz": others, "50Hz": others if code[0] == "F" else range(rows)}
        for folder, chosen in kept.items():
            path = root / "dataset" / folder / f"{trial}_accel.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(HEADER + "".join(lines[row] for row in chosen))
            path.with_name(path.name.replace("accel", "gyro")).write_text("")
        vertical = root / "dataset/50Hz" / f"{trial}_vertical_accel.csv"
        vertical.write_text("vertical_Accel_x,vertical_Accel_y,vertical_Accel_z,accel_time_list\n")
        codes: list[str | None] = [code] * rows
        if code[0] == "F":
            falls.append(f"{trial},{FALL_S[0]},{FALL_S[1]}\r\n")
            inside = (time_ms / 1000 >= FALL_S[0]) & (time_ms / 1000 <= FALL_S[1])
            codes = [code if one else None for one in inside]
        person = trial[4:7]
        planted.append(Planted(person, "wrist", tuple(codes), signal, 0.05 / GRAVITY))
    text = "filename,start_time,end_time\r\n" + "".join(falls)
    (root / "dataset/fall_timestamps.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return planted
