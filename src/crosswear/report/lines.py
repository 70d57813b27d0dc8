"""The lines of the learning curves: the methods on a target, with their scores at each size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosswear.evidence.statements import CLASSICAL, SCRATCH, LearningMethod, Score
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import BASELINES, ENCODERS, WHITENED, Role, names_of
from crosswear.report.evidence_index import EvidenceIndex

Kind: TypeAlias = Literal[
    "scratch",
    "transfer",
    "control",
    "classical",
    "whitened",
    "features",
    "encoder",
    "encoder-control",
    "floor",
]

ENCODER_KINDS: tuple[Kind, ...] = ("encoder", "encoder-control")
"""In the order of `crosswear.grid.methods.ENCODERS`."""
ROOM = 15
"""Per cent above the highest and below the lowest score of a plot, at most."""


@dataclass(frozen=True, eq=False)
class Line:
    """One method on one target.

    Attributes:
        label: its name in the legend.
        kind: the network from scratch; a transfer with the number of blocks that was best on the
            other targets; the same from the untrained control; a classical method, and one
            that windows of the other domains whiten; logistic regression on the features of a
            source, of an imported encoder and of its untrained control; the majority classifier.
        source: of a transfer or of features, otherwise empty.
        scores: one for each size of the study; None where there is none.
        number: place of a classical method or of an encoder among all of them; it decides the
            marker or the colour.
    """

    label: str
    kind: Kind
    source: str
    scores: tuple[Score | None, ...]
    number: int = 0


def lines_of(index: EvidenceIndex, target: str) -> tuple[Line, ...]:
    """Return the lines of a target that have a score."""

    def line(label: str, kind: Kind, source: str, scores: Iterable[Score | None]) -> Line:
        return Line(label, kind, source, tuple(scores))

    def approach(kind: Kind, approach: LearningMethod) -> Line:
        scores = (index.score(target, size, approach) for size in index.sizes)
        number = BASELINES.index(approach.method) if approach.method in BASELINES else 0
        number = encoders.index(approach.source) if approach.source in encoders else number
        return Line(approach.label, kind, approach.source, tuple(scores), number)

    def transfer(source: str) -> Line:
        scores = (index.transfer(target, source, size) for size in index.sizes)
        if source == UNTRAINED:
            return line("transfer from an untrained network", "control", source, scores)
        return line(f"transfer from {source}", "transfer", source, scores)

    encoders = list(index.evidence.study.encoders)
    others = index.sources_of(target)
    joined = "+".join(index.evidence.study.others(target))
    lines = [
        approach("scratch", SCRATCH),
        *map(transfer, others),
        *(approach("classical", one) for one in CLASSICAL),
        *(approach("whitened", LearningMethod(method, joined)) for method in WHITENED),
        *(
            approach("features", LearningMethod(method, source))
            for method in names_of(Role.FEATURES)
            for source in others
        ),
        *(
            approach(kind, LearningMethod(method, name))
            for name in encoders
            for kind, method in zip(ENCODER_KINDS, ENCODERS, strict=True)
        ),
        *(approach("floor", LearningMethod(method)) for method in names_of(Role.FLOOR)),
    ]
    return tuple(one for one in lines if any(s is not None for s in one.scores))


def ends_of(lines: Iterable[Line]) -> tuple[float, float] | None:
    """Return the limits of a plot in per cent; None where no line has a score.

    They cut off bands that show nothing, as where one person has nearly all test windows.
    """
    shares = [
        100 * one.micro_f1.value for line in lines for one in line.scores if one and one.micro_f1
    ]
    return (min(shares) - ROOM, max(shares) + ROOM) if shares else None
