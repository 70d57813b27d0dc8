"""How well the source networks know what they have learned: what there is to transfer."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.model import SourceNetwork
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.scores import hits_of
from crosswear.metrics import macro_f1, majority_f1


def source_networks_of(records: StudyRecords) -> tuple[SourceNetwork, ...]:
    """Score every source network on every domain that it has learned, in the study's order."""
    found: dict[tuple[str, str], list[Observed | None]] = defaultdict(list)
    for key, cell in records.cells():
        if cell.method == "source":
            done = records.on_each_domain(key) if key in records.observed else {}
            for domain in cell.targets:
                found[cell.target, domain].append(done.get(domain))
    return tuple(_scored(*names, repetitions) for names, repetitions in found.items())


def _scored(name: str, domain: str, repetitions: list[Observed | None]) -> SourceNetwork:
    done = [one for one in repetitions if one is not None]
    if len(done) < len(repetitions):
        return SourceNetwork(name, domain)
    hits = hits_of(done)
    confusions = [one.confusion for one in done]
    return SourceNetwork(
        name,
        domain,
        micro_f1=crossed_mean(hits.hits, hits.windows).share(),
        macro_f1=float(np.mean([macro_f1(one) for one in confusions])),
        majority_f1=majority_f1(np.sum(confusions, axis=0)),
    )
