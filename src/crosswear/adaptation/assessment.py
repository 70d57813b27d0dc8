"""Findings about the chosen model and the labels, as plain values for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.budget import Budget
from crosswear.adaptation.choose import CandidateResult, Chosen
from crosswear.adaptation.curve import LearningCurve, learning_curve
from crosswear.adaptation.learners import TrainingData
from crosswear.core.intervals import Interval
from crosswear.core.recording import GROUP_NAMES, GroupUnit
from crosswear.datasets.domain import Domain
from crosswear.networks.threads import one_thread
from crosswear.signal.metrics import confusion, per_class_f1

WEAK = 0.1
"""A class whose F1 is this far below the micro-F1 gets advice."""
FEW = 20
"""Windows of a class below which more labels are advised."""


@dataclass(frozen=True)
class ClassFinding:
    """Score of a class, and advice.

    Attributes:
        name: of the class.
        windows: number of labelled windows.
        groups: number of people, or occurrences, of these windows.
        f1: on test windows; None if there are none.
        taken_for: the class that it is most often confused with; None if with none.
        advice: labels that would help; empty if none are needed.
    """

    name: str
    windows: int
    groups: int
    f1: float | None
    taken_for: str | None
    advice: str


@dataclass(frozen=True)
class Certainty:
    """Reliability of the probabilities, on test windows.

    Attributes:
        temperature: of the calibration.
        threshold: answers with a smaller probability are marked unsure.
        unsure: share of the windows whose answers are unsure.
        right_when_sure: share of the other windows that are classified correctly.
    """

    temperature: float
    threshold: float
    unsure: float
    right_when_sure: float


@dataclass(frozen=True)
class Findings:
    """Findings of an adaptation.

    Attributes:
        recordings: dataset reference.
        chosen: name of the candidate.
        kind: as in the bundle.
        unit: unit of the folds: people or occurrences.
        groups: number of people or occurrences that were tested.
        folds: number of folds.
        windows: number of labelled windows.
        expected: micro-F1 for as many new groups, with its 95 % interval.
        standings: all candidates, the chosen one first.
        classes: in the order of the class table.
        confusion: test windows by true class (rows) and answer (columns).
        certainty: reliability of the answers.
        curve: None if there was no time for one.
        seconds: duration, training of sources included.
        notes: repaired, left out or suspicious recordings.
    """

    recordings: str
    chosen: str
    kind: str
    unit: GroupUnit
    groups: int
    folds: int
    windows: int
    expected: Interval
    standings: tuple[CandidateResult, ...]
    classes: tuple[ClassFinding, ...]
    confusion: tuple[tuple[int, ...], ...]
    certainty: Certainty
    curve: LearningCurve | None
    seconds: float
    notes: tuple[str, ...] = ()


def certainty_of(chosen: Chosen, y: NDArray[np.integer]) -> Certainty:
    """Return the reliability of the answers to test windows; `y` [N] are the true classes."""
    sure = chosen.out_of_fold.max(axis=1) >= chosen.threshold
    correct = chosen.out_of_fold.argmax(axis=1) == y[chosen.scored]
    return Certainty(
        temperature=chosen.temperature,
        threshold=chosen.threshold,
        unsure=float(1 - sure.mean()),
        right_when_sure=float(correct[sure].mean()) if sure.any() else 0.0,
    )


def assess(
    chosen: Chosen, domain: Domain, data: TrainingData, unit: GroupUnit, budget: Budget
) -> Findings:
    """Assess a chosen model; without `notes`.

    Args:
        chosen: the model.
        domain: the recordings.
        data: their windows.
        unit: of the groups.
        budget: the learning curve may use all that is left.
    """
    answers = chosen.out_of_fold.argmax(axis=1)
    correct = np.zeros(len(data.y), np.bool_)
    correct[chosen.scored] = answers == data.y[chosen.scored]
    with one_thread():
        curve = learning_curve(chosen.learner, correct, data, chosen.folds, budget.left)
    truth = np.asarray(data.y[chosen.scored], np.int64)
    matrix = confusion(truth, answers, data.classes)
    return Findings(
        recordings=domain.summary.reference,
        chosen=chosen.learner.name,
        kind=chosen.learner.kind,
        unit=unit,
        groups=len(np.unique(data.groups[chosen.scored])),
        folds=len(chosen.folds),
        windows=len(data.y),
        expected=chosen.expected,
        standings=chosen.standings,
        classes=class_findings(domain.classes, data.y, data.groups, matrix, unit),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
        certainty=certainty_of(chosen, data.y),
        curve=curve,
        seconds=budget.spent,
    )


def class_findings(
    names: Sequence[str],
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    matrix: NDArray[np.int64],
    unit: GroupUnit,
) -> tuple[ClassFinding, ...]:
    """Score each class; advise more labels for those that score worse than the others.

    Args:
        names: of the classes [C].
        y: class of each window [N].
        groups: [N].
        matrix: test windows by true class and answer [C, C].
        unit: of the groups.
    """
    scores = per_class_f1(matrix)
    overall = float(np.trace(matrix) / matrix.sum())
    who, others = GROUP_NAMES[unit]
    found = []
    for index, name in enumerate(names):
        mine = y == index
        windows, performed_by = int(mine.sum()), len(np.unique(groups[mine]))
        tested = matrix[index].sum() > 0
        f1 = float(scores[index]) if tested else None
        wrong = matrix[index].copy()
        wrong[index] = 0
        taken_for = names[int(wrong.argmax())] if wrong.any() else None
        advice = ""
        if performed_by < 2:
            advice = f"label it for another {who}: one alone gives no score"
        elif f1 is None or f1 < overall - WEAK:
            if windows < FEW or performed_by < 3:
                advice = f"label more of it, of other {others}"
            elif taken_for:
                advice = f"more labels of it and of {taken_for}, or one class of the two"
        found.append(ClassFinding(name, windows, performed_by, f1, taken_for, advice))
    return tuple(found)
