"""The numbers behind the figures of the page, each once, as arrays: text would make it heavy."""

from __future__ import annotations

from typing import Any

from crosswear.evidence.model import Contrast, Interval, LearningMethod, Score
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.lines import ends_of, lines_of
from crosswear.report.readable import KINDS
from crosswear.signal.metrics import per_class_f1

DIGITS = 5
"""Decimals of shares: a thousandth of a point."""


def figures_data(board: EvidenceIndex) -> dict[str, Any]:
    """What `page.js` draws from.

    Returns:
        `targets`, `sources`, `origins` (places of a target's sources), `sizes`, `transfers`, the
        `judged` branches, `classes` (names by target) and `rivals`; `scores` and `verdicts` as
        columns, the first three of which are places in those lists; `lines` of each target, with
        places in `scores`, and the `ends` of their plot; `confusions` with the place of their
        score.
    """
    scores, verdicts = board.evidence.scores, board.evidence.verdicts
    place = {id(score): number for number, score in enumerate(scores)}
    rivals = {rival: number for number, rival in enumerate(dict.fromkeys(s.rival for s in scores))}
    targets = {name: number for number, name in enumerate(board.targets)}
    sources = {name: number for number, name in enumerate(board.sources)}
    sizes = {size: number for number, size in enumerate(board.sizes)}
    lines = {target: lines_of(board, target) for target in targets}

    def places(scores: tuple[Score | None, ...]) -> list[int | None]:
        return [None if one is None else place[id(one)] for one in scores]

    return {
        "targets": list(targets),
        "sources": list(sources),
        "origins": [[sources[one] for one in board.sources_of(target)] for target in targets],
        "sizes": list(sizes),
        "transfers": [{"branches": one, "blocks": blocks} for one, blocks in board.transfers],
        "judged": board.evidence.study.judged,
        "classes": [list(board.evidence.domains[name].classes) for name in targets],
        "rivals": [_rival(rival) for rival in rivals],
        "scores": {
            "target": [targets[one.target] for one in scores],
            "rival": [rivals[one.rival] for one in scores],
            "size": [sizes[one.size] for one in scores],
            "done": [one.done for one in scores],
            "repetitions": [one.repetitions for one in scores],
            **_intervals("micro_f1", [one.micro_f1 for one in scores]),
            "macro_f1": [_short(one.macro_f1) for one in scores],
        },
        "verdicts": {
            "target": [targets[one.target] for one in verdicts],
            "source": [sources[one.source] for one in verdicts],
            "size": [sizes[one.size] for one in verdicts],
            "blocks": [one.blocks for one in verdicts],
            "effect": [one.effect for one in verdicts],
            "classical": [one.classical for one in verdicts],
            **{
                name: values
                for kind in KINDS
                for name, values in _contrasts(
                    kind, [getattr(one, kind) for one in verdicts]
                ).items()
            },
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
        "confusions": _confusions(board, place),
    }


def _rival(rival: LearningMethod) -> dict[str, str | int]:
    return {
        "method": rival.method,
        "source": rival.source,
        "blocks": rival.blocks,
        "branches": rival.branches,
        "label": rival.label,
    }


def _confusions(board: EvidenceIndex, place: dict[int, int]) -> dict[int, dict[str, Any]]:
    """Of all that the page compares, by place of the score: rows one after the other, and F1."""
    contenders = {
        place[id(one)]: one
        for target in board.targets
        for size in board.sizes
        for source in board.trained_sources_of(target)
        for one in board.contenders(target, source, size)
    }
    return {
        number: {
            "counts": one.confusion.ravel().tolist(),
            "f1": [_short(f1) for f1 in per_class_f1(one.confusion).tolist()],
        }
        for number, one in contenders.items()
        if one.confusion is not None
    }


def _contrasts(name: str, contrasts: list[Contrast | None]) -> dict[str, list[float | None]]:
    return _intervals(name, [one.difference if one else None for one in contrasts])


def _intervals(name: str, intervals: list[Interval | None]) -> dict[str, list[float | None]]:
    return {
        name: [_short(one.mean) if one else None for one in intervals],
        f"{name}_low": [_short(one.low) if one else None for one in intervals],
        f"{name}_high": [_short(one.high) if one else None for one in intervals],
    }


def _short(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, DIGITS)
