"""From recordings to a bundle and its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.bundling import bundle_of
from crosswear.adaptation.choose import Chosen, choose, one_thread
from crosswear.adaptation.curve import learning_curve
from crosswear.adaptation.findings import Findings, certainty_of, class_findings, confusion_of
from crosswear.adaptation.folds import Grouping, group_windows
from crosswear.adaptation.inspection import compare, look_at
from crosswear.adaptation.network import model_for
from crosswear.adaptation.recommend import recommend
from crosswear.adaptation.report import write_report
from crosswear.adaptation.shared_people import exclude_shared_people
from crosswear.adaptation.sources import (
    Source,
    find_sources,
    train_source,
    training_seconds,
)
from crosswear.baselines import BASELINES
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.config import PreparationConfig
from crosswear.core.errors import UsageError
from crosswear.core.files import expect_writable
from crosswear.datasets.domain import Domain, of_acceleration, prepare
from crosswear.deploy.bundle import save_bundle
from crosswear.networks.checkpoint import Checkpoint

Note = Callable[[str], None]

BEST_OF_AUTO = 2
"""Sources that `auto` lets take part."""
SOURCE_SHARE, CURVE_SHARE = 0.4, 0.2
"""Of the budget, at most, for source networks that are not there yet; for the learning curve."""


@dataclass(frozen=True)
class Adapted:
    """What was made: the bundle's folder, the findings, and the files of the report."""

    bundle: Path
    findings: Findings
    report: tuple[Path, ...]


def adapt(
    recordings: str | Path,
    out: str | Path,
    *,
    sources: Sequence[str | Path] = ("auto",),
    data: str | Path | None = None,
    cache: str | Path,
    budget_s: float = 600.0,
    report: str | Path | None = None,
    preparation: PreparationConfig | None = None,
    seed: int = 2019,
    note: Note = lambda sentence: None,
) -> Adapted:
    """Choose a model for recordings, write it as a bundle, and report.

    All labelled windows are learned from: hold back people of your own to test on.

    Args:
        recordings: a dataset reference, or the path of an own ``dataset.toml``.
        out: folder of the bundle; must not be there yet.
        sources: dataset references, OUT folders of studies, or `auto`.
        data: folder with one folder per dataset.
        cache: folder of prepared domains and source networks.
        budget_s: seconds, from the prepared windows on.
        report: folder of the report; beside the bundle, with `-report` after its name, without.
        preparation: of the windows.
        seed: of everything random.
        note: takes a sentence about what was repaired, left out or is suspicious, as it is found.

    Raises:
        CrosswearError: if something is there already, recordings or sources cannot be read, or
            the windows cannot carry a choice.
    """
    out = Path(out)
    report = Path(report) if report else out.with_name(f"{out.name}-report")
    if out.exists():
        raise UsageError(
            "it is there already",
            where=str(out),
            expected="the name of a new folder",
            todo="choose another --out, or delete it",
        )
    expect_writable(folder=out)
    expect_writable(folder=report)
    notes: list[str] = []

    def say(sentence: str) -> None:
        notes.append(sentence)
        note(sentence)

    preparation = preparation or PreparationConfig()
    domain = of_acceleration(prepare(recordings, data, preparation, cache))
    start = time.perf_counter()
    for sentence in domain.summary.notes:
        say(sentence)
    grouping = group_windows(domain.windows)
    rows = np.flatnonzero(grouping.kept)
    x, y, groups = np.array(domain.windows.x[rows]), domain.windows.y[rows], grouping.groups[rows]
    for sentence in look_at(domain, grouping):
        say(sentence)
    offered = [one for name in sources for one in find_sources(name, data, cache, preparation, say)]
    with one_thread():
        if model_for(domain.samples) is None:
            offered = []
        offered = _take(domain, offered, sources, preparation.rate_hz, say)
        networks = _networks(offered, SOURCE_SHARE * budget_s, say)
    for sentence in compare(domain, [one for one in offered if one.name in networks]):
        say(sentence)
    left = budget_s - (time.perf_counter() - start)
    chosen = choose(
        x,
        y,
        groups,
        classes=len(domain.classes),
        rate_hz=preparation.rate_hz,
        sources=networks,
        others=[LabelledWindows.of(one.domain.windows) for one in offered],
        budget_s=(1 - CURVE_SHARE) * left,
        seed=seed,
        note=say,
    )
    findings = _find(domain, y, groups, grouping, chosen, start, budget_s, seed, notes)
    used = _used(chosen, offered)
    save_bundle(out, bundle_of(domain, preparation, chosen, findings, rows, used))
    paths = write_report(findings, report)
    return Adapted(out, findings, tuple(paths))


def _used(chosen: Chosen, offered: Sequence[Source]) -> list[Source]:
    """The sources that the chosen model has learned from."""
    plan = chosen.learner.plan
    if plan is None:
        return list(offered) if BASELINES[chosen.learner.kind].fit_with_others else []
    return [one for one in offered if one.name == plan.source]


def _take(
    domain: Domain,
    offered: Sequence[Source],
    names: Sequence[str | Path],
    rate_hz: float,
    say: Note,
) -> list[Source]:
    """Sources that take part: other people, and of those that `auto` found the most promising."""
    others = exclude_shared_people(domain, offered, say)
    if "auto" not in names or len(others) <= BEST_OF_AUTO:
        if not others:
            say("there is no source: nothing is transferred")
        return others
    ranked = [one.source for one in recommend(domain, others, rate_hz)]
    say(f"sources, the most promising first: {', '.join(ranked)}")
    best = ranked[:BEST_OF_AUTO]
    return [one for one in others if one.name in best]


def _networks(sources: Sequence[Source], budget_s: float, say: Note) -> Mapping[str, Checkpoint]:
    """The source networks that there are, or that there is time to train."""
    start = time.perf_counter()
    found = {}
    for source in sources:
        seconds = training_seconds(source)
        if seconds > budget_s - (time.perf_counter() - start):
            say(
                f"no time for the network of {source.name}, about {seconds:.0f} s: a longer budget "
                "lets it take part, and it is kept for the next time"
            )
            continue
        found[source.name] = train_source(source)
    return found


def _find(
    domain: Domain,
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    grouping: Grouping,
    chosen: Chosen,
    start: float,
    budget_s: float,
    seed: int,
    notes: Sequence[str],
) -> Findings:
    right = np.zeros(len(y), np.bool_)
    right[chosen.scored] = chosen.held_back.argmax(axis=1) == y[chosen.scored]
    with one_thread():
        left = budget_s - (time.perf_counter() - start)
        curve = learning_curve(chosen.learner, right, y, groups, chosen.folds, seed, left)
    matrix = confusion_of(chosen, y, len(domain.classes))
    return Findings(
        recordings=domain.summary.reference,
        chosen=chosen.learner.name,
        kind=chosen.learner.kind,
        unit=grouping.unit,
        groups=len(np.unique(groups)),
        folds=len(chosen.folds),
        windows=len(y),
        expected=chosen.expected,
        standings=chosen.standings,
        classes=class_findings(domain.classes, y, groups, matrix, grouping.unit),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
        certainty=certainty_of(chosen, y),
        curve=curve,
        seconds=time.perf_counter() - start,
        notes=tuple(notes),
    )
