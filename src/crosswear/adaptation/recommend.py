"""Which source to start from, told without training; and what such advice has been worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.shared_people import exclude_shared_people
from crosswear.adaptation.sources import Note, Source, open_finished, study_sources
from crosswear.adaptation.transferability import logme, network_features
from crosswear.core.keys import seed_for
from crosswear.datasets.domain import Domain
from crosswear.engine.subsets import adaptation_set
from crosswear.evidence.inference import Tested, correlation_within
from crosswear.evidence.similarity import a_distance, draw, label_overlap, mmd
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.networks.checkpoint import load_checkpoint
from crosswear.signal.features import window_features
from crosswear.study.load import LoadedStudy

Measure: TypeAlias = Literal["logme", "mmd", "a_distance", "label_overlap"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SMALL_IS_ALIKE: tuple[Measure, ...] = ("mmd", "a_distance")


@dataclass(frozen=True)
class Likeness:
    """How promising a source is.

    Attributes:
        source: its name.
        logme: evidence of the target's labels in its network's features; None without a network.
        mmd: maximum mean discrepancy of the windows' features; small ones are alike.
        a_distance: proxy A-distance, from 0 (alike) to 2.
        label_overlap: share of the classes that both declare by the same name.
    """

    source: str
    logme: float | None
    mmd: float
    a_distance: float
    label_overlap: float

    def promise(self, measure: Measure) -> float:
        """A measure, turned so that larger is better; −∞ where it is not known."""
        value = getattr(self, measure)
        if value is None:
            return -np.inf
        return -float(value) if measure in SMALL_IS_ALIKE else float(value)


@dataclass(frozen=True)
class RankingValidation:
    """How well a measure foretold gains in a study.

    Attributes:
        measure: which.
        size: adaptation windows; None for the measures that need no labels, over all sizes.
        correlation: mean rank correlation of measure and gain within targets, larger is better.
    """

    measure: Measure
    size: int | None
    correlation: Tested


def recommend(
    target: Domain,
    sources: Sequence[Source],
    rate_hz: float,
    note: Note = lambda sentence: None,
) -> list[Likeness]:
    """Rank sources, the most promising first: by LogME where all have a network, else by MMD.

    Args:
        target: the recordings to adapt to.
        sources: candidates; those that share people with the target are left out.
        rate_hz: sampling rate of the windows.
        note: takes a sentence about each source that is left out.
    """
    rows = draw(len(target.windows), seed_for("recommend"))
    ours = _sample(target, rate_hz)
    ranked = []
    for one in exclude_shared_people(target, sources, note):
        evidence = _logme_of(one, target, rows) if one.trained else None
        ranked.append(_likeness(target, ours, one, _sample(one.domain, rate_hz), evidence))
    complete = all(one.logme is not None for one in ranked)
    return sorted(ranked, key=lambda one: -one.promise("logme" if complete else "mmd"))


def validate_rankings(
    study: Path, data: Path | None, cache: Path, windows: int | None = None
) -> list[RankingValidation]:
    """How well each measure ranked the sources of each target of a study.

    The gain of a source is the mean over repetitions and numbers of blocks of its score minus that
    of the network from scratch; LogME sees the same adaptation set as the networks did.

    Args:
        study: its OUT folder; cells that are missing are left out.
        data: folder with one folder per dataset.
        cache: folder of prepared domains.
        windows: look at the adaptation size nearest to this only; at all of the study without.

    Raises:
        UsageError: if it is not the folder of a study.
    """
    opened, store = open_finished(study, data, cache), Store(study)
    sources = [one for one in study_sources(opened, store) if one.trained]
    rate_hz = opened.study.preparation.rate_hz
    gains = _gains(opened, store)
    sizes = sorted({size for size, *_ in gains})
    if windows is not None and sizes:
        sizes = [min(sizes, key=lambda size: abs(size - windows))]
    split = opened.study.splits[0]
    first: dict[Measure, dict[tuple[str, str], float]] = {name: {} for name in MEASURES[1:]}
    evidence: dict[int, dict[tuple[str, str], float]] = {}
    samples = {one.name: _sample(one.domain, rate_hz) for one in sources}
    for target in samples:
        domain = opened.domains[target, split]
        others = [one for one in sources if one.name != target]
        for source in others:
            likeness = _likeness(domain, samples[target], source, samples[source.name], None)
            for name, values in first.items():
                values[target, source.name] = likeness.promise(name)
        for size in sizes:
            cell = Cell("network", target, opened.study.seed, size, split=split)
            drawn = adaptation_set(cell, domain)
            found = evidence.setdefault(size, {})
            for source in others:
                found[target, source.name] = _logme_of(source, domain, drawn)
    result = []
    for size, known in evidence.items():
        mine = {(t, s): gain for (at, t, s), gain in gains.items() if at == size}
        result.append(RankingValidation("logme", size, correlation_within(known, mine)))
    pairs = {(t, s) for _, t, s in gains}
    overall = {
        (t, s): float(np.mean([g for (_, *pair), g in gains.items() if pair == [t, s]]))
        for t, s in pairs
    }
    result += [
        RankingValidation(name, None, correlation_within(known, overall))
        for name, known in first.items()
    ]
    return result


@dataclass(frozen=True, eq=False)
class _Sample:
    """Some windows of a domain: their features [n, F], and who wore the sensor [n]."""

    features: NDArray[np.float64]
    people: NDArray[np.integer]


def _sample(domain: Domain, rate_hz: float) -> _Sample:
    rows = draw(len(domain.windows), seed_for("recommend"))
    features = window_features(np.array(domain.windows.x[rows]), rate_hz)
    return _Sample(features, np.array(domain.windows.subject[rows]))


def _likeness(
    target: Domain, ours: _Sample, source: Source, theirs: _Sample, evidence: float | None
) -> Likeness:
    return Likeness(
        source=source.name,
        logme=evidence,
        mmd=mmd(ours.features, theirs.features),
        a_distance=a_distance(ours.features, theirs.features, ours.people, theirs.people),
        label_overlap=label_overlap(target.classes, source.domain.classes),
    )


def _logme_of(source: Source, target: Domain, rows: NDArray[np.int64]) -> float:
    network = load_checkpoint(source.network).network()
    return logme(network_features(network, target.windows.x[rows]), target.windows.y[rows])


def _gains(opened: LoadedStudy, store: Store) -> Mapping[tuple[int, str, str], float]:
    """Mean gain over scratch by size, target and single source, of what is computed so far."""
    scores: dict[tuple[str, int, int, int], float] = {}
    transferred: dict[tuple[int, str, str], list[tuple[tuple[str, int, int, int], float]]] = {}
    done = store.done(opened.cells)
    for key, cell in opened.cells.items():
        if key not in done or cell.role is not Role.NETWORK or len(cell.sources) > 1:
            continue
        matrix = store.read(key).result.confusion
        share = float(np.trace(matrix) / matrix.sum())
        place = (cell.target, cell.size, cell.seed, cell.split)
        if cell.sources:
            pair = (cell.size, cell.target, cell.sources[0])
            transferred.setdefault(pair, []).append((place, share))
        else:
            scores[place] = share
    gains = {}
    for pair, found in transferred.items():
        differences = [share - scores[place] for place, share in found if place in scores]
        if differences and pair[2] in opened.study.domains:
            gains[pair] = float(np.mean(differences))
    return gains
