"""Validation of the measures that rank sources, on the transfers of a study."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from crosswear.adaptation.source_ranking import (
    MEASURES,
    Measure,
    draw_sample,
    logme_of_source,
    measure_source,
)
from crosswear.engine.transfer_source import StudyTransfers
from crosswear.evidence.inference import Tested, correlation_within

Pairs = dict[tuple[str, str], float]


@dataclass(frozen=True)
class RankingValidation:
    """Rank correlation of a measure with the gain of transfer.

    Attributes:
        measure: name of the measure.
        size: adaptation windows; None for the measures that need no labels, over all sizes.
        correlation: mean rank correlation of measure and gain within targets, larger is better.
    """

    measure: Measure
    size: int | None
    correlation: Tested


def validate_rankings(transfers: StudyTransfers) -> list[RankingValidation]:
    """Correlate each measure with the gains of the sources of each target.

    LogME sees the adaptation sets that the networks were trained on.
    """
    sources, rows, gains = transfers.sources, transfers.rows, transfers.gains
    unlabelled: dict[Measure, Pairs] = {name: {} for name in MEASURES[1:]}
    logme: dict[int, Pairs] = defaultdict(dict)
    samples = {one.name: draw_sample(one.domain, transfers.rate_hz) for one in sources}
    sizes = sorted({size for size, _ in rows})
    for target in sources:
        for source in sources:
            pair = target.name, source.name
            if source is target:
                continue
            sample = samples[source.name]
            ranked = measure_source(source.name, sample, samples[target.name], None)
            for name, values in unlabelled.items():
                values[pair] = ranked.promise(name)
            for size in sizes:
                adaptation_set = rows[size, target.name]
                logme[size][pair] = logme_of_source(source, target.domain, adaptation_set)
    result = []
    for size in sizes:
        of_size = {(t, s): gain for (at, t, s), gain in gains.items() if at == size}
        correlation = correlation_within(logme[size], of_size)
        result.append(RankingValidation("logme", size, correlation))
    by_pair = defaultdict(list)
    for (_, target_name, source_name), gain in gains.items():
        by_pair[target_name, source_name].append(gain)
    overall = {key: float(np.mean(found)) for key, found in by_pair.items()}
    for name, values in unlabelled.items():
        result.append(RankingValidation(name, None, correlation_within(values, overall)))
    return result
