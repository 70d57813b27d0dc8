"""Tables of one study, of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crosswear.evidence import words
from crosswear.evidence.model import LearningMethod, Score
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS
from crosswear.report import readable
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.signal.metrics import per_class_f1
from result_tables import markdown, mean, source_cells, told


def summary(board: EvidenceIndex) -> str:
    """The verdict in one paragraph."""
    return board.evidence.summary


def sources(board: EvidenceIndex) -> str:
    """The source networks, tested on the domain that they were trained on."""
    rows = [
        (
            row["target"],
            f"{row['size']}",
            f"{row['test_windows']}",
            f"{row['epoch']}",
            f"{100 * row['micro_f1']:.1f}",
            f"{100 * row['macro_f1']:.1f}",
        )
        for row in source_cells(board)
    ]
    headings = ("domain", "train windows", "test windows", "epoch", "micro-F1", "macro-F1")
    return markdown(headings, rows, 1)


def rivals(board: EvidenceIndex) -> str:
    """Every way to learn from the same windows; transfers as means over their sources."""
    headings = ("target", "windows", "majority", "forest", "MiniRocket", "scratch")
    headings += ("transfer", "untrained", "logistic on source", "logistic on untrained")
    rows = []
    for target in board.targets:
        for size in board.sizes:
            sources = board.trained_sources_of(target)
            named = ("majority", "forest", "minirocket", "network")
            scores: list[Iterable[Score | None]] = [
                [board.score(target, size, LearningMethod(method))]  # type: ignore[arg-type]
                for method in named
            ]
            scores.append([board.transfer(target, source, size) for source in sources])
            scores.append([board.transfer(target, UNTRAINED, size)])
            scores.append(
                [board.score(target, size, LearningMethod("logistic", s)) for s in sources]
            )
            scores.append([board.score(target, size, LearningMethod("logistic", UNTRAINED))])
            rows.append((target, f"{size}", *map(mean, scores)))
    return markdown(headings, rows, 1)


def heatmap(board: EvidenceIndex) -> str:
    """The heatmaps as text: scratch, then each number of blocks."""
    headings = ("target", "source", *(f"{size} windows" for size in board.sizes))
    rows = []
    for target in board.targets:
        for source in board.sources_of(target):
            cells = (" ".join(_cell(board, target, source, size)) for size in board.sizes)
            rows.append((target, source, *cells))
    return markdown(headings, rows, 2)


def _cell(board: EvidenceIndex, target: str, source: str, size: int) -> Iterator[str]:
    yield mean([board.scratch(target, size)], 0)
    yield "·"
    for branches, blocks in board.transfers:
        yield mean(
            [board.score(target, size, LearningMethod("network", source, blocks, branches))], 0
        )


def verdicts(board: EvidenceIndex) -> str:
    """The verdicts at every size."""
    tables = [(size, readable.brief(board, size)) for size in board.sizes]
    headings = ("windows", *tables[0][1].headings)
    rows = [(f"{size}", *row) for size, one in tables for row in one.rows]
    return markdown(headings, rows, 3)


def findings(board: EvidenceIndex, *names: str) -> str:
    """Every reading that was put to the test, or those whose names begin so."""
    found = board.evidence.findings
    return told(one for one in found if not names or one.name.startswith(names))


def zero_label(board: EvidenceIndex) -> str:
    """Every alignment on every pair of domains that share classes."""
    found = readable.zero_label(board.evidence)
    return markdown(found.headings, list(found.rows), found.names)


def shared_classes(board: EvidenceIndex) -> str:
    """F1 of every shared class, of all repetitions together."""
    evidence = board.evidence
    rows, classes = [], []
    for one in evidence.zero_label:
        shared = evidence.study.shared_between(one.source, one.target)
        classes = [found.name for found in shared]
        f1 = [] if one.score.confusion is None else per_class_f1(one.score.confusion)
        rows.append((one.target, METHODS[one.alignment].label, *map(words.percent, f1)))
    return markdown(("target", "seen of the target", *classes), rows, 2)
