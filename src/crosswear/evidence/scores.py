"""Scores of methods and paired contrasts between them, from the records of a study."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crosswear.core.intervals import Interval
from crosswear.evidence.crossed import crossed_mean, one_person_each
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.statements import Contrast, LearningMethod, Score
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.grid.methods import METHODS, Role
from crosswear.signal.metrics import macro_f1


@dataclass(frozen=True, eq=False)
class CorrectCounts:
    """Windows that a method classifies correctly, by repetition and group: int64 [R, G].

    Of several splits each is one repetition: its seeds share a source network.

    Attributes:
        correct: windows classified correctly.
        windows: windows tested.
    """

    correct: NDArray[np.int64]
    windows: NDArray[np.int64]

    def share(self) -> Interval:
        """Return the share of correct windows with its interval: micro-F1."""
        return crossed_mean(self.correct, self.windows).share()


@dataclass(frozen=True, order=True)
class ScoreKey:
    """The subject of a score: a method on a target with so many windows to learn from."""

    target: str
    size: int
    approach: LearningMethod


Repetitions = Mapping[ScoreKey, Sequence[Observed | None]]
"""The repetitions of each score; None is one that is not done."""


@dataclass(frozen=True, eq=False)
class Scores:
    """All scores of a study.

    Attributes:
        by_key: in the order of the study.
        counts: of those whose repetitions are all done.
    """

    by_key: Mapping[ScoreKey, Score]
    counts: Mapping[ScoreKey, CorrectCounts]

    @property
    def sizes(self) -> list[int]:
        """Windows in the adaptation set, rising."""
        return sorted({key.size for key in self.by_key})

    def contrast(self, ours: ScoreKey, theirs: ScoreKey) -> Contrast | None:
        """Return the paired difference; None unless all repetitions of both are done."""
        if ours not in self.counts or theirs not in self.counts:
            return None
        return difference(self.counts[ours], self.counts[theirs])


def difference(ours: CorrectCounts, theirs: CorrectCounts) -> Contrast:
    """Return the paired difference of two methods that were tested on the same windows."""
    mean = crossed_mean(ours.correct - theirs.correct, ours.windows)
    return Contrast(mean.interval(), mean.p(), None)


def score_key(cell: Cell) -> ScoreKey | None:
    """Return the score that a cell is a repetition of; None for source networks and the majority.

    The name of its source is made of all of its domains. Alignments have no adaptation set; their
    size is 0.
    """
    if cell.role in (Role.SOURCE, Role.FLOOR):
        return None
    blocks = cell.blocks if cell.role is Role.NETWORK else 0
    size = 0 if cell.role is Role.ALIGNMENT else cell.size
    approach = LearningMethod(cell.method, "+".join(cell.sources), blocks, cell.branches)
    return ScoreKey(cell.target, size, approach)


def scores_of(records: StudyRecords) -> Scores:
    """Score every method of a study, on every target with every size."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    cells = [(digest, cell) for digest, cell in records.cells() if cell.role is not Role.ALIGNMENT]
    names = _names_of_sources(records.study)
    sizes = sorted({cell.size for _, cell in cells if score_key(cell)})
    for digest, cell in cells:
        one = records.observed.get(digest)
        if cell.role is Role.FLOOR:  # the same with every size
            for size in sizes:
                repetitions[ScoreKey(cell.target, size, LearningMethod(cell.method))].append(one)
        elif key := score_key(cell):
            if cell.sources and METHODS[cell.method].reads == "weights":
                approach = replace(key.approach, source=names[cell.target, cell.sources])
                key = replace(key, approach=approach)
            repetitions[key].append(one)
    return _score_all(records, repetitions)


def _names_of_sources(study: StudyDesign) -> dict[tuple[str, tuple[str, ...]], str]:
    """Return the study's names of its sources, by the target and the domains."""
    return {
        (target, domains): name
        for target in study.domains
        for name, domains in study.origins(target).items()
    }


def shared_scores_of(records: StudyRecords) -> Scores:
    """Score every alignment of a study, on every pair of domains that share classes."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    for digest, cell in records.cells():
        if cell.role is Role.ALIGNMENT and (key := score_key(cell)):
            repetitions[key].append(records.observed.get(digest))
    return _score_all(records, repetitions)


def source_networks_of(records: StudyRecords) -> tuple[Score, ...]:
    """Score every source network on every domain that it was trained on, in the study's order."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    for digest, cell in records.cells():
        if cell.role is Role.SOURCE:
            done = records.on_each_domain(digest) if digest in records.observed else {}
            for domain in cell.targets:
                key = ScoreKey(domain, 0, LearningMethod(cell.method, cell.target))
                repetitions[key].append(done.get(domain))
    scores = _score_all(records, repetitions).by_key
    return tuple(scores[key] for key in repetitions)


def _score_all(records: StudyRecords, repetitions: Repetitions) -> Scores:
    scores, counts = {}, {}
    targets = list(records.study.domains)
    for key in sorted(repetitions, key=lambda one: (targets.index(one.target), one.size)):
        found = repetitions[key]
        done = [one for one in found if one is not None]
        score = Score(key.target, key.approach, key.size, len(done), len(found))
        if len(done) == len(found):
            counts[key] = correct_counts(done)
            score = _scored(score, done, counts[key])
        scores[key] = score
    return Scores(scores, counts)


def holm(contrasts: Iterable[Contrast | None]) -> list[Contrast | None]:
    """Correct the p-values of a family of contrasts together, after Holm (1979)."""
    known = list(contrasts)
    adjusted = iter(_holm([one.p for one in known if one is not None and one.p is not None]))
    return [
        replace(one, adjusted_p=float(next(adjusted))) if one and one.p is not None else one
        for one in known
    ]


def _holm(p: Sequence[float]) -> list[float]:
    # Not that of statsmodels, which collects garbage in each call: most of the time of a report.
    values, order = np.array(p), np.argsort(p, kind="stable")
    steps = values[order] * np.arange(len(p), 0, -1)
    values[order] = np.maximum.accumulate(steps).clip(max=1)
    return [float(one) for one in values]


def _scored(score: Score, done: list[Observed], counts: CorrectCounts) -> Score:
    confusions = [one.confusion for one in done]
    rated = _by_seed(done) if one_person_each(counts.windows) else confusions
    return replace(
        score,
        micro_f1=counts.share(),
        macro_f1=float(np.mean([macro_f1(one) for one in rated])),
        confusion=np.sum(confusions, axis=0),
        train_s=float(np.mean([one.timing.train_s for one in done])),
    )


def _by_seed(done: Sequence[Observed]) -> list[NDArray[np.int64]]:
    """Return the confusion matrix of each seed over all splits: one person has not all classes."""
    seeds = dict.fromkeys(one.cell.seed for one in done)
    return [
        np.sum([one.confusion for one in done if one.cell.seed == seed], axis=0) for seed in seeds
    ]


def correct_counts(done: Sequence[Observed]) -> CorrectCounts:
    """Count the correct answers of repetitions that were tested on groups with the same numbers."""
    groups = 1 + max(int(one.counts[:, 0].max()) for one in done)
    splits = sorted({one.cell.split for one in done})
    several = len(splits) > 1
    counts = np.zeros((2, len(splits) if several else len(done), groups), dtype=np.int64)
    for number, one in enumerate(done):
        row = splits.index(one.cell.split) if several else number
        group, true, predicted, windows = one.counts.T
        np.add.at(counts[1, row], group, windows)
        np.add.at(counts[0, row], group, windows * (true == predicted))
    return CorrectCounts(*counts)
