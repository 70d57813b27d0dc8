"""The evidence as tables for people: numbers rounded, with their intervals, in words.

The page, `report.md` and the LaTeX files show the same ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from crosswear.core.texts import counted
from crosswear.evidence import words
from crosswear.evidence.model import CLASSICAL, Evidence, Finding, LearningMethod, Score, Verdict
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.lines import lines_of
from crosswear.signal.metrics import per_class_f1

Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Readable:
    """A table for people.

    Attributes:
        caption: what it shows, in one sentence.
        headings: of its columns.
        rows: texts.
        names: how many columns on the left are names, not numbers.
    """

    caption: str
    headings: Row
    rows: tuple[Row, ...]
    names: int = 1

    @property
    def alignment(self) -> list[str]:
        """Of each column: names to the left, numbers to the right."""
        return ["left"] * self.names + ["right"] * (len(self.headings) - self.names)

    def without(self, heading: str) -> Readable:
        """The table less a column of names."""
        place = self.headings.index(heading)
        headings, *rows = ((*row[:place], *row[place + 1 :]) for row in (self.headings, *self.rows))
        return replace(self, headings=headings, rows=tuple(rows))


def verdicts(board: EvidenceIndex, sizes: Iterable[int]) -> Readable:
    """The verdict on every transfer, at some sizes."""
    asked = set(sizes)
    rows = (_verdict(one) for one in board.evidence.verdicts if one.size in asked)
    return Readable(
        "Does transfer help? Differences in points of micro-F1, with 95 % intervals. "
        f"{board.judged}".strip(),
        (
            *("target", "source", "windows", "blocks", "micro-F1 (%)", "over scratch", "effect"),
            *("over untrained", "effect", "over best classical", "effect"),
        ),
        tuple(rows),
        names=2,
    )


def _verdict(one: Verdict) -> Row:
    blocks = words.NOTHING if one.blocks is None else str(one.blocks)
    return (
        *(one.target, one.source, str(one.size), blocks, words.score(one.micro_f1)),
        *(words.gain(one.over_scratch), one.effect),
        *(words.gain(one.over_untrained), words.compared(one.over_untrained)),
        f"{words.gain(one.over_classical)} {one.classical}".strip(),
        words.compared(one.over_classical),
    )


def brief(board: EvidenceIndex, size: int) -> Readable:
    """The verdicts at a size, narrow enough for a terminal."""
    rows = []
    for one in board.evidence.verdicts:
        if one.size != size:
            continue
        untrained, classical = (
            f"{words.sign(contrast)} {words.points(contrast.difference.mean)}" if contrast else "?"
            for contrast in (one.over_untrained, one.over_classical)
        )
        scratch = f"{words.sign(one.over_scratch)} {words.gain(one.over_scratch)}"
        blocks = words.NOTHING if one.blocks is None else str(one.blocks)
        score = words.percent(one.micro_f1.mean if one.micro_f1 else None)
        versus = f"{classical} {one.classical}".strip()
        rows.append((one.target, one.source, blocks, score, scratch, untrained, versus))
    return Readable(
        "Points of micro-F1 with 95 % intervals: ▲ better, = no difference, ▼ worse, ? unknown. "
        f"{board.judged}".strip(),
        (
            *("target", "source", "blocks", "micro-F1"),
            *("over scratch", "untrained", "best classical"),
        ),
        tuple(rows),
        names=2,
    )


def findings(evidence: Evidence) -> Readable:
    """Every reading of the study that was put to the test."""
    return Readable(
        "Readings of the study, put to the test.",
        ("question", "answer", "measure", "value", "p", "n", "in words"),
        tuple(
            (
                one.question,
                one.support,
                one.measure,
                value(one),
                words.p_value(one.p),
                str(one.n),
                one.sentence,
            )
            for one in evidence.findings
        ),
        names=3,
    )


def value(finding: Finding) -> str:
    """What a finding measures, with its interval: `0.42 (0.03 to 0.71)`."""
    if finding.value is None:
        return words.NOTHING
    mean, low, high = finding.value.mean, finding.value.low, finding.value.high
    if low is None or high is None:
        return words.plain(mean)
    return f"{words.plain(mean)} ({words.plain(low)} to {words.plain(high)})"


def similarities(evidence: Evidence) -> Readable:
    """How alike sources and targets are."""
    return Readable(
        "How alike source and target are, judged by their train windows alone.",
        ("target", "source", "proxy A-distance", "MMD", "label overlap"),
        tuple(
            (
                one.target,
                one.source,
                *map(words.plain, (one.a_distance, one.mmd, one.label_overlap)),
            )
            for one in evidence.similarities
        ),
        names=2,
    )


def scores(evidence: Evidence) -> Readable:
    """Every score of the study."""
    return Readable(
        "Micro-F1 in per cent with 95 % intervals; macro-F1 in per cent; seconds of training.",
        ("target", "windows", "rival", "done", "micro-F1", "macro-F1", "train s"),
        tuple(
            (
                one.target,
                str(one.size),
                one.rival.label,
                f"{one.done}/{one.repetitions}",
                words.score(one.micro_f1),
                words.percent(one.macro_f1),
                words.NOTHING if one.train_s is None else f"{one.train_s:.1f}",
            )
            for one in evidence.scores
        ),
        names=3,
    )


def per_class(board: EvidenceIndex) -> Readable:
    """F1 of every class, of those that the verdicts compare."""
    rows: list[Row] = []
    for target in board.targets:
        classes = board.evidence.domains[target].classes
        for size in board.sizes:
            for one in _compared(board, target, size):
                if one.confusion is not None:
                    f1 = per_class_f1(one.confusion).tolist()
                    windows = one.confusion.sum(axis=1).tolist()
                    rows += [
                        (target, str(size), one.rival.label, name, str(count), _f1(value))
                        for name, count, value in zip(classes, windows, f1, strict=True)
                    ]
    return Readable(
        "F1 of every class in per cent, of those that the verdicts compare.",
        ("target", "windows", "rival", "class", "test windows", "F1"),
        tuple(rows),
        names=4,
    )


def _compared(board: EvidenceIndex, target: str, size: int) -> list[Score]:
    sources = board.trained_sources_of(target)
    all_of_them = [one for source in sources for one in board.contenders(target, source, size)]
    return list(dict.fromkeys(all_of_them))


def _f1(value: float) -> str:
    return words.NOTHING if math.isnan(value) else words.percent(value)


def heatmap(board: EvidenceIndex, target: str) -> Readable:
    """The numbers of a target's heatmaps."""

    def cell(size: int, rival: LearningMethod) -> str:
        one = board.score(target, size, rival)
        if one is None:
            return words.NOTHING
        if one.micro_f1 is None:
            return f"{one.done} of {one.repetitions} done"
        return words.score(one.micro_f1)

    rows = [
        (
            words.source_name(source),
            str(size),
            cell(size, LearningMethod("network")),
            *(
                cell(size, LearningMethod("network", source, blocks, branches))
                for branches, blocks in board.transfers
            ),
        )
        for source in board.sources_of(target)
        for size in board.sizes
    ]
    return Readable(
        f"Micro-F1 in per cent on {target}, with 95 % intervals, by source, windows and blocks.",
        (
            "source",
            "windows",
            "scratch",
            *(
                counted(blocks, "block") + (f", {branches}" if board.judged else "")
                for branches, blocks in board.transfers
            ),
        ),
        tuple(rows),
        names=2,
    )


def curves(board: EvidenceIndex, target: str) -> Readable:
    """The numbers of a target's learning curves."""
    return Readable(
        f"Micro-F1 in per cent on {target}, with 95 % intervals, by windows in the adaptation set.",
        ("", *(f"{size}" for size in board.sizes)),
        tuple(
            (line.label, *(words.score(one.micro_f1 if one else None) for one in line.scores))
            for line in lines_of(board, target)
        ),
    )


def zero_label(evidence: Evidence) -> Readable:
    """Every alignment on every pair of domains that share classes."""
    return Readable(
        "On shared classes, without labels of the target: micro-F1 and macro-F1 in per cent, and "
        "differences in points, with 95 % intervals. Majority: the most frequent class, always.",
        (
            *("target", "labels from", "seen of the target", "classes"),
            *("majority", "micro-F1", "macro-F1", "over source only", "effect"),
        ),
        tuple(
            (
                one.target,
                one.target if METHODS[one.alignment].sees == "labels" else one.source,
                METHODS[one.alignment].label,
                str(one.classes),
                words.percent(one.score.majority_f1),
                words.score(one.score.micro_f1),
                words.percent(one.score.macro_f1),
                words.gain(one.over_source_only),
                words.compared(one.over_source_only) if one.over_source_only else words.NOTHING,
            )
            for one in evidence.zero_label
        ),
        names=3,
    )


def source_networks(evidence: Evidence) -> Readable:
    """Every source network on every domain that it has learned."""
    return Readable(
        "Source networks on the test windows of what they have learned: micro-F1 with its 95 % "
        "interval, and macro-F1, in per cent. Majority: the most frequent class, always.",
        ("network of", "tested on", "majority", "micro-F1", "macro-F1"),
        tuple(
            (
                one.rival.source,
                one.target,
                words.percent(one.majority_f1),
                words.score(one.micro_f1),
                words.percent(one.macro_f1),
            )
            for one in evidence.source_networks
        ),
        names=2,
    )


def sensors(evidence: Evidence) -> Readable:
    """What transfers between domains of different sensors carry; no row where all are equal."""
    rows = []
    for target in evidence.domains:
        own = evidence.domains[target].sensors
        for source, domains in evidence.study.trained_origins(target).items():
            theirs = evidence.domains[domains[0]].sensors
            if own != theirs:
                parts = (
                    [sensor for sensor in own if sensor in theirs],
                    [*(sensor for sensor in own if sensor not in theirs), "dense layers"],
                    [sensor for sensor in theirs if sensor not in own],
                )
                rows.append((source, target, *(", ".join(p) or words.NOTHING for p in parts)))
    return Readable(
        "Transfers between domains of different sensors: whose branches come from the source.",
        ("from", "to", "copied", "fresh", "left behind"),
        tuple(rows),
        names=5,
    )


KINDS = {
    "over_scratch": "the network from scratch",
    "over_untrained": "the untrained control",
    "over_classical": "the best classical baseline",
}
"""What a verdict compares a transfer with."""


def kinds_of(board: EvidenceIndex) -> dict[str, str]:
    """Those of `KINDS` that the study asks for."""
    grid, sources = board.evidence.study.grid, board.evidence.study.sources
    lacking = set() if UNTRAINED in sources else {"over_untrained"}
    if not any(rival.method in grid.baselines for rival in CLASSICAL):
        lacking.add("over_classical")
    return {kind: name for kind, name in KINDS.items() if kind not in lacking}


def effects_counted(board: EvidenceIndex, size: int, kind: str) -> dict[str, int]:
    """How many transfers are better, no different, worse, unknown, against one of `KINDS`."""
    contrasts = (getattr(one, kind) for one in board.evidence.verdicts if one.size == size)
    said = Counter(words.compared(contrast) for contrast in contrasts)
    return {word: said[word] for word in words.COMPARED.values()}


def tally(board: EvidenceIndex) -> Readable:
    """`effects_counted` at every size."""

    def told(size: int, kind: str) -> str:
        found = effects_counted(board, size, kind).items()
        return ", ".join(f"{count} {word}" for word, count in found if count) or words.NOTHING

    kinds = kinds_of(board)
    return Readable(
        "Transfers against what else could be done, by windows in the adaptation set.",
        ("windows", *(f"against {name}" for name in kinds.values())),
        tuple((str(size), *(told(size, kind) for kind in kinds)) for size in board.sizes),
    )
