"""HHAR, the watches: rows out of order and written twice, clocks that stop while a watch sleeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

HEADER = "Index,Arrival_Time,Creation_Time,x,y,z,User,Model,Device,gt\n"
GRAVITY = 9.80665
RATES_HZ = {"gear": 100.0, "lgwatch": 200.0}
STREAMS = (("a", "gear_1"), ("a", "lgwatch_2"), ("i", "gear_1"))
SLEEPS_S = {100: 37.03, 260: 2.834}
"""By row of a gear: how much longer than its clock the watch slept before it."""
PACKET = 10
"""Rows that arrive at one time."""


def stream(
    rng: np.random.Generator, user: str, device: str
) -> tuple[list[str], Planted, list[tuple[int, int]]]:
    """Lines of a watch in the order of its clock, what they hold, and (arrival, creation)."""
    model = device.partition("_")[0]
    rate_hz = RATES_HZ[model]
    samples = int(rng.integers(4, 6) * rate_hz)
    signal = movement(rng, samples, rate_hz)
    jitter = rng.uniform(-0.02, 0.02, samples) / rate_hz
    begin_ns = int(rng.integers(27_000, 28_000)) * 10**9
    creation = begin_ns + np.round((np.arange(samples) / rate_hz + jitter) * 1e9).astype(np.int64)
    arrival = np.int64(1_424_696_638_740) + (creation - creation[0]) // 10**6
    arrival = arrival[np.arange(samples) // PACKET * PACKET]
    time_s = (creation - creation[0]) / 1e9
    for row, slept_s in SLEEPS_S.items() if model == "gear" else ():
        arrival[row:] += round(slept_s * 1000)
        beyond_s = (arrival[row] - arrival[row - 1]) / 1e3 - (
            creation[row] - creation[row - 1]
        ) / 1e9
        time_s[row:] += beyond_s
    codes = np.repeat(["stand", "null", "stairsup", "bike"], samples // 4 + 1)[:samples].tolist()
    lines = [
        f"{row},{arrival[row]},{creation[row]},{','.join(map(str, values))},"
        f"{user},{model},{device},{code}\n"
        for row, (values, code) in enumerate(
            zip((signal * GRAVITY).astype(np.float32), codes, strict=True)
        )
    ]
    known = tuple(None if code == "null" else code for code in codes)
    found = Planted(user, "wrist", known, signal, 1e-6, time_s)
    return lines, found, list(zip(arrival.tolist(), creation.tolist(), strict=True))


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted = []
    root.mkdir(parents=True, exist_ok=True)
    text = [HEADER]
    for user, device in STREAMS:
        lines, found, _ = stream(rng, user, device)
        lines[40:50] = [*lines[43:50], *lines[40:43]]
        lines.insert(60, lines[59])
        text += lines
        planted.append(found)
    (root / "Watch_accelerometer.csv").write_text("".join(text))
    (root / "Phones_accelerometer.csv").write_text(HEADER)
    return planted
