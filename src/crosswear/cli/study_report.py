"""`crosswear study report` and `crosswear study compare`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosswear.cli.options import (
    DEFAULT_CACHE,
    AsJson,
    CacheFolder,
    DataFolder,
    OutFolder,
    StudyFile,
)
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.cli.study import open_with_store, study_app
from crosswear.core.errors import UsageError
from crosswear.core.files import expect_writable
from crosswear.core.intervals import percent
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.evidence.compare import Comparison
    from crosswear.evidence.records import StudyRecords


@study_app.command()
def report(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    records: Annotated[
        Path | None,
        typer.Option(
            "--records", help="Make it from this records.parquet, into --out; needs no data."
        ),
    ] = None,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Write it with cells missing, hatched.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The page, figures, tables and text that show what the finished cells say."""
    from crosswear.evidence.records import read_records
    from crosswear.grid.store import Store
    from crosswear.report.whole import report_study
    from crosswear.study.collect import collect

    if records is not None:
        if path is not None or out is None:
            raise UsageError(
                "--records takes the place of the study file, and needs a folder to write to",
                where="--records",
                expected="crosswear study report --records FILE --out DIR",
            )
        found = read_records(records)
        Store(out).check_owner(found.study)
        expect_writable(folder=out)
        made = report_study(found, out, allow_partial)
    else:
        opened, store = open_with_store(path, data, out, cache)
        made = report_study(collect(opened, store, print_note), store.folder, allow_partial)
    if as_json:
        print_json({**vars(made), "paths": [str(path) for path in made.paths]})
        return
    typer.echo(f"{made.done} of {made.expected} cells done, {made.failed} failed")
    typer.echo("\n".join(text for text in (made.summary, made.notice) if text))
    typer.echo("\n".join(str(path) for path in made.paths))


@study_app.command(name="compare")
def compare_(
    a: Annotated[Path, typer.Argument(help="Folder with a report, or its records.parquet.")],
    b: Annotated[Path, typer.Argument(help="The other.")],
    as_json: AsJson = False,
) -> None:
    """Two studies, or two runs of one, cell by cell, with paired statistics."""
    from crosswear.evidence.compare import compare

    found = compare(_records(a), _records(b))
    if as_json:
        print_json(found)
        return
    _print(found, str(a), str(b))


def _records(path: Path) -> StudyRecords:
    from crosswear.evidence.records import read_records
    from crosswear.report.whole import RECORDS

    return read_records(path / RECORDS if path.is_dir() else path)


def _print(found: Comparison, a: str, b: str) -> None:
    from crosswear.evidence import phrases

    rows = [
        [
            one.key.target,
            f"{one.key.size}",
            one.key.approach.label,
            f"{one.repetitions}",
            percent(one.a.value),
            percent(one.b.value),
            phrases.gain(one.contrast),
            phrases.compared(one.contrast),
        ]
        for one in found.compared
    ]
    columns = ["target", "windows", "method", "repetitions", "A", "B", "A less B", "A against B"]
    print_table(f"micro-F1 in per cent; A: {a}, B: {b}", columns, rows)
    effects = Counter(phrases.compared(one.contrast) for one in found.compared)
    counts = ", ".join(f"{effect} in {count}" for effect, count in effects.most_common())
    compared = counted(len(found.compared), "comparison")
    typer.echo(f"{compared} of A with B, p-values corrected over all: {counts}")
    for one in found.findings:
        typer.echo(f"{one.question} {one.sentence}")
    if found.only_a or found.only_b:
        print_note(f"{found.only_a} cells are only in A, {found.only_b} only in B")
    if found.seeds[0] != found.seeds[1]:
        print_note(
            f"the studies have seeds {found.seeds[0]} and {found.seeds[1]}, and so other draws and "
            "initial weights: the test windows are the same, but which repetition is paired with "
            "which is arbitrary"
        )
    if found.foreign:
        print_note(f"not compared, their windows differ: {', '.join(found.foreign)}")
