"""Time and memory of preparing a domain, against the hours that were recorded.

    python benchmarks/preparation.py [--hours 8] [--rate-hz 50] --people 6 --people 12
    python benchmarks/preparation.py --capture24 --hours 2.4 --people 15 [--kill] [--cluster]

Writes own recordings of random movements, one file for each person, or CAPTURE-24 in its genuine
layout, and prepares them in a process of its own. Twice as many people should take twice the time
and the same memory. The digest is of the bytes of the domain: it is the same for any number of
workers, after `kill -9` halfway (--kill), and on a cluster of three workers one of which is killed
(--cluster).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import large_capture24
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
from crosswear.engine.part_workers import spread_over_processes
from crosswear.engine.executors.dask_parts import spread_over_cluster
reference, data, cache, workers = sys.argv[1:]
if __name__ == "__main__":
    known = workers.isdecimal()
    spread = spread_over_processes(int(workers)) if known else spread_over_cluster(workers, 3)
    domain = prepare(reference, data, PreparationConfig(), cache, spread)
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(one) for one in who]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    peak_mb = max(one.ru_maxrss for one in used) // 2**10
    print(domain.folder, len(domain.windows), cpu_s, peak_mb)
"""


@dataclass(frozen=True)
class Prepared:
    """A domain, and what its preparation has taken: the peak is of the largest process."""

    folder: Path
    windows: int
    seconds: float
    cpu_s: float
    peak_mb: int

    @property
    def digest(self) -> str:
        """Digest of the bytes of the domain."""
        found = hashlib.sha256()
        for path in sorted(self.folder.iterdir()):
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
        return found.hexdigest()[:12]


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


def begin(reference: str, data: Path, cache: Path, workers: str) -> subprocess.Popen[str]:
    """Start a preparation in another process."""
    call = cache.parent / "call.py"
    call.write_text(CALL, "utf-8")
    command = [sys.executable, str(call), reference, str(data), str(cache), workers]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603


def end(process: subprocess.Popen[str], begun: float) -> Prepared:
    """Wait for a preparation that was begun then."""
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit("the preparation has failed")
    folder, windows, cpu_s, peak_mb = said.split()
    seconds = time.perf_counter() - begun
    return Prepared(Path(folder), int(windows), seconds, float(cpu_s), int(peak_mb))


def await_parts(cache: Path, process: subprocess.Popen[str], parts: int) -> None:
    """Wait until so many parts are finished."""
    while len(list(cache.glob("parts/*/*/part.json"))) < parts:
        if process.poll() is not None:
            raise SystemExit("it ended before it could be killed: take more hours or people")
        time.sleep(0.01)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and three workers; yields its address and them."""
    listening = folder / "scheduler.json"
    options = {
        "scheduler": ["--port", "0", "--no-dashboard", "--scheduler-file", str(listening)],
        "worker": [
            *("--no-nanny", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"),
            *("--scheduler-file", str(listening)),
        ],
    }
    started = []
    try:
        for kind in ("scheduler", "worker", "worker", "worker"):
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options[kind]]
            quiet = subprocess.DEVNULL
            started.append(subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd=folder))  # noqa: S603
            while not listening.exists() or not listening.read_text("utf-8").rstrip().endswith("}"):
                time.sleep(0.1)
        yield str(json.loads(listening.read_text("utf-8"))["address"]), started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def rows(
    reference: str, data: Path, place: Path, workers: int, kill: bool, on_cluster: bool
) -> Iterator[tuple[str, Prepared]]:
    """Prepare in each way that was asked for."""
    cache = place / "cache"

    def fresh() -> float:
        shutil.rmtree(cache, ignore_errors=True)
        return time.perf_counter()

    for count in sorted({1, workers}):
        begun = fresh()
        yield (
            f"{count} worker{'s' * (count > 1)}",
            end(begin(reference, data, cache, str(count)), begun),
        )
    if kill:
        begun = fresh()
        process = begin(reference, data, cache, str(workers))
        await_parts(cache, process, 2)
        process.kill()
        process.communicate()
        killed = time.perf_counter() - begun
        resumed = end(begin(reference, data, cache, str(workers)), time.perf_counter())
        yield f"killed after {killed:.0f} s, resumed", resumed
    if on_cluster:
        with cluster(place) as (address, processes):
            begun = fresh()
            process = begin(reference, data, cache, address)
            await_parts(cache, process, 2)
            processes[0].kill()
            yield "3 workers, one killed", end(process, begun)


def main(
    people: Annotated[list[int], typer.Option()] = [6, 12],  # noqa: B006
    hours: Annotated[float, typer.Option()] = 8.0,
    rate_hz: Annotated[float, typer.Option(help="Of own recordings.")] = 50.0,
    workers: Annotated[int, typer.Option()] = 1,
    capture24: Annotated[bool, typer.Option(help="CAPTURE-24, not own recordings.")] = False,
    kill: Annotated[bool, typer.Option(help="Kill it after two parts, and resume.")] = False,
    on_cluster: Annotated[
        bool, typer.Option("--cluster", help="Three workers, one killed.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="For the files; a temporary one.")] = None,
) -> None:
    """Measure and print."""
    os.environ["OMP_NUM_THREADS"] = "1"
    headings = ("people", "hours", "how", "windows", "s", "cpu s", "hours/min/cpu", "MB", "digest")
    table = Table(*headings)
    with TemporaryDirectory(dir=folder) as name:
        for count in people:
            data = Path(name) / str(count)
            reference = "capture24" if capture24 else str(data / "dataset.toml")
            if capture24:
                large_capture24.write(data / "capture24", count, hours)
            else:
                write_recordings(data, count, hours, rate_hz)
            for how, found in rows(reference, data, Path(name), workers, kill, on_cluster):
                whole = "worker" in how and "killed" not in how
                rate = f"{60 * count * hours / found.cpu_s:.0f}" if whole else ""
                numbers = (found.windows, found.seconds, found.cpu_s)
                texts = (f"{count * hours:g}", how, *(f"{number:.0f}" for number in numbers))
                table.add_row(str(count), *texts, rate, str(found.peak_mb), found.digest)
            shutil.rmtree(data)
    Console(width=110).print(table)


if __name__ == "__main__":
    typer.run(main)
