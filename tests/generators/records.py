"""Records of studies that were never run: scores as a test plants them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crosswear.core.keys import seed_for
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.records import Observed, StudyRecords, facts_of
from crosswear.evidence.statements import Similarity
from crosswear.grid.experiment import Cell, StudyDesign, enumerate_cells
from crosswear.grid.result import Timing
from crosswear.grid.study_file import parse_study
from crosswear.signal.splits import SplitReport

TEXT = """
name = "planted"
[domains]
a = "simulated-daily"
b = "simulated-gestures"
c = "simulated-sports"
d = "simulated-manipulation"
[grid]
sizes = [20, 50, 100]
blocks = [0, 2, 5]
seeds = 5
sources = ["a", "b", "c", "d", "random"]
baselines = ["majority", "forest", "minirocket", "logistic"]
"""
PEOPLE, CLASSES = 6, 4
SPLIT = SplitReport("subject", (40, 10, 50), (400, 100, 500), (0, 0, 0), (5, 1, 6), ((), (), ()))


def summary(name: str, classes: tuple[str, ...]) -> DomainSummary:
    return DomainSummary(
        reference=name,
        digest=f"digest of {name}",
        placement="wrist",
        rate_hz=25.0,
        classes=classes,
        subjects=tuple(f"p{number}" for number in range(2 * PEOPLE)),
        duration_s=1000.0,
        samples=100,
        split=SPLIT,
        notes=(),
    )


def planted_records(
    share: Callable[[Cell], float],
    text: str = TEXT,
    noise: float = 0.02,
    keep: Callable[[Cell], bool] = lambda cell: True,
    domain: Callable[[DomainSummary], DomainSummary] = lambda known: known,
) -> StudyRecords:
    """Records in which each cell gets `share` of its windows right, give or take `noise`."""
    study = parse_study(text, "planted.toml")
    domains = {
        (name, split): domain(
            summary(f"{name}/{split}", tuple(f"{name}{k}" for k in range(CLASSES + i)))
        )
        for i, name in enumerate(study.domains)
        for split in study.splits
    }
    facts = facts_of(domains)
    observed = {
        cell.key(facts): observe(
            cell,
            share(cell),
            noise,
            *(
                [len(cell.shared)]
                if cell.shared
                else [len(domains[n, 0].classes) for n in cell.targets]
            ),
        )
        for cell in enumerate_cells(study, facts)
        if keep(cell)
    }
    return StudyRecords(study, text, domains, observed, frozenset(), _similarities(study))


def observe(cell: Cell, share: float, noise: float, *classes: int) -> Observed:
    """An observation; wrong answers are another class of the same domain, of so many each."""
    rng = np.random.default_rng(seed_for(*map(str, (cell.describe(), cell.split))))
    starts = np.cumsum([0, *classes])
    rows = []
    for person in range(PEOPLE):
        for start, count in zip(starts, classes, strict=False):
            for true in range(count):
                windows = 20 + 3 * person
                right = rng.binomial(windows, min(max(share + rng.normal(0, noise), 0.0), 1.0))
                wrong = start + (true + 1) % count
                rows += [
                    (person, start + true, start + true, right),
                    (person, start + true, wrong, windows - right),
                ]
    counts = np.array([row for row in rows if row[3]], dtype=np.int32)
    about = {"crosswear": "0", "host": "h"}
    return Observed(cell, sum(classes), counts, 3, Timing(1.5, 0.5), about)


def _similarities(study: StudyDesign) -> tuple[Similarity, ...]:
    names = [name for name in study.sources if name in study.domains]
    return tuple(
        Similarity(t, s, a_distance=1 + 0.1 * j, mmd=0.2 + 0.05 * j, label_overlap=0.0)
        for t in study.domains
        for j, s in enumerate(names)
        if s != t
    )
