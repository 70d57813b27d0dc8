"""Layout of an unknown file, from its beginning."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import parquet

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import one_line
from crosswear.tables.devices import FORMATS, RATE_KEY, ForeignFileError
from crosswear.tables.faults import DECIMAL_COMMA
from crosswear.tables.instants import is_like_an_instant
from crosswear.tables.text import UTF16, Dialect, TableFile

_TEXTS = (".csv", ".txt", ".tsv", ".dat", ".log")
SUFFIXES = (
    *(f"{ending}{packed}" for ending in (*_TEXTS, *FORMATS) for packed in ("", ".gz")),
    ".parquet",
)
HEAD_BYTES = 1 << 14
SAMPLE_BYTES = 1 << 22
SAMPLE_ROWS = 100_000
FEWEST_COLUMNS = 3

DAMAGED = 0.02
"""Up to this part of the rows may be wrong: reading them all names the first wrong one."""

_FEWEST_ROWS = 20  # of which one may be damaged
_AROUND = 8
_SEPARATORS = (",", ";", "\t", "|", " ")
_CELL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|[+-]?(inf|nan|na|null)?", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}")
_HZ = re.compile(
    r"(?:rate|freq(?:uency|uenz)?|frequenz|sampl(?:ing|ed)|odr|\bat|@|\bbei)\W*"
    r"(\d+(?:\.\d+)?)\s*Hz",
    re.IGNORECASE,
)
_FILTER = re.compile(r"pass|cut-?off|corner|grenz|bandwidth", re.IGNORECASE)
_AXIS = re.compile(r"[xyz]", re.IGNORECASE)
_EPOCH_S = (9e8, 5e9)
_MOST_BELOW = 4  # lines between the names of the columns and the numbers
_UNIT = re.compile(
    r"[\[(]*(m?g|g's|gs|m/\(?s\^?[2²]\)?|m/s²|m s-2|m·s[⁻-][²2]|m?s|sec(onds?)?|[uµμn]s|m?v|"
    r"(deg|°|rad|mdeg)(/\(?s(ec)?\)?)?|m?dps|[uµμ]t|gauss|(local_)?flux|°?c|degc|degrees celsius|%|"
    r"bpm|[hk]?pa|counts?|cnt|lsb|adc|un_?cal|cal|raw|no[ _]?units?|none|n/?a|-|unix.*|utc|"
    r"[hmsydf:./ -]{4,})?[\])]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Head:
    """The beginning of a file, read in one opening.

    Attributes:
        file: the file.
        content: of a text, with a byte more than was asked for, if there is one.
        names: of the columns of a Parquet file; None if it is no such file.
        rows: its first rows, if there are any and they were asked for.
        rate_hz: the rate, if it is a recording of a device.
        foreign: the error of a file of another format than its ending says.
    """

    file: TableFile
    content: bytes = b""
    names: tuple[str, ...] | None = None
    rows: pa.Table | None = None
    rate_hz: float | None = None
    foreign: ForeignFileError | None = None

    @property
    def is_utf16(self) -> bool:
        """Return whether it begins as texts in UTF-16 do, which spreadsheets write."""
        return self.content.startswith(UTF16)

    def text(self, size: int) -> str:
        """Return so many bytes of a text, up to the last whole line."""
        head = self.content[:size]
        if len(self.content) > size:
            head = head[: head.rfind(b"\n") + 1]
        return head.decode("utf-8-sig", errors="replace")


@dataclass(frozen=True)
class TableFormat:
    """Layout of a file; equal for files that one `dataset.toml` can describe.

    Attributes:
        names: of the columns, or their numbers where there is no header.
        dialect: of a text; a Parquet file has no separator.
        rate_hz: the rate, where the lines above the numbers or the device state it.
        units: the row of units below the names, if there is one.
        halved: names above the values, if there are half as many: decimal commas cut each value.
    """

    names: tuple[str | int, ...]
    dialect: Dialect
    rate_hz: float | None = None
    units: tuple[str, ...] = ()
    halved: tuple[str, ...] = ()

    @property
    def unit_of(self) -> dict[str | int, str]:
        """Return what the row of units states, by column."""
        return dict(zip(self.names, self.units, strict=False))


def read_head(file: TableFile, *, rows: bool) -> Head:
    """Read the beginning of a file.

    Args:
        file: the file.
        rows: whether to read as much as a sample of the columns needs.

    Raises:
        DataFormatError: if it is a damaged Parquet file or file of a device.
    """
    try:
        return _head(file, rows)
    except ForeignFileError as error:
        return Head(file, foreign=error)


def _head(file: TableFile, rows: bool) -> Head:
    with file.content() as content:
        if not file.is_parquet:
            return Head(file, content.read((SAMPLE_BYTES if rows else HEAD_BYTES) + 1))
        try:
            source = parquet.ParquetFile(content)
        except pa.ArrowException:
            return Head(file)
        names = tuple(source.schema_arrow.names)
        try:
            batches = source.iter_batches(SAMPLE_ROWS, use_threads=False)
            first = next(batches, None) if rows else None
        except pa.ArrowException as error:
            raise not_as_it_begins(file, names, error) from error
        stated = (source.schema_arrow.metadata or {}).get(RATE_KEY)
        rate_hz = float(stated) if stated else None
        return Head(file, b"", names, first and pa.Table.from_batches([first]), rate_hz)


def not_as_it_begins(
    file: TableFile, names: Sequence[str | int], reason: object
) -> DataFormatError:
    """Return the error of a file whose rows are others than its first ones."""
    return DataFormatError(
        f"is not laid out as its beginning: {one_line(reason)}",
        where=file.where,
        expected=f"{len(names)} columns in every line",
        todo="correct the file, or move it away",
    )


def sniff(head: Head) -> TableFormat | None:
    """Return the layout of a file; None if it is not a table of at least three columns."""
    if head.foreign is not None:
        return None
    if head.file.is_parquet:
        layout = TableFormat(head.names or (), Dialect(separator=""), head.rate_hz)
        return None if head.names is None else layout
    lines = head.text(HEAD_BYTES).replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    found = [rows for separator in _SEPARATORS if (rows := _split(lines, separator)) is not None]
    if not found:
        return None
    return _format(lines, max(found, key=lambda one: (one.numeric, one.width)))


def few_damaged(damaged: int, rows: int) -> bool:
    """Return whether so few of some rows are wrong that the others may be trusted."""
    return damaged <= max(rows >= _FEWEST_ROWS, DAMAGED * rows)


@dataclass(frozen=True)
class _Rows:
    separator: str
    cells: Sequence[Sequence[str]]
    width: int
    numeric: float


def _split(lines: Sequence[str], separator: str) -> _Rows | None:
    """Return the lines as cells, if those of the lower half have the same number, but for few."""
    cells = [_cells(line, separator) for line in lines]
    lower = [row for row in cells[len(cells) // 2 :] if row]
    if not lower:
        return None
    width, rows = Counter(map(len, lower)).most_common(1)[0]
    if width < FEWEST_COLUMNS or not few_damaged(len(lower) - rows, len(lower)):
        return None
    flat = [_is_value(cell) for row in lower for cell in row]
    return _Rows(separator, cells, width, sum(flat) / len(flat))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a line that is broken
        return [line]


def _is_value(cell: str) -> bool:
    cell = cell.strip()
    return bool(_CELL.fullmatch(cell) or _DATE.fullmatch(cell)) or is_like_an_instant(cell)


def _format(lines: Sequence[str], rows: _Rows) -> TableFormat | None:
    cells, width = rows.cells, rows.width
    lower = [row for row in cells[len(cells) // 2 :] if len(row) == width]
    # Empty cells count for nothing: a label that is rarely there is no column of numbers.
    filled = {i: [cell for row in lower if (cell := row[i].strip())] for i in range(width)}
    numeric = [
        column
        for column, values in filled.items()
        if values and few_damaged(sum(not _is_value(cell) for cell in values), len(values))
    ]
    if len(numeric) + sum(not values for values in filled.values()) < FEWEST_COLUMNS:
        return None
    first = _first_row(rows, numeric)
    header, below, units = _header(cells[:first], width)
    first -= below + bool(header)
    about = [line for line in lines[:first] if not _FILTER.search(line)]
    stated = [float(hz) for line in about for hz in _HZ.findall(line)]
    rate_hz = stated[0] if len(set(stated)) == 1 else None
    if not header and first == 0 and _starts_with_time_and_rate(cells):
        first, rate_hz = 2, float(cells[1][0])
    comma = rows.separator != "," and any(
        DECIMAL_COMMA.fullmatch(cell.strip()) for row in lower for cell in row
    )
    dialect = Dialect(rows.separator, "," if comma else ".", first, bool(header), below)
    halved = () if header or not first else _halved(cells[first - 1], width)
    return TableFormat(header or tuple(range(width)), dialect, rate_hz, units, halved)


def _halved(above: Sequence[str], width: int) -> tuple[str, ...]:
    """Return the names above rows of twice as many cells, or of one less: a time may be whole."""
    names = tuple(cell.strip() for cell in above)
    fits = width in (2 * len(names), 2 * len(names) - 1) and not any(map(_is_value, names))
    alike = Counter(_AXIS.sub("", name, count=1) for name in names)
    return names if fits and max(alike.values()) >= FEWEST_COLUMNS else ()


def _header(
    above: Sequence[Sequence[str]], width: int
) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """Return the names of the columns, if a line has them, the number of lines below it, and units.

    A row of units, or one that repeats a word, stands below the names.
    """
    units: tuple[str, ...] = ()
    row_of_units: tuple[str, ...] = ()
    for below, row in enumerate(reversed(above[-1 - _MOST_BELOW :])):
        names = tuple(cell.strip() for cell in row)
        if len(names) != width or any(name and _is_value(name) for name in names):
            break
        if len(set(names)) < width:
            row_of_units = row_of_units or (names if all(map(_UNIT.fullmatch, names)) else ())
            continue
        if not all(map(_UNIT.fullmatch, names)):
            return names, below, row_of_units
        units = units or (names if below == 0 else ())
        row_of_units = row_of_units or names
    return units, 0, ()


def _first_row(rows: _Rows, numeric: Sequence[int]) -> int:
    """Return the number of the first row of values, from below; damaged ones are passed over.

    A row without any value below the names is one of units that states none.
    """
    cells = rows.cells
    good = [
        len(row) == rows.width and any(row) and all(_is_value(row[column]) for column in numeric)
        for row in cells
    ]
    first = len(cells)
    while first > 0:
        above = good[max(first - 1 - _AROUND, 0) : first - 1]
        damaged = len(above) == _AROUND and sum(above) > _AROUND / 2
        if cells[first - 1] and not good[first - 1] and not damaged:
            break
        first -= 1
    return first


def _starts_with_time_and_rate(cells: Sequence[Sequence[str]]) -> bool:
    """Return whether line 1 repeats a time since 1970 in all columns and line 2 a sampling rate."""
    if len(cells) < 3 or any(len({cell.strip() for cell in row}) > 1 for row in cells[:2]):
        return False
    try:
        start, rate_hz = float(cells[0][0]), float(cells[1][0])
    except ValueError:
        return False
    return _EPOCH_S[0] < start < _EPOCH_S[1] and 1 <= rate_hz <= 1000
