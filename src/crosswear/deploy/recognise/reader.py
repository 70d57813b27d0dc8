"""Recordings as they are read: a piece at a time, so that a file may be larger than memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import Note
from crosswear.datasets.columns import as_array
from crosswear.datasets.own import RATE_TOLERANCE
from crosswear.datasets.own.layout import AXES, SECOND
from crosswear.datasets.own.stamps import few, rate_of, spread, spread_note
from crosswear.datasets.own.table import (
    MISSING,
    PARQUET,
    expect_utf8,
    place,
    read_own_table,
    read_start,
)
from crosswear.datasets.own.units import Reading, reading
from crosswear.datasets.tables import LARGEST_G
from crosswear.datasets.tree import reading as opened
from crosswear.deploy.recognise.layout import RecordingFile

Floats = NDArray[np.float64]

BLOCK_BYTES = 1 << 19
BATCH_ROWS = 1 << 14
"""A few minutes at a time: larger pieces are no faster, and leave holes in memory."""

_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def read_chunks(source: RecordingFile, note: Note) -> Iterator[tuple[Floats, Floats | None]]:
    """The samples of a file and their time stamps, a piece at a time.

    Args:
        source: the file.
        note: told of time stamps that were moved.

    Yields:
        [t, 3] in the unit of the file, NaN where a number is missing; and seconds after the first
        row [t], if there is a column of time.

    Raises:
        DataFormatError: if the file is not what its layout says, its first piece is at another
            rate, or a row holds what no sensor measures or no instant; names the line.
    """
    row = 0
    clock: _Clock | None = None
    for values, time_s in _pieces(source):
        _check_range(source, values, row)
        row += len(values)
        if time_s is None:
            yield values, None
        elif len(values):
            if clock is None:
                _check_rate(source, time_s)
                clock = _Clock(source)
            yield clock.push(values, time_s)
    if clock is not None:
        yield clock.flush()
        if clock.repeats:
            note(spread_note(clock.repeats))


class _Clock:
    """Moves repeated stamps apart: rows wait until the stamp after theirs is known."""

    def __init__(self, source: RecordingFile) -> None:
        self._source = source
        self._values, self._time_s = np.empty((0, 3)), np.empty(0)  # of the rows that wait
        self._rows = 0
        self._first_repeat = 0
        self.repeats = 0

    def push(self, values: Floats, time_s: Floats) -> tuple[Floats, Floats]:
        last = self._time_s[-1] if self._rows else -np.inf
        steps = np.diff(time_s, prepend=last)
        wrong = ~(steps >= 0)  # a missing stamp is wrong, too
        if wrong.any():
            row = int(wrong.argmax())
            missing = np.isnan(time_s[row])
            raise self._error("no time stamp" if missing else "the time runs backwards", row)
        same = steps == 0
        if same.any() and not self.repeats:
            self._first_repeat = self._rows + int(same.argmax())
        self.repeats += int(same.sum())
        self._rows += len(values)
        values = np.concatenate([self._values, values])
        time_s = np.concatenate([self._time_s, time_s])
        ready = int(np.searchsorted(time_s, time_s[-1]))
        self._values, self._time_s = values[ready:], time_s[ready:]
        return values[:ready], spread(time_s, self._source.layout.rate_hz)[:ready]

    def flush(self) -> tuple[Floats, Floats]:
        if not few(self.repeats, self._rows):
            raise self._error(
                f"the time stamp repeats the one before it, as {self.repeats} of {self._rows} do",
                self._first_repeat - self._rows,
            )
        return self._values, spread(self._time_s, self._source.layout.rate_hz)

    def _error(self, what: str, row: int) -> DataFormatError:
        source = self._source
        return DataFormatError(
            what,
            where=place(source.tree, source.name, source.layout, self._rows + row),
            expected="time stamps that increase from row to row",
            todo="sort the rows and drop repeated ones, or leave the time out: --columns x,y,z "
            "with --rate",
        )


def _pieces(source: RecordingFile) -> Iterator[tuple[Floats, Floats | None]]:
    is_parquet = source.name.lower().endswith(PARQUET)
    first: Any = None
    for batch in _parquet(source) if is_parquet else _text(source):
        values = np.empty((batch.num_rows, 3), order="F")
        for axis, role in enumerate(AXES):
            values[:, axis] = as_array(batch.column(role))
        time_s = None
        if source.layout.time_unit is not None:
            stamps, unit = batch.column("time"), SECOND.get(source.layout.time_unit, SECOND["ns"])
            if pa.types.is_timestamp(stamps.type):
                stamps = stamps.cast(pa.int64())
            ticks = as_array(stamps)
            if first is None and len(ticks):
                first = ticks[0]
            time_s = np.asarray((ticks - first) / unit) if len(ticks) else np.empty(0)
        yield values, time_s


def _text(source: RecordingFile) -> Iterator[Any]:
    layout = source.layout
    start = read_start(source.tree, source.name, layout)
    expect_utf8(source.tree, source.name, layout)
    used = layout.columns.used()
    cells = start.header or start.first
    names = [str(position) for position in range(len(cells))]
    position = {
        role: str(column if isinstance(column, int) else cells.index(column.strip()))
        for role, column in used.items()
        if isinstance(column, int) or column.strip() in cells
    }
    if len(position) < len(used):
        read_own_table(source.tree, source.name, layout)  # says which column is not there
    types = dict.fromkeys(used, pa.float64())
    if layout.time_unit == "datetime":
        zone = _ZONE.search(start.first[int(position["time"])].strip())
        types["time"] = pa.timestamp("ns", tz="UTC" if zone else None)
    try:
        with opened(source.tree, source.name) as file:
            for _ in range(start.lines):
                file.readline()
            batches = csv.open_csv(
                file,
                read_options=csv.ReadOptions(
                    use_threads=False, column_names=names, block_size=BLOCK_BYTES
                ),
                parse_options=csv.ParseOptions(delimiter=layout.separator),
                convert_options=csv.ConvertOptions(
                    include_columns=list(position.values()),
                    column_types={position[role]: kind for role, kind in types.items()},
                    null_values=MISSING,
                    decimal_point=layout.decimal,
                ),
            )
            for batch in batches:
                yield batch.rename_columns(list(used))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        read_own_table(source.tree, source.name, layout)  # looks for the line that is wrong
        raise _broken(source, error) from error


def _parquet(source: RecordingFile) -> Iterator[Any]:
    used = source.layout.columns.used()
    kinds = dict.fromkeys(used, pa.float64())
    if source.layout.time_unit == "datetime":
        kinds["time"] = pa.timestamp("ns")
    try:
        with opened(source.tree, source.name) as file:
            content = parquet.ParquetFile(file)
            there = content.schema_arrow.names
            missing = [column for column in used.values() if column not in there]
            if missing:
                raise DataFormatError(
                    f"no column {missing[0]!r}",
                    where=source.where,
                    expected=f"one of {', '.join(repr(one)[:40] for one in there[:12])}",
                    todo="correct --columns, or columns in dataset.toml",
                )
            columns = list(dict.fromkeys(used.values()))
            for batch in content.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
                found = {role: batch.column(column) for role, column in used.items()}
                if "time" in found and kinds["time"] == pa.timestamp("ns"):
                    zone = getattr(found["time"].type, "tz", None)
                    kinds["time"] = pa.timestamp("ns", tz=zone)
                yield pa.record_batch(
                    {role: one.cast(kinds[role], safe=role in AXES) for role, one in found.items()}
                )
    except pa.ArrowException as error:
        raise _broken(source, error) from error


def _broken(source: RecordingFile, error: Exception) -> DataFormatError:
    return DataFormatError(
        f"cannot be read: {' '.join(str(error).split())[:200]}",
        where=source.where,
        expected="a row for each sample, with numbers in x, y, z and time",
        todo="correct the file, or leave it out",
    )


def reading_of(source: RecordingFile, values: Floats) -> Reading | None:
    """What is about one g in a piece of a recording, if anything tells it.

    Raises:
        DataFormatError: if it cannot be one g in the declared unit.
    """
    layout = source.layout
    found = reading(values, layout.rate_hz)
    if found is not None and found.contradicts(layout.units_per_g):
        raise DataFormatError(
            str(found),
            where=source.where,
            expected=f"about {layout.units_per_g:g}, as unit {layout.unit!r} says",
            todo="correct the unit" + (f", perhaps to {found.unit!r}" if found.unit else ""),
        )
    return found


def _check_range(source: RecordingFile, values: Floats, row: int) -> None:
    wrong = (np.abs(values) / source.layout.units_per_g > LARGEST_G).any(axis=1)
    if wrong.any():
        first = int(wrong.argmax())
        beyond = np.nanmax(np.abs(values[first]))
        raise DataFormatError(
            f"{beyond:g} {source.layout.unit} is not an acceleration",
            where=place(source.tree, source.name, source.layout, row + first),
            expected=f"finite numbers up to {LARGEST_G:g} g, or an empty cell where a sample was "
            "lost",
            todo="correct the file, or the unit",
        )


def _check_rate(source: RecordingFile, time_s: Floats) -> None:
    rate_hz = rate_of(np.diff(time_s))
    if rate_hz is not None and abs(rate_hz / source.layout.rate_hz - 1) > RATE_TOLERANCE:
        raise DataFormatError(
            f"the time stamps tell {rate_hz:.4g} Hz, and the rate is said to be "
            f"{source.layout.rate_hz:g}",
            where=source.where,
            expected=f"a rate within {RATE_TOLERANCE:.0%} of it",
            todo="correct the rate, or the unit of the time",
        )
