"""Two studies compared, as frames and in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from crosswear.api.display import note
from crosswear.api.reports import StudyReport
from crosswear.api.studies import Run
from crosswear.core.texts import counted
from crosswear.evidence import phrases
from crosswear.evidence.compare import Comparison
from crosswear.evidence.compare import compare as compare_records
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.report.whole import RECORDS

if TYPE_CHECKING:
    import pandas as pd

Finished: TypeAlias = Run | StudyReport | str | Path
"""Cells on record; a path names the folder of a report, or its records."""


@dataclass(frozen=True, eq=False, repr=False)
class StudyComparison:
    """A comparison of two studies by what they have in common; micro-F1 from 0 to 1.

    Attributes:
        found: every comparison, and the findings over all of them.
    """

    found: Comparison

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each target, size and method that both have, A less B."""
        import pandas as pd

        return pd.DataFrame(
            {
                "target": one.key.target,
                "size": one.key.size,
                "method": one.key.approach.label,
                "repetitions": one.repetitions,
                "a": one.a.value,
                "b": one.b.value,
                "difference": one.contrast.difference.value,
                "difference_low": one.contrast.difference.low,
                "difference_high": one.contrast.difference.high,
                "p": one.contrast.p,
                "adjusted_p": one.contrast.adjusted_p,
                "a_against_b": phrases.compared(one.contrast),
            }
            for one in self.found.compared
        )

    @property
    def text(self) -> str:
        """Return how often A is better or worse, and the findings over all comparisons."""
        effects = Counter(phrases.compared(one.contrast) for one in self.found.compared)
        counts = ", ".join(f"{effect} in {count}" for effect, count in effects.most_common())
        compared = counted(len(self.found.compared), "comparison")
        lines = [f"{compared} of A with B, p-values corrected over all: {counts}"]
        return "\n".join(
            [*lines, *(f"{one.question} {one.sentence}" for one in self.found.findings)]
        )

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from html import escape

        lines = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        return f"{lines}{self.frame.to_html(index=False)}"


def compare(
    a: Run | StudyReport | str | Path, b: Run | StudyReport | str | Path
) -> StudyComparison:
    """Compare two studies, or two runs of one, cell by cell, with paired statistics.

    Args:
        a: a run or a report; or the folder of a report, or its `records.parquet`.
        b: the other.

    Raises:
        StoreError: if there is no report, or its records are damaged.
        UsageError: if the two have nothing in common.
    """
    found = compare_records(_records(a), _records(b))
    if found.only_a or found.only_b:
        note(f"{found.only_a} cells are only in A, {found.only_b} only in B")
    if found.seeds[0] != found.seeds[1]:
        note(
            f"the studies have seeds {found.seeds[0]} and {found.seeds[1]}, and so other draws and "
            "initial weights: the test windows are the same, but which repetition is paired with "
            "which is arbitrary"
        )
    if found.foreign:
        note(f"not compared, their windows differ: {', '.join(found.foreign)}")
    return StudyComparison(found)


def _records(study: Finished) -> StudyRecords:
    if isinstance(study, Run):
        return study.records()
    place = study.folder if isinstance(study, StudyReport) else Path(study)
    return read_records(place / RECORDS if place.is_dir() else place)
