"""Delimited text on its way to the parser: checked, counted, and split where a person looks."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from crosswear.core.errors import DataFormatError
from crosswear.tables.devices import converted, format_of
from crosswear.tables.faults import is_number
from crosswear.tables.unpacking import unpacked

NOT_UTF8, IS_UTF16 = "not text in UTF-8", "the file is in UTF-16"
_BROKEN = (
    "; if lines are broken here and there, as in logs of a serial port: broken_lines=leave-out "
    "(data new: --set broken_lines=leave-out; predict: in the file of --layout)"
)
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class TableFile:
    """A file that holds a table.

    Attributes:
        where: its name in messages; the ending says how it is packed.
        open: opens its bytes.
    """

    where: str
    open: Callable[[], AbstractContextManager[io.BufferedIOBase]]

    @property
    def is_parquet(self) -> bool:
        """Return whether its content is Parquet, as that of a converted recording is."""
        device = format_of(self.where)
        return self.where.lower().endswith(".parquet") or bool(device and not device.is_text)

    @contextmanager
    def content(self) -> Iterator[io.BufferedIOBase]:
        """Open the file, unpack and convert it; the one place where a table is opened.

        Raises:
            DataFormatError: if it is a damaged file of a device, or packed as no recording is; see
                `devices.converted` and `unpacking.unpacked`.
        """
        device = format_of(self.where)
        with ExitStack() as opened:
            content = opened.enter_context(self.open())
            if self.where.lower().endswith(".gz"):
                # Files of devices are sought in.
                content = opened.enter_context(
                    gzip.GzipFile(fileobj=content) if device else unpacked(content, self.where)
                )
            if device is not None:
                content = opened.enter_context(converted(device, content, self.where))
            yield content


@dataclass(frozen=True)
class Dialect:
    """Layout of the lines of a text, by which they are split.

    Attributes:
        separator: one character between two columns; empty for Parquet.
        decimal: sign of the decimals.
        skip_lines: lines above the header, or above the values if there is no header.
        has_header: whether a line names the columns.
        skip_after_header: lines between the header and the values, such as a row of units.
        names: of the columns of files that have no header, where others have one.
        without_broken: whether broken lines are left out; see `broken.whole_rows`.
    """

    separator: str = ","
    decimal: str = "."
    skip_lines: int = 0
    has_header: bool = False
    skip_after_header: int = 0
    names: tuple[str, ...] = ()
    without_broken: bool = False

    def lacks_header(self, cells: Sequence[str]) -> bool:
        """Return whether a file whose first line has these cells has values there, not names."""
        named = not self.names or set(self.names) & set(cells)
        return not named and any(is_number(cell, self.decimal) for cell in cells)

    @property
    def lines_above(self) -> int:
        """Return the number of lines above the values."""
        return self.skip_lines + self.has_header + (self.skip_after_header * self.has_header)

    def failure(
        self, file: TableFile, what: str, line: int | None = None, *, is_line: bool = False
    ) -> DataFormatError:
        """Return the error of a text that is not in this dialect; `is_line` if one line is not."""
        encoded = what not in (NOT_UTF8, IS_UTF16)
        point = {".": "points", ",": "commas"}[self.decimal]
        return DataFormatError(
            what,
            where=file.where + (f", line {line}" if line else ""),
            expected=f"text in UTF-8, columns separated by {self.separator!r}, decimal {point}",
            todo="correct the file, or separator, decimal, skip_lines or columns in dataset.toml"
            + (_BROKEN if is_line and not self.without_broken else "")
            if encoded
            else "save the file as UTF-8",
        )


class CheckedText(io.BufferedIOBase):
    """Pass text on to the parser, count its lines, and fail where it is not UTF-8.

    The columns that are not read are checked too.
    """

    def __init__(self, content: io.BufferedIOBase, file: TableFile, dialect: Dialect) -> None:
        self._content, self._file, self._dialect = content, file, dialect
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._again = b""
        self.lines = 0

    def readable(self) -> bool:
        """Say yes: the parser asks."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, at most so many, a line that was put back first.

        Raises:
            DataFormatError: if they are not UTF-8; names the line.
        """
        size = -1 if size is None else size
        again, self._again = self._again, b""
        if 0 <= size <= len(again):
            self._again = again[size:]
            return again[:size]
        return again + self._checked(self._content.read(size - len(again) if size > 0 else size))

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, with its end; raise as `read` does."""
        return self._checked(self._content.readline(size))

    def read_again(self, line: bytes) -> None:
        """Put a line back in front of what comes."""
        self._again = line

    def _checked(self, block: bytes) -> bytes:
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line = self.lines + error.object[: error.start].count(b"\n") + 1
            what = IS_UTF16 if line == 1 and error.object.startswith(UTF16) else NOT_UTF8
            raise self._dialect.failure(self._file, what, line) from error
        self.lines += block.count(b"\n")
        return block


@dataclass(frozen=True)
class Start:
    """The beginning of a text: the names of its columns, if it has them, and its first row.

    The header's line is 0 if the names come from elsewhere.
    """

    header: tuple[str, ...] | None
    first: tuple[str, ...]
    header_line: int


def read_start(text: CheckedText, file: TableFile, dialect: Dialect) -> Start:
    """Read on to the first row of values, which the parser reads again.

    Raises:
        DataFormatError: if there is none.
    """
    found: list[tuple[str, ...]] = []
    number, above, below = 0, dialect.skip_lines, 0
    while len(found) <= dialect.has_header and (line := text.readline()):
        number += 1
        if number <= dialect.skip_lines or not line.strip(b"\r\n"):
            continue
        if found and below < dialect.skip_after_header:
            below += 1
            continue
        found.append(split_line(file, dialect, number, line))
        if len(found) == 1 and dialect.lacks_header(found[0]):
            found, above = [dialect.names, *found], 0
        elif len(found) <= dialect.has_header:
            above = number
    if len(found) <= dialect.has_header:
        raise dialect.failure(file, "no line after the header" if found else "the file is empty")
    text.read_again(line)
    return Start(found[0] if dialect.has_header else None, found[-1], above)


def rows(file: TableFile, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the lines below the header that are not empty."""
    skipped = dialect.lines_above - dialect.skip_lines
    with file.content() as content:
        for number, line in enumerate(content, 1):
            if number <= dialect.skip_lines or not line.strip(b"\r\n"):
                continue
            if skipped and dialect.names:
                first = split_line(file, dialect, number, line)
                skipped = 0 if dialect.lacks_header(first) else skipped
                dialect = replace(dialect, names=())  # the first line was looked at
            if skipped:
                skipped -= 1
            else:
                yield number, line


def split_line(
    file: TableFile, dialect: Dialect, number: int, line: bytes, *, strict: bool = False
) -> tuple[str, ...]:
    """Return the cells of a line, without the spaces and quotes around them.

    Raises:
        DataFormatError: if it cannot be split, or a quote is not closed and `strict`; names the
            line by its number.
    """
    text = line.decode("utf-8", errors="replace").removeprefix("\ufeff").rstrip("\r\n")
    try:
        split = csv.reader([text], delimiter=dialect.separator, strict=strict)
        return tuple(map(normal, next(split, [])))
    except csv.Error as error:
        raise dialect.failure(file, f"cannot be split: {error}", number) from error


def expect_closed_quotes(file: TableFile, dialect: Dialect) -> None:
    """Check that every quote that opens a cell is closed: it would swallow the lines below.

    Raises:
        DataFormatError: if one is not; names the line of the cell.
    """
    begins: list[int] = []

    def texts() -> Iterator[str]:
        for number, line in rows(file, dialect):
            begins.append(number)
            yield line.decode("utf-8", errors="replace").replace("\r", "")

    lines = csv.reader(texts(), delimiter=dialect.separator, strict=True)
    try:
        for _ in lines:
            begins.clear()
    except csv.Error as error:
        what = "a quote is not closed, and would swallow the lines below"
        raise dialect.failure(file, what, begins[0], is_line=True) from error


def split_ending(name: str) -> tuple[str, str]:
    """Split the name of a file before its ending, such as ``.csv`` or ``.csv.gz``."""
    plain = name[:-3] if name.lower().endswith(".gz") else name
    root, ending = os.path.splitext(plain)  # noqa: PTH122
    return (root, name[len(root) :]) if ending else os.path.splitext(name)  # noqa: PTH122


def normal(text: str) -> str:
    """Return a text without spaces around it; some systems write é as two characters."""
    return unicodedata.normalize("NFC", text.strip())
