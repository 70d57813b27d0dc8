"""Cells and evidence as tables for machines: one column a number, shares from 0 to 1.

`docs/glossary.md` explains every column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from crosswear.core.intervals import Interval
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.statements import Contrast, Evidence, Score
from crosswear.grid.methods import Role
from crosswear.signal.metrics import macro_f1, micro_f1, per_class_f1

CONTRASTS = ("over_scratch", "over_untrained", "over_classical")
_BOUNDS = ("_low", "_high")
_TESTED = ("", *_BOUNDS, "_p", "_adjusted_p", "_effect")
_COUNTS = (
    *("blocks", "classes", "done", "epoch", "n", "predicted", "repetitions", "seed"),
    *("size", "split", "test_windows", "windows"),
)
_NUMBERS = (
    *("a_distance", "f1", "label_overlap", "macro_f1", "majority_f1", "micro_f1", "mmd", "p"),
    *("test_s", "train_s", "value", "over_source_only", *CONTRASTS),
)


def _schema(*names: str) -> pa.Schema:
    """Return the schema of a table; a column has the same type in all of them."""

    def type_of(name: str) -> pa.DataType:
        if name in _COUNTS:
            return pa.int64()
        number = name in _NUMBERS or name.endswith((*_BOUNDS, "_p"))
        return pa.float64() if number else pa.string()

    return pa.schema([(name, type_of(name)) for name in names])


_METHOD = ("target", "size", "method", "source", "branches", "blocks")
MICRO_F1 = ("micro_f1", "micro_f1_low", "micro_f1_high")
_MEASURED = ("done", "repetitions", *MICRO_F1, "macro_f1")

CELLS = _schema(
    *("key", "status", "method", "target", "source", "strategy", "branches", "blocks", "size"),
    *("seed", "split", "micro_f1", "macro_f1", "test_windows", "epoch", "train_s", "test_s"),
)
SCHEMAS: dict[str, pa.Schema] = {
    "scores": _schema(*_METHOD, *_MEASURED, "train_s"),
    "verdicts": _schema(
        *("target", "source", "size", "branches", "blocks", "effect", *MICRO_F1),
        *(f"{contrast}{part}" for contrast in CONTRASTS for part in _TESTED),
        "classical",
    ),
    "findings": _schema(
        *("name", "question", "support", "sentence", "measure"),
        *("value", "value_low", "value_high", "p", "n"),
    ),
    "similarities": _schema("target", "source", "a_distance", "mmd", "label_overlap"),
    "source_networks": _schema("name", "domain", *MICRO_F1, "macro_f1", "majority_f1"),
    "per_class": _schema(*_METHOD, "class", "windows", "predicted", "f1"),
}
ZERO_LABEL = _schema(
    *("target", "source", "alignment", "classes", *_MEASURED, "majority_f1"),
    *(f"over_source_only{part}" for part in _TESTED),
    "train_s",
)
"""Of the table of studies with alignments."""
ENCODERS = _schema(
    *("target", "encoder", "size", *MICRO_F1),
    *(f"{contrast}{part}" for contrast in ("over_untrained", "over_classical") for part in _TESTED),
    "classical",
)
"""Of the table of studies with encoders."""


def cells_table(records: StudyRecords) -> pa.Table:
    """Return the study as a table with a row for each cell, in its order.

    From `micro_f1` on, all columns are null where the cell is not done.
    """
    rows: list[dict[str, Any]] = []
    for key, cell in records.cells():
        one = records.observed.get(key)
        row = {
            "key": key,
            "status": "done" if one else "failed" if key in records.failed else "missing",
            "method": cell.method,
            "target": cell.target,
            "source": "+".join(cell.sources),
            "strategy": cell.transfer.strategy if cell.transfer else "",
            "branches": cell.branches if cell.transfer else "",
            "blocks": cell.blocks if cell.sources else None,
            "size": cell.size,
            "seed": cell.seed,
            "split": cell.split,
        }
        rows.append(row | _numbers(one) if one else row)
    return pa.Table.from_pylist(rows, schema=CELLS)


def _numbers(one: Observed) -> dict[str, float]:
    confusion = one.confusion
    return {
        "micro_f1": micro_f1(confusion),
        "macro_f1": macro_f1(confusion),
        "test_windows": int(confusion.sum()),
        "epoch": one.epoch,
        "train_s": one.timing.train_s,
        "test_s": one.timing.test_s,
    }


def evidence_tables(evidence: Evidence) -> dict[str, pa.Table]:
    """Return all tables of the evidence by name; columns: `SCHEMAS`, `ZERO_LABEL`, `ENCODERS`."""
    tables = {name: evidence_table(evidence, name) for name in ROWS}
    if evidence.zero_label:
        tables["zero_label"] = pa.Table.from_pylist(list(_zero_label(evidence)), schema=ZERO_LABEL)
    if evidence.encoders:
        tables["encoders"] = pa.Table.from_pylist(list(_encoders(evidence)), schema=ENCODERS)
    return {**tables, "per_class": _per_class(evidence)}


def evidence_table(evidence: Evidence, name: str) -> pa.Table:
    """Return one of the tables of `ROWS`."""
    return pa.Table.from_pylist(list(ROWS[name](evidence)), schema=SCHEMAS[name])


def _scores(evidence: Evidence) -> Iterator[dict[str, Any]]:
    return (_approach(score) | _measured(score) for score in evidence.scores)


def _similarities(evidence: Evidence) -> Iterator[dict[str, Any]]:
    return map(asdict, evidence.similarities)


def _source_networks(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for one in evidence.source_networks:
        names = {"name": one.approach.source, "domain": one.target}
        yield names | _measured(one) | {"majority_f1": one.majority_f1}


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
            "branches": evidence.study.judged_branches,
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


def _encoders(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for one in evidence.encoders:
        yield {
            "target": one.target,
            "encoder": one.encoder,
            "size": one.size,
            **_interval("micro_f1", one.micro_f1),
            **_contrast("over_untrained", one.over_untrained),
            **_contrast("over_classical", one.over_classical),
            "classical": one.classical,
        }


def _findings(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for finding in evidence.findings:
        names = ("name", "question", "support", "sentence", "measure", "p", "n")
        yield {name: getattr(finding, name) for name in names} | _interval("value", finding.value)


def _per_class(evidence: Evidence) -> pa.Table:
    """Return the table made column by column, with as many rows as scores times classes."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMAS["per_class"].names}
    for score in evidence.scores:
        if score.confusion is None:
            continue
        classes = len(score.confusion)
        for name, value in _approach(score).items():
            columns[name] += [value] * classes
        columns["class"] += evidence.domains[score.target].classes
        columns["windows"] += score.confusion.sum(axis=1).tolist()
        columns["predicted"] += score.confusion.sum(axis=0).tolist()
        f1 = per_class_f1(score.confusion)
        columns["f1"] += [None if math.isnan(value) else value for value in f1.tolist()]
    return pa.Table.from_pydict(columns, schema=SCHEMAS["per_class"])


def _approach(score: Score) -> dict[str, Any]:
    approach = score.approach
    transferred = approach.role is Role.NETWORK and approach.source
    return {
        "target": score.target,
        "size": score.size,
        "method": approach.method,
        "source": approach.source,
        "branches": approach.branches if transferred else "",
        "blocks": approach.blocks if transferred else None,
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
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


ROWS: Mapping[str, Callable[[Evidence], Iterator[dict[str, Any]]]] = {
    "scores": _scores,
    "verdicts": _verdicts,
    "findings": _findings,
    "similarities": _similarities,
    "source_networks": _source_networks,
}
"""The rows of the tables that every study has."""
