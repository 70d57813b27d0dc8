"""Scores of rivals and paired contrasts between them, from the records of a study."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.model import ALPHA, Contrast, LearningMethod, Score
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.grid.methods import METHODS, Role
from crosswear.signal.metrics import macro_f1


@dataclass(frozen=True, eq=False)
class CorrectCounts:
    """How often a rival was right, by repetition and group of the test windows: int64 [R, G].

    Of several splits each is one repetition: its seeds share a source network.
    """

    hits: NDArray[np.int64]
    windows: NDArray[np.int64]


@dataclass(frozen=True, order=True)
class ScoreKey:
    """What a score answers: how well does a rival do on a target with so many windows?"""

    target: str
    size: int
    rival: LearningMethod


@dataclass(frozen=True, eq=False)
class Scores:
    """All scores of a study.

    Attributes:
        by_question: in the order of the study.
        hits: of those whose repetitions are all done.
    """

    by_question: Mapping[ScoreKey, Score]
    hits: Mapping[ScoreKey, CorrectCounts]

    def contrast(self, ours: ScoreKey, theirs: ScoreKey) -> Contrast | None:
        """The paired difference; None unless all repetitions of both are done."""
        if ours not in self.hits or theirs not in self.hits:
            return None
        one, other = self.hits[ours], self.hits[theirs]
        mean = crossed_mean(one.hits - other.hits, one.windows)
        return Contrast(mean.interval(), mean.p(), None)


def score_key(cell: Cell) -> ScoreKey | None:
    """The question that a cell is a repetition of; None for source networks and the majority.

    Its source is called by all of its domains. Alignments have no adaptation set; their size is 0.
    """
    if cell.role in (Role.SOURCE, Role.FLOOR):
        return None
    blocks = cell.blocks if cell.role is Role.NETWORK else 0
    size = 0 if cell.role is Role.ALIGNMENT else cell.size
    rival = LearningMethod(cell.method, "+".join(cell.sources), blocks, cell.branches)
    return ScoreKey(cell.target, size, rival)


def scores_of(records: StudyRecords) -> Scores:
    """Score every rival of a study, on every target with every size."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    cells = [(key, cell) for key, cell in records.cells() if cell.role is not Role.ALIGNMENT]
    called = _names_of_sources(records.study)
    sizes = sorted({cell.size for _, cell in cells if score_key(cell)})
    for key, cell in cells:
        one = records.observed.get(key)
        if cell.role is Role.FLOOR:  # the same with every size
            for size in sizes:
                repetitions[ScoreKey(cell.target, size, LearningMethod(cell.method))].append(one)
        elif question := score_key(cell):
            if cell.sources and METHODS[cell.method].reads == "weights":
                rival = replace(question.rival, source=called[cell.target, cell.sources])
                question = replace(question, rival=rival)
            repetitions[question].append(one)
    return score_all(records, repetitions)


def _names_of_sources(study: StudyDesign) -> dict[tuple[str, tuple[str, ...]], str]:
    """What a study calls its sources, by the target and the domains."""
    return {
        (target, domains): name
        for target in study.domains
        for name, domains in study.origins(target).items()
    }


def shared_scores_of(records: StudyRecords) -> Scores:
    """Score every alignment of a study, on every pair of domains that share classes."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    for key, cell in records.cells():
        if cell.role is Role.ALIGNMENT and (question := score_key(cell)):
            repetitions[question].append(records.observed.get(key))
    return score_all(records, repetitions)


def score_all(
    records: StudyRecords, repetitions: Mapping[ScoreKey, Sequence[Observed | None]]
) -> Scores:
    """Score questions by the repetitions of each; None is one that is not done."""
    scores, hits = {}, {}
    targets = list(records.study.domains)
    order = sorted(repetitions, key=lambda one: (targets.index(one.target), one.size))
    for question in order:
        found = repetitions[question]
        done = [one for one in found if one is not None]
        score = Score(question.target, question.rival, question.size, len(done), len(found))
        if len(done) == len(found):
            hits[question] = correct_counts(done)
            score = _scored(score, done, hits[question])
        scores[question] = score
    return Scores(scores, hits)


def holm(contrasts: Iterable[Contrast | None]) -> list[Contrast | None]:
    """Correct the p-values of a family of contrasts together, after Holm (1979)."""
    known = list(contrasts)
    p = [one.p for one in known if one is not None and one.p is not None]
    adjusted = iter(multipletests(p, ALPHA, method="holm")[1] if p else ())
    return [
        replace(one, adjusted_p=float(next(adjusted))) if one and one.p is not None else one
        for one in known
    ]


def _scored(score: Score, done: list[Observed], hits: CorrectCounts) -> Score:
    confusions = [one.confusion for one in done]
    return replace(
        score,
        micro_f1=crossed_mean(hits.hits, hits.windows).share(),
        macro_f1=float(np.mean([macro_f1(one) for one in confusions])),
        confusion=np.sum(confusions, axis=0),
        train_s=float(np.mean([one.timing.train_s for one in done])),
    )


def correct_counts(done: Sequence[Observed]) -> CorrectCounts:
    """Of repetitions that were tested on groups with the same numbers."""
    groups = 1 + max(int(one.counts[:, 0].max()) for one in done)
    splits = sorted({one.cell.split for one in done})
    several = len(splits) > 1
    hits = np.zeros((2, len(splits) if several else len(done), groups), dtype=np.int64)
    for number, one in enumerate(done):
        row = splits.index(one.cell.split) if several else number
        group, true, predicted, windows = one.counts.T
        np.add.at(hits[1, row], group, windows)
        np.add.at(hits[0, row], group, windows * (true == predicted))
    return CorrectCounts(*hits)
