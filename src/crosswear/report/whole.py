"""The report of a study on disk, from its records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crosswear.core.errors import IncompleteError
from crosswear.evidence.gather import gather
from crosswear.evidence.records import StudyRecords, write_records
from crosswear.report.evidence_tables import cells_table
from crosswear.report.notice import notice
from crosswear.report.report_folder import write_report


@dataclass(frozen=True)
class Report:
    """A written report, and its coverage of the study.

    Attributes:
        done: cells with a result.
        failed: cells that raised the last time they were tried.
        expected: cells of the study; those neither done nor failed are missing.
        summary: the verdict in one paragraph.
        notice: on simulated data; empty without any.
        paths: the files, the page first.
    """

    done: int
    failed: int
    expected: int
    summary: str
    notice: str
    paths: tuple[Path, ...]


def report_study(records: StudyRecords, folder: Path, allow_partial: bool) -> Report:
    """Write the report of a study, and the records that it is made from, into `folder`.

    Args:
        records: of the study.
        folder: created if it does not exist.
        allow_partial: write even if cells are not done; the report names them.

    Raises:
        IncompleteError: if cells are not done and `allow_partial` is false; nothing is written.
        DiskError: if a file cannot be written.
    """
    expected = len(records.cells())
    if len(records.observed) < expected and not allow_partial:
        raise IncompleteError(
            f"{len(records.observed)} of {expected} cells are done, {len(records.failed)} failed",
            where=str(folder),
            expected="every cell of the study done",
            todo="run the study again: only what is not done is computed; "
            "or pass --allow-partial for a report in which it is hatched",
        )
    evidence = gather(records)
    paths = write_report(evidence, cells_table(records), folder)
    write_records(records, folder / RECORDS)
    return Report(
        done=evidence.done,
        failed=evidence.failed,
        expected=evidence.expected,
        summary=evidence.summary,
        notice=notice(evidence),
        paths=(*paths, folder / RECORDS),
    )


RECORDS = "records.parquet"
"""Name of the file that a report can be made from again."""
