"""The evidence as tables for machines: one column a number, shares from 0 to 1.

`docs/glossary.md` says what every column means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from crosswear.evidence.model import Contrast, Evidence, Interval, Score
from crosswear.grid.methods import Role
from crosswear.signal.metrics import per_class_f1

TEXT, NUMBER, COUNT = pa.string(), pa.float64(), pa.int64()
CONTRASTS = ("over_scratch", "over_untrained", "over_classical")

SCHEMAS: dict[str, pa.Schema] = {
    "scores": pa.schema(
        [
            ("target", TEXT),
            ("size", COUNT),
            ("method", TEXT),
            ("source", TEXT),
            ("branches", TEXT),
            ("blocks", COUNT),
            ("done", COUNT),
            ("repetitions", COUNT),
            ("micro_f1", NUMBER),
            ("micro_f1_low", NUMBER),
            ("micro_f1_high", NUMBER),
            ("macro_f1", NUMBER),
            ("train_s", NUMBER),
        ]
    ),
    "verdicts": pa.schema(
        [
            ("target", TEXT),
            ("source", TEXT),
            ("size", COUNT),
            ("branches", TEXT),
            ("blocks", COUNT),
            ("effect", TEXT),
            ("micro_f1", NUMBER),
            ("micro_f1_low", NUMBER),
            ("micro_f1_high", NUMBER),
            *(
                (f"{contrast}{part}", TEXT if part == "_effect" else NUMBER)
                for contrast in CONTRASTS
                for part in ("", "_low", "_high", "_p", "_adjusted_p", "_effect")
            ),
            ("classical", TEXT),
        ]
    ),
    "findings": pa.schema(
        [
            ("name", TEXT),
            ("question", TEXT),
            ("support", TEXT),
            ("sentence", TEXT),
            ("measure", TEXT),
            ("value", NUMBER),
            ("value_low", NUMBER),
            ("value_high", NUMBER),
            ("p", NUMBER),
            ("n", COUNT),
        ]
    ),
    "similarities": pa.schema(
        [
            ("target", TEXT),
            ("source", TEXT),
            ("a_distance", NUMBER),
            ("mmd", NUMBER),
            ("label_overlap", NUMBER),
        ]
    ),
    "source_networks": pa.schema(
        [
            ("name", TEXT),
            ("domain", TEXT),
            ("micro_f1", NUMBER),
            ("micro_f1_low", NUMBER),
            ("micro_f1_high", NUMBER),
            ("macro_f1", NUMBER),
            ("majority_f1", NUMBER),
        ]
    ),
    "per_class": pa.schema(
        [
            ("target", TEXT),
            ("size", COUNT),
            ("method", TEXT),
            ("source", TEXT),
            ("branches", TEXT),
            ("blocks", COUNT),
            ("class", TEXT),
            ("windows", COUNT),
            ("predicted", COUNT),
            ("f1", NUMBER),
        ]
    ),
}

ZERO_LABEL = pa.schema(
    [
        ("target", TEXT),
        ("source", TEXT),
        ("alignment", TEXT),
        ("classes", COUNT),
        ("done", COUNT),
        ("repetitions", COUNT),
        ("micro_f1", NUMBER),
        ("micro_f1_low", NUMBER),
        ("micro_f1_high", NUMBER),
        ("macro_f1", NUMBER),
        ("majority_f1", NUMBER),
        ("over_source_only", NUMBER),
        ("over_source_only_low", NUMBER),
        ("over_source_only_high", NUMBER),
        ("over_source_only_p", NUMBER),
        ("over_source_only_adjusted_p", NUMBER),
        ("over_source_only_effect", TEXT),
        ("train_s", NUMBER),
    ]
)
"""Of the table of studies with alignments."""


def evidence_tables(evidence: Evidence) -> dict[str, pa.Table]:
    """All tables of the evidence, by name, with the columns of `SCHEMAS` and `ZERO_LABEL`."""
    rows = {
        "scores": _scores(evidence),
        "verdicts": _verdicts(evidence),
        "findings": _findings(evidence),
        "similarities": (
            {n: getattr(s, n) for n in SCHEMAS["similarities"].names} for s in evidence.similarities
        ),
        "source_networks": (
            {
                "name": one.rival.source,
                "domain": one.target,
                **_interval("micro_f1", one.micro_f1),
                "macro_f1": one.macro_f1,
                "majority_f1": one.majority_f1,
            }
            for one in evidence.source_networks
        ),
    }
    tables = {
        name: pa.Table.from_pylist(list(of_table), schema=SCHEMAS[name])
        for name, of_table in rows.items()
    }
    if evidence.zero_label:
        tables["zero_label"] = pa.Table.from_pylist(list(_zero_label(evidence)), schema=ZERO_LABEL)
    return {**tables, "per_class": _per_class(evidence)}


def _scores(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for score in evidence.scores:
        yield {
            **_rival(score),
            **_measured(score),
        }


def _measured(score: Score) -> dict[str, Any]:
    return {
        "done": score.done,
        "repetitions": score.repetitions,
        **_interval("micro_f1", score.micro_f1),
        "macro_f1": score.macro_f1,
        "train_s": score.train_s,
    }


def _verdicts(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for verdict in evidence.verdicts:
        row = {
            "target": verdict.target,
            "source": verdict.source,
            "size": verdict.size,
            "branches": evidence.study.judged,
            "blocks": verdict.blocks,
            "effect": verdict.effect,
            **_interval("micro_f1", verdict.micro_f1),
            "classical": verdict.classical,
        }
        for name in CONTRASTS:
            row |= _contrast(name, getattr(verdict, name))
        yield row


def _zero_label(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for one in evidence.zero_label:
        yield {
            "target": one.target,
            "source": one.source,
            "alignment": one.alignment,
            "classes": one.classes,
            **_measured(one.score),
            "majority_f1": one.score.majority_f1,
            **_contrast("over_source_only", one.over_source_only),
        }


def _findings(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for finding in evidence.findings:
        names = ("name", "question", "support", "sentence", "measure", "p", "n")
        yield {name: getattr(finding, name) for name in names} | _interval("value", finding.value)


def _per_class(evidence: Evidence) -> pa.Table:
    """Column by column: there are as many rows as scores times classes."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMAS["per_class"].names}
    for score in evidence.scores:
        if score.confusion is None:
            continue
        classes = len(score.confusion)
        for name, value in _rival(score).items():
            columns[name] += [value] * classes
        columns["class"] += evidence.domains[score.target].classes
        columns["windows"] += score.confusion.sum(axis=1).tolist()
        columns["predicted"] += score.confusion.sum(axis=0).tolist()
        f1 = per_class_f1(score.confusion)
        columns["f1"] += [None if math.isnan(value) else value for value in f1.tolist()]
    return pa.Table.from_pydict(columns, schema=SCHEMAS["per_class"])


def _rival(score: Score) -> dict[str, Any]:
    rival = score.rival
    transferred = rival.role is Role.NETWORK and rival.source
    return {
        "target": score.target,
        "size": score.size,
        "method": rival.method,
        "source": rival.source,
        "branches": rival.branches if transferred else "",
        "blocks": rival.blocks if transferred else None,
    }


def _contrast(name: str, contrast: Contrast | None) -> dict[str, Any]:
    return {
        **_interval(name, contrast.difference if contrast else None),
        f"{name}_p": contrast.p if contrast else None,
        f"{name}_adjusted_p": contrast.adjusted_p if contrast else None,
        f"{name}_effect": contrast.effect if contrast else "unknown",
    }


def _interval(name: str, interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
