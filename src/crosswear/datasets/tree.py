"""The files of a dataset, by name, wherever they lie."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crosswear.errors import DataFormatError, MissingDataError


class FileTree(Protocol):
    """Names are relative to the dataset's root, with ``/`` between folders."""

    def glob(self, pattern: str) -> list[str]:
        """Names of the regular files that match, sorted; hidden files are left out."""
        ...

    def open(self, name: str) -> io.BufferedIOBase:
        """Open a file for reading bytes.

        Raises:
            MissingDataError: if there is no such file.
            DataFormatError: if it cannot be read.
        """
        ...

    def where(self, name: str) -> str:
        """What to call the file in a message."""
        ...


@dataclass(frozen=True)
class FolderTree:
    """Files below a folder on disk."""

    root: Path

    def glob(self, pattern: str) -> list[str]:
        """See `FileTree.glob`."""
        paths = (path for path in self.root.glob(pattern) if path.is_file())
        names = (path.relative_to(self.root).as_posix() for path in paths)
        return sorted(name for name in names if not any(p.startswith(".") for p in name.split("/")))

    def open(self, name: str) -> io.BufferedIOBase:
        """See `FileTree.open`."""
        try:
            return (self.root / name).open("rb")
        except FileNotFoundError as error:
            raise MissingDataError(
                "no such file", where=self.where(name), todo="check that the dataset is complete"
            ) from error
        except OSError as error:
            raise DataFormatError(
                f"cannot be read: {error.strerror or error}", where=self.where(name)
            ) from error

    def where(self, name: str) -> str:
        """The path on disk."""
        return str(self.root / name)


def fingerprint(tree: FileTree, patterns: tuple[str, ...]) -> dict[str, str]:
    """sha256 of every file that matches one of the patterns, by name."""
    names = sorted({name for pattern in patterns for name in tree.glob(pattern)})
    digests = {}
    for name in names:
        with tree.open(name) as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
