"""`crosswear adapt`: from recordings to a bundle and its report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.options import (
    USUAL_WINDOW_S,
    AsJson,
    CacheFolder,
    DataFolder,
    Hop,
    Recordings,
    Sources,
    WindowLength,
    preparation_of,
)
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.errors import UsageError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def adapt(
    recordings: Recordings,
    out: Annotated[Path, typer.Option("--out", metavar="BUNDLE", help="A new folder.")],
    source: Sources = None,
    budget: Annotated[str, typer.Option(help="Time budget: 90s, 10m, 1h.")] = "10m",
    window: WindowLength = USUAL_WINDOW_S,
    hop: Hop = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder of the report.", show_default="BUNDLE-report")
    ] = None,
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    as_json: AsJson = False,
) -> None:
    """Choose a model for your recordings, write it as a bundle, and report its expected score."""
    from crosswear.adaptation.from_recordings import AdaptationSettings
    from crosswear.adaptation.from_recordings import adapt as adapt_
    from crosswear.adaptation.report_files import summary
    from crosswear.study.sources import resolve_studies

    budget_s, preparation = parse_duration(budget), preparation_of(window, hop)
    sources = resolve_studies(source or ["auto"], data, cache, preparation)
    settings = AdaptationSettings(sources, budget_s, preparation, report=report)
    made = adapt_(recordings, out, settings, data=data, cache=cache, note=print_note)
    if as_json:
        paths = [str(path) for path in made.report]
        print_json({"bundle": str(made.bundle), "report": paths, "findings": made.findings})
        return
    rows = [
        [
            one.name,
            "" if one.micro_f1 is None else f"{100 * one.micro_f1:.1f}",
            str(one.folds),
            f"{one.seconds:.0f}",
        ]
        for one in made.findings.standings
    ]
    print_table("Candidates, by cross-validation", ["candidate", "micro-F1", "folds", "s"], rows)
    for line in summary(made.findings):
        typer.echo(line)
    typer.echo("\n".join(str(path) for path in (made.bundle, *made.report)))


def parse_duration(text: str) -> float:
    """Return the seconds of a text such as 90s, 10m or 1h.

    Raises:
        UsageError: if it is not one, or not above zero.
    """
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if seconds <= 0:
        raise UsageError(
            f"{text!r} is not a duration", where="--budget", expected="for example 90s, 10m or 1h"
        )
    return seconds
