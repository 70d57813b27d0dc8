"""What a study found, as tables and pictures. Nothing is trained or computed anew here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crosswear.errors import IncompleteError
from crosswear.experiment import Cell, Domains, Study
from crosswear.report.heatmaps import draw_heatmaps
from crosswear.report.tables import cells_table, write_tables
from crosswear.store import Store


@dataclass(frozen=True)
class Report:
    """What was written, and how much of the study it covers.

    Attributes:
        done: cells with a result.
        failed: cells that raised the last time they were tried.
        expected: cells of the study; those neither done nor failed are missing.
        paths: the files.
    """

    done: int
    failed: int
    expected: int
    paths: tuple[Path, ...]


def write_report(
    study: Study,
    cells: Sequence[Cell],
    domains: Domains,
    store: Store,
    folder: Path,
    allow_partial: bool,
) -> Report:
    """Write the tables and the heatmaps of a study into `folder`.

    Args:
        study: whose name is the title.
        cells: all cells of the study, in its order.
        domains: what the keys of the cells need.
        store: the records.
        folder: made if it is not there.
        allow_partial: write even if cells are not done; the heatmaps hatch them.

    Raises:
        IncompleteError: if cells are not done and `allow_partial` is false; nothing is written.
        StoreError: if a record is damaged.
        DiskError: if a file cannot be written.
    """
    table = cells_table(cells, domains, store)
    status = table["status"].to_pylist()
    done, failed = status.count("done"), status.count("failed")
    if done < len(status) and not allow_partial:
        raise IncompleteError(
            f"{done} of {len(status)} cells are done, {failed} failed",
            where=str(store.folder),
            expected="every cell of the study done",
            todo="run the study again: only what is not done is computed; "
            "or pass --allow-partial for a report in which it is hatched",
        )
    paths = (*write_tables(table, folder), *draw_heatmaps(table, study.name, folder))
    return Report(done=done, failed=failed, expected=len(status), paths=paths)
