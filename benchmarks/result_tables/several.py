"""Tables that compare several studies."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product

import numpy as np

from crosswear.core.config import TrainConfig
from crosswear.core.intervals import percent, points
from crosswear.core.keys import essentials
from crosswear.core.markdown import table
from crosswear.evidence import phrases
from crosswear.evidence.compare import Compared, compare
from crosswear.evidence.inference import mean_over
from crosswear.evidence.scores import holm
from crosswear.evidence.statements import Contrast
from crosswear.grid.methods import Role
from crosswear.networks.models import summarise
from crosswear.report.evidence_index import EvidenceIndex
from result_tables import findings_table, records_of, source_cells

WAYS: dict[str, tuple[bool, int]] = {
    "from scratch": (False, 0),
    "fine-tuned": (True, 0),
    "five blocks frozen": (True, 5),
}
"""Networks: from a source or not, and number of frozen blocks."""


def compared(a: EvidenceIndex, b: EvidenceIndex) -> str:
    """Networks of two studies over all that both have."""
    return findings_table(compare(records_of(a), records_of(b)).findings)


def networks(*indexes: EvidenceIndex) -> str:
    """Source networks of several studies on their own domains, with their cost."""
    rows = []
    for index in indexes:
        study = index.evidence.study
        for row in sorted(source_cells(index), key=lambda row: index.targets.index(row["target"])):
            domain = index.evidence.domains[row["target"]]
            size = summarise(study.model, len(domain.classes), domain.samples, domain.sensors)
            rows.append(
                (
                    study.model.name,
                    row["target"],
                    percent(row["micro_f1"]),
                    percent(row["macro_f1"]),
                    f"{size.parameters['']:,}",
                    f"{size.multiply_adds[''] / 1e6:.1f}",
                    f"{row['train_s'] / 60:.1f}",
                )
            )
    headings = ("network", "domain", "micro-F1", "macro-F1", "parameters")
    headings += ("million multiply-adds a window", "minutes of training")
    return table(headings, rows, 2)


def sensors(a: EvidenceIndex, b: EvidenceIndex) -> str:
    """Gains from more sensors in the first, of methods that learn from the target alone."""
    ours, theirs = (
        {name: one.sensors for name, one in index.evidence.domains.items()} for index in (a, b)
    )
    rows = [
        (
            one.key.target,
            f"{one.key.size}",
            one.key.approach.label,
            percent(one.b.value),
            percent(one.a.value),
            f"{phrases.sign(one.contrast)} {phrases.gain(one.contrast)}",
        )
        for one in compare(records_of(a), records_of(b)).compared
        if not one.key.approach.source and ours[one.key.target] != theirs[one.key.target]
    ]
    return table(("target", "windows", "method", "without", "with", "difference"), rows, 3)


def settings(base: EvidenceIndex, *others: EvidenceIndex) -> str:
    """Studies with a setting of the adaptation changed, less the one without it."""
    usual = base.evidence.study
    named, tests, each = [], [], []
    effects: Counter[str] = Counter()
    for other in others:
        study = other.evidence.study
        found = compare(records_of(other), records_of(base)).compared
        networks = [one for one in found if one.key.approach.role is Role.NETWORK]
        effects.update(one.contrast.effect for one in networks if one.contrast.p is not None)
        for size, (way, kind) in product(other.sizes, WAYS.items()):
            gains = _by_target(networks, size, *kind)
            if any(gains.values()):
                tested = mean_over([*gains.values()])
                named.append((_changed(study.adaptation, usual.adaptation), f"{size}", way))
                tests.append(Contrast(tested.value, tested.p, None) if tested.value else None)
                each.append([points(gains[target]) for target in base.targets])
    means = [f"{phrases.gain(one)} {phrases.sign(one)}" for one in holm(tests)]
    rows = [(*name, mean, *some) for name, mean, some in zip(named, means, each, strict=True)]
    headings = ("setting", "windows", "network", "over the targets", *base.targets)
    return (
        f"{table(headings, rows, 3)}\n\nSource by source and target by target, with each "
        f"setting's comparisons corrected together, it is better than without it in "
        f"{effects['helps']} of {effects.total()} comparisons and worse in {effects['hurts']}."
    )


def _by_target(
    found: list[Compared], size: int, transferred: bool, blocks: int
) -> dict[str, float]:
    """Return the gain on each target, in the mean over its sources."""
    gains: dict[str, list[float]] = {}
    for one in found:
        approach = one.key.approach
        if (one.key.size, bool(approach.source), approach.blocks) == (size, transferred, blocks):
            gains.setdefault(one.key.target, []).append(one.contrast.difference.value)
    return {target: float(np.mean(some)) for target, some in gains.items()}


def _changed(ours: TrainConfig, theirs: TrainConfig) -> str:
    """Return the settings that differ from the other training, as in a study file."""
    known = essentials(theirs)
    different = {k: v for k, v in dict(essentials(ours)).items() if (k, v) not in known.items()}
    different |= different.pop("augmentation", {})
    return ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in different.items())
