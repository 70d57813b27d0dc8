"""Recordings as they are read: a piece at a time, so that a file may be larger than memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from crosswear.datasets.columns import as_array
from crosswear.datasets.own import RATE_TOLERANCE
from crosswear.datasets.own.layout import AXES, SECOND
from crosswear.datasets.own.table import MISSING, PARQUET, read_own_table, read_start
from crosswear.datasets.own.units import alike, resting, unit_at_rest
from crosswear.datasets.tree import reading
from crosswear.errors import DataFormatError
from crosswear.recognise.layout import Source

Floats = NDArray[np.float64]

BLOCK_BYTES = 1 << 19
BATCH_ROWS = 1 << 14
"""A few minutes at a time: larger pieces are no faster, and leave holes in memory."""

_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def read_chunks(source: Source) -> Iterator[tuple[Floats, Floats | None]]:
    """The samples of a file and their time stamps, a piece at a time.

    Yields:
        [t, 3] in the unit of the file, NaN where a number is missing; and seconds after the first
        row [t], if there is a column of time.

    Raises:
        DataFormatError: if the file is not what its layout says, or its first piece is at another
            rate.
    """
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
            begin = first is None
            first = ticks[0] if begin else first
            time_s = np.asarray((ticks - first) / unit, np.float64)
        else:
            begin, first = first is None, 0
        if begin and time_s is not None:
            _check_rate(source, time_s)
        yield values, time_s


def _text(source: Source) -> Iterator[Any]:
    layout = source.layout
    start = read_start(source.tree, source.name, layout)
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
        with reading(source.tree, source.name) as file:
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


def _parquet(source: Source) -> Iterator[Any]:
    used = source.layout.columns.used()
    kinds = dict.fromkeys(used, pa.float64())
    if source.layout.time_unit == "datetime":
        kinds["time"] = pa.timestamp("ns")
    try:
        with reading(source.tree, source.name) as file:
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


def _broken(source: Source, error: Exception) -> DataFormatError:
    return DataFormatError(
        f"cannot be read: {' '.join(str(error).split())[:200]}",
        where=source.where,
        expected="a row for each sample, with numbers in x, y, z and time",
        todo="correct the file, or leave it out",
    )


def at_rest(source: Source, values: Floats) -> float | None:
    """What a sensor at rest reads, in g, in a piece of a recording; None if it never rests.

    Raises:
        DataFormatError: if it is about one g in another unit than the declared one.
    """
    layout = source.layout
    rest = resting(values, layout.rate_hz)
    if rest is None:
        return None
    unit = unit_at_rest(rest)
    if unit is not None and not alike(rest, layout.units_per_g):
        raise DataFormatError(
            f"at rest the sensor reads {rest:.4g}, as if in {unit}",
            where=source.where,
            expected=f"about {layout.units_per_g:g} at rest, as unit {layout.unit!r} says",
            todo=f"correct the unit, perhaps to {unit!r}",
        )
    return rest / layout.units_per_g


def _check_rate(source: Source, time_s: Floats) -> None:
    steps = np.diff(time_s)
    steps = steps[steps > 0]
    if not len(steps):
        return
    rate_hz = 1 / float(steps[steps <= 3 * np.median(steps)].mean())
    if abs(rate_hz / source.layout.rate_hz - 1) > RATE_TOLERANCE:
        raise DataFormatError(
            f"the time stamps tell {rate_hz:.4g} Hz, and the rate is said to be "
            f"{source.layout.rate_hz:g}",
            where=source.where,
            expected=f"a rate within {RATE_TOLERANCE:.0%} of it",
            todo="correct the rate, or the unit of the time",
        )
