"""One row for every cell of a study, done or not."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from crosswear.experiment import Cell, Domains
from crosswear.files import write_bytes
from crosswear.metrics import macro_f1, micro_f1
from crosswear.store import Record, Store


def _schema() -> pa.Schema:
    return pa.schema(
        [
            ("key", pa.string()),
            ("status", pa.string()),
            ("method", pa.string()),
            ("target", pa.string()),
            ("source", pa.string()),
            ("strategy", pa.string()),
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


def cells_table(cells: Sequence[Cell], domains: Domains, store: Store) -> pa.Table:
    """The study as a table, in the order of `cells`.

    Columns:
        key: the key of the cell; its record is `cells/KEY.json`.
        status: `done`, `failed` (it raised the last time it was tried) or `missing`.
        method: as in `crosswear.experiment.Cell`.
        target, source: domains; several sources are joined by `+`, none is empty, `random` is the
            network that has learned nothing.
        strategy, blocks: of a transfer; empty and null where there is no source.
        size: windows that it was trained on.
        seed: number of the repetition.
        split: number of the subject split.
        micro_f1, macro_f1: from 0 to 1, from the confusion matrix.
        test_windows: how many windows it was tested on.
        epoch: whose weights were tested; 0 where nothing was trained.
        train_s, test_s: wall-clock seconds; of cells trained side by side, equal shares.

    From `micro_f1` on, all are null where the cell is not done.

    Raises:
        StoreError: if a record is damaged.
    """
    keys = [cell.key(domains) for cell in cells]
    done, failed = store.done(keys), store.failed(keys)
    rows: list[dict[str, Any]] = []
    for key, cell in zip(keys, cells, strict=True):
        row = {
            "key": key,
            "status": "done" if key in done else "failed" if key in failed else "missing",
            "method": cell.method,
            "target": cell.target,
            "source": "+".join(cell.sources),
            "strategy": cell.transfer.strategy if cell.transfer else "",
            "blocks": cell.blocks if cell.sources else None,
            "size": cell.size,
            "seed": cell.seed,
            "split": cell.split,
        }
        rows.append(row | _numbers(store.read(key)) if key in done else row)
    return pa.Table.from_pylist(rows, schema=_schema())


def write_tables(table: pa.Table, folder: Path) -> list[Path]:
    """Write `results.csv` and `results.parquet`; returns their paths.

    No text in them can be taken for a formula by a spreadsheet: the names of domains, which are
    the only text that is not our own, begin with a letter or a digit (`crosswear.experiment`).

    Raises:
        DiskError: if one cannot be written.
    """
    writers = {"results.csv": pa.csv.write_csv, "results.parquet": pa.parquet.write_table}
    for name, write in writers.items():
        buffer = io.BytesIO()
        write(table, buffer)
        write_bytes(folder / name, buffer.getvalue())
    return [folder / name for name in writers]


def _numbers(record: Record) -> dict[str, float]:
    confusion = record.result.confusion
    return {
        "micro_f1": micro_f1(confusion),
        "macro_f1": macro_f1(confusion),
        "test_windows": int(confusion.sum()),
        "epoch": record.result.epoch,
        "train_s": record.timing.train_s,
        "test_s": record.timing.test_s,
    }
