"""Time and memory to recognise ten hours of 100 Hz on one core.

Run it with ``python benchmarks/predict.py``. It writes a CSV file with a column of time (170 MB)
and a bundle of each kind for eight classes to a temporary folder, and runs ``crosswear predict`` on
it in fresh processes of one thread, three times each. Start of the program, reading, timeline and
picture are included. The fastest run counts, its processor time too, for other programs do not
change that.
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
print(usage.ru_utime + usage.ru_stime, float(peak.split()[1]) / 1e3, file=sys.stderr)
"""


def measure(folder: Path, kind: str, columns: str) -> tuple[float, float, float]:
    """Seconds on the clock, of the processor, and MB at most."""
    options = ["--columns", columns, "--rate", str(RATE_HZ), "--out", str(folder / "out.csv")]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHILD, "predict", folder / kind, folder / "recording.csv", *options],
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
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in arguments.kinds:
            save_bundle(folder / kind, bundle(kind))
        for stamped in (False, True):
            write_recording(folder / "recording.csv", stamped=stamped)
            size = (folder / "recording.csv").stat().st_size / 1e6
            way = "by uneven time stamps" if stamped else "by its rate"
            print(f"{HOURS} h at {RATE_HZ} Hz, {size:.0f} MB, read {way}")
            columns = "x,y,z,time" if stamped else "x,y,z"
            for kind in arguments.kinds:
                runs = [measure(folder, kind, columns) for _ in range(arguments.runs)]
                clock, processor, memory = (min(values) for values in zip(*runs, strict=True))
                print(
                    f"  {kind:10}  {clock:5.1f} s, processor {processor:5.1f} s, {memory:4.0f} MB"
                )


if __name__ == "__main__":
    main()
