"""Find the line that is wrong in a table that cannot be read; slow, and done then only."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

MISSING = ("", "NaN", "nan", "NA", "null")
"""Cells that stand for a lost sample."""
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
STAMP = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """The first line of a text that is wrong.

    Attributes:
        line: its number.
        cells: all of it.
        role, cell: what stands where something else belongs; empty if the number of cells is wrong.
    """

    line: int
    cells: Sequence[str]
    role: str = ""
    cell: str = ""


Checks = Mapping[str, tuple[int, Callable[[str], bool]]]
"""By role, the position of a column and whether a cell belongs there."""


def first_fault(
    lines: Iterable[tuple[int, Sequence[str]]], width: int, checks: Checks
) -> Fault | None:
    """Return the first line that has not `width` cells, or a cell that does not belong there."""
    for number, cells in lines:
        if len(cells) != width:
            return Fault(number, cells)
        for role, (position, belongs) in checks.items():
            if not belongs(cells[position].strip()):
                return Fault(number, cells, role, cells[position].strip())
    return None


def is_number(cell: str, decimal: str = ".") -> bool:
    """Return whether a cell is a finite number."""
    if decimal == "," and "." in cell:
        return False
    plain = cell.replace(decimal, ".")
    return bool(_NUMBER.fullmatch(plain) and math.isfinite(float(plain)))


def is_stamp(cell: str, zone: bool = False) -> bool:
    """Return whether a cell is an ISO 8601 time stamp, with a time zone or without."""
    match = STAMP.fullmatch(cell)
    try:
        return bool(match and bool(match["zone"]) == zone and datetime.fromisoformat(cell))
    except ValueError:
        return False
