"""`crosswear study`: plan, run, status; report and compare are in `study_report.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from crosswear.cli.options import (
    DEFAULT_CACHE,
    AsJson,
    CacheFolder,
    DataFolder,
    OutFolder,
    StudyFile,
)
from crosswear.cli.output import print_json, print_note, print_table, progress_shown
from crosswear.core.errors import StoreError
from crosswear.core.interruption import remains
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.grid.store import Store
    from crosswear.study.load import LoadedStudy

study_app = typer.Typer(name="study", help="Plan, run and report a study.", no_args_is_help=True)

Workers: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Processes; as many as processors without it.")
]
Device: TypeAlias = Annotated[Literal["cpu", "cuda"], typer.Option(help="Where networks train.")]
Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Scheduler of a dask.distributed cluster to train on; 'local' starts one here.",
    ),
]


@study_app.command()
def plan(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    workers: Workers = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """What a study would train, and what that takes on this machine: cells, time, memory."""
    from crosswear.study.execution import execution_settings
    from crosswear.study.plan import plan_study

    where = execution_settings(workers, device, None)
    opened, store = open_with_store(path, data, out, cache)
    planned = plan_study(opened, store, where)
    if as_json:
        print_json(planned)
        return
    rows = [[name, f"{count}"] for name, count in planned.cells.items()]
    rows.append(["all", f"{len(opened.cells)}"])
    rows.append(["of these missing", f"{planned.missing}"])
    print_table(f"Study {opened.study.name}: cells", ["kind", "cells"], rows)
    sizes = ", ".join(str(size) for size in planned.sizes) or "none"
    typer.echo(f"adaptation sizes (windows): {sizes}")
    typer.echo(f"multiply-adds still to do: {planned.multiply_adds:.3g}")
    typer.echo(
        f"expected here, {where.workers} at a time: {_duration(planned.seconds)}, "
        f"{planned.memory_mb / 1024:.1f} GB of memory"
    )
    if planned.blocks == "torch":
        typer.echo(
            "torch computes the residual blocks; compiled code would take about two thirds of the "
            "time, where the processor has products of bfloat16 and a C++ compiler was there at "
            "installation (docs/performance.md, Compiled blocks)"
        )


@study_app.command()
def run(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    workers: Workers = None,
    device: Device = "cpu",
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Train what is missing, then write the report. Interrupt and run again at will."""
    remains("finished cells are kept, the same command goes on")
    from crosswear.report.whole import report_study
    from crosswear.study.collect import collect
    from crosswear.study.execution import execution_settings
    from crosswear.study.run import run_study

    where = execution_settings(workers, device, cluster)
    opened, store = open_with_store(path, data, out, cache)
    with progress_shown() as progress:
        done = run_study(opened, store, where, progress, print_note)
    for key in done.failed:
        print_note(f"failed: {opened.cells[key].describe()}: see {store.folder}/failed/{key}.json")
    paths: list[str] = []
    told: list[str] = []
    if not done.failed:
        report = report_study(collect(opened, store, print_note), store.folder, allow_partial=False)
        paths = [str(path) for path in report.paths]
        told = [text for text in (report.summary, report.notice) if text]
    if as_json:
        print_json({"out": str(store.folder), "run": done, "report": paths})
    else:
        typer.echo(
            f"{counted(done.trained, 'cell')} trained, {done.found} found, "
            f"{len(done.failed)} failed"
        )
        typer.echo("\n".join([*told, *paths]))
    if done.failed:
        raise typer.Exit(1)


@study_app.command()
def status(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    as_json: AsJson = False,
) -> None:
    """How many cells are done, missing, failed, and damaged, which count as missing."""
    from crosswear.study.pending import damage

    if out is not None and not out.exists():
        raise StoreError(
            "there is no such run",
            where=str(out),
            expected="the --out of a `study run`",
            todo="check --out, or begin the run",
        )
    opened, store = open_with_store(path, data, out, cache)
    damaged = damage(opened, store).keys()
    done, failed = store.done(opened.cells) - damaged, store.failed(opened.cells)
    counts = {
        "cells": len(opened.cells),
        "done": len(done),
        "missing": len(opened.cells) - len(done),
        "failed": len(failed - done),
        "damaged": len(damaged),
    }
    if as_json:
        print_json({"out": str(store.folder), **counts})
        return
    rows = [[name, str(count)] for name, count in counts.items()]
    print_table(f"Study {opened.study.name} in {store.folder}", ["", "cells"], rows)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def open_with_store(
    path: Path | None, data: Path | None, out: Path | None, cache: Path
) -> tuple[LoadedStudy, Store]:
    """The study of a command and its folder."""
    from crosswear.grid.store import Store
    from crosswear.study.load import load_study, read_study

    study, text = read_study(path)
    store = Store(out or Path("runs") / study.name)
    store.check_owner(study)
    opened = load_study(study, text, data, cache, print_note)
    return opened, store
