"""Evidence as tables for people: numbers rounded, with their intervals, in words.

The page, `report.md` and the LaTeX files show the same ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from crosswear.core.intervals import NOTHING, percent, plain, points
from crosswear.core.texts import counted
from crosswear.evidence import phrases
from crosswear.evidence.statements import (
    CLASSICAL,
    MEASURES,
    Evidence,
    LearningMethod,
    Score,
    Verdict,
)
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.formats import Row, TextTable
from crosswear.report.lines import lines_of
from crosswear.signal.metrics import per_class_f1


def verdicts(index: EvidenceIndex, sizes: Iterable[int]) -> TextTable:
    """Return the verdict on every transfer, at some sizes."""
    asked = set(sizes)
    rows = (_verdict(one) for one in index.evidence.verdicts if one.size in asked)
    return TextTable(
        "Does transfer help? Differences in points of micro-F1, with 95 % intervals. "
        f"{index.judged}".strip(),
        (
            *("target", "source", "windows", "blocks", "micro-F1 (%)", "over scratch", "effect"),
            *("over untrained", "effect", "over best classical", "effect"),
        ),
        tuple(rows),
        names=2,
    )


def _verdict(one: Verdict) -> Row:
    blocks = NOTHING if one.blocks is None else str(one.blocks)
    return (
        *(one.target, one.source, str(one.size), blocks, percent(one.micro_f1)),
        *(phrases.gain(one.over_scratch), one.effect),
        *(phrases.gain(one.over_untrained), phrases.compared(one.over_untrained)),
        f"{phrases.gain(one.over_classical)} {one.classical}".strip(),
        phrases.compared(one.over_classical),
    )


def brief(index: EvidenceIndex, size: int) -> TextTable:
    """Return the verdicts at a size, narrow enough for a terminal."""
    rows = []
    for one in index.evidence.verdicts:
        if one.size != size:
            continue
        untrained, classical = (
            f"{phrases.sign(contrast)} {points(contrast.difference.value)}" if contrast else "?"
            for contrast in (one.over_untrained, one.over_classical)
        )
        scratch = f"{phrases.sign(one.over_scratch)} {phrases.gain(one.over_scratch)}"
        blocks = NOTHING if one.blocks is None else str(one.blocks)
        score = percent(one.micro_f1.value if one.micro_f1 else None)
        versus = f"{classical} {one.classical}".strip()
        rows.append((one.target, one.source, blocks, score, scratch, untrained, versus))
    return TextTable(
        "Points of micro-F1 with 95 % intervals: ▲ better, = no difference, ▼ worse, ? unknown. "
        f"{index.judged}".strip(),
        (
            *("target", "source", "blocks", "micro-F1"),
            *("over scratch", "untrained", "best classical"),
        ),
        tuple(rows),
        names=2,
    )


def findings(evidence: Evidence) -> TextTable:
    """Return every finding of the study."""
    return TextTable(
        "Findings: the hypotheses of the study, tested.",
        ("question", "answer", "measure", "value", "p", "n", "in words"),
        tuple(
            (
                one.question,
                one.support,
                one.measure,
                plain(one.value),
                phrases.p_value(one.p),
                str(one.n),
                one.sentence,
            )
            for one in evidence.findings
        ),
        names=3,
    )


def similarities(evidence: Evidence) -> TextTable:
    """Return the similarity of each target and source."""
    return TextTable(
        "Similarity of source and target, measured on their train windows alone.",
        ("target", "source", *(name for name, _ in MEASURES.values())),
        tuple(
            (
                one.target,
                one.source,
                *(plain(getattr(one, name)) for name in MEASURES),
            )
            for one in evidence.similarities
        ),
        names=2,
    )


def scores(evidence: Evidence) -> TextTable:
    """Return every score of the study."""
    return TextTable(
        "Micro-F1 in per cent with 95 % intervals; macro-F1 in per cent; seconds of training.",
        ("target", "windows", "method", "done", "micro-F1", "macro-F1", "train s"),
        tuple(
            (
                one.target,
                str(one.size),
                one.approach.label,
                f"{one.done}/{one.repetitions}",
                percent(one.micro_f1),
                percent(one.macro_f1),
                NOTHING if one.train_s is None else f"{one.train_s:.1f}",
            )
            for one in evidence.scores
        ),
        names=3,
    )


def per_class(index: EvidenceIndex) -> TextTable:
    """Return the F1 of every class, of the methods that the verdicts compare."""
    rows: list[Row] = []
    for target in index.targets:
        classes = index.evidence.domains[target].classes
        for size in index.sizes:
            for one in _compared(index, target, size):
                if one.confusion is not None:
                    f1 = per_class_f1(one.confusion).tolist()
                    windows = one.confusion.sum(axis=1).tolist()
                    rows += [
                        (target, str(size), one.approach.label, name, str(count), _f1(value))
                        for name, count, value in zip(classes, windows, f1, strict=True)
                    ]
    return TextTable(
        "F1 of every class in per cent, of the methods that the verdicts compare.",
        ("target", "windows", "method", "class", "test windows", "F1"),
        tuple(rows),
        names=4,
    )


def _compared(index: EvidenceIndex, target: str, size: int) -> list[Score]:
    sources = index.trained_sources_of(target)
    all_of_them = [one for source in sources for one in index.contenders(target, source, size)]
    return list(dict.fromkeys(all_of_them))


def _f1(value: float) -> str:
    return NOTHING if math.isnan(value) else percent(value)


def heatmap(index: EvidenceIndex, target: str) -> TextTable:
    """Return the numbers of a target's heatmaps."""

    def cell(size: int, approach: LearningMethod) -> str:
        one = index.score(target, size, approach)
        if one is None:
            return NOTHING
        if one.micro_f1 is None:
            return f"{one.done} of {one.repetitions} done"
        return percent(one.micro_f1)

    rows = [
        (
            phrases.source_name(source),
            str(size),
            cell(size, LearningMethod("network")),
            *(
                cell(size, LearningMethod("network", source, blocks, branches))
                for branches, blocks in index.transfers
            ),
        )
        for source in index.sources_of(target)
        for size in index.sizes
    ]
    return TextTable(
        f"Micro-F1 in per cent on {target}, with 95 % intervals, by source, windows and blocks.",
        (
            "source",
            "windows",
            "scratch",
            *(
                counted(blocks, "block") + (f", {branches}" if index.judged else "")
                for branches, blocks in index.transfers
            ),
        ),
        tuple(rows),
        names=2,
    )


def curves(index: EvidenceIndex, target: str) -> TextTable:
    """Return the numbers of a target's learning curves."""
    return TextTable(
        f"Micro-F1 in per cent on {target}, with 95 % intervals, by windows in the adaptation set.",
        ("", *(f"{size}" for size in index.sizes)),
        tuple(
            (line.label, *(percent(one.micro_f1 if one else None) for one in line.scores))
            for line in lines_of(index, target)
        ),
    )


def zero_label(evidence: Evidence) -> TextTable:
    """Return every alignment on every pair of domains that share classes."""
    return TextTable(
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
                percent(one.score.majority_f1),
                percent(one.score.micro_f1),
                percent(one.score.macro_f1),
                phrases.gain(one.over_source_only),
                phrases.compared(one.over_source_only) if one.over_source_only else NOTHING,
            )
            for one in evidence.zero_label
        ),
        names=3,
    )


def encoders(evidence: Evidence) -> TextTable:
    """Return the verdict on every imported encoder."""
    return TextTable(
        "A logistic regression on the features of imported encoders: micro-F1 in per cent, and "
        "differences in points, with 95 % intervals. Untrained: the same network with new weights.",
        (
            *("target", "encoder", "windows", "micro-F1", "over untrained", "effect"),
            *("over best classical", "effect"),
        ),
        tuple(
            (
                *(one.target, one.encoder, str(one.size), percent(one.micro_f1)),
                phrases.gain(one.over_untrained),
                phrases.compared(one.over_untrained),
                f"{phrases.gain(one.over_classical)} {one.classical}".strip(),
                phrases.compared(one.over_classical),
            )
            for one in evidence.encoders
        ),
        names=2,
    )


def source_networks(evidence: Evidence) -> TextTable:
    """Return every source network on every domain that it was trained on."""
    return TextTable(
        "Source networks on the test windows of their own domains: micro-F1 with its 95 % "
        "interval, and macro-F1, in per cent. Majority: the most frequent class, always.",
        ("network of", "tested on", "majority", "micro-F1", "macro-F1"),
        tuple(
            (
                one.approach.source,
                one.target,
                percent(one.majority_f1),
                percent(one.micro_f1),
                percent(one.macro_f1),
            )
            for one in evidence.source_networks
        ),
        names=2,
    )


def sensors(evidence: Evidence) -> TextTable:
    """Return the parts that transfers between different sensors carry; no row without any."""
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
                rows.append((source, target, *(", ".join(p) or NOTHING for p in parts)))
    return TextTable(
        "Transfers between domains of different sensors: the branches that come from the source.",
        ("from", "to", "copied", "fresh", "left behind"),
        tuple(rows),
        names=5,
    )


KINDS = {
    "over_scratch": "the network from scratch",
    "over_untrained": "the untrained control",
    "over_classical": "the best classical baseline",
}
"""Methods that a verdict compares a transfer with."""


def kinds_of(index: EvidenceIndex) -> dict[str, str]:
    """Return those of `KINDS` that the study has."""
    grid, sources = index.evidence.study.grid, index.evidence.study.sources
    lacking = set() if UNTRAINED in sources else {"over_untrained"}
    if not any(approach.method in grid.baselines for approach in CLASSICAL):
        lacking.add("over_classical")
    return {kind: name for kind, name in KINDS.items() if kind not in lacking}


def effects_counted(index: EvidenceIndex, size: int, kind: str) -> dict[str, int]:
    """Count the transfers that are better, no different, worse, unknown, against one of `KINDS`."""
    contrasts = (getattr(one, kind) for one in index.evidence.verdicts if one.size == size)
    said = Counter(phrases.compared(contrast) for contrast in contrasts)
    return {word: said[word] for word in phrases.COMPARED.values()}


def tally(index: EvidenceIndex) -> TextTable:
    """Return `effects_counted` at every size."""

    def counts(size: int, kind: str) -> str:
        found = effects_counted(index, size, kind).items()
        return ", ".join(f"{count} {word}" for word, count in found if count) or NOTHING

    kinds = kinds_of(index)
    return TextTable(
        "Transfers against the alternatives, by windows in the adaptation set.",
        ("windows", *(f"against {name}" for name in kinds.values())),
        tuple((str(size), *(counts(size, kind) for kind in kinds)) for size in index.sizes),
    )
