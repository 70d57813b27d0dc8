"""Datasets in an object store or behind another protocol, read through fsspec.

fsspec (https://filesystem-spec.readthedocs.io) knows the protocols and where their keys are. It
comes with torch; a protocol may need a package more, such as s3fs for ``s3://``.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crosswear.core.errors import DataFormatError, MissingDataError, UsageError
from crosswear.datasets.tree import matches, top_entries

_BLOCK = 2**20


@dataclass(frozen=True, eq=False)
class RemoteTree:
    """Files below a URL, listed once.

    Attributes:
        url: of the root, in messages.
        system: an `fsspec.AbstractFileSystem`.
        root: path of the root there.
    """

    url: str
    system: Any
    root: str

    @cached_property
    def members(self) -> Mapping[str, int]:
        """Sizes in bytes of the files below the root by their names."""
        with _reachable(self.url):
            found = self.system.find(self.root, detail=True)
        start = self.root.strip("/")
        start += "/" * bool(start)
        # Some protocols, such as zip, list names without the slash at the root.
        names = {path.lstrip("/"): int(facts.get("size") or 0) for path, facts in found.items()}
        return {
            name.removeprefix(start): size for name, size in names.items() if name.startswith(start)
        }

    def glob(self, pattern: str) -> list[str]:
        """See `FileTree.glob`."""
        return sorted(name for name in self.members if matches(name, pattern))

    def entries(self) -> list[str]:
        """See `FileTree.entries`."""
        return top_entries(self.members)

    def open(self, name: str) -> io.BufferedIOBase:
        """See `FileTree.open`."""
        try:
            opened = self.system.open(self._path(name), "rb")
        except FileNotFoundError as error:
            raise MissingDataError(
                "no such file", where=self.where(name), todo="check that the dataset is complete"
            ) from error
        except Exception as error:  # each protocol has errors of its own
            raise DataFormatError(
                f"cannot be read: {_reason(error)}", where=self.where(name)
            ) from error
        return io.BufferedReader(_RemoteFile(opened), _BLOCK)

    def size(self, name: str) -> int:
        """See `FileTree.size`."""
        return self.members.get(name, 0)

    def where(self, name: str) -> str:
        """The URL of the file."""
        return f"{self.url}/{name}" if name else self.url

    def below(self, folder: str) -> RemoteTree:
        """See `FolderTree.below`."""
        if not folder:
            return self
        return RemoteTree(self.where(folder), self.system, self._path(folder))

    def has_folder(self, name: str) -> bool:
        """See `FolderTree.has_folder`."""
        with _reachable(self.where(name)):
            return bool(self.system.isdir(self._path(name)))

    def has_file(self, name: str) -> bool:
        """See `FolderTree.has_file`."""
        with _reachable(self.where(name)):
            return bool(self.system.isfile(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"


class _RemoteFile(io.RawIOBase):
    """Reports what a protocol raises as an OSError, like a failing disk."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # from BufferedReader
        with _as_os_error():
            block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def seek(self, offset: int, origin: int = io.SEEK_SET, /) -> int:
        with _as_os_error():
            return int(self._file.seek(offset, origin))

    def close(self) -> None:
        self._file.close()
        super().close()


def remote_tree(url: str) -> RemoteTree:
    """Return the files below a URL.

    Raises:
        UsageError: if there is no such protocol, or the package that reads it is not installed.
        MissingDataError: if the protocol cannot be begun, as a server does not answer.
    """
    from fsspec.core import url_to_fs  # needless for folders

    try:
        system, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"this URL cannot be read: {_reason(error)}",
            where=url,
            expected="a folder, or a URL of a protocol that fsspec knows",
            todo="install the package that the protocol needs, or name a folder",
        ) from error
    except Exception as error:  # each protocol has errors of its own
        raise _unreachable(url, error) from error
    return RemoteTree(url, system, root)


@contextlib.contextmanager
def _reachable(url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _unreachable(url, error) from error


def _unreachable(url: str, error: Exception) -> MissingDataError:
    return MissingDataError(
        f"cannot be listed: {_reason(error)}",
        where=url,
        expected="the folder of a dataset",
        todo="check the URL, the network, and the keys in fsspec's configuration",
    )


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
