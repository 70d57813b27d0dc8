"""How an unknown file is laid out, and a sample of its columns."""

from __future__ import annotations

import codecs
import csv as plain_csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from crosswear.core.errors import DataFormatError
from crosswear.datasets.columns import as_array
from crosswear.datasets.own.table import MISSING, PARQUET
from crosswear.datasets.tree import FileTree, reading

SUFFIXES = (".csv", ".txt", ".tsv", ".dat", ".log", PARQUET)
HEAD_BYTES = 1 << 14
SAMPLE_BYTES = 1 << 22
SAMPLE_ROWS = 100_000
FEWEST_COLUMNS = 3

DAMAGED = 0.02
"""Up to this part of the rows may be wrong: whoever reads them all names the first wrong one."""

_FEWEST_ROWS = 20  # of which one may be damaged
_AROUND = 8
_MEASURED = 0.2  # part of the rows in which a column changes that is no label
_SEPARATORS = (",", ";", "\t", "|", " ")
_CELL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|[+-]?(inf|nan|na|null)?", re.IGNORECASE)
_STAMP = re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}[ T]?[\d:.,]*(Z|[+-]\d\d:?\d\d)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_HZ = re.compile(r"(\d+(?:\.\d+)?)\s*Hz", re.IGNORECASE)
_EPOCH_S = (9e8, 5e9)


@dataclass(frozen=True)
class Dialect:
    """How a file is laid out; equal for files that one `dataset.toml` can describe.

    Attributes:
        names: of the columns, or their numbers where there is no header.
        separator, decimal, skip_lines: as in `dataset.toml`; a Parquet file has no separator.
        rate_hz: the rate, where the lines above the numbers tell it.
    """

    names: tuple[str | int, ...]
    separator: str = ""
    decimal: str = "."
    skip_lines: int = 0
    rate_hz: float | None = None


@dataclass(frozen=True, eq=False)
class SampledColumn:
    """The first values of a column.

    Attributes:
        values: float64 [T], NaN where a number is missing; for texts int32 [T], index in `texts`.
            Time stamps are seconds since 1970.
        texts: the different values of a text column; empty for numbers.
        is_stamp: whether it holds ISO 8601 time stamps.
    """

    values: NDArray[np.float64] | NDArray[np.int32]
    texts: tuple[str, ...] = ()
    is_stamp: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers, not indices of texts."""
        return self.values.dtype == np.float64

    @property
    def changes(self) -> NDArray[np.bool_]:
        """Whether each row but the first differs from the one before it."""
        return np.asarray(self.values[1:] != self.values[:-1])

    @property
    def is_empty(self) -> bool:
        """Whether it holds no value at all."""
        return self.is_number and not np.isfinite(self.values).any()


def sniff(tree: FileTree, name: str) -> Dialect | None:
    """The layout of a file; None if it is not a table of at least three columns."""
    if name.lower().endswith(PARQUET):
        with reading(tree, name) as file:
            try:
                return Dialect(tuple(parquet.ParquetFile(file).schema_arrow.names))
            except pa.ArrowException:
                return None
    lines = _head(tree, name, HEAD_BYTES).replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    found = [rows for separator in _SEPARATORS if (rows := _split(lines, separator)) is not None]
    if not found:
        return None
    rows = max(found, key=lambda one: (one.numeric, one.width))
    return _dialect(lines, rows)


def is_utf16(tree: FileTree, name: str) -> bool:
    """Whether a file begins as texts in UTF-16 do, which spreadsheets write."""
    with reading(tree, name) as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def sample(tree: FileTree, name: str, dialect: Dialect) -> Mapping[str | int, SampledColumn]:
    """The first rows of a file, by column; damaged rows and cells are passed over.

    Raises:
        DataFormatError: if many do not have the layout.
    """
    skipped: list[str] = []

    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row.text)
        return "skip"

    try:
        if not dialect.separator:
            with reading(tree, name) as file:
                batches = parquet.ParquetFile(file).iter_batches(SAMPLE_ROWS, use_threads=False)
                table = pa.Table.from_batches([next(batches)])
        else:
            text = _head(tree, name, SAMPLE_BYTES)
            above = dialect.skip_lines + isinstance(dialect.names[0], str)
            rows = text.split("\n", above)[above].encode()
            table = csv.read_csv(
                io.BytesIO(rows),
                read_options=csv.ReadOptions(
                    use_threads=False,
                    block_size=2 * SAMPLE_BYTES,
                    column_names=[str(position) for position in range(len(dialect.names))],
                ),
                parse_options=csv.ParseOptions(
                    delimiter=dialect.separator, invalid_row_handler=skip
                ),
                convert_options=csv.ConvertOptions(
                    null_values=MISSING, decimal_point=dialect.decimal
                ),
            )
            if not _few(len(skipped), table.num_rows + len(skipped)):
                raise pa.ArrowInvalid(f"{len(skipped)} rows are others, the first {skipped[0]!r}")
        columns = [
            _sampled(table.column(position), dialect.decimal)
            for position in range(len(dialect.names))
        ]
    except (pa.ArrowException, StopIteration, IndexError) as error:
        raise DataFormatError(
            f"is not laid out as its beginning: {' '.join(str(error).split())[:200]}",
            where=tree.where(name),
            expected=f"{len(dialect.names)} columns in every line",
            todo="correct the file, or move it away",
        ) from error
    return dict(zip(dialect.names, columns, strict=True))


@dataclass(frozen=True)
class _Rows:
    separator: str
    cells: Sequence[Sequence[str]]
    width: int
    numeric: float


def _head(tree: FileTree, name: str, size: int) -> str:
    """The beginning of a text file, up to its last whole line."""
    with reading(tree, name) as file:
        head = file.read(size + 1)
    if len(head) > size:
        head = head[: head.rfind(b"\n") + 1]
    return head.decode("utf-8-sig", errors="replace")


def _split(lines: Sequence[str], separator: str) -> _Rows | None:
    """The lines as cells, if those of the lower half have the same number, but for damaged ones."""
    try:
        cells = [next(plain_csv.reader([line], delimiter=separator), []) for line in lines]
    except plain_csv.Error:
        return None
    lower = [row for row in cells[len(cells) // 2 :] if row]
    if not lower:
        return None
    width, rows = Counter(map(len, lower)).most_common(1)[0]
    if width < FEWEST_COLUMNS or not _few(len(lower) - rows, len(lower)):
        return None
    flat = [_is_value(cell) for row in lower for cell in row]
    return _Rows(separator, cells, width, sum(flat) / len(flat))


def _few(damaged: int, rows: int) -> bool:
    return damaged <= max(rows >= _FEWEST_ROWS, DAMAGED * rows)


def _is_value(cell: str) -> bool:
    return bool(_CELL.fullmatch(cell.strip()) or _STAMP.fullmatch(cell.strip()))


def _dialect(lines: Sequence[str], rows: _Rows) -> Dialect | None:
    cells = rows.cells
    width = rows.width
    lower = [row for row in cells[len(cells) // 2 :] if len(row) == width]
    numeric = [
        column
        for column in range(width)
        if _few(sum(not _is_value(row[column]) for row in lower), len(lower))
    ]
    if len(numeric) < FEWEST_COLUMNS:
        return None

    def is_row(row: Sequence[str]) -> bool:
        return len(row) == width and all(_is_value(row[column]) for column in numeric)

    first = len(cells)
    while first > 0:
        above = cells[max(first - 1 - _AROUND, 0) : first - 1]
        damaged = len(above) == _AROUND and sum(map(is_row, above)) > _AROUND / 2
        if cells[first - 1] and not is_row(cells[first - 1]) and not damaged:
            break
        first -= 1
    header: tuple[str | int, ...] = ()
    if first > 0 and len(cells[first - 1]) == width:
        names = tuple(cell.strip() for cell in cells[first - 1])
        if len(set(names)) == width and not any(name and _is_value(name) for name in names):
            header, first = names, first - 1
    told = [float(hz) for line in lines[:first] for hz in _HZ.findall(line)]
    rate_hz = told[0] if len(set(told)) == 1 else None
    if not header and first == 0 and _starts_with_time_and_rate(cells):
        first, rate_hz = 2, float(cells[1][0])
    comma = rows.separator != "," and any(
        _DECIMAL_COMMA.fullmatch(cell.strip()) for row in lower for cell in row
    )
    return Dialect(
        names=header or tuple(range(width)),
        separator=rows.separator,
        decimal="," if comma else ".",
        skip_lines=first,
        rate_hz=rate_hz,
    )


def _starts_with_time_and_rate(cells: Sequence[Sequence[str]]) -> bool:
    """Whether line 1 repeats a time since 1970 in every column and line 2 a sampling rate."""
    if len(cells) < 3 or any(len({cell.strip() for cell in row}) > 1 for row in cells[:2]):
        return False
    try:
        start, rate_hz = float(cells[0][0]), float(cells[1][0])
    except ValueError:
        return False
    return _EPOCH_S[0] < start < _EPOCH_S[1] and 1 <= rate_hz <= 1000


def _sampled(column: Any, decimal: str) -> SampledColumn:
    kind = column.type
    if pa.types.is_null(kind):  # nothing in it: a column of lost numbers
        return SampledColumn(np.full(len(column), np.nan))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamps = column.cast(pa.timestamp("ns", tz=getattr(kind, "tz", None))).cast(pa.int64())
        return SampledColumn(as_array(stamps) / 1e9, is_stamp=True)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        # Whole nanoseconds since 1970 are rounded to the nearest quarter of a microsecond.
        return SampledColumn(as_array(column.cast(pa.float64(), safe=False)))
    try:
        codes = column.cast(pa.string()).combine_chunks().dictionary_encode("encode")
    except pa.ArrowException:
        return SampledColumn(np.zeros(len(column), np.int32))
    texts = tuple((text or "").strip() for text in codes.dictionary.to_pylist())
    found = SampledColumn(as_array(codes.indices), texts)
    numbers = np.array([_number(text.replace(decimal, ".")) for text in texts])
    wrong = np.isnan(numbers) & [text not in MISSING for text in texts]
    damaged = int(wrong[found.values].sum()) if len(texts) else 0
    measured = found.changes.sum() > _MEASURED * len(found.values)
    if _few(damaged, len(found.values)) and measured:
        return SampledColumn(numbers[found.values])  # read as numbers, the first wrong cell is told
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
