"""Lines that a logger wrote in part only: left out on demand, and counted.

A serial line loses characters, so that two lines become one, or one is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from crosswear.core.errors import DataFormatError
from crosswear.tables.faults import MISSING, is_number, is_stamp
from crosswear.tables.text import Dialect, TableFile, rows, split_line

MOST = 0.02
"""A file with more than this part of broken lines, and more than three, is refused."""
_FEW = 3
_FIRST_ROWS = 200


def whole_rows(file: TableFile, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the lines below the header, without broken ones on demand.

    A line is broken if it has not as many cells as most of the first lines, or text where most of
    these have a number or an ISO time stamp, or a quote that is not closed.

    Raises:
        DataFormatError: if more than `MOST` of the lines are broken.
    """
    if not dialect.without_broken:
        yield from rows(file, dialect)
        return
    broken, count = [], 0
    for number, line, is_whole in _judged_rows(file, dialect):
        count += 1
        if is_whole:
            yield number, line
        else:
            broken.append(number)
    if len(broken) > max(_FEW, MOST * count):
        raise dialect.failure(file, f"{len(broken)} of {count} lines are broken", broken[0])


def broken_lines(file: TableFile, dialect: Dialect) -> int:
    """Return the number of lines of a text that are left out."""
    if file.is_parquet or not dialect.without_broken:
        return 0
    return sum(not is_whole for *_, is_whole in _judged_rows(file, dialect))


def _judged_rows(file: TableFile, dialect: Dialect) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number and content of the lines below the header, and whether each is whole."""
    first = [_cells(file, dialect, line) for line in islice(rows(file, dialect), _FIRST_ROWS)]
    [(width, _)] = Counter(map(len, first)).most_common(1) or [(0, 0)]
    columns = list(zip(*(cells for cells in first if len(cells) == width), strict=True))
    usual = [_usual(column, dialect.decimal) for column in columns]
    for number, line in rows(file, dialect):
        yield number, line, _is_whole(_cells(file, dialect, (number, line)), usual)


def place(file: TableFile, dialect: Dialect, row: int) -> str:
    """Return the name of a row in messages: the line of a text file, the row of a Parquet file."""
    if file.is_parquet:
        return f"{file.where}, row {row + 1}"
    lines = (number for number, _ in whole_rows(file, dialect))
    return f"{file.where}, line {next(islice(lines, row, None), row + dialect.lines_above + 1)}"


def _cells(file: TableFile, dialect: Dialect, line: tuple[int, bytes]) -> tuple[str, ...]:
    """Return the cells of a line; none if it cannot be split."""
    try:
        return split_line(file, dialect, *line, strict=True)
    except DataFormatError:  # a quote is not closed, or half of the end of a line is lost
        return ()


def _usual(column: Sequence[str], decimal: str) -> Callable[[str], bool]:
    """Return a check of the cells of a column: a number or a time stamp, if most of them are."""
    for fits in (partial(is_number, decimal=decimal), is_stamp, partial(is_stamp, zone=True)):
        if 2 * sum(map(fits, column)) > len(column):
            return fits
    return lambda cell: True


def _is_whole(cells: Sequence[str], usual: Sequence[Callable[[str], bool]]) -> bool:
    return 0 < len(cells) == len(usual) and all(
        cell in MISSING or fits(cell) for cell, fits in zip(cells, usual, strict=True)
    )
