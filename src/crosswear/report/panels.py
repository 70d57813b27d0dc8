"""The numbers of the heatmaps: a panel for each target and source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.evidence.statements import SCRATCH, LearningMethod
from crosswear.report.evidence_index import EvidenceIndex


@dataclass(frozen=True, eq=False)
class Panel:
    """One target adapted from one source.

    Attributes:
        row: place of the target among the targets.
        column: place of the source among the sources.
        target, source: their names.
        majority: micro-F1 of the majority classifier in per cent; NaN where it is not done.
        scores: float64 [sizes, 1 + transfers], micro-F1 in per cent; first the network from
            scratch. NaN unless every repetition is done.
    """

    row: int
    column: int
    target: str
    source: str
    majority: float
    scores: NDArray[np.float64]


def panels_of(index: EvidenceIndex) -> tuple[Panel, ...]:
    """Return the panels of a study, by target, then by source."""

    def percent(target: str, size: int, approach: LearningMethod) -> float:
        score = index.score(target, size, approach)
        return float("nan") if score is None or not score.micro_f1 else 100 * score.micro_f1.value

    def scores(target: str, source: str) -> NDArray[np.float64]:
        transfers = (LearningMethod("network", source, k, b) for b, k in index.transfers)
        columns = (SCRATCH, *transfers)
        return np.array([[percent(target, size, one) for one in columns] for size in index.sizes])

    return tuple(
        Panel(
            row=row,
            column=column,
            target=target,
            source=source,
            majority=percent(target, index.sizes[0], LearningMethod("majority")),
            scores=scores(target, source),
        )
        for row, target in enumerate(index.targets)
        for column, source in enumerate(index.sources)
        if source in index.sources_of(target)
    )
