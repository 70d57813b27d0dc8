"""What all tables of docs/results.md are made of: records, their evidence, and Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from crosswear.evidence.gather import gather
from crosswear.evidence.model import Finding, Score
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.tables import cells_table

DOCS = Path(__file__).parents[2] / "docs"


@cache
def board(name: str) -> EvidenceIndex:
    """The evidence of a study."""
    return EvidenceIndex(gather(records(name)))


@cache
def records(name: str) -> StudyRecords:
    """The records of a study."""
    return read_records(DOCS / "records" / f"{name}.parquet")


def records_of(board: EvidenceIndex) -> StudyRecords:
    """The records that the evidence is of."""
    return records(board.evidence.study.name)


def source_cells(board: EvidenceIndex) -> list[dict[str, Any]]:
    """The rows of the source networks in the table of cells."""
    cells = cells_table(records_of(board)).to_pylist()
    return [row for row in cells if row["method"] == "source"]


def mean(scores: Iterable[Score | None], digits: int = 1) -> str:
    """Mean micro-F1 in per cent; a dash where any is missing."""
    found = [one.micro_f1.mean if one and one.micro_f1 else None for one in scores]
    if not found or None in found:
        return "–"
    return f"{100 * float(np.mean([one for one in found if one is not None])):.{digits}f}"


def markdown(headings: Iterable[str], rows: list[tuple[str, ...]], names: int) -> str:
    """A table whose first columns are names."""
    columns = tuple(headings)
    alignment = ["left"] * names + ["right"] * (len(columns) - names)
    return tabulate(rows, columns, "pipe", disable_numparse=True, colalign=alignment)


def told(findings: Iterable[Finding]) -> str:
    """Findings as a table."""
    rows = [(one.question, one.support, one.sentence) for one in findings]
    return markdown(("question", "answer", "in words"), rows, 3)
