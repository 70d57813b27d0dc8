"""One CSV or Parquet file of one's own recordings, as arrays."""

from __future__ import annotations

import codecs
import csv as plain_csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from crosswear.core.errors import DataFormatError
from crosswear.datasets.columns import as_array
from crosswear.datasets.own.layout import AXES, SECOND, Layout
from crosswear.datasets.tree import FileTree, reading

MISSING = ("", "NaN", "nan", "NA", "null")
"""Cells that stand for a lost sample."""
PARQUET = ".parquet"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_STAMP = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_NOT_UTF8 = "not text in UTF-8"
_IS_UTF16 = "the file is in UTF-16"
_BLOCK_BYTES = 1 << 20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, eq=False)
class Codes:
    """A column of few different texts: sample i holds `values[indices[i]]`."""

    indices: NDArray[np.int32]
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of one file that `dataset.toml` names.

    Attributes:
        acceleration: float64 [T, 3], in the unit of the file; NaN where a number is missing.
        time_s: float64 [T], seconds after the first row, if there is a time column.
        codes: label, subject and session of each row, as far as there are such columns.
    """

    acceleration: NDArray[np.float64]
    time_s: NDArray[np.float64] | None
    codes: Mapping[str, Codes]


@dataclass(frozen=True)
class Start:
    """How a text file begins: its column names, if it has them, and its first row of values.

    `lines` is how many lines lie above the rows.
    """

    header: tuple[str, ...] | None
    first: tuple[str, ...]
    lines: int


def read_own_table(tree: FileTree, name: str, layout: Layout) -> Table:
    """Read the columns that a layout names.

    Raises:
        DataFormatError: if the file is not what the layout says; names line and column.
    """
    if name.lower().endswith(PARQUET):
        table = _read_parquet(tree, name, layout)
    else:
        table = _read_text(tree, name, layout)
    columns = {role: table.column(role).combine_chunks() for role in layout.columns.used()}
    acceleration = np.empty((table.num_rows, 3), order="F")
    for axis, role in enumerate(AXES):
        acceleration[:, axis] = as_array(columns[role])
    infinite = np.isinf(acceleration).any(axis=1)
    if infinite.any():
        raise DataFormatError(
            "an infinite number",
            where=place(tree, name, layout, int(infinite.argmax())),
            expected="a finite number, or an empty cell where a sample was lost",
        )
    texts = [role for role in ("label", "subject", "session") if role in columns]
    return Table(
        acceleration=acceleration,
        time_s=_seconds(tree, name, layout, columns["time"]) if "time" in columns else None,
        codes={role: _codes(columns[role]) for role in texts},
    )


def place(tree: FileTree, name: str, layout: Layout, row: int) -> str:
    """What to call a row in a message: the line of a text file, the row of a Parquet file."""
    if name.lower().endswith(PARQUET):
        return f"{tree.where(name)}, row {row + 1}"
    above = read_start(tree, name, layout).lines
    with reading(tree, name) as file:
        rows = (n for n, line in enumerate(file, 1) if n > above and line.strip(b"\r\n"))
        return f"{tree.where(name)}, line {next(islice(rows, row, None), row + above + 1)}"


def expect_utf8(tree: FileTree, name: str, layout: Layout) -> None:
    """Raise a DataFormatError if a text is not UTF-8 to its end, in columns that are not read, too.

    Raises:
        DataFormatError: naming the line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with reading(tree, name) as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n") + 1
                raise _failure(tree, name, layout, _NOT_UTF8, line) from error
            if not block:
                return
            lines += block.count(b"\n")


def read_start(tree: FileTree, name: str, layout: Layout) -> Start:
    """The column names and the first row of a text file.

    Raises:
        DataFormatError: if there is no row, or the file is not text in UTF-8.
    """
    with reading(tree, name) as file:
        cells: list[tuple[str, ...]] = []
        wanted = 2 if layout.has_header else 1
        lines = 0
        for number, line in enumerate(file):
            if number == 0 and line.startswith(_UTF16):
                raise _failure(tree, name, layout, _IS_UTF16, 1)
            if number < layout.skip_lines or not line.strip(b"\r\n"):
                continue
            cells.append(_cells(tree, name, layout, line, number + 1))
            if len(cells) == wanted:
                break
            lines = number + 1
    if not cells or len(cells) < wanted:
        lines_found = "the file is empty" if not cells else "no line after the header"
        raise _failure(tree, name, layout, lines_found)
    above = lines if layout.has_header else layout.skip_lines
    return Start(cells[0] if layout.has_header else None, cells[-1], above)


def _read_text(tree: FileTree, name: str, layout: Layout) -> Any:
    start = read_start(tree, name, layout)
    expect_utf8(tree, name, layout)
    used = {
        role: _position(tree, name, layout, start, column)
        for role, column in layout.columns.used().items()
    }
    types = dict.fromkeys(used, pa.string()) | dict.fromkeys(AXES, pa.float64())
    if "time" in used:
        types["time"] = pa.float64()
    if layout.time_unit == "datetime":
        zone = _STAMP.fullmatch(start.first[used["time"]].strip())
        types["time"] = pa.timestamp("ns", tz="UTC" if zone and zone["zone"] else None)
    width = len(start.header or start.first)
    names = [str(position) for position in range(width)]
    try:
        with reading(tree, name) as file:
            for _ in range(start.lines):
                file.readline()
            table = csv.read_csv(
                file,
                read_options=csv.ReadOptions(use_threads=False, column_names=names),
                parse_options=csv.ParseOptions(delimiter=layout.separator),
                convert_options=csv.ConvertOptions(
                    include_columns=[str(position) for position in used.values()],
                    column_types={str(used[role]): kind for role, kind in types.items()},
                    null_values=MISSING,
                    decimal_point=layout.decimal,
                ),
            )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _explained(tree, name, layout, used, width, str(error)) from error
    return table.rename_columns(list(used))


def _read_parquet(tree: FileTree, name: str, layout: Layout) -> Any:
    used = layout.columns.used()
    where = tree.where(name)
    try:
        with reading(tree, name) as file:
            source = parquet.ParquetFile(file)
            there = source.schema_arrow.names
            for role, column in used.items():
                if column not in there:
                    raise _no_column(where, role, column, there)
            table = source.read(columns=list(dict.fromkeys(used.values())), use_threads=False)
        columns = {}
        for role, column in used.items():
            found = table.column(column)
            if role in AXES or (role == "time" and layout.time_unit != "datetime"):
                columns[role] = found.cast(pa.float64(), safe=role in AXES)
            elif role == "time":
                zone = getattr(found.type, "tz", None)
                columns[role] = found.cast(pa.timestamp("ns", tz=zone))
            else:
                columns[role] = found.cast(pa.string())
    except (pa.ArrowException, pa.ArrowKeyError) as error:
        raise DataFormatError(
            f"cannot be read as Parquet: {_one_line(str(error))}",
            where=where,
            expected="a Parquet file with numbers in x, y, z and time",
        ) from error
    if table.num_rows == 0:
        raise DataFormatError("no row", where=where, expected="a row for each sample")
    return pa.table(columns)


def _position(tree: FileTree, name: str, layout: Layout, start: Start, column: str | int) -> int:
    if isinstance(column, int):
        if column < len(start.first):
            return column
        raise _failure(
            tree, name, layout, f"no column {column}: there are {len(start.first)}", start.lines + 1
        )
    header = start.header or ()
    wanted = _plain(column)
    if header.count(wanted) == 1:
        return header.index(wanted)
    where = f"{tree.where(name)}, line {start.lines}"
    if wanted in header:
        raise DataFormatError(
            f"{header.count(wanted)} columns are named {column!r}",
            where=where,
            expected="one column of each name",
            todo="name them apart, or skip the header with skip_lines and give numbers",
        )
    raise _no_column(where, "", column, header)


def _no_column(where: str, role: str, column: object, there: Any) -> DataFormatError:
    shown = ", ".join(repr(one)[:40] for one in list(there)[:12])
    return DataFormatError(
        f"no column {column!r}" + (f" for {role}" if role else ""),
        where=where,
        expected=f"one of {shown}" + (" …" if len(there) > 12 else ""),
        todo="correct columns, separator or skip_lines in dataset.toml",
    )


def _seconds(tree: FileTree, name: str, layout: Layout, column: Any) -> NDArray[np.float64]:
    if column.null_count:
        row = int(np.asarray(pc.is_null(column)).argmax())
        raise DataFormatError(
            "no time stamp", where=place(tree, name, layout, row), expected="one in every row"
        )
    if layout.time_unit == "datetime":
        stamps = as_array(column.cast(pa.int64()))
        return np.asarray((stamps - stamps[0]) / SECOND["ns"])
    stamps = as_array(column)
    return np.asarray((stamps - stamps[0]) / SECOND[str(layout.time_unit)])


def _codes(column: Any) -> Codes:
    column = pc.utf8_normalize(pc.utf8_trim_whitespace(column.fill_null("")), "NFC")
    encoded = column.dictionary_encode()
    return Codes(as_array(encoded.indices), tuple(encoded.dictionary.to_pylist()))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _cells(tree: FileTree, name: str, layout: Layout, line: bytes, number: int) -> tuple[str, ...]:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        cells = next(plain_csv.reader([text], delimiter=layout.separator), [])
    except UnicodeDecodeError as error:
        raise _failure(tree, name, layout, _NOT_UTF8, number) from error
    except plain_csv.Error as error:
        raise _failure(tree, name, layout, f"cannot be split: {error}", number) from error
    return tuple(_plain(cell) for cell in cells)


def _explained(
    tree: FileTree, name: str, layout: Layout, used: Mapping[str, int], width: int, reason: str
) -> DataFormatError:
    """The first line that is wrong; slow, and done only once reading has failed."""
    for number, cells in _rows(tree, name, layout):
        if len(cells) != width:
            return _failure(
                tree,
                name,
                layout,
                f"{len(cells)} columns where the file begins with {width}",
                number,
            )
        for role in (*AXES, "time"):
            cell = cells[used[role]] if role in used else ""
            if cell in MISSING:
                continue
            if role == "time" and layout.time_unit == "datetime":
                if not _STAMP.fullmatch(cell):
                    return _failure(tree, name, layout, f"{role} is {cell[:40]!r}", number)
            elif not _NUMBER.fullmatch(cell.replace(layout.decimal, ".")) or (
                layout.decimal == "," and "." in cell
            ):
                hint = ": a decimal comma" if re.fullmatch(r"[+-]?\d+,\d+", cell) else ""
                return _failure(tree, name, layout, f"{role} is {cell[:40]!r}{hint}", number)
    return _failure(tree, name, layout, _one_line(reason))


def _rows(tree: FileTree, name: str, layout: Layout) -> Iterator[tuple[int, tuple[str, ...]]]:
    above = read_start(tree, name, layout).lines
    with reading(tree, name) as file:
        for number, line in enumerate(file, 1):
            if number > above and line.strip(b"\r\n"):
                yield number, _cells(tree, name, layout, line, number)


def _one_line(reason: str) -> str:
    return " ".join(reason.split())[:200]


def _failure(
    tree: FileTree, name: str, layout: Layout, what: str, line: int | None = None
) -> DataFormatError:
    point = {".": "points", ",": "commas"}[layout.decimal]
    return DataFormatError(
        what,
        where=tree.where(name) + (f", line {line}" if line else ""),
        expected=f"text in UTF-8, columns separated by {layout.separator!r}, decimal {point}",
        todo="save the file as UTF-8"
        if what in (_NOT_UTF8, _IS_UTF16)
        else "correct the file, or separator, decimal, skip_lines or columns in dataset.toml",
    )
