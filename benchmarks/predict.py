"""Time and memory to recognise ten hours of 100 Hz on one core.

Run it with ``python benchmarks/predict.py``. It writes a CSV file with a column of time (170 MB)
and a bundle of each kind for eight classes to a temporary folder, and runs ``crosswear predict`` on
it in fresh processes of one thread, three times each. Start of the program, reading, timeline and
picture are included. The fastest run counts, its processor time too, for other programs do not
change that.

With ``--cwa FILE``, it reads ten hours of Axivity instead: the blocks of a genuine file over and
over, with time stamps, numbers and checksums that go on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from crosswear.baselines import BUNDLED
from crosswear.core.config import ModelConfig
from crosswear.deploy.bundle import Bundle, pack, save_bundle
from crosswear.deploy.bundle.manifest import Adaptation, Manifest, Origin
from crosswear.networks.models import build
from crosswear.tables.devices.axivity import BLOCK, HEADER_BYTES

HOURS, RATE_HZ, RUNS = 10, 100, 3
CLASSES = tuple(f"activity {number}" for number in range(8))
KINDS = ("network", "minirocket", "forest", "vote")


def write_recording(path: Path, *, stamped: bool) -> None:
    """Movement that changes every minute, with noise, in m/s²."""
    rng = np.random.default_rng(0)
    at = np.arange(HOURS * 3600 * RATE_HZ) / RATE_HZ
    hertz = np.repeat(rng.uniform(0, 4, HOURS * 60), 60 * RATE_HZ)
    swing = np.sin(2 * np.pi * hertz * at) * (hertz > 1)
    noise = rng.normal(size=(3, len(at))) * 0.01
    axes = dict(zip("xyz", (swing * [[0.2], [0.5], [0.3]] + noise), strict=True))
    axes["z"] += 1
    columns = {name: np.round(values * 9.80665, 4) for name, values in axes.items()}
    jitter = rng.uniform(-0.1, 0.1, len(at)) / RATE_HZ if stamped else 0
    csv.write_csv(pa.table({"time": np.round(at + jitter, 4), **columns}), path)


def write_cwa(path: Path, genuine: Path) -> None:
    """Repeat the blocks of a genuine file of 100 Hz, packed in four bytes, for ten hours."""
    content = genuine.read_bytes()
    header, blocks = content[:HEADER_BYTES], np.frombuffer(content[HEADER_BYTES:], BLOCK)
    full = int(blocks["count"][0])
    number = np.arange(HOURS * 3600 * RATE_HZ // full)
    words = np.frombuffer(content[HEADER_BYTES:], "<u2").reshape(len(blocks), -1)
    words = words[number % len(blocks)].copy()
    seconds, samples = np.divmod(number * full, RATE_HZ)
    at = (np.datetime64("2023-11-14T08:00:00") + seconds).astype("datetime64[s]")
    months = at.astype("datetime64[M]").astype(int)
    days, clock = (at - at.astype("datetime64[M]")).astype(int) // 86400, seconds + 8 * 3600
    stamp = (months // 12 - 30) << 26 | (months % 12 + 1) << 22 | (days + 1) << 17
    stamp |= clock // 3600 % 24 << 12 | clock // 60 % 60 << 6 | clock % 60
    words[:, 2] = 0  # no fraction of a second: it is in the place of the whole one
    for place, value in ((5, number), (7, stamp)):
        words[:, place], words[:, place + 1] = value & 0xFFFF, value >> 16
    words[:, 13] = -samples & 0xFFFF
    words[:, -1] = 0
    words[:, -1] = -words.sum(axis=1, dtype=np.uint16).astype(int) & 0xFFFF
    path.write_bytes(header + words.astype("<u2").tobytes())


def bundle(kind: str) -> Bundle:
    """Untrained, or fitted on windows of noise: what it answers does not matter here."""
    rng = np.random.default_rng(0)
    model = ModelConfig() if kind == "network" else None
    if model:
        network = build(model, len(CLASSES), 100, 0)
        state = {name: value.numpy() for name, value in network.state_dict().items()}
    else:
        y = np.arange(400) % len(CLASSES)
        x = (rng.normal(size=(400, 3, 100)) * (1 + y)[:, None, None]).astype(np.float32)
        state = BUNDLED[kind].fit(x, y, len(CLASSES), 25.0, 0).state()
    about = Manifest(
        name=kind,
        kind=kind,  # type: ignore[arg-type]
        model=model,
        classes=CLASSES,
        placement="wrist",
        rate_hz=25.0,
        window_s=4.0,
        hop_s=2.0,
        bridge_s=0.2,
        temperature=1.0,
        threshold=0.5,
        origins=(Origin("adaptation", "noise", "0" * 64, "none", "none"),),
        transfer=None,
        adaptation=Adaptation((50,) * len(CLASSES), 1),
        expected=None,
        split=None,
        versions={},
        created="2026-01-01T00:00:00Z",
        weights=pack(state)[1],
    )
    return Bundle(about, state)


# The peak of a process starts with that of the one that it was made by; VmHWM does not.
CHILD = """
import resource, sys, time
from crosswear.cli import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = float(peak.split()[1]) / 1e3
reader = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = usage.ru_utime + usage.ru_stime + reader.ru_utime + reader.ru_stime
print(seconds, max(peak, reader.ru_maxrss / 1e3), file=sys.stderr)
"""


def measure(folder: Path, kind: str, name: str, *options: str) -> tuple[float, float, float]:
    """Seconds on the clock, of the processor, and MB of the larger process at most."""
    arguments = [folder / kind, folder / name, *options, "--out", folder / "out.csv"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHILD, "predict", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    processor, memory = map(float, done.stderr.splitlines()[-1].split())
    return time.perf_counter() - started, processor, memory


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cwa", type=Path, help="A genuine file of an AX3 at 100 Hz.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in arguments.kinds:
            save_bundle(folder / kind, bundle(kind))
        if arguments.cwa is not None:
            write_cwa(folder / "recording.cwa", arguments.cwa)
            report(folder, "recording.cwa", arguments)
            return
        for stamped in (False, True):
            write_recording(folder / "recording.csv", stamped=stamped)
            print("by uneven time stamps" if stamped else "by its rate")
            columns = "x,y,z,time" if stamped else "x,y,z"
            options = ("--columns", columns, "--rate", str(RATE_HZ))
            report(folder, "recording.csv", arguments, *options)


def report(folder: Path, name: str, arguments: argparse.Namespace, *options: str) -> None:
    """Measure and print for all kinds."""
    size = (folder / name).stat().st_size / 1e6
    print(f"{HOURS} h at {RATE_HZ} Hz, {size:.0f} MB of {name}")
    for kind in arguments.kinds:
        runs = [measure(folder, kind, name, *options) for _ in range(arguments.runs)]
        clock, processor, memory = (min(values) for values in zip(*runs, strict=True))
        print(f"  {kind:10}  {clock:5.1f} s, processor {processor:5.1f} s, {memory:4.0f} MB")


if __name__ == "__main__":
    main()
