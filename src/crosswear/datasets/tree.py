"""The files of a dataset, by name, wherever they lie."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.tables.text import TableFile


class FileTree(Protocol):
    """Names are relative to the dataset's root, with ``/`` between folders."""

    def glob(self, pattern: str) -> list[str]:
        """Names of the regular files that match, sorted; hidden files are left out.

        ``*``, ``?`` and ``[...]`` as in `fnmatch`, each within one part of a name.
        """
        ...

    def entries(self) -> list[str]:
        """Return what lies directly below the root, sorted, folders with a final ``/``.

        Raises:
            MissingDataError: if the root is not there or is not a folder.
        """
        ...

    def open(self, name: str) -> io.BufferedIOBase:
        """Open a file for reading bytes.

        Raises:
            MissingDataError: if there is no such file.
            DataFormatError: if it cannot be read.
        """
        ...

    def size(self, name: str) -> int:
        """Return the size of a file in bytes; 0 if there is none."""
        ...

    def where(self, name: str) -> str:
        """Return what to call the file in a message; the root for an empty name."""
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

    def entries(self) -> list[str]:
        """See `FileTree.entries`."""
        try:
            paths = [path for path in self.root.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            raise MissingDataError(
                f"cannot be listed: {error.strerror or error}",
                where=self.where(""),
                expected="the folder of a dataset",
                todo="check the path",
            ) from error
        return sorted(path.name + "/" * path.is_dir() for path in paths)

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

    def size(self, name: str) -> int:
        """See `FileTree.size`."""
        path = self.root / name
        return path.stat().st_size if path.is_file() else 0

    def where(self, name: str) -> str:
        """The path on disk."""
        return str(self.root / name)

    def below(self, folder: str) -> FolderTree:
        """Return the tree that starts at one of its folders; at its own root for no name."""
        return FolderTree(self.root / folder)

    def has_folder(self, name: str) -> bool:
        """Return whether a folder of this name is there."""
        return (self.root / name).is_dir()

    def has_file(self, name: str) -> bool:
        """Return whether a file of this name is there."""
        return (self.root / name).is_file()


def matches(name: str, pattern: str) -> bool:
    """Return whether `FileTree.glob` returns a file of this name for a pattern."""
    parts, wanted = name.split("/"), pattern.split("/")
    return (
        len(parts) == len(wanted)
        and all(map(fnmatchcase, parts, wanted))
        and not any(part.startswith(".") for part in parts)
    )


def top_entries(names: Iterable[str]) -> list[str]:
    """Return what `FileTree.entries` does for files of these names."""
    tops = {name.partition("/")[0] + "/" * ("/" in name) for name in names}
    return sorted(top for top in tops if not top.startswith("."))


@contextmanager
def reading(tree: FileTree, name: str) -> Iterator[io.BufferedIOBase]:
    """Open a file of a dataset, and report a failing disk or a damaged archive as bad input.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it cannot be read to its end.
    """
    try:
        with tree.open(name) as file:
            yield file
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DataFormatError(
            f"cannot be read: {str(error) or 'it ends too early'}",
            where=tree.where(name),
            todo="fetch the file again",
        ) from error


def table_file(tree: FileTree, name: str) -> TableFile:
    """Return a file of a dataset that holds a table."""
    return TableFile(tree.where(name), lambda: reading(tree, name))


def fingerprint(tree: FileTree, patterns: tuple[str, ...]) -> dict[str, str]:
    """sha256 of every file that matches one of the patterns, by name."""
    digests = {}
    for name in sorted({name for pattern in patterns for name in tree.glob(pattern)}):
        with reading(tree, name) as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def require(tree: FileTree, patterns: tuple[str, ...]) -> list[str]:
    """Names of the files that match one of the patterns, sorted.

    Raises:
        MissingDataError: if there is none; says what is there instead, and whether the folder
            looks like one above or below the dataset's root.
    """
    names = sorted({name for pattern in patterns for name in tree.glob(pattern)})
    if names:
        return names
    expected = " or ".join(patterns)
    try:
        entries = tree.entries()
    except MissingDataError as error:
        raise MissingDataError(
            error.what, where=error.where, expected=f"a folder with {expected}", todo=error.todo
        ) from error
    shown = ", ".join(entries[:5]) + (f" and {len(entries) - 5} more" if len(entries) > 5 else "")
    raise MissingDataError(
        "no file of this dataset is here; " + (f"it holds {shown}" if entries else "it is empty"),
        where=tree.where(""),
        expected=expected,
        todo=_advice(tree, patterns),
    )


def _advice(tree: FileTree, patterns: tuple[str, ...]) -> str:
    for pattern in patterns:
        below = tree.glob(f"*/{pattern}")
        if below:
            return f"give {tree.where(below[0].split('/')[0])} instead"
        parts = pattern.split("/")
        for levels in range(1, len(parts)):
            # A pattern that starts with a star would match in many a folder.
            if parts[levels][0] != "*" and tree.glob("/".join(parts[levels:])):
                return f"give the folder {levels} level{'s' * (levels > 1)} above instead"
    return "check the path, and that the dataset is unpacked"
