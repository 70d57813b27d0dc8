"""The lines of the learning curves: who competes on a target, and how they do at each size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosswear.evidence.model import CLASSICAL, SCRATCH, LearningMethod, Score
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import BASELINES, WHITENED, Role, names_of
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
        number: place of a classical method among all of them, which decides its mark.
    """

    label: str
    kind: Kind
    source: str
    scores: tuple[Score | None, ...]
    number: int = 0


def lines_of(board: EvidenceIndex, target: str) -> tuple[Line, ...]:
    """The lines of a target, those without any score left out."""

    def line(label: str, kind: Kind, source: str, scores: Iterable[Score | None]) -> Line:
        return Line(label, kind, source, tuple(scores))

    def rival(kind: Kind, rival: LearningMethod) -> Line:
        scores = (board.score(target, size, rival) for size in board.sizes)
        number = BASELINES.index(rival.method) if rival.method in BASELINES else 0
        return Line(rival.label, kind, rival.source, tuple(scores), number)

    def transfer(source: str) -> Line:
        scores = (board.transfer(target, source, size) for size in board.sizes)
        if source == UNTRAINED:
            return line("transfer from an untrained network", "control", source, scores)
        return line(f"transfer from {source}", "transfer", source, scores)

    others = board.sources_of(target)
    joined = "+".join(board.evidence.study.others(target))
    lines = [
        rival("scratch", SCRATCH),
        *map(transfer, others),
        *(rival("classical", one) for one in CLASSICAL),
        *(rival("whitened", LearningMethod(method, joined)) for method in WHITENED),
        *(
            rival("features", LearningMethod(method, source))
            for method in names_of(Role.FEATURES)
            for source in others
        ),
        *(rival("floor", LearningMethod(method)) for method in names_of(Role.FLOOR)),
    ]
    return tuple(one for one in lines if any(s is not None for s in one.scores))


def ends_of(lines: Iterable[Line]) -> tuple[float, float] | None:
    """Per cents beyond which a plot does not go: bands that say nothing are cut off there.

    As where one person has nearly all test windows. None where no line has a score.
    """
    shares = [
        100 * one.micro_f1.mean for line in lines for one in line.scores if one and one.micro_f1
    ]
    return (min(shares) - ROOM, max(shares) + ROOM) if shares else None
