"""`crosswear study report` and `crosswear study compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.options import (
    AsJson,
    CacheFolder,
    DataFolder,
    OutFolder,
    StudyFile,
)
from crosswear.cli.output import print_json, print_table
from crosswear.cli.study import study_app
from crosswear.core.errors import UsageError

if TYPE_CHECKING:
    from crosswear.api.comparing import StudyComparison


@study_app.command(name="report")
def report_(
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
    """Write the page, figures, tables and text of the finished cells."""
    from crosswear.api.reports import StudyReport
    from crosswear.api.studies import Run, Study

    if records is None:
        report = Run(Study.load(path, data, cache), out).report(allow_partial=allow_partial)
    elif path is None and out is not None:
        report = StudyReport.write(records, out, allow_partial)
    else:
        raise UsageError(
            "--records takes the place of the study file, and needs a folder to write to",
            where="--records",
            expected="crosswear study report --records FILE --out DIR",
        )
    made = report.made
    if as_json:
        print_json({**vars(made), "paths": [str(path) for path in made.paths]})
        return
    typer.echo(f"{made.done} of {made.expected} cells done, {made.failed} failed")
    typer.echo(report.text)
    typer.echo("\n".join(str(path) for path in made.paths))


@study_app.command(name="compare")
def compare_(
    a: Annotated[Path, typer.Argument(help="Folder with a report, or its records.parquet.")],
    b: Annotated[Path, typer.Argument(help="The other.")],
    as_json: AsJson = False,
) -> None:
    """Compare two studies, or two runs of one, cell by cell, with paired statistics."""
    from crosswear.api.comparing import compare

    made = compare(a, b)
    if as_json:
        print_json(made.found)
        return
    _print(made, str(a), str(b))


def _print(made: StudyComparison, a: str, b: str) -> None:
    from crosswear.core.intervals import percent
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
        for one in made.found.compared
    ]
    columns = ["target", "windows", "method", "repetitions", "A", "B", "A less B", "A against B"]
    print_table(f"micro-F1 in per cent; A: {a}, B: {b}", columns, rows)
    typer.echo(made.text)
