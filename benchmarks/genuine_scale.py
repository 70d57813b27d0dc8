"""The study of the paper's four datasets, from archives in the publishers' layouts and sizes.

    python benchmarks/genuine_scale.py FOLDER [--epochs 2]

Writes generated recordings as the publishers pack them (PAMAP2 with the published seconds of each
activity, OPPORTUNITY with the published gestures, 700,000 rows of Skoda, ten people of JSI-FOS),
and runs `verify`, `describe`, `plan` and `run` on them. It prints the time, processor time and
peak memory of each command. **Only these mean anything**: the movements are the same for every
activity, so the scores of this run do not.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from crosswear.datasets.opportunity import FILES as OPPORTUNITY_FILES
from crosswear.datasets.opportunity import MODES, OCCURRENCES
from crosswear.datasets.pamap2 import FILES as PAMAP2_FILES
from crosswear.datasets.pamap2 import SECONDS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from generators import jsi_fos, opportunity, pamap2, skoda

STUDY = Path(__file__).parents[1] / "studies" / "gjoreski-2019.toml"
DATASETS = ("skoda", "opportunity", "jsi_fos", "pamap2")
OPTIONAL = ("9", "10", "11", "18", "19", "20")
"""Activities of PAMAP2 that are in its folder Optional."""
PAMAP2_ROW, OPPORTUNITY_ROW = 450, 990
"""Bytes of a row in the published files, about."""
GESTURES, INSTANCES, SKODA_ROWS = range(48, 58), 70, 350_000
"""Of each arm of Skoda."""
NOT_PUBLISHED = 4
"""Exit code of `verify`, rightly: the generated files do not have the published checksums."""
CONSOLE = Console(width=100)


def pamap2_files(folder: Path, rng: np.random.Generator) -> None:
    """Write 14 files with the published seconds of each activity, and null between them."""
    for file in PAMAP2_FILES:
        person = int(file.path[-5]) - 1
        in_optional = file.path.startswith("Optional")
        parts = [
            (int(code), round(100 * seconds[person]))
            for code, seconds in SECONDS.items()
            if (code in OPTIONAL) == in_optional and seconds[person]
        ]
        rest = max(0, (file.size or 0) // PAMAP2_ROW - sum(samples for _, samples in parts))
        pause = (0, rest // (len(parts) + 1))
        codes = [one for part in parts for one in (pause, part)] + [pause]
        pamap2.write_file(folder / file.path, rng, np.repeat(*np.transpose(codes)))


def opportunity_files(folder: Path, rng: np.random.Generator) -> None:
    """Write 24 files; of each gesture, 20 are in the Drill and the others in the five ADL."""
    for file in OPPORTUNITY_FILES:
        path = folder / file.path
        person, run = int(path.stem[1]) - 1, path.stem.split("-")[1]
        gestures = [
            int(code)
            for code, times in OCCURRENCES.items()
            for _ in range(_in_this_run(times[person], run))
        ]
        rng.shuffle(gestures)
        rows = (file.size or 0) // OPPORTUNITY_ROW
        both = np.zeros(2 * len(gestures) + 1, int)
        both[1::2] = gestures
        lasts = rng.integers(60, 100, len(both))
        lasts[::2] = max(1, rows - lasts[1::2].sum()) // len(lasts[::2])
        modes = rng.choice([0, *MODES], len(both))
        opportunity.write_file(
            path, rng, np.repeat(modes, lasts), np.repeat(both, lasts), run == "Drill"
        )


def _in_this_run(times: int, run: str) -> int:
    drill = min(times, 20)
    if run == "Drill":
        return drill
    each, more = divmod(times - drill, 5)
    return each + (int(run[-1]) <= more)


def skoda_files(folder: Path, rng: np.random.Generator) -> None:
    """Write both arms, with 70 instances of each gesture."""
    for arm in skoda.SENSORS:
        order = rng.permutation(np.repeat(GESTURES, INSTANCES))
        both = np.full(2 * len(order) + 1, skoda.NULL_CODE)
        both[1::2] = order
        skoda.write_arm(folder, arm, rng, np.repeat(both, SKODA_ROWS // len(both)))


def jsi_fos_files(folder: Path, rng: np.random.Generator) -> None:
    """Write ten people, with two sessions of about 25 minutes each."""
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(jsi_fos.SETTINGS)
    for subject in range(1, 11):
        jsi_fos.write_subject(folder, str(subject), rng, (11_000, 14_000))


Writer = Callable[[Path, np.random.Generator], None]
PACKED: dict[str, tuple[str, str, Writer]] = {
    "pamap2": (
        "PAMAP2_Dataset",
        "pamap2+physical+activity+monitoring.zip",
        pamap2_files,
    ),
    "opportunity": (
        "OpportunityUCIDataset/dataset",
        "opportunity+activity+recognition.zip",
        opportunity_files,
    ),
    "skoda": ("SkodaMiniCP_2015_08", "skodaminicp_2015_08.zip", skoda_files),
}
"""The folder in an archive, and the archive; PAMAP2's holds another archive."""


def write_data(data: Path) -> None:
    """Write what is missing of the three archives and of JSI-FOS, and print the sizes."""
    data.mkdir(parents=True, exist_ok=True)
    for seed, (name, (folder, archive, write)) in enumerate(PACKED.items()):
        if (data / archive).exists():
            continue
        with TemporaryDirectory(dir=data) as unpacked:
            write(Path(unpacked, folder), np.random.default_rng(seed))
            paths = [path for path in sorted(Path(unpacked).rglob("*")) if path.is_file()]
            size = sum(path.stat().st_size for path in paths)
            _pack(Path(unpacked), paths, data / archive, within=name == "pamap2")
        CONSOLE.print(f"{name}: {len(paths)} files, {size / 1e6:.0f} MB")
    if not (data / "jsi_fos").exists():
        jsi_fos_files(data / "jsi_fos", np.random.default_rng(9))


def _pack(top: Path, paths: list[Path], archive: Path, *, within: bool) -> None:
    made = top / f"{top.name}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in paths:
            packed.write(path, path.relative_to(top))
    if within:
        inner, made = made, top / "outer.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as packed:
            packed.write(inner, "PAMAP2_Dataset.zip")
    made.rename(archive)


def timed(arguments: list[str], cwd: Path) -> tuple[float, float, float]:
    """Run `crosswear`; returns seconds, processor seconds and the largest process's peak, in GB."""
    environment = {**os.environ, "CROSSWEAR_CACHE": str(cwd / "cache")}
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "crosswear", *arguments], cwd=cwd, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in ((0, NOT_PUBLISHED) if "verify" in arguments else (0,)):
        sys.exit(f"crosswear {' '.join(arguments)}: exit code {code}")
    spent = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - begun, spent, usage.ru_maxrss / 2**20


def commands(folder: Path, workers: int) -> Iterator[list[str]]:
    """The commands of docs/reproduce.md."""
    data = ["--data", str(folder / "data")]
    yield from (["data", "verify", name, *data] for name in DATASETS)
    yield ["data", "describe", *DATASETS, *data]
    for verb in ("plan", "run"):
        yield ["study", verb, "study.toml", *data, "--workers", str(workers)]


def main(
    folder: Path,
    epochs: Annotated[int, typer.Option()] = 2,
    workers: Annotated[int, typer.Option()] = 2,
) -> None:
    """Write the data, run the commands and print their costs."""
    begun = time.perf_counter()
    # In another process: a command's peak would be at least that of the process that starts it.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        other.submit(write_data, folder / "data").result()
    CONSOLE.print(f"data written in {time.perf_counter() - begun:.0f} s")
    text = STUDY.read_text("utf-8").replace("epochs = 70", f"epochs = {epochs}")
    (folder / "study.toml").write_text(text, "utf-8")
    table = Table("command", "s", "processor s", "peak GB of a process")
    for arguments in commands(folder, workers):
        seconds, spent, peak = timed(arguments, folder)
        shown = " ".join(arguments[: arguments.index("--data")])
        table.add_row(shown, f"{seconds:.0f}", f"{spent:.0f}", f"{peak:.1f}")
        CONSOLE.print(f"{shown}: {seconds:.0f} s")
    CONSOLE.print(table)


if __name__ == "__main__":
    typer.run(main)
