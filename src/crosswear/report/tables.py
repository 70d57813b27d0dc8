"""One row for every cell of a study, done or not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from crosswear.evidence.records import Observed, StudyRecords
from crosswear.signal.metrics import macro_f1, micro_f1


def cells_schema() -> pa.Schema:
    """Columns of `cells_table`."""
    return pa.schema(
        [
            ("key", pa.string()),
            ("status", pa.string()),
            ("method", pa.string()),
            ("target", pa.string()),
            ("source", pa.string()),
            ("strategy", pa.string()),
            ("branches", pa.string()),
            ("blocks", pa.int64()),
            ("size", pa.int64()),
            ("seed", pa.int64()),
            ("split", pa.int64()),
            ("micro_f1", pa.float64()),
            ("macro_f1", pa.float64()),
            ("test_windows", pa.int64()),
            ("epoch", pa.int64()),
            ("train_s", pa.float64()),
            ("test_s", pa.float64()),
        ]
    )


def cells_table(records: StudyRecords) -> pa.Table:
    """The study as a table, in its order.

    Columns:
        key: the key of the cell; its record is `cells/KEY.json`.
        status: `done`, `failed` (it raised the last time it was tried) or `missing`.
        method: as in `crosswear.grid.experiment.Cell`.
        target, source: domains; several sources are joined by `+`, none is empty, `random` is the
            network that has learned nothing.
        strategy, branches, blocks: of a transfer; empty and null where there is no source.
        size: windows that it was trained on.
        seed: number of the repetition.
        split: number of the subject split.
        micro_f1, macro_f1: from 0 to 1, from the confusion matrix.
        test_windows: how many windows it was tested on.
        epoch: whose weights were tested; 0 where nothing was trained.
        train_s, test_s: wall-clock seconds; of cells trained side by side, equal shares.

    From `micro_f1` on, all are null where the cell is not done.
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
    return pa.Table.from_pylist(rows, schema=cells_schema())


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
