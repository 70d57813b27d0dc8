"""Layouts of text that publishers use, and the errors of files that differ from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NoReturn

from crosswear.core.errors import DataFormatError
from crosswear.tables import faults
from crosswear.tables.text import Dialect, TableFile, rows

TODO = "fetch the file again, or compare it with the publisher's"
_STAMP = re.compile(r".*:\d\d:\d\d(\.\d{1,6})?", re.ASCII)  # whole microseconds


@dataclass(frozen=True)
class TextLayout:
    """A publisher's layout of a table of numbers as text.

    Attributes:
        columns: how many columns every line has.
        separator: one character between two columns.
        header: the names in the first line, if the file has such a line.
        stamps: 0-based columns of ISO 8601 time stamps, read as seconds since 1970.
        missing: cells that stand for a missing number.
    """

    columns: int
    separator: str = ","
    header: tuple[str, ...] | None = None
    stamps: tuple[int, ...] = ()
    missing: tuple[str, ...] = ("NaN", "nan")

    @property
    def dialect(self) -> Dialect:
        """Return how its lines are split."""
        return Dialect(self.separator, has_header=self.header is not None)


def check_header(file: TableFile, layout: TextLayout, header: tuple[str, ...], line: bytes) -> None:
    """Raise an error if the first line of a file does not name the columns of its layout."""
    if not line.strip():
        raise _failure(file, layout, "the file is empty")
    found = _cells(line, layout)
    if tuple(found) != header:
        wanted = f"the header {layout.separator.join(header)!r}"
        what = f"the header is {layout.separator.join(found)[:80]!r}"
        raise _failure(file, layout, what, ", line 1", wanted)


def raise_first_fault(
    file: TableFile, layout: TextLayout, use: Sequence[int], reason: str, expected: str = ""
) -> NoReturn:
    """Raise the error of the first line that is wrong.

    Args:
        file: the table.
        layout: what its lines should look like.
        use: 0-based columns that hold numbers or time stamps.
        reason: what is wrong if no line shows it.
        expected: what was expected then, if not columns.
    """
    is_number = partial(_is_number, layout.missing)
    checks = {
        str(column): (column, _is_stamp if column in layout.stamps else is_number) for column in use
    }
    lines = ((number, _cells(line, layout)) for number, line in rows(file, layout.dialect))
    first = next(lines, None)
    if first is None:
        empty = "the file is empty" if layout.header is None else "no line after the header"
        raise _failure(file, layout, empty)
    fault = faults.first_fault(chain([first], lines), layout.columns, checks)
    if fault is None:
        raise _failure(file, layout, reason, expected=expected)
    is_cut_off = fault.line > first[0] and next(lines, None) is None
    cut_off = "the last line is cut off: " if is_cut_off else ""
    where, count = f", line {fault.line}", len(fault.cells)
    if not fault.role:
        what = f"{count} column{'s' * (count != 1)}"
        if any(map(faults.DECIMAL_COMMA.fullmatch, fault.cells)):
            what += ", and decimal commas"
        elif count < layout.columns:
            what = cut_off + what
        raise _failure(file, layout, what, where)
    column = int(fault.role)
    kind = "time stamp" if column in layout.stamps else "number"
    what = f"{fault.cell[:40]!r} is not a {kind}"
    if faults.DECIMAL_COMMA.fullmatch(fault.cell):
        what += ": it has a decimal comma"
    if not fault.cell:
        what = (cut_off if column + 1 == layout.columns else "") + "an empty cell"
    raise _failure(file, layout, what, f"{where}, column {column + 1}")


def _cells(line: bytes, layout: TextLayout) -> list[str]:
    text = line.decode("utf-8", errors="replace").removeprefix("\ufeff").rstrip("\r\n")
    return text.split(layout.separator)


def _is_stamp(cell: str) -> bool:
    return bool(_STAMP.fullmatch(cell)) and faults.is_stamp(cell)


def _is_number(missing: tuple[str, ...], cell: str) -> bool:
    return cell in missing or faults.is_number(cell)


def _failure(
    file: TableFile, layout: TextLayout, what: str, where: str = "", expected: str = ""
) -> DataFormatError:
    separators = {",": "commas", " ": "single spaces", "\t": "tabs", ";": "semicolons"}
    by = separators.get(layout.separator, repr(layout.separator))
    return DataFormatError(
        what,
        where=file.where + where,
        expected=expected or f"{layout.columns} columns with decimal points, separated by {by}",
        todo=TODO,
    )
