"""The evidence of a study that was never run, as awkward as asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from crosswear.core.keys import seed_for
from crosswear.evidence.gather import gather
from crosswear.evidence.records import Observed, StudyRecords, facts_of
from crosswear.evidence.statements import Evidence, Similarity
from crosswear.grid.experiment import UNTRAINED, Cell, enumerate_cells
from crosswear.grid.study_file import parse_study
from crosswear.report.evidence_tables import cells_table
from generators.records import observe, summary

STUDY = """
name = "planted"
[domains]
alpha = "simulated-daily"
beta = "simulated-gestures"
gamma = "simulated-sports"
[grid]
sizes = [20, 100]
blocks = [0, 1, 3]
seeds = 3
sources = ["alpha", "beta", "gamma", "random"]
baselines = ["majority", "forest", "minirocket", "logistic"]
"""
AWKWARD_CLASSES = (
    "<script>alert(1)</script>",
    "=SUM(A1:A9)",
    "$\\frac{a}{b}$ math",
    "salt & pepper_50 %",
    "</script><img src=x onerror=alert(2)>",
    "%{customdata} <b>bold</b> {{ braces }}",
    "a very long name of a class that goes on and on until no label has room for all of it",
    "-1+1 | pipe `code` *star*",
)
AWKWARD_DOMAINS = {
    "alpha": "<script>alert(9)</script>",
    "beta": "=$math$ & 50 % _x_ " + "long " * 12,
}
"""No study file allows such names today; the report does not count on that."""


@dataclass(frozen=True)
class Planted:
    """Evidence and the table of cells that belongs to it."""

    evidence: Evidence
    cells: pa.Table


def planted(
    text: str = STUDY,
    *,
    classes: int = 6,
    class_names: Sequence[str] = (),
    lost: float = 0.0,
    people: bool = True,
    renamed: Mapping[str, str] | None = None,
) -> Planted:
    """Make the evidence of a study.

    Args:
        text, classes, class_names, lost, people: as for `records_of`.
        renamed: new names of domains, see `AWKWARD_DOMAINS`.
    """
    records = records_of(text, classes, class_names, lost, people)
    return _renamed(Planted(gather(records), cells_table(records)), renamed or {})


def records_of(
    text: str,
    classes: int = 6,
    class_names: Sequence[str] = (),
    lost: float = 0.0,
    people: bool = True,
) -> StudyRecords:
    """Make the records of a study.

    Args:
        text: the study file.
        classes: of every domain; the last one is never predicted.
        class_names: of the first classes; the others are called by number.
        lost: share of cells without a record, of which a third failed.
        people: without, all test windows are of one person.
    """
    study = parse_study(text, "planted.toml")
    known = (*class_names, *(f"activity {number}" for number in range(classes)))[:classes]
    note = "12 rows were <i>lost</i> & bridged."
    domains = {
        (name, split): replace(summary(name, known), notes=(note,), digest=f"{name} {split}")
        for name in study.domains
        for split in study.splits
    }
    facts = facts_of(domains)
    observed, failed = {}, set()
    for cell in enumerate_cells(study, facts):
        key = cell.key(facts)
        chance = np.random.default_rng(seed_for("lost", key)).random()
        if chance >= lost:
            observed[key] = _observe(cell, classes, people)
        elif chance < lost / 3:
            failed.add(key)
    similarities = tuple(
        Similarity(target, source, a_distance=1 + 0.1 * place, mmd=0.3, label_overlap=0.25)
        for target in study.domains
        for place, source in enumerate(study.sources)
        if source in study.domains and source != target
    )
    return StudyRecords(study, text, domains, observed, frozenset(failed), similarities)


def _observe(cell: Cell, classes: int, people: bool) -> Observed:
    one = observe(cell, _share(cell), 0.05, *(classes for _ in cell.targets))
    counts = one.counts.copy()
    domain, own = np.divmod(counts[:, 1], classes)
    never = counts[:, 2] == domain * classes + classes - 1
    counts[never, 2] = (domain * classes + (own + 1) % (classes - 1))[never]
    if not people:
        counts[:, 0] = 0
    return replace(one, counts=counts, provenance={"crosswear": "0.1.0", "host": "<b>h</b>"})


def _share(cell: Cell) -> float:
    """Transfer gains a little with few windows; the forest and then MiniRocket are better still."""
    rising = 0.3 + 0.2 * np.log10(cell.size)
    if cell.method == "majority":
        return 0.16
    if cell.method in ("forest", "minirocket"):
        return float(rising + (0.08 if cell.method == "forest" else 0.02 + cell.size / 4000))
    if cell.method == "logistic":
        return float(rising + 0.03)
    trained = bool(cell.sources) and UNTRAINED not in cell.sources
    gain = (0.12 - 0.03 * abs(cell.blocks - 1)) * trained * 40 / (cell.size + 20)
    return float(min(0.95, rising - 0.06 + gain))


def _renamed(made: Planted, names: Mapping[str, str]) -> Planted:
    def new(name: str) -> str:
        return names.get(name, name)

    evidence, study = made.evidence, replace(made.evidence.study)
    grid = replace(study.grid)
    if names:  # past the check of names
        object.__setattr__(grid, "sources", tuple(map(new, study.sources)))
        object.__setattr__(study, "grid", grid)
        object.__setattr__(study, "domains", {new(n): r for n, r in study.domains.items()})
    evidence = replace(
        evidence,
        study=study,
        domains={new(name): about for name, about in evidence.domains.items()},
        scores=tuple(
            replace(
                one,
                target=new(one.target),
                approach=replace(one.approach, source=new(one.approach.source)),
            )
            for one in evidence.scores
        ),
        verdicts=tuple(
            replace(one, target=new(one.target), source=new(one.source))
            for one in evidence.verdicts
        ),
        similarities=tuple(
            replace(one, target=new(one.target), source=new(one.source))
            for one in evidence.similarities
        ),
        source_networks=tuple(
            replace(
                one,
                target=new(one.target),
                approach=replace(one.approach, source=new(one.approach.source)),
            )
            for one in evidence.source_networks
        ),
    )
    cells = made.cells
    for name in ("target", "source"):
        place = cells.schema.get_field_index(name)
        cells = cells.set_column(place, name, [[new(text) for text in cells[name].to_pylist()]])
    return Planted(evidence, cells)
