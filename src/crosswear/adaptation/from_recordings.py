"""Adaptation: from recordings to a bundle and its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from crosswear.adaptation.assessment import Findings, assess
from crosswear.adaptation.budget import Budget
from crosswear.adaptation.bundling import bundle_of
from crosswear.adaptation.choose import Chosen, choose
from crosswear.adaptation.encoder_learner import encoders_by_name, exclude_learned
from crosswear.adaptation.inspection import compare_orientation, inspect_recordings
from crosswear.adaptation.learners import TrainingData
from crosswear.adaptation.report_files import write_report
from crosswear.adaptation.shared_people import exclude_shared_people
from crosswear.adaptation.source_ranking import recommend
from crosswear.adaptation.source_training import train_source, training_seconds
from crosswear.adaptation.worn import worn_windows
from crosswear.baselines import BUNDLED
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.config import PreparationConfig
from crosswear.core.files import expect_absent, expect_writable
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain, of_acceleration
from crosswear.datasets.prepare import prepare
from crosswear.deploy.bundle import save_bundle
from crosswear.encoders import is_encoder, load_encoder
from crosswear.engine.transfer_source import Source, dataset_sources, model_for
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.threads import one_thread
from crosswear.signal.folds import group_windows

BEST_OF_AUTO = 2
"""Sources that take part with `auto`: the most promising ones."""
SOURCE_SHARE = 0.4
"""Largest share of the budget to train missing source networks."""


@dataclass(frozen=True)
class AdaptationSettings:
    """Settings of an adaptation.

    Attributes:
        sources: dataset references, `auto` for all datasets in the data folder, sources such as
            those of a study (`crosswear.find_sources`), or folders of imported encoders; a
            regression on the features of each encoder is a candidate.
        budget_s: seconds from the prepared windows on, approximately.
        preparation: sampling rate, length and hop of the windows.
        seed: seed of all random numbers.
        report: folder of the report; without it the name of the bundle with `-report`.
    """

    sources: Sequence[str | Path | Source] = ("auto",)
    budget_s: float = 600.0
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    seed: int = 2019
    report: str | Path | None = None


@dataclass(frozen=True)
class Adapted:
    """Files and findings of an adaptation: the bundle's folder, and the files of the report."""

    bundle: Path
    findings: Findings
    report: tuple[Path, ...]


def adapt(
    recordings: str | Path,
    out: str | Path,
    settings: AdaptationSettings | None = None,
    *,
    data: str | Path | None = None,
    cache: str | Path,
    note: Note = lambda sentence: None,
) -> Adapted:
    """Choose a model for recordings, write it as a bundle, and report.

    All labelled windows are trained on: keep people of your own apart to test on.

    Args:
        recordings: a dataset reference, or the path of an own ``dataset.toml``.
        out: folder of the bundle, a new one.
        settings: sources, time budget, preparation and seed.
        data: folder with one folder per dataset.
        cache: folder of prepared domains and source networks.
        note: takes a sentence about each thing repaired, left out or suspicious.

    Raises:
        CrosswearError: if `out` exists, recordings or sources cannot be read, or there are too few
            windows to choose a model.
    """
    settings = settings or AdaptationSettings()
    out = Path(out)
    report = Path(settings.report or out.with_name(f"{out.name}-report"))
    expect_absent(out)
    expect_writable(folder=out)
    expect_writable(folder=report)
    folders = [one for one in settings.sources if not isinstance(one, Source) and is_encoder(one)]
    encoders = encoders_by_name(map(load_encoder, folders))
    notes: list[str] = []

    def say(sentence: str) -> None:
        notes.append(sentence)
        note(sentence)

    preparation = replace(settings.preparation, min_subjects=1)  # a model has every label
    domain = of_acceleration(prepare(recordings, data, preparation, cache))
    budget = Budget(settings.budget_s)
    for sentence in domain.summary.notes:
        say(sentence)
    grouping = group_windows(domain.windows)
    worn, stretches = worn_windows(domain, preparation.rate_hz)
    rows = np.flatnonzero(grouping.kept & worn)
    for sentence in stretches:
        say(sentence)
    for sentence in inspect_recordings(domain, grouping, preparation.rate_hz):
        say(sentence)
    offered: list[Source] = []
    for name in settings.sources:
        if isinstance(name, Source):
            offered.append(name)
        elif name not in folders:
            offered += dataset_sources(name, data, cache, preparation, say)
    with one_thread():
        if model_for(domain.samples) is None:
            offered = []
        automatic = "auto" in settings.sources
        offered = _select(domain, offered, automatic, preparation.rate_hz, say)
        if not offered and not encoders:
            say("there is no source: nothing is transferred")
        networks = _networks(offered, SOURCE_SHARE * settings.budget_s, say)
    for sentence in compare_orientation(domain, [one for one in offered if one.name in networks]):
        say(sentence)
    training_data = TrainingData(
        x=np.array(domain.windows.x[rows]),
        y=domain.windows.y[rows],
        groups=grouping.groups[rows],
        classes=len(domain.classes),
        rate_hz=preparation.rate_hz,
        seed=settings.seed,
        others=[LabelledWindows.of(one.domain.windows) for one in offered],
        encoders=encoders_by_name(exclude_learned(domain, encoders.values(), say)),
    )
    chosen = choose(training_data, networks, budget.left, note=say)
    findings = assess(chosen, domain, training_data, grouping.unit, budget)
    if findings.curve is None:
        say("no learning curve: too few windows, or no time left for it")
    if chosen.learner.encoder is not None:
        licence = chosen.learner.encoder.card.licence
        say(f"the model holds {chosen.learner.name}, whose licence goes with it: {licence}")
    findings = replace(findings, notes=tuple(notes))
    trained_on = _trained_on(chosen, offered)
    save_bundle(out, bundle_of(domain, preparation, chosen, findings, rows, trained_on))
    return Adapted(out, findings, tuple(write_report(findings, report)))


def _trained_on(chosen: Chosen, offered: Sequence[Source]) -> list[Source]:
    """Return the sources that the chosen model was trained on."""
    plan = chosen.learner.plan
    if plan is None:
        baseline = BUNDLED.get(chosen.learner.kind)
        return list(offered) if baseline and baseline.fit_with_others else []
    return [one for one in offered if one.name == plan.source]


def _select(
    domain: Domain, offered: Sequence[Source], automatic: bool, rate_hz: float, say: Note
) -> list[Source]:
    """Return the sources of other people; if `automatic`, the most promising ones of them."""
    others = exclude_shared_people(domain, offered, say)
    if not automatic or len(others) <= BEST_OF_AUTO:
        return others
    ranked = [one.source for one in recommend(domain, others, rate_hz)]
    say(f"sources, the most promising first: {', '.join(ranked)}")
    best = ranked[:BEST_OF_AUTO]
    return [one for one in others if one.name in best]


def _networks(sources: Sequence[Source], budget_s: float, say: Note) -> Mapping[str, Checkpoint]:
    """Return the source networks that exist, or that the budget suffices to train."""
    budget = Budget(budget_s)
    found = {}
    for source in sources:
        seconds = training_seconds(source)
        if seconds > budget.left:
            say(
                f"no time for the network of {source.name}, about {seconds:.0f} s: a longer budget "
                "lets it take part, and it is kept for the next time"
            )
            continue
        found[source.name] = train_source(source)
    return found
