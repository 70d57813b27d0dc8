"""Damaged and misplaced files are reported with their name and place, and as one kind of error."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import pytest
from dataset_helpers import FILES, SEPARATORS, fails, read, write

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets import REGISTRY
from crosswear.datasets.published_text import read_numbers
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FolderTree, fingerprint
from generators import GENERATORS


@pytest.mark.parametrize("name", sorted(GENERATORS))
class TestEveryDataset:
    def test_a_missing_folder(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "nowhere"
        fails(MissingDataError, lambda: read(name, root), root, REGISTRY[name].patterns[0])

    def test_a_file_instead_of_a_folder(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "archive.zip"
        root.write_bytes(b"PK")
        fails(MissingDataError, lambda: read(name, root), root)

    def test_another_layout(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "photos").mkdir()
        (tmp_path / "notes.txt").write_text("1,2,3\n")
        pattern = REGISTRY[name].patterns[0]
        fails(
            MissingDataError, lambda: read(name, tmp_path), tmp_path, pattern, "notes.txt, photos/"
        )

    def test_an_empty_folder(self, name: str, tmp_path: Path) -> None:
        fails(MissingDataError, lambda: read(name, tmp_path), tmp_path, "it is empty")

    def test_a_folder_too_high(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "unpacked"
        write(name, root)
        fails(MissingDataError, lambda: read(name, tmp_path), f"give {root} instead")

    def test_a_folder_too_low(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        inner = tmp_path / FILES[name].split("/")[0]
        if inner.is_file():
            pytest.skip("the files lie in the root itself")
        fails(MissingDataError, lambda: read(name, inner), "give the folder 1 level above instead")

    def test_a_file_without_a_byte(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        path.write_bytes(b"")
        fails(DataFormatError, lambda: read(name, tmp_path), path)

    def test_something_else_in_the_file(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        path.write_bytes(gzip.compress(bytes(range(256)) * 40))
        fails(DataFormatError, lambda: read(name, tmp_path), path)

    def test_a_half_of_the_file(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        content = path.read_bytes()
        half = content[: len(content) // 2]
        separator = SEPARATORS.get(name)
        if separator:  # cut within the last line
            half = half.rstrip(b"\n")
            half = half[: half.rindex(separator)]
        path.write_bytes(half)
        place = [f"line {half.count(bytes([10])) + 1}", "cut off"] if separator else []
        fails(DataFormatError, lambda: read(name, tmp_path), path, *place)


class FailingFile(io.RawIOBase):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise self.error


class FailingTree(FolderTree):
    """A disk that fails, or an archive that is damaged, in the middle of a file."""

    def open(self, name: str) -> io.BufferedIOBase:
        error = zlib.error("invalid distance") if name == "z.txt" else OSError("lost")
        return io.BufferedReader(FailingFile(error))


@pytest.mark.parametrize("name", ["a.txt", "z.txt"])
def test_a_failing_disk_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    tree = FailingTree(tmp_path)
    layout = TextLayout(columns=3, separator=" ")
    fails(DataFormatError, lambda: read_numbers(tree, name, layout, [0]), tmp_path / name)
    fails(DataFormatError, lambda: fingerprint(tree, ("*.txt",)), tmp_path / name)
