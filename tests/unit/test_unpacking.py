"""Text that is packed with gzip: unpacked within bounds, and damaged files."""

from __future__ import annotations

import gzip
import io

import pytest

from crosswear.core.errors import DataFormatError
from crosswear.tables import unpacking
from crosswear.tables.unpacking import unpacked

WHERE = "walk.csv.gz"


def content(text: bytes) -> bytes:
    with unpacked(io.BytesIO(gzip.compress(text)), WHERE) as file:
        return file.read()


def test_text_comes_as_it_was_packed() -> None:
    text = b"".join(b"%d,0,0,1\n" % row for row in range(50_000))
    assert content(text) == text


def test_files_that_are_joined_are_one() -> None:
    packed = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")
    with unpacked(io.BytesIO(packed), WHERE) as file:
        assert list(file) == [b"a,b\n", b"1,2\n"]


def test_rows_of_one_value_are_read() -> None:
    assert len(content(b"0,0,1\n" * 2_000_000)) == 12_000_000


@pytest.mark.parametrize("block", [b"\n", b"9", b"0,0,1\n"])
def test_a_file_that_becomes_a_thousandfold_is_refused(
    block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_RATIO_FROM", 1 << 20)
    with pytest.raises(DataFormatError, match=f"{WHERE}: more than 200 times as large"):
        content(block * (8_000_000 // len(block)))


def test_a_file_that_is_cut_off_ends_in_an_error() -> None:
    packed = gzip.compress(b"0,0,1\n" * 1000)
    with unpacked(io.BytesIO(packed[:-20]), WHERE) as file, pytest.raises(EOFError):
        file.read()
