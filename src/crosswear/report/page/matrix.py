"""The matrix of verdicts at one size: a row for every target, a column for every source."""

from __future__ import annotations

from dataclasses import dataclass

from crosswear.core.intervals import NOTHING, percent, points
from crosswear.core.texts import counted
from crosswear.evidence import phrases
from crosswear.evidence.statements import Effect, Score, Verdict
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.readable import effects_counted, kinds_of


@dataclass(frozen=True)
class MatrixCell:
    """A judged transfer, as text.

    Attributes:
        effect: against the network from scratch.
        gain: over it, with its interval.
        blocks: transferred.
        classical: the difference to the best classical baseline, with its name.
        compared: `better`, `no difference`, `worse`, `unknown` than that.
    """

    effect: Effect
    gain: str
    blocks: str
    classical: str
    compared: str


@dataclass(frozen=True)
class MatrixRow:
    """A target: its scores without a source, and the verdict on every source.

    Attributes:
        target: its name.
        scratch: score of the network from scratch.
        classical: best classical baseline and its score; empty where there is none.
        cells: None where source and target are one.
    """

    target: str
    scratch: str
    classical: str
    cells: tuple[MatrixCell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """All verdicts at a size.

    Attributes:
        size: windows in the adaptation set.
        rows: a target each.
        tally: numbers of transfers that are better, no different, worse, unknown, by the method
            they are compared with.
    """

    size: int
    rows: tuple[MatrixRow, ...]
    tally: dict[str, dict[str, int]]


def matrix(index: EvidenceIndex, size: int) -> Matrix:
    """Arrange the verdicts at a size."""
    tally = {name: effects_counted(index, size, kind) for kind, name in kinds_of(index).items()}
    return Matrix(size, tuple(_row(index, target, size) for target in index.targets), tally)


def _row(index: EvidenceIndex, target: str, size: int) -> MatrixRow:
    verdicts = (index.verdict(target, source, size) for source in index.trained_sources)
    scratch, best = index.scratch(target, size), index.classical(target, size)
    classical = f"{best.approach.label} {_score(best)}" if best else ""
    return MatrixRow(target, _score(scratch), classical, tuple(map(_cell, verdicts)))


def _score(score: Score | None) -> str:
    return percent(score.micro_f1.value if score and score.micro_f1 else None)


def _cell(verdict: Verdict | None) -> MatrixCell | None:
    if verdict is None:
        return None
    blocks = NOTHING if verdict.blocks is None else counted(verdict.blocks, "block")
    than = verdict.over_classical
    classical = f"{points(than.difference.value)} vs {verdict.classical}" if than else ""
    return MatrixCell(
        verdict.effect,
        phrases.gain(verdict.over_scratch),
        blocks,
        classical,
        phrases.compared(than),
    )
