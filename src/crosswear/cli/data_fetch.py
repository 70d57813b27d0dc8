"""`crosswear data fetch` and `crosswear data verify`: get a dataset, and see that it is genuine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

from crosswear.api.display import LINE_EVERY_S
from crosswear.api.folders import data_folder
from crosswear.cli.options import AsJson, DataFolder
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.errors import UsageError
from crosswear.core.interruption import remains
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.datasets.fetch import Progress
    from crosswear.datasets.verify import Verification

LONGEST_LIST = 30

Name = Annotated[str, typer.Argument(metavar="DATASET", help="A name of `crosswear data list`.")]


def fetch(name: Name, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Download a dataset from its publisher; goes on where a broken download ended."""
    from crosswear.datasets import fetch as downloads
    from crosswear.datasets import lookup

    spec, _ = lookup(name)
    folder = data_folder(data)
    if not isinstance(folder, Path):
        raise UsageError(
            "no folder to put it into" if folder is None else "a download goes into a folder",
            where=folder or name,
            expected="--data DIR",
            todo="name the folder of all datasets with --data, or in CROSSWEAR_DATA",
        )
    for sentence in (
        spec.title,
        f"licence: {spec.licence}",
        f"to cite: {spec.citation}",
        f"page:    {spec.home}",
    ):
        typer.echo(sentence, err=True)
    remains("the same command goes on where it ended")
    with _bytes_shown() as report:
        archives = downloads.fetch(spec, folder, report)
    if as_json:
        print_json({"dataset": spec.name, "archives": [str(path) for path in archives]})
        return
    for path in archives:
        typer.echo(f"wrote {path}")
    if not archives:
        typer.echo(f"{spec.name} already exists")
    typer.echo(
        f"`crosswear data verify {spec.name} --data {folder}` compares it with what was published"
    )


def verify(name: Name, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Compare a dataset's files and content with what its publisher says of them."""
    from crosswear.datasets import lookup
    from crosswear.datasets import verify as checks
    from crosswear.datasets.verify import FileState

    spec, _ = lookup(name)
    with Console(stderr=True).status("Reading all files"):  # seen on a terminal alone
        found = checks.verify(spec, data_folder(data))
    if as_json:
        print_json(
            {
                "dataset": found.dataset,
                "where": found.where,
                "files": found.files,
                "counted": found.counted,
                "counts": found.counts,
                "recordings": found.recordings,
                "subjects": found.subjects,
                "notes": found.notes,
                "fault": str(found.fault) if found.fault else None,
            }
        )
    else:
        _print_files(found)
        _print_counts(found)
        for sentence in found.notes:
            print_note(sentence)
        read = counted(found.recordings, "recording")
        typer.echo(f"read {read} of {counted(found.subjects, 'subject')}")
    problem = found.problem()
    if problem is None and not as_json:
        known = found.counts or any(
            check.state is not FileState.UNDECLARED for check in found.files
        )
        typer.echo(
            "nothing differs from what is published"
            if known
            else "all of it can be read; nothing is published to compare it with"
        )
    if problem is not None:
        raise problem


def _print_files(found: Verification) -> None:
    from crosswear.datasets.verify import FileState

    states = Counter(check.state for check in found.files)
    rows = [
        [check.name, check.state, check.differs]
        for check in found.files
        if check.state is not FileState.UNDECLARED
    ]
    if rows:
        rows.sort(key=lambda row: row[1] == FileState.GENUINE)
        more = len(rows) - LONGEST_LIST
        shown = [*rows[:LONGEST_LIST], *([[f"and {more} more", "", ""]] if more > 0 else [])]
        print_table(f"Files in {found.where}", ["file", "", "differs in"], shown)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    typer.echo(f"files: {counted or 'none'}")
    if states[FileState.UNDECLARED]:
        typer.echo("(not declared: it exists, and no checksum of it is known)")


def _print_counts(found: Verification) -> None:
    if not found.counts:
        return
    subjects = list(dict.fromkeys(check.subject for check in found.counts))
    rows = []
    for activity in dict.fromkeys(check.activity for check in found.counts):
        row = [check for check in found.counts if check.activity == activity]
        rows.append([activity, "expected", *(f"{check.expected:.10g}" for check in row)])
        marked = (f"{check.found:.10g}{'' if check.agrees else ' ≠'}" for check in row)
        rows.append(["", "found", *marked])
    print_table(f"Counts: {found.counted}", ["activity", "", *subjects], rows)


@contextmanager
def _bytes_shown() -> Iterator[Progress]:
    """A bar with speed and time left; where there is no terminal, a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def _lines(console: Console) -> Progress:
    printed = time.monotonic()

    def report(done: int, total: int | None) -> None:
        nonlocal printed
        if time.monotonic() - printed >= LINE_EVERY_S:
            printed = time.monotonic()
            of = f" of {total / 1e6:,.0f}" if total else ""
            console.print(f"{done / 1e6:,.0f}{of} MB", highlight=False)

    return report
