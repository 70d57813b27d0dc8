"""`crosswear study`: plan, run, status; report and compare are in `study_report.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.options import (
    AsJson,
    CacheFolder,
    DataFolder,
    OutFolder,
    StudyFile,
    Workers,
)
from crosswear.cli.output import print_json, print_table
from crosswear.core.interruption import remains
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.study.detectable import Power, TargetPower
    from crosswear.study.reuse import Reused

study_app = typer.Typer(name="study", help="Plan, run and report a study.", no_args_is_help=True)

Device: TypeAlias = Annotated[Literal["cpu", "cuda"], typer.Option(help="Where networks train.")]
Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Scheduler of a dask.distributed cluster to train on; 'local' starts one here.",
    ),
]

Reuse: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="RUN", help="Take the records of equal cells from the --out of a run."),
]


@study_app.command()
def plan(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    workers: Workers = None,
    device: Device = "cpu",
    reuse: Reuse = None,
    as_json: AsJson = False,
) -> None:
    """Show the cells that a study would train, and their time and memory on this machine."""
    from crosswear.api.studies import Study

    study = Study.load(path, data, cache)
    planned = study.plan(out, workers, device, reuse)
    if as_json:
        print_json(planned)
        return
    rows = [[name, f"{count}"] for name, count in planned.cells.items()]
    rows.append(["all", f"{sum(planned.cells.values())}"])
    rows.append(["of these missing", f"{planned.missing}"])
    print_table(f"Study {study.design.name}: cells", ["kind", "cells"], rows)
    sizes = ", ".join(str(size) for size in planned.sizes) or "none"
    typer.echo(f"adaptation sizes (windows): {sizes}")
    typer.echo(f"multiply-adds still to do: {planned.multiply_adds:.3g}")
    typer.echo(
        f"expected here, {planned.workers} at a time: {_duration(planned.seconds)}, "
        f"{planned.memory_mb / 1024:.1f} GB of memory"
    )
    if planned.precision is not None:
        typer.echo(str(planned.precision))
    if planned.reused is not None:
        typer.echo(_reused(planned.reused, reuse))
    if planned.blocks == "torch":
        typer.echo(
            "torch computes the residual blocks; compiled code would take about two thirds of the "
            "time: install crosswear where there is a C++ compiler, gcc or clang "
            "(docs/performance.md, Compiled blocks)"
        )
    if planned.power:
        _print_power(planned.power)


@study_app.command()
def run(
    path: StudyFile = None,
    data: DataFolder = None,
    out: OutFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    workers: Workers = None,
    device: Device = "cpu",
    cluster: Cluster = None,
    reuse: Reuse = None,
    as_json: AsJson = False,
) -> None:
    """Train what is missing, then write the report. Interrupt and run again at will."""
    remains("finished cells are kept, the same command goes on")
    from crosswear.api.studies import Study

    made = Study.load(path, data, cache).run(out, workers, device, cluster, reuse)
    done = made.summary
    report = made.report() if not done.failed else None
    paths = [str(path) for path in report.made.paths] if report else []
    if as_json:
        named = {"out": str(made.folder), "precision": made.precision}
        print_json({**named, "run": done, "report": paths})
    else:
        typer.echo(
            f"{counted(done.trained, 'cell')} trained, {done.found} found, "
            f"{len(done.failed)} failed"
        )
        if done.reused is not None:
            typer.echo(_reused(done.reused, reuse))
        typer.echo("\n".join([*([report.text] if report else []), *paths]))
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
    """Show how many cells are done, missing, failed, and damaged, which count as missing."""
    from crosswear.api.studies import Run, Study

    run = Run(Study.load(path, data, cache), out)
    counts = vars(run.status)
    if as_json:
        print_json({"out": str(run.folder), **counts})
        return
    rows = [[name, str(count)] for name, count in counts.items()]
    print_table(f"Study {run.study.design.name} in {run.folder}", ["", "cells"], rows)


def _reused(reused: Reused, run: Path | None) -> str:
    taken = counted(reused.taken, "record")
    return f"{taken} from {run}; {reused.ignored} ignored there, of other cells or damaged"


def _print_power(power: Power) -> None:
    """Print the gains that a study can detect, in points of micro-F1."""
    from crosswear.core.recording import GROUP_NAMES

    rows = [
        [
            name,
            counted(one.tested, *GROUP_NAMES[one.unit]),
            f"{one.repetitions}",
            _points(one.alone),
            _points(one.corrected),
            _demand(one, GROUP_NAMES[one.unit]),
        ]
        for name, one in power.targets.items()
    ]
    several = counted(power.comparisons, "comparison")
    print_table(
        f"Gains over scratch that 80 % of such studies find (points; {several})",
        ["target", "tested", "times", "alone", "corrected", "3 points need"],
        rows,
    )
    if not power.detects:
        typer.echo("This study can detect no gain: it needs more test people or repetitions.")
    if any(one.repetitions == 1 for one in power.targets.values()):
        typer.echo(
            "With one repetition, tests know nothing of how repetitions differ: "
            "what they find may be of this draw alone."
        )
    if power.mean is not None:
        typer.echo(
            f"mean gain over {len(power.targets)} targets: {_points(power.mean)} points; "
            f"3 points need {power.targets_needed} targets"
        )


def _demand(target: TargetPower, named: tuple[str, str]) -> str:
    """Return what it takes to detect three points after the correction.

    Args:
        target: its numbers.
        named: one of its people or occurrences, and several, in words.
    """
    people, repetitions, both = (
        target.people_needed,
        target.repetitions_needed,
        target.both_needed,
    )
    ways = [counted(people, *named)] if people else []
    ways += [counted(repetitions, "repetition")] if repetitions else []
    if not ways and both:
        ways = [f"{both} repetitions on {counted(both, *named)}"]
    return " or ".join(ways) or "no number will do"


def _points(gain: float | None) -> str:
    return "none" if gain is None else f"{100 * gain:.1f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
