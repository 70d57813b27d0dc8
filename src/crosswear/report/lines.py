"""The lines of the learning curves: who competes on a target, and how they do at each size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosswear.evidence.statements import CLASSICAL, SCRATCH, LearningMethod, Score
from crosswear.grid.experiment import UNTRAINED, WHITENED
from crosswear.report.evidence_index import EvidenceIndex

Kind: TypeAlias = Literal[
    "scratch", "transfer", "control", "classical", "whitened", "features", "floor"
]

ROOM = 15
"""Per cent above the highest and below the lowest score of a plot, at most."""


@dataclass(frozen=True, eq=False)
class Line:
    """One competitor on one target.

    Attributes:
        label: what people read.
        kind: the network from scratch; a transfer with the number of blocks that was best on the
            other targets; the same from the untrained control; a classical method, and one
            that windows of the other domains whiten; logistic regression on the features of a
            source; the majority classifier.
        source: of a transfer or of features, otherwise empty.
        scores: one for each size of the study; None where there is none.
    """

    label: str
    kind: Kind
    source: str
    scores: tuple[Score | None, ...]


def lines_of(index: EvidenceIndex, target: str) -> tuple[Line, ...]:
    """The lines of a target, those without any score left out."""

    def line(label: str, kind: Kind, source: str, scores: Iterable[Score | None]) -> Line:
        return Line(label, kind, source, tuple(scores))

    def approach(kind: Kind, approach: LearningMethod) -> Line:
        scores = (index.score(target, size, approach) for size in index.sizes)
        return line(approach.label, kind, approach.source, scores)

    def transfer(source: str) -> Line:
        scores = (index.transfer(target, source, size) for size in index.sizes)
        if source == UNTRAINED:
            return line("transfer from an untrained network", "control", source, scores)
        return line(f"transfer from {source}", "transfer", source, scores)

    others = index.sources_of(target)
    joined = "+".join(index.evidence.study.others(target))
    lines = [
        approach("scratch", SCRATCH),
        *map(transfer, others),
        *(approach("classical", one) for one in CLASSICAL),
        *(approach("whitened", LearningMethod(method, joined)) for method in WHITENED),
        *(approach("features", LearningMethod("logistic", source)) for source in others),
        approach("floor", LearningMethod("majority")),
    ]
    return tuple(one for one in lines if any(s is not None for s in one.scores))


def ends_of(lines: Iterable[Line]) -> tuple[float, float] | None:
    """Per cents beyond which a plot does not go: bands that say nothing are cut off there.

    As where one person has nearly all test windows. None where no line has a score.
    """
    shares = [
        100 * one.micro_f1.value for line in lines for one in line.scores if one and one.micro_f1
    ]
    return (min(shares) - ROOM, max(shares) + ROOM) if shares else None
