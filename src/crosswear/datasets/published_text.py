"""Text as publishers of datasets lay it out: fast where it is well formed, precise where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.datasets.text_layout import TODO, TextLayout, check_header, raise_first_fault
from crosswear.datasets.tree import FileTree, table_file
from crosswear.tables import broken
from crosswear.tables.reader import Codes, as_array, joined, parse
from crosswear.tables.stamps import first_not_after
from crosswear.tables.text import TableFile

_STEPS_FOR_A_RATE = 20
_WORDS = pa.dictionary(pa.int32(), pa.string())


def read_numbers(
    tree: FileTree, name: str, layout: TextLayout, use: Sequence[int]
) -> NDArray[np.float64]:
    """Read some columns of a table as numbers.

    Lines may end in the manner of Windows, a byte-order mark and empty lines are passed over. The
    numbers of the columns that are not used are not looked at.

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
    use = tuple(use)
    file = table_file(tree, name)
    types = _types(layout, use)
    pieces: list[list[NDArray[np.float64]]] = [[np.empty(0)] for _ in use]
    try:
        for batch in _parse(file, layout, types, whole=True):
            for column, parts in zip(batch.columns, pieces, strict=True):
                parts.append(_numbers(column))
    except pa.ArrowException as error:
        raise_first_fault(file, layout, use, str(error))
    values = np.empty((sum(map(len, pieces[0])), len(use)), order="F")
    if not len(values):
        raise_first_fault(file, layout, use, "no line of numbers")
    for position, parts in enumerate(pieces):
        values[:, position] = np.concatenate(parts)
        parts.clear()
    stamped = [column in layout.stamps for column in use]
    values[:, stamped] /= 1e6
    _check_finite(file, layout, use, values)
    return values


def read_batches(
    tree: FileTree, name: str, layout: TextLayout, use: Sequence[int], words: int
) -> Iterator[tuple[NDArray[np.float64], Codes]]:
    """Read some columns as numbers and one as text, some lines after another.

    For files that are larger than memory. Otherwise as `read_numbers` and `read_words`.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: what every line should look like.
        use: 0-based columns to read as numbers.
        words: 0-based column to read as text.

    Yields:
        float64 [lines, len(use)], time stamps in whole microseconds since 1970; and the words.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is empty or differs from the layout; names line and column.
    """
    file = table_file(tree, name)
    types = _types(layout, use) | {str(words): _WORDS}
    is_empty = True
    try:
        for batch in _parse(file, layout, types, whole=False):
            values = np.stack([_numbers(column) for column in batch.columns[:-1]], axis=1)
            _check_finite(file, layout, use, values)
            is_empty &= not len(values)
            yield values, joined([batch.column(len(use))], str)
    except pa.ArrowException as error:
        raise_first_fault(file, layout, use, str(error))
    if is_empty:
        raise_first_fault(file, layout, use, "no line of numbers")


def read_words(tree: FileTree, name: str, layout: TextLayout, column: int) -> Codes:
    """Read one column, counted from 0, as text, of a table that `read_numbers` has found sound.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it cannot be read, or a word is not UTF-8.
    """
    file = table_file(tree, name)
    try:
        batches = _parse(file, layout, {str(column): _WORDS}, whole=True)
        return joined((batch.column(0) for batch in batches), str)
    except pa.ArrowException:
        raise_first_fault(file, layout, (), "a word is not UTF-8", "text in UTF-8")


def read_labels(
    tree: FileTree,
    name: str,
    layout: TextLayout,
    column: int,
    labels: Mapping[str, int],
    kind: str = "class",
) -> NDArray[np.int16]:
    """Read one column as labels, of a table that `read_numbers` has found sound.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: its layout.
        column: 0-based.
        labels: numbers by word.
        kind: what the words name, for messages.

    Returns:
        int16 [lines], as `labels` has them by word.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if another word stands there; names its first line.
    """
    words = read_words(tree, name, layout, column)
    unknown = [index for index, word in enumerate(words.values) if word not in labels]
    if unknown:
        sample = int(np.isin(words.indices, unknown).argmax())
        raise DataFormatError(
            f"{words.values[words.indices[sample]][:40]!r} is not a {kind}",
            where=place(tree, name, layout, sample, column),
            expected=f"one of {', '.join(map(repr, labels))}",
            todo=TODO,
        )
    return np.array([labels[word] for word in words.values], np.int16)[words.indices]


def place(tree: FileTree, name: str, layout: TextLayout, sample: int, column: int) -> str:
    """Return file, line and column of a sample in messages; both are counted from 0.

    The header and empty lines count as lines, and are no samples.
    """
    row = broken.place(table_file(tree, name), layout.dialect, sample)
    return f"{row}, column {column + 1}"


def elapsed_s(
    stamps: NDArray[np.float64], per_second: float, where: str, *, first_line: int = 1
) -> NDArray[np.float64]:
    """Return seconds since the first sample, of time stamps in the first column of a table.

    Args:
        stamps: [T], in the unit of the file, NaN where one is missing.
        per_second: how many of those units are one second.
        where: what to call the file in a message.
        first_line: the line of the first sample; empty lines do not count.

    Raises:
        DataFormatError: if a stamp is missing, repeats or goes back.
    """
    seconds = np.asarray((stamps - stamps[0]) / per_second)
    wrong = first_not_after(seconds)
    if wrong is not None:
        raise DataFormatError(
            "the time does not go on",
            where=f"{where}, line {wrong + first_line}, column 1",
            expected="time stamps that increase",
            todo=TODO,
        )
    return seconds


def check_rate(
    time_s: NDArray[np.float64], rate_hz: float, where: str, tolerance: float = 0.2
) -> None:
    """Raise an error if time stamps contradict the nominal rate; a few say nothing.

    Args:
        time_s: [T], rising.
        rate_hz: the nominal rate.
        where: what to call the file in a message.
        tolerance: largest difference from that rate, as a part of it.

    Raises:
        DataFormatError: if the median step is that of another rate.
    """
    if len(time_s) <= _STEPS_FOR_A_RATE:
        return
    step_s = float(np.median(np.diff(time_s)))
    if abs(1 / step_s / rate_hz - 1) > tolerance:
        raise DataFormatError(
            f"the time stamps give {1 / step_s:.4g} Hz",
            where=where,
            expected=f"{rate_hz:g} Hz within {tolerance:.0%}",
            todo=TODO,
        )


def _types(layout: TextLayout, use: Sequence[int]) -> dict[str, pa.DataType]:
    return {str(c): pa.timestamp("us") if c in layout.stamps else pa.float64() for c in use}


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    """Return the numbers of a column, time stamps in microseconds."""
    ticks = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    return as_array(ticks).astype(np.float64, copy=False)


def _check_finite(
    file: TableFile, layout: TextLayout, use: Sequence[int], values: NDArray[np.float64]
) -> None:
    stamped = [column in layout.stamps for column in use]
    if np.isinf(values).any() or np.isnan(values[:, stamped]).any():
        raise_first_fault(file, layout, use, "an infinite number, or a missing time stamp")


def _parse(
    file: TableFile, layout: TextLayout, types: Mapping[str, pa.DataType], *, whole: bool
) -> Iterator[pa.RecordBatch]:
    with file.content() as content:
        if layout.header is not None:
            check_header(file, layout, layout.header, content.readline())
        options = {
            "delimiter": layout.separator,
            "quote_char": False,
            "null_values": layout.missing,
        }
        yield from parse(content, layout.columns, types, whole=whole, **options)
