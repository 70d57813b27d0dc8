"""Text on its way to the parser."""

from __future__ import annotations

import contextlib
import io

import pytest

from crosswear.tables.text import CheckedText, Dialect, TableFile

CONTENT = b"x,y,z\n1,2,3\n4,5,6\n"


@pytest.fixture
def text() -> CheckedText:
    """A text whose second line has been put back."""
    content = io.BytesIO(CONTENT)
    file = TableFile("a.csv", lambda: contextlib.nullcontext(content))
    text = CheckedText(content, file, Dialect(has_header=True))
    text.readline()
    text.read_again(text.readline())
    return text


@pytest.mark.parametrize("size", [1, 4, 6, 7, 100])
def test_no_more_is_read_than_asked(text: CheckedText, size: int) -> None:
    pieces = list(iter(lambda: text.read(size), b""))
    assert max(map(len, pieces)) <= size
    assert b"".join(pieces) == CONTENT[6:]
    assert text.lines == 3


@pytest.mark.parametrize("size", [-1, None])
def test_all_is_read(text: CheckedText, size: int | None) -> None:
    assert text.read(size) == CONTENT[6:]
