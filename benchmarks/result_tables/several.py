"""Tables of several studies: what changed between them, and what that gives."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product

import numpy as np

from crosswear.core.config import TrainConfig
from crosswear.core.keys import essentials
from crosswear.evidence import words
from crosswear.evidence.compare import Compared, compare
from crosswear.evidence.inference import mean_over
from crosswear.evidence.model import Contrast
from crosswear.evidence.scores import holm
from crosswear.grid.methods import Role
from crosswear.networks.models import summarise
from crosswear.report.evidence_index import EvidenceIndex
from result_tables import markdown, records_of, source_cells, told

WAYS: dict[str, tuple[bool, int]] = {
    "from scratch": (False, 0),
    "fine-tuned": (True, 0),
    "five blocks frozen": (True, 5),
}
"""How a network comes about: whether from a source, and with how many frozen blocks."""


def compared(a: EvidenceIndex, b: EvidenceIndex) -> str:
    """Networks of two studies over all that both have."""
    return told(compare(records_of(a), records_of(b)).findings)


def networks(*boards: EvidenceIndex) -> str:
    """Source networks of several studies on their own domains, with what they cost."""
    rows = []
    for board in boards:
        study = board.evidence.study
        for row in sorted(source_cells(board), key=lambda row: board.targets.index(row["target"])):
            domain = board.evidence.domains[row["target"]]
            size = summarise(study.model, len(domain.classes), domain.samples, domain.sensors)
            rows.append(
                (
                    study.model.name,
                    row["target"],
                    f"{100 * row['micro_f1']:.1f}",
                    f"{100 * row['macro_f1']:.1f}",
                    f"{size.parameters['']:,}",
                    f"{size.multiply_adds[''] / 1e6:.1f}",
                    f"{row['train_s'] / 60:.1f}",
                )
            )
    headings = ("network", "domain", "micro-F1", "macro-F1", "parameters")
    headings += ("million multiply-adds a window", "minutes of training")
    return markdown(headings, rows, 2)


def sensors(a: EvidenceIndex, b: EvidenceIndex) -> str:
    """What more sensors in the first give to methods that learn from the target alone."""
    ours, theirs = (
        {name: one.sensors for name, one in board.evidence.domains.items()} for board in (a, b)
    )
    rows = [
        (
            one.question.target,
            f"{one.question.size}",
            one.question.rival.label,
            words.percent(one.b.mean),
            words.percent(one.a.mean),
            f"{words.sign(one.contrast)} {words.gain(one.contrast)}",
        )
        for one in compare(records_of(a), records_of(b)).compared
        if not one.question.rival.source
        and ours[one.question.target] != theirs[one.question.target]
    ]
    return markdown(("target", "windows", "method", "without", "with", "difference"), rows, 3)


def settings(base: EvidenceIndex, *others: EvidenceIndex) -> str:
    """Studies with a setting of the adaptation changed, less the one without it."""
    usual = base.evidence.study
    named, tests, each = [], [], []
    effects: Counter[str] = Counter()
    for other in others:
        study = other.evidence.study
        found = compare(records_of(other), records_of(base)).compared
        networks = [one for one in found if one.question.rival.role is Role.NETWORK]
        effects.update(one.contrast.effect for one in networks if one.contrast.p is not None)
        for size, (way, kind) in product(other.sizes, WAYS.items()):
            gains = _by_target(networks, size, *kind)
            if any(gains.values()):
                tested = mean_over([*gains.values()])
                named.append((_changed(study.adaptation, usual.adaptation), f"{size}", way))
                tests.append(Contrast(tested.value, tested.p, None) if tested.value else None)
                each.append([words.points(gains[target]) for target in base.targets])
    means = [f"{words.gain(one)} {words.sign(one)}" for one in holm(tests)]
    rows = [(*name, mean, *some) for name, mean, some in zip(named, means, each, strict=True)]
    headings = ("setting", "windows", "network", "over the targets", *base.targets)
    return (
        f"{markdown(headings, rows, 3)}\n\nSource by source and target by target, with each "
        f"setting's comparisons corrected together, it is better than without it in "
        f"{effects['helps']} of {effects.total()} comparisons and worse in {effects['hurts']}."
    )


def _by_target(
    found: list[Compared], size: int, transferred: bool, blocks: int
) -> dict[str, float]:
    """What is gained on each target, in the mean over its sources."""
    gains: dict[str, list[float]] = {}
    for one in found:
        rival = one.question.rival
        if (one.question.size, bool(rival.source), rival.blocks) == (size, transferred, blocks):
            gains.setdefault(one.question.target, []).append(one.contrast.difference.mean)
    return {target: float(np.mean(some)) for target, some in gains.items()}


def _changed(ours: TrainConfig, theirs: TrainConfig) -> str:
    """What one training has and the other has not, as a study file says it."""
    known = essentials(theirs)
    different = {k: v for k, v in dict(essentials(ours)).items() if (k, v) not in known.items()}
    different |= different.pop("augmentation", {})
    return ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in different.items())
