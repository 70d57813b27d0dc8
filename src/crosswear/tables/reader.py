"""The reader of tables: named columns of text or Parquet as numbers, stamps and texts, in batches.

A file may be larger than memory. To read all of it is to join its batches.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import one_line
from crosswear.tables.broken import whole_rows
from crosswear.tables.faults import (
    DECIMAL_COMMA,
    MISSING,
    STAMP,
    first_fault,
    is_number,
    is_stamp,
)
from crosswear.tables.instants import ORDERS, Order, instants, is_instant
from crosswear.tables.text import (
    CheckedText,
    Dialect,
    Start,
    TableFile,
    expect_closed_quotes,
    normal,
    read_start,
    rows,
    split_line,
)

BLOCK_BYTES = 1 << 19
BATCH_ROWS = 1 << 14
"""A few minutes at a time: larger pieces are no faster, and leave holes in memory."""

Kind: TypeAlias = Literal["number", "ticks", "text"] | Order
"""Of a column: numbers, times as numbers (rounded if need be), texts, or instants."""


@dataclass(frozen=True)
class Wanted:
    """A column to read: its name, or its number from 0 on, and what it holds."""

    column: str | int
    kind: Kind


@dataclass(frozen=True, eq=False)
class Codes:
    """A column of few different texts: row i holds `values[indices[i]]`."""

    indices: NDArray[np.int32]
    values: tuple[str, ...]


def read_batches(
    file: TableFile, dialect: Dialect, wanted: Mapping[str, Wanted]
) -> Iterator[pa.RecordBatch]:
    """Yield the wanted columns of some rows after another, named by their roles.

    The file is opened once, and once more to find the line that is wrong.

    Args:
        file: the table.
        dialect: of a text.
        wanted: columns by role.

    Yields:
        float64 for numbers and ticks, null where one is missing; nanoseconds for instants, in UTC
        if they have a zone, as `tables.instants` returns them; dictionaries of texts.

    Raises:
        DataFormatError: if the file is not UTF-8 or Parquet, a column is not there, or a cell is
            not what it should be; names line and column.
    """
    return _parquet(file, wanted) if file.is_parquet else _text(file, dialect, wanted)


def parse(
    content: Any, width: int, types: Mapping[str, Any], *, whole: bool = False, **options: Any
) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a text, a block of lines after another.

    Args:
        content: an open file, after its header.
        width: cells of every line.
        types: of the columns to read, by position as text, in the order in which they come.
        whole: whether all blocks are kept: larger ones are read, and none ahead of its turn.
        options: `delimiter` and `quote_char`; `null_values` and `decimal_point`.
    """
    splitting = {key: options.pop(key) for key in ("delimiter", "quote_char") if key in options}
    read = csv.read_csv if whole else csv.open_csv
    found = read(
        content,
        read_options=csv.ReadOptions(
            use_threads=False,
            column_names=list(map(str, range(width))),
            block_size=2 * BLOCK_BYTES if whole else BLOCK_BYTES,
        ),
        parse_options=csv.ParseOptions(**splitting),
        convert_options=csv.ConvertOptions(
            include_columns=list(types), column_types=types, **options
        ),
    )
    yield from found.to_batches() if whole else found


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file of our own, with its metadata."""
    return parquet.read_table(path)


def as_array(column: Any) -> NDArray[Any]:
    """Return the numbers [T] of a column, NaN where one is missing; not to be written to.

    Arrow's own `to_numpy` imports pandas wherever that is installed: half a second, and 50 MB.

    Args:
        column: an Array or a ChunkedArray of numbers.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not column.null_count:
        return np.asarray(np.from_dlpack(column))
    content = [None, column.buffers()[1]]  # without the bits that say which ones are missing
    known = pa.Array.from_buffers(column.type, len(column), content, offset=column.offset)
    missing = np.from_dlpack(column.is_null().cast(pa.uint8()))
    return np.where(missing, np.nan, np.from_dlpack(known))


def joined(chunks: Iterable[Any], clean: Callable[[str], str] = normal) -> Codes:
    """Return dictionaries of texts as one, in which each text has one place.

    Args:
        chunks: DictionaryArrays.
        clean: texts that it makes equal are one.
    """
    places: dict[str, int] = {}
    indices = [np.empty(0, np.int32)]
    for chunk in chunks:
        texts = map(clean, chunk.dictionary.to_pylist())
        known = np.array([places.setdefault(text, len(places)) for text in texts], np.int32)
        indices.append(known[as_array(chunk.indices)])
    return Codes(np.concatenate(indices), tuple(places))


def _text(
    file: TableFile, dialect: Dialect, wanted: Mapping[str, Wanted]
) -> Iterator[pa.RecordBatch]:
    with file.content() as content:
        text = CheckedText(content, file, dialect)
        start = read_start(text, file, dialect)
        above, count = text.lines - 1, 0
        source: io.BufferedIOBase = text
        if dialect.without_broken:
            source, first = _whole_lines(file, dialect)
            start = replace(start, first=first)
        found = {role: _position(file, dialect, start, one.column) for role, one in wanted.items()}
        cells = dict(enumerate(start.first))
        firsts = {role: cells.get(position, "") for role, position in found.items()}
        types = {str(found[role]): _type(one.kind, firsts[role]) for role, one in wanted.items()}
        width = len(start.header or start.first)
        options: dict[str, Any] = {"null_values": MISSING, "decimal_point": dialect.decimal}
        try:
            for batch in parse(source, width, types, delimiter=dialect.separator, **options):
                count += batch.num_rows
                named = batch.rename_columns(list(wanted))
                yield pa.record_batch(
                    {role: _read(named.column(role), wanted[role].kind) for role in wanted}
                )
        except (pa.ArrowException, UnicodeDecodeError) as error:
            checks = {
                role: (found[role], partial(_belongs, one.kind, dialect.decimal, firsts[role]))
                for role, one in wanted.items()
            }
            raise _explained(file, dialect, width, checks, str(error)) from error
        is_short = count < text.lines - above and not dialect.without_broken
        if is_short and count < sum(1 for _ in rows(file, dialect)):
            expect_closed_quotes(file, dialect)


def _whole_lines(file: TableFile, dialect: Dialect) -> tuple[io.BytesIO, tuple[str, ...]]:
    """Return all lines of values but the broken ones, in memory, and the cells of the first."""
    lines = list(whole_rows(file, dialect))
    if not lines:
        raise dialect.failure(file, "no line is whole")
    whole = b"".join(line.rstrip(b"\r\n") + b"\n" for _, line in lines)
    return io.BytesIO(whole), split_line(file, dialect, *lines[0])


def _parquet(file: TableFile, wanted: Mapping[str, Wanted]) -> Iterator[pa.RecordBatch]:
    try:
        with file.content() as content:
            # Arrow would keep all that it reads ahead until the end of the file.
            source = parquet.ParquetFile(content, pre_buffer=False)
            there = source.schema_arrow.names
            for role, one in wanted.items():
                if one.column not in there:
                    raise _no_column(file.where, one.column, there, role)
            names = list(dict.fromkeys(one.column for one in wanted.values()))
            for batch in source.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
                yield pa.record_batch(
                    {
                        role: _cast(batch.column(one.column), one.kind)
                        for role, one in wanted.items()
                    }
                )
    except (pa.ArrowException, KeyError) as error:
        raise DataFormatError(
            f"cannot be read as Parquet: {one_line(error)}",
            where=file.where,
            expected="a Parquet file with numbers in x, y, z and time",
        ) from error


def _cast(column: Any, kind: Kind) -> Any:
    if kind == "text":
        return column.cast(pa.string()).fill_null("").dictionary_encode()
    if kind in ORDERS:
        zone = getattr(column.type, "tz", None)
        stamps = kind == "datetime" and not _is_text(column.type)
        return column.cast(pa.timestamp("ns", tz=zone)) if stamps else _read(column, kind)
    # Whole nanoseconds since 1970 are rounded to the nearest quarter of a microsecond.
    return column.cast(pa.float64(), safe=kind != "ticks")


def _type(kind: Kind, first: str) -> Any:
    """Return the type as which the parser reads a column that begins with a cell."""
    if kind == "datetime" and (stamp := STAMP.fullmatch(first)):
        return pa.timestamp("ns", tz="UTC" if stamp["zone"] else None)
    if kind in ORDERS:
        return pa.string()
    return pa.dictionary(pa.int32(), pa.string()) if kind == "text" else pa.float64()


def _read(column: Any, kind: Kind) -> Any:
    """Return a column with its instants read, where the parser left them as texts."""
    if kind not in ORDERS or pa.types.is_timestamp(column.type):
        return column
    texts = column.cast(pa.string())
    ticks, zoned = instants(texts, kind)
    missing = pc.or_kleene(texts.is_null(), pc.is_in(texts, pa.array(MISSING)))
    wrong = pc.and_(ticks.is_null(), pc.invert(missing))
    if pc.any(wrong).as_py():
        raise pa.ArrowInvalid(f"{texts.filter(wrong)[0].as_py()!r} is no time stamp like the first")
    return ticks.cast(pa.timestamp("ns", tz="UTC" if zoned else None))


def _is_text(kind: Any) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def _position(file: TableFile, dialect: Dialect, start: Start, column: str | int) -> int:
    if isinstance(column, int):
        if column < len(start.first):
            return column
        what = f"no column {column}: there are {len(start.first)}"
        raise dialect.failure(file, what, start.header_line + 1, is_line=True)
    header = start.header or ()
    name = normal(column)
    if header.count(name) == 1:
        return header.index(name)
    line = f", line {start.header_line}" if start.header_line else ", which has no line of names"
    where = file.where + line
    if name not in header:
        raise _no_column(where, column, header)
    raise DataFormatError(
        f"{header.count(name)} columns are named {column!r}",
        where=where,
        expected="one column of each name",
        todo="name them apart, or skip the header with skip_lines and give numbers",
    )


def _no_column(
    where: str, column: object, there: Sequence[object], role: str = ""
) -> DataFormatError:
    """Return the error of a column that is not there; lists those that are."""
    shown = ", ".join(repr(one)[:40] for one in there[:12])
    return DataFormatError(
        f"no column {column!r}" + (f" for {role}" if role else ""),
        where=where,
        expected=f"one of {shown}" + (" …" if len(there) > 12 else ""),
        todo="correct columns, separator or skip_lines in dataset.toml",
    )


def _belongs(kind: Kind, decimal: str, first: str, cell: str) -> bool:
    if kind == "text" or cell in MISSING:
        return True
    if kind == "datetime" and (stamp := STAMP.fullmatch(first)):
        return is_stamp(cell, bool(stamp["zone"]))
    if kind in ORDERS:
        return is_instant(cell, kind, zone=is_instant(first, kind, zone=True))
    return is_number(cell, decimal)


def _explained(
    file: TableFile, dialect: Dialect, width: int, checks: Any, reason: str
) -> DataFormatError:
    lines = (
        (number, split_line(file, dialect, number, line))
        for number, line in whole_rows(file, dialect)
    )
    fault = first_fault(lines, width, checks)
    if fault is None:
        return dialect.failure(file, one_line(reason))
    if not fault.role:
        begins = "names has" if width == len(dialect.names) else "the file begins with"
        what = f"{len(fault.cells)} columns where {begins} {width}"
    else:
        hint = ": a decimal comma" if DECIMAL_COMMA.fullmatch(fault.cell) else ""
        what = f"{fault.role} is {fault.cell[:40]!r}{hint}"
    return dialect.failure(file, what, fault.line, is_line=True)
