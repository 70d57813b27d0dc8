"""Tables of one study, of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import TypeAlias

from crosswear.core.intervals import NOTHING, percent
from crosswear.core.markdown import table
from crosswear.evidence.statements import LearningMethod, Score
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS, MethodName
from crosswear.report import readable
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.signal.metrics import per_class_f1
from result_tables import findings_table, mean, source_cells


def summary(index: EvidenceIndex) -> str:
    """The verdict in one paragraph."""
    return index.evidence.summary


def sources(index: EvidenceIndex) -> str:
    """The source networks, tested on the domain that they were trained on."""
    rows = [
        (
            row["target"],
            f"{row['size']}",
            f"{row['test_windows']}",
            f"{row['epoch']}",
            percent(row["micro_f1"]),
            percent(row["macro_f1"]),
        )
        for row in source_cells(index)
    ]
    headings = ("domain", "train windows", "test windows", "epoch", "micro-F1", "macro-F1")
    return table(headings, rows, 1)


def methods(index: EvidenceIndex) -> str:
    """Return the scores of every method with the same windows; transfers as means over sources.

    Methods that the study does not have are left out.
    """
    places = list(product(index.targets, index.sizes))
    columns = {
        heading: [mean(score_of(index, *place)) for place in places]
        for heading, score_of in _METHODS.items()
    }
    columns = {heading: some for heading, some in columns.items() if set(some) != {NOTHING}}
    rows = [
        (target, f"{size}", *scores)
        for (target, size), scores in zip(places, zip(*columns.values(), strict=True), strict=True)
    ]
    return table(("target", "windows", *columns), rows, 1)


def _of(method: MethodName) -> _Scores:
    return lambda index, target, size: [index.score(target, size, LearningMethod(method))]


_Scores: TypeAlias = Callable[[EvidenceIndex, str, int], Iterable[Score | None]]
_METHODS: Mapping[str, _Scores] = {
    "majority": _of("majority"),
    "forest": _of("forest"),
    "extra-trees": _of("extra-trees"),
    "MiniRocket": _of("minirocket"),
    "vote": _of("vote"),
    "scratch": _of("network"),
    "transfer": lambda index, target, size: [
        index.transfer(target, source, size) for source in index.trained_sources_of(target)
    ],
    "untrained": lambda index, target, size: [index.transfer(target, UNTRAINED, size)],
    "logistic on source": lambda index, target, size: [
        index.score(target, size, LearningMethod("logistic", source))
        for source in index.trained_sources_of(target)
    ],
    "logistic on untrained": lambda index, target, size: [
        index.score(target, size, LearningMethod("logistic", UNTRAINED))
    ],
}


def heatmap(index: EvidenceIndex) -> str:
    """The heatmaps as text: scratch, then each number of blocks."""
    headings = ("target", "source", *(f"{size} windows" for size in index.sizes))
    rows = []
    for target in index.targets:
        for source in index.sources_of(target):
            cells = (" ".join(_cell(index, target, source, size)) for size in index.sizes)
            rows.append((target, source, *cells))
    return table(headings, rows, 2)


def _cell(index: EvidenceIndex, target: str, source: str, size: int) -> Iterator[str]:
    yield mean([index.scratch(target, size)], 0)
    yield "·"
    for branches, blocks in index.transfers:
        yield mean(
            [index.score(target, size, LearningMethod("network", source, blocks, branches))], 0
        )


def verdicts(index: EvidenceIndex) -> str:
    """The verdicts at every size."""
    tables = [(size, readable.brief(index, size)) for size in index.sizes]
    headings = ("windows", *tables[0][1].headings)
    rows = [(f"{size}", *row) for size, one in tables for row in one.rows]
    return table(headings, rows, 3)


def findings(index: EvidenceIndex, *names: str) -> str:
    """Every reading that was put to the test, or those whose names begin so."""
    found = index.evidence.findings
    return findings_table(one for one in found if not names or one.name.startswith(names))


def zero_label(index: EvidenceIndex) -> str:
    """Every alignment on every pair of domains that share classes."""
    found = readable.zero_label(index.evidence)
    return table(found.headings, found.rows, found.names)


def shared_classes(index: EvidenceIndex) -> str:
    """F1 of every shared class, of all repetitions together."""
    evidence = index.evidence
    rows, classes = [], []
    for one in evidence.zero_label:
        shared = evidence.study.shared_between(one.source, one.target)
        classes = [found.name for found in shared]
        f1 = [] if one.score.confusion is None else per_class_f1(one.score.confusion)
        rows.append((one.target, METHODS[one.alignment].label, *map(percent, f1)))
    return table(("target", "seen of the target", *classes), rows, 2)
