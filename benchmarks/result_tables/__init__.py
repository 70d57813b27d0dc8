"""Records and their evidence, for all tables of docs/results.md."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.core.intervals import NOTHING
from crosswear.core.markdown import table
from crosswear.evidence.gather import gather
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.evidence.statements import Finding, Score
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import cells_table

DOCS = Path(__file__).parents[2] / "docs"


@cache
def index_of(name: str) -> EvidenceIndex:
    """The evidence of a study."""
    return EvidenceIndex(gather(records(name)))


@cache
def records(name: str) -> StudyRecords:
    """The records of a study."""
    return read_records(DOCS / "records" / f"{name}.parquet")


def records_of(index: EvidenceIndex) -> StudyRecords:
    """The records that the evidence is of."""
    return records(index.evidence.study.name)


def source_cells(index: EvidenceIndex) -> list[dict[str, Any]]:
    """The rows of the source networks in the table of cells."""
    cells = cells_table(records_of(index)).to_pylist()
    return [row for row in cells if row["method"] == "source"]


def mean(scores: Iterable[Score | None], digits: int = 1) -> str:
    """Mean micro-F1 in per cent; a dash where any is missing."""
    found = [one.micro_f1.value if one and one.micro_f1 else None for one in scores]
    if not found or None in found:
        return NOTHING
    return f"{100 * float(np.mean([one for one in found if one is not None])):.{digits}f}"


def findings_table(findings: Iterable[Finding]) -> str:
    """Return findings as a table."""
    rows = [(one.question, one.support, one.sentence) for one in findings]
    return table(("question", "answer", "in words"), rows, 3)
