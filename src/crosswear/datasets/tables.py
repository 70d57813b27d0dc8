"""Delimited text to arrays, fast where it is well formed and precise where it is not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES
from crosswear.datasets.columns import as_array
from crosswear.datasets.tree import FileTree, reading

LARGEST_G = 1000.0
"""Beyond the range of every accelerometer that people wear."""
LARGEST_RAD_S = 100.0
"""Likewise of every gyroscope: the widest ranges are 4000°/s."""

_MISSING = ("NaN", "nan")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True)
class TextLayout:
    """How a publisher lays out a table of numbers as text.

    Attributes:
        columns: how many columns every line has.
        separator: one character between two columns.
        header: the names in the first line, if the file has such a line.
        stamps: 0-based columns of ISO 8601 time stamps, read as seconds since 1970.
    """

    columns: int
    separator: str = ","
    header: tuple[str, ...] | None = None
    stamps: tuple[int, ...] = ()


def read_table(
    tree: FileTree, name: str, layout: TextLayout, use: Sequence[int]
) -> NDArray[np.float64]:
    """Read some columns of a table as numbers.

    Lines may end in the manner of Windows, a byte-order mark and empty lines are passed over, and
    ``NaN`` is a missing value. The numbers of the columns that are not used are not looked at.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: what every line should look like.
        use: 0-based columns to read.

    Returns:
        float64 [lines, len(use)], in the order of `use`.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is empty or differs from the layout; names line and column.
    """
    names = [str(column) for column in range(layout.columns)]
    used = [names[column] for column in use]
    types = {names[c]: pa.timestamp("us") if c in layout.stamps else pa.float64() for c in use}
    try:
        with reading(tree, name) as file:
            if layout.header is not None:
                _check_header(tree, name, layout, layout.header, file.readline())
            table = csv.read_csv(
                file,
                read_options=csv.ReadOptions(use_threads=False, column_names=names),
                parse_options=csv.ParseOptions(delimiter=layout.separator, quote_char=False),
                convert_options=csv.ConvertOptions(
                    include_columns=used, column_types=types, null_values=_MISSING
                ),
            )
    except pa.ArrowException as error:
        _explain(tree, name, layout, use, str(error))
    if table.num_rows == 0:
        _explain(tree, name, layout, use, "no line of numbers")
    values = np.empty((table.num_rows, len(use)), order="F")
    for position, column in enumerate(table.columns):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        values[:, position] = as_array(column)
    stamped = [column in layout.stamps for column in use]
    values[:, stamped] /= 1e6
    if np.isinf(values).any() or np.isnan(values[:, stamped]).any():
        _explain(tree, name, layout, use, "an infinite number, or a missing time stamp")
    return values


def to_g(values: NDArray[np.float64], units_per_g: float, where: str) -> NDArray[np.float32]:
    """Acceleration in g, float32 [T, 3]; a row with a missing axis becomes a row of NaN.

    Args:
        values: [T, 3] in the unit of the files, NaN where a number is missing.
        units_per_g: how many of those units are one g.
        where: what to call the file in a message.

    Raises:
        DataFormatError: if a value is larger than what any sensor on a body measures.
    """
    most = f"at most {LARGEST_G:g} g, which is {LARGEST_G * units_per_g:g} here"
    _check_range(values, LARGEST_G * units_per_g, "acceleration", most, where)
    return _whole_rows(values / units_per_g)


def to_rad_s(values: NDArray[np.float64], where: str) -> NDArray[np.float32]:
    """Angular velocity, float32 [T, 3]; a row with a missing axis becomes a row of NaN.

    Args:
        values: [T, 3] in rad/s, NaN where a number is missing.
        where: what to call the file in a message.

    Raises:
        DataFormatError: if a value is larger than what any sensor on a body measures.
    """
    most = f"at most {LARGEST_RAD_S:g} rad/s"
    _check_range(values, LARGEST_RAD_S, "angular velocity", most, where)
    return _whole_rows(values)


def _check_range(
    values: NDArray[np.float64], largest: float, quantity: str, most: str, where: str
) -> None:
    beyond = np.argwhere(np.abs(values) > largest)
    if len(beyond):
        row, axis = beyond[0]
        raise DataFormatError(
            f"{values[row, axis]:g} is not an {quantity}",
            where=f"{where}, sample {row + 1}, axis {AXES[axis]}",
            expected=most,
            todo="fetch the file again, or compare it with the publisher's",
        )


def _whole_rows(values: NDArray[np.float64]) -> NDArray[np.float32]:
    rows = values.astype(np.float32)
    rows[np.isnan(rows).any(axis=1)] = np.nan
    return rows


def _check_header(
    tree: FileTree, name: str, layout: TextLayout, header: tuple[str, ...], line: bytes
) -> None:
    found = _decode(line).removeprefix("\ufeff").rstrip("\r\n").split(layout.separator)
    if not line.strip():
        _fail(tree, name, layout, "the file is empty")
    if tuple(found) != header:
        _fail(
            tree,
            name,
            layout,
            f"the header is {layout.separator.join(found)[:80]!r}",
            line=1,
            expected=f"the header {layout.separator.join(header)!r}",
        )


def _explain(
    tree: FileTree, name: str, layout: TextLayout, use: Sequence[int], reason: str
) -> NoReturn:
    """Find the first line that is wrong; slow, and done only once reading has failed."""
    lines = 0
    for number, cells, is_last in _lines(tree, name, layout):
        lines += 1
        cut_off = "the last line is cut off: " if is_last and lines > 1 else ""
        if len(cells) != layout.columns:
            what = f"{len(cells)} column{'s' * (len(cells) != 1)}"
            if any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells):
                what += ", and decimal commas"
            elif len(cells) < layout.columns:
                what = cut_off + what
            _fail(tree, name, layout, what, line=number)
        for column in use:
            cell = cells[column].strip()
            is_stamp = column in layout.stamps
            if _is_stamp(cell) if is_stamp else _is_number(cell):
                continue
            what = f"{cell[:40]!r} is not a {'time stamp' if is_stamp else 'number'}"
            if _DECIMAL_COMMA.fullmatch(cell):
                what += ": it has a decimal comma"
            if not cell:
                what = (cut_off if column + 1 == layout.columns else "") + "an empty cell"
            _fail(tree, name, layout, what, line=number, column=column + 1)
    if lines == 0:
        reason = "the file is empty" if layout.header is None else "no line after the header"
    _fail(tree, name, layout, reason)


def _is_number(cell: str) -> bool:
    return cell in _MISSING or bool(_NUMBER.fullmatch(cell) and math.isfinite(float(cell)))


def _is_stamp(cell: str) -> bool:
    try:
        return bool(_STAMP.fullmatch(cell) and datetime.fromisoformat(cell))
    except ValueError:
        return False


def _lines(tree: FileTree, name: str, layout: TextLayout) -> Iterator[tuple[int, list[str], bool]]:
    """Line number, cells, and whether it is the last line; without header and empty lines."""
    waiting: tuple[int, list[str]] | None = None
    with reading(tree, name) as file:
        for number, line in enumerate(file, start=1):
            text = _decode(line).removeprefix("\ufeff").rstrip("\r\n")
            if not text or (number == 1 and layout.header is not None):
                continue
            if waiting is not None:
                yield *waiting, False
            waiting = number, text.split(layout.separator)
    if waiting is not None:
        yield *waiting, True


def _decode(line: bytes) -> str:
    return line.decode("utf-8", errors="replace")


def _fail(
    tree: FileTree,
    name: str,
    layout: TextLayout,
    what: str,
    *,
    line: int | None = None,
    column: int | None = None,
    expected: str = "",
) -> NoReturn:
    where = tree.where(name)
    if line is not None:
        where += f", line {line}"
    if column is not None:
        where += f", column {column}"
    separators = {",": "commas", " ": "single spaces", "\t": "tabs", ";": "semicolons"}
    by = separators.get(layout.separator, repr(layout.separator))
    raise DataFormatError(
        what,
        where=where,
        expected=expected or f"{layout.columns} columns with decimal points, separated by {by}",
        todo="fetch the file again, or compare it with the publisher's",
    )
