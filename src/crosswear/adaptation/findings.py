"""What an adaptation found out, as plain values: what the report prints and `report.json` holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.choose import CandidateResult, Chosen
from crosswear.adaptation.curve import Curve
from crosswear.core.intervals import Interval
from crosswear.core.recording import GROUP_NAMES, GroupUnit
from crosswear.signal.metrics import confusion, per_class_f1

WEAK = 0.1
"""A class this far below the micro-F1 needs something."""
FEW = 20
"""Windows of a class."""


@dataclass(frozen=True)
class ClassFinding:
    """How a class fares when it is held back.

    Attributes:
        name: of the class.
        windows: labelled ones.
        groups: how many people, or occurrences, they are of.
        f1: None where it could not be held back.
        taken_for: the class that its windows are most often taken for; None if for none.
        advice: what would help; empty if nothing has to.
    """

    name: str
    windows: int
    groups: int
    f1: float | None
    taken_for: str | None
    advice: str


@dataclass(frozen=True)
class Certainty:
    """What the probabilities are worth, on held-back windows.

    Attributes:
        temperature: of the calibration.
        threshold: answers below are marked unsure.
        unsure: share of the windows that are.
        right_when_sure: share of the others that are right.
    """

    temperature: float
    threshold: float
    unsure: float
    right_when_sure: float


@dataclass(frozen=True)
class Findings:
    """All of it.

    Attributes:
        recordings: dataset reference.
        chosen: name of the candidate.
        kind: as in the bundle.
        unit: what was held back in turn: whole people, or occurrences.
        groups: how many of those there are.
        folds: in how many parts.
        windows: labelled ones that were learned from.
        expected: micro-F1 for as many new groups, with its 95 % interval.
        standings: all candidates, the chosen one first.
        classes: in the order of the class table.
        confusion: rows: true class, columns: answer; held-back windows.
        certainty: of the answers.
        curve: None where there was no time for one.
        seconds: that the whole took, training of sources included.
        notes: what was repaired, left out or is suspicious.
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
    curve: Curve | None
    seconds: float
    notes: tuple[str, ...]


def certainty_of(chosen: Chosen, y: NDArray[np.integer]) -> Certainty:
    """How sure the answers to held-back windows were, and how right the sure ones."""
    sure = chosen.held_back.max(axis=1) >= chosen.threshold
    right = chosen.held_back.argmax(axis=1) == y[chosen.scored]
    return Certainty(
        temperature=chosen.temperature,
        threshold=chosen.threshold,
        unsure=float(1 - sure.mean()),
        right_when_sure=float(right[sure].mean()) if sure.any() else 0.0,
    )


def confusion_of(chosen: Chosen, y: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """Held-back windows: true class by answer [C, C]."""
    truth = np.asarray(y[chosen.scored], np.int64)
    return confusion(truth, chosen.held_back.argmax(axis=1), classes)


def class_findings(
    names: Sequence[str],
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    matrix: NDArray[np.int64],
    unit: GroupUnit,
) -> tuple[ClassFinding, ...]:
    """Which classes fare worse than the others, and what would help them."""
    scores = per_class_f1(matrix)
    overall = float(np.trace(matrix) / matrix.sum())
    who, others = GROUP_NAMES[unit]
    found = []
    for index, name in enumerate(names):
        mine = y == index
        windows, held = int(mine.sum()), len(np.unique(groups[mine]))
        tested = matrix[index].sum() > 0
        f1 = float(scores[index]) if tested else None
        wrong = matrix[index].copy()
        wrong[index] = 0
        taken_for = names[int(wrong.argmax())] if wrong.any() else None
        advice = ""
        if held < 2:
            advice = f"label it for another {who}: of one alone, nobody knows how it fares"
        elif f1 is None or f1 < overall - WEAK:
            if windows < FEW or held < 3:
                advice = f"label more of it, of other {others}"
            elif taken_for:
                advice = f"more labels of it and of {taken_for}, or one class of the two"
        found.append(ClassFinding(name, windows, held, f1, taken_for, advice))
    return tuple(found)
