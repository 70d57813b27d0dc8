"""Time and memory of preparing a domain, against the hours that were recorded.

    python benchmarks/preparation.py [--hours 8] [--rate-hz 50] --people 6 --people 12

Writes own recordings of random movements, one file for each person, and prepares them in a process
of its own. Twice as many people should take twice the time and the same memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer
from pyarrow import csv
from rich.console import Console
from rich.table import Table

CLASSES = ("lying", "sitting", "standing", "walking", "running", "stairs")
BOUT_S = 60
LAYOUT = """title = "Random movements"
rate_hz = {rate_hz}
unit = "g"
time_unit = "s"
placement = "right_wrist"
files = ["*.csv"]
path = '(?P<subject>.+)\\.csv'

[columns]
time = "time"
x = "x"
y = "y"
z = "z"
label = "label"

[classes]
{classes}
"""
CALL = """import resource, sys
from crosswear.core.config import PreparationConfig
from crosswear.datasets.prepare import prepare
windows = len(prepare(sys.argv[1], None, PreparationConfig(), sys.argv[2]).windows)
print(windows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10)
"""


def write_recordings(folder: Path, people: int, hours: float, rate_hz: float) -> None:
    """Write a file for each person, and their dataset.toml."""
    folder.mkdir()
    samples = round(hours * 3600 * rate_hz)
    time_s = np.arange(samples) / rate_hz
    labels = np.array(CLASSES)[(time_s // BOUT_S).astype(int) % len(CLASSES)]
    for person in range(people):
        values = np.random.default_rng(person).normal((0, 0, 1), 0.2, (samples, 3)).round(4)
        columns = {"time": time_s, **dict(zip("xyz", values.T, strict=True)), "label": labels}
        csv.write_csv(pa.table(columns), folder / f"person{person:03}.csv")
    classes = "\n".join(f'{name} = "{name}"' for name in CLASSES)
    (folder / "dataset.toml").write_text(LAYOUT.format(rate_hz=rate_hz, classes=classes), "utf-8")


def prepared(folder: Path, cache: Path) -> tuple[int, float, int]:
    """Prepare in another process; returns windows, seconds and its peak in MB."""
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CALL, str(folder / "dataset.toml"), str(cache)],
        stdout=subprocess.PIPE,
        check=True,
    )
    windows, peak = map(int, done.stdout.split())
    return windows, time.perf_counter() - begun, peak


def main(
    people: Annotated[list[int], typer.Option()] = [6, 12],  # noqa: B006
    hours: Annotated[float, typer.Option()] = 8.0,
    rate_hz: Annotated[float, typer.Option()] = 50.0,
) -> None:
    """Measure and print."""
    table = Table("people", "hours", "windows", "s", "hours a minute", "peak MB")
    with TemporaryDirectory() as name:
        for count in people:
            folder = Path(name) / str(count)
            write_recordings(folder, count, hours, rate_hz)
            windows, seconds, peak = prepared(folder, Path(name) / "cache")
            recorded = count * hours
            numbers = (count, recorded, windows, seconds, 60 * recorded / seconds, peak)
            table.add_row(*(f"{number:.0f}" for number in numbers))
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
