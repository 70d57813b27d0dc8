"""The columns of one's own recordings, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES
from crosswear.datasets.own.layout import Layout
from crosswear.datasets.tree import FileTree, table_file
from crosswear.tables.broken import place
from crosswear.tables.instants import DAY_NS, ORDERS, through_midnight
from crosswear.tables.mixtures import is_cell
from crosswear.tables.reader import Codes, Kind, Wanted, as_array, joined, read_batches
from crosswear.tables.units import SECOND, TimeUnit

Floats = NDArray[np.float64]
GRAVITY = tuple(f"gravity_{axis}" for axis in AXES)


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of one file that `dataset.toml` names.

    Attributes:
        acceleration: float64 [T, 3], in the unit of the file; NaN where a number is missing.
        time_s: float64 [T], seconds after the first row, if there is a time column.
        start_s: instant of the first row in seconds since 1970, if there is a time column; stamps
            without a zone count on their own clock.
        local_s: the same, where the stamps have no zone.
        codes: label, subject and session of each row, as far as there are such columns.
    """

    acceleration: Floats
    time_s: Floats | None
    start_s: float | None
    local_s: float | None
    codes: Mapping[str, Codes]


def read_pieces(
    tree: FileTree, name: str, layout: Layout
) -> Iterator[tuple[Floats, Floats | None, Any]]:
    """Yield the rows of a file, a piece at a time.

    Yields:
        [t, 3] in the unit of the file, NaN where a number is missing; seconds [t] after the first
        row, NaN where a stamp is missing, if there is a time column; and all columns by role.

    Raises:
        DataFormatError: if the file is not what the layout says; names line and column.
    """
    order = next((one for one in ORDERS if one == layout.time_unit), None)
    time: Kind = order or "ticks"
    kinds: dict[str, Kind] = {**dict.fromkeys((*AXES, *GRAVITY), "number"), "time": time}
    wanted = {
        role: Wanted(column, kinds.get(role, "text"))
        for role, column in layout.columns.used().items()
    }
    first, last = None, None
    for batch in _selected_batches(tree, name, layout, wanted):
        values = np.empty((batch.num_rows, len(AXES)), order="F")
        for axis, role in enumerate(AXES):
            values[:, axis] = as_array(batch.column(role))
        values = layout.in_one_unit(values)
        if layout.columns.gravity_x is not None:
            values = values + np.stack([as_array(batch.column(role)) for role in GRAVITY], axis=1)
        time_s = None
        if layout.time_unit is not None:
            stamps = batch.column("time")
            ticks = as_array(stamps.cast(pa.int64()) if order else stamps)
            if order == "time-of-day" and len(ticks):
                ticks = through_midnight(ticks, last, DAY_NS)
                last = ticks[-1]
            if first is None and len(ticks):
                first = ticks[0]
            second = SECOND.get(layout.time_unit, SECOND["ns"])
            time_s = np.asarray((ticks - first) / second) if len(ticks) else np.empty(0)
        yield values, time_s, batch


def _selected_batches(
    tree: FileTree, name: str, layout: Layout, wanted: Mapping[str, Wanted]
) -> Iterator[Any]:
    """Yield the rows that the layout selects, of all wanted columns."""
    selecting = {f"rows {i}": Wanted(c, "text") for i, c in enumerate(layout.selectors)}
    for batch in read_batches(table_file(tree, name), layout.dialect, {**wanted, **selecting}):
        yield batch.filter(pa.array(_is_selected(batch, layout))) if selecting else batch


def _is_selected(batch: Any, layout: Layout) -> NDArray[np.bool_]:
    kept = np.ones(batch.num_rows, bool)
    for number, value in enumerate(layout.selectors.values()):
        codes = batch.column(f"rows {number}")
        found = [is_cell(text or "", value) for text in codes.dictionary.to_pylist()]
        kept &= np.array([*found, False])[as_array(codes.indices)]
    return kept


def read_own_table(tree: FileTree, name: str, layout: Layout) -> Table:
    """Read the columns that a layout names.

    Raises:
        DataFormatError: if the file is not what the layout says; names line and column.
    """
    roles = [role for role in ("label", "subject", "session") if role in layout.columns.used()]
    values: list[Floats] = [np.empty((0, len(AXES)))]
    time_s: list[Floats] = []
    start_s: float | None = None
    local_s: float | None = None
    texts: dict[str, list[Any]] = {role: [] for role in roles}
    for piece, seconds, batch in read_pieces(tree, name, layout):
        values.append(piece)
        time_s += [] if seconds is None else [seconds]
        if seconds is not None and start_s is None and len(piece):
            start_s = _instant(batch.column("time"), layout.time_unit or "s")
            local_s = local_start(batch, layout)
        for role in roles:
            texts[role].append(batch.column(role))
    acceleration = np.concatenate(values)
    if not len(acceleration):
        raise DataFormatError(
            "no row" + (" that rows selects" if layout.rows else ""),
            where=tree.where(name),
            expected="a row for each sample",
        )
    table = Table(
        acceleration=acceleration,
        time_s=np.concatenate(time_s) if time_s else None,
        start_s=start_s,
        local_s=local_s,
        codes={role: joined(chunks) for role, chunks in texts.items()},
    )
    infinite = np.isinf(acceleration).any(axis=1)
    if infinite.any():
        raise DataFormatError(
            "an infinite number",
            where=row_place(tree, name, layout, int(infinite.argmax())),
            expected="a finite number, or an empty cell where a sample was lost",
        )
    if table.time_s is not None and np.isnan(table.time_s).any():
        raise DataFormatError(
            "no time stamp",
            where=row_place(tree, name, layout, int(np.isnan(table.time_s).argmax())),
            expected="one in every row",
        )
    return table


def _instant(stamps: Any, unit: TimeUnit) -> float:
    """Return the first of some stamps in seconds since 1970, or since the beginning."""
    ticks = stamps[:1].cast(pa.int64()) if unit in ORDERS else stamps[:1]
    return float(as_array(ticks)[0]) / SECOND.get(unit, SECOND["ns"])


def local_start(batch: Any, layout: Layout) -> float | None:
    """Return the instant of the first row on a clock of local time; None if it is none.

    Stamps with a zone and numbers are none. Times of day count from midnight.

    Args:
        batch: all columns by role, of `read_pieces`; with a row or more.
        layout: of the file.
    """
    unit = layout.time_unit
    if unit not in ORDERS or getattr(batch.column("time").type, "tz", None) is not None:
        return None
    return _instant(batch.column("time"), unit)


def row_place(tree: FileTree, name: str, layout: Layout, row: int) -> str:
    """Return what to call a row that was read in a message; see `crosswear.tables.broken.place`."""
    if layout.rows:
        before = 0
        selecting = {f"rows {i}": Wanted(c, "text") for i, c in enumerate(layout.selectors)}
        for batch in read_batches(table_file(tree, name), layout.dialect, selecting):
            kept = np.flatnonzero(_is_selected(batch, layout))
            if row < len(kept):
                row = before + int(kept[row])
                break
            row -= len(kept)
            before += batch.num_rows
    return place(table_file(tree, name), layout.dialect, row)
