"""Numbers of the figures of the page, each once, as arrays: text would make it heavy."""

from __future__ import annotations

from typing import Any

from crosswear.evidence.statements import LearningMethod, Score
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import CONTRASTS, MICRO_F1, evidence_table
from crosswear.report.lines import ends_of, lines_of
from crosswear.signal.metrics import per_class_f1

DIGITS = 5
"""Decimals of shares: a thousandth of a point."""


def figures_data(index: EvidenceIndex) -> dict[str, Any]:
    """Return the data that `page.js` draws.

    Returns:
        `targets`, `sources`, `origins` (places of a target's sources), `sizes`, `transfers`, the
        `judged` branches, `classes` (names by target) and `approaches`; `scores` and `verdicts` as
        columns, the first three of which are places in those lists; `lines` of each target, with
        places in `scores`, and the `ends` of their plot; `confusions` with the place of their
        score.
    """
    scores, verdicts = index.evidence.scores, index.evidence.verdicts
    place = {id(score): number for number, score in enumerate(scores)}
    approaches = {
        approach: number
        for number, approach in enumerate(dict.fromkeys(s.approach for s in scores))
    }
    targets = {name: number for number, name in enumerate(index.targets)}
    sources = {name: number for number, name in enumerate(index.sources)}
    sizes = {size: number for number, size in enumerate(index.sizes)}
    lines = {target: lines_of(index, target) for target in targets}
    contrasts = (f"{kind}{part}" for kind in CONTRASTS for part in ("", "_low", "_high"))

    def places(scores: tuple[Score | None, ...]) -> list[int | None]:
        return [None if one is None else place[id(one)] for one in scores]

    return {
        "targets": list(targets),
        "sources": list(sources),
        "origins": [[sources[one] for one in index.sources_of(target)] for target in targets],
        "sizes": list(sizes),
        "transfers": [{"branches": one, "blocks": blocks} for one, blocks in index.transfers],
        "judged": index.evidence.study.judged_branches,
        "classes": [list(index.evidence.domains[name].classes) for name in targets],
        "approaches": [_approach(approach) for approach in approaches],
        "scores": {
            "target": [targets[one.target] for one in scores],
            "approach": [approaches[one.approach] for one in scores],
            "size": [sizes[one.size] for one in scores],
            **_columns(index, "scores", "done", "repetitions", *MICRO_F1, "macro_f1"),
        },
        "verdicts": {
            "target": [targets[one.target] for one in verdicts],
            "source": [sources[one.source] for one in verdicts],
            "size": [sizes[one.size] for one in verdicts],
            **_columns(index, "verdicts", "blocks", "effect", "classical", *contrasts),
        },
        "lines": [
            [
                {
                    "label": line.label,
                    "kind": line.kind,
                    "number": line.number,
                    "source": sources.get(line.source),
                    "scores": places(line.scores),
                }
                for line in lines[target]
            ]
            for target in targets
        ],
        "ends": [ends_of(lines[target]) for target in targets],
        "confusions": _confusions(index, place),
    }


def _approach(approach: LearningMethod) -> dict[str, str | int]:
    return {
        "method": approach.method,
        "source": approach.source,
        "blocks": approach.blocks,
        "branches": approach.branches,
        "label": approach.label,
    }


def _confusions(index: EvidenceIndex, place: dict[int, int]) -> dict[int, dict[str, Any]]:
    """Return counts, row by row, and F1 of all compared methods, by place of the score."""
    contenders = {
        place[id(one)]: one
        for target in index.targets
        for size in index.sizes
        for source in index.trained_sources_of(target)
        for one in index.contenders(target, source, size)
    }
    return {
        number: {
            "counts": one.confusion.ravel().tolist(),
            "f1": [_short(f1) for f1 in per_class_f1(one.confusion).tolist()],
        }
        for number, one in contenders.items()
        if one.confusion is not None
    }


def _columns(index: EvidenceIndex, table: str, *names: str) -> dict[str, list[Any]]:
    """Return columns of a table of the evidence, shares rounded."""
    columns = evidence_table(index.evidence, table).select(names).to_pydict()
    return {
        name: [_short(one) if isinstance(one, float) else one for one in column]
        for name, column in columns.items()
    }


def _short(value: float) -> float | None:
    return None if value != value else round(value, DIGITS)
