"""Datasets inside zip archives, read without unpacking them.

An archive is looked through before any member is read: names that lead out of it, links, encrypted
members, names that come twice and sizes that no dataset has make it unfit as a whole. Headers may
lie about sizes, so that they are held against the size of the archive itself, and no read asks for
more than a buffer.

Source: PKWARE, APPNOTE.TXT - .ZIP File Format Specification; D. Fifield, "A better zip bomb",
USENIX WOOT 2019, for members that overlap.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from crosswear.core.errors import DataFormatError, DiskError, MissingDataError
from crosswear.datasets.tree import FileTree, matches, reading, top_entries

LARGEST_RATIO = 100
"""Largest ratio that a member is packed by; recordings as text reach 10, deflate can reach 1032."""
LARGEST_BYTES = 32 * 2**30
"""All members of an archive together; the largest dataset has 7 GiB."""

_RATIO_FROM = 2**20  # a short file of one value may be packed far better
_BLOCK = 2**20
_ENCRYPTED = 0x01 | 0x40 | 0x2000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LEADS_OUT = re.compile(r"[A-Za-z]:|.*\\", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What `zipfile` lets through when headers are damaged.
_DAMAGE = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class ZipTree:
    """Files in a zip archive, which stays open as long as the tree is in use.

    Attributes:
        root: what to call the archive, or the folder in it where the tree starts.
        archive: the archive.
        members: its files by their names below the root.
    """

    root: str
    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]

    def glob(self, pattern: str) -> list[str]:
        """See `FileTree.glob`."""
        return sorted(name for name in self.members if matches(name, pattern))

    def entries(self) -> list[str]:
        """See `FileTree.entries`."""
        return top_entries(self.members)

    def open(self, name: str) -> io.BufferedIOBase:
        """See `FileTree.open`."""
        if name not in self.members:
            raise MissingDataError(
                "no such member of the archive",
                where=self.where(name),
                todo="check that the dataset is complete",
            )
        try:
            member = self.archive.open(self.members[name])
        except _DAMAGE as error:
            raise DataFormatError(
                f"cannot be read: {error}", where=self.where(name), todo="fetch the archive again"
            ) from error
        return io.BufferedReader(_Member(member), _BLOCK)

    def size(self, name: str) -> int:
        """See `FileTree.size`."""
        return self.members[name].file_size if name in self.members else 0

    def where(self, name: str) -> str:
        """Return the name of a file in messages, as if the archive were a folder."""
        return f"{self.root}/{name}" if name else self.root

    def below(self, folder: str) -> ZipTree:
        """See `FolderTree.below`."""
        if not folder:
            return self
        members = {
            name.removeprefix(f"{folder}/"): member
            for name, member in self.members.items()
            if name.startswith(f"{folder}/")
        }
        return ZipTree(self.where(folder), self.archive, members)


class _Member(io.RawIOBase):
    """Bounds every read, for `ZipExtFile.read()` would inflate without limit."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # from BufferedReader
        block = self._member.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._member.close()
        super().close()


def open_archive(tree: FileTree, name: str) -> ZipTree:
    """Open a zip archive among files as a tree of files.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is damaged or unfit; names the archive and the member.
    """
    file = tree.open(name)
    try:
        return _tree(file, tree.where(name))
    except BaseException:
        file.close()
        raise


def open_inner(tree: FileTree, name: str) -> ZipTree:
    """Open a zip archive that is a file of a dataset, or a member of another archive.

    It is copied to an anonymous temporary file. Inside of a member every step back would start
    over at the member's first byte, and `zipfile` steps back for each file that it opens.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if either archive is damaged or unfit.
        DiskError: if there is no space for the copy.
    """
    copy = tempfile.TemporaryFile()  # noqa: SIM115  the tree keeps it open
    try:
        with reading(tree, name) as member:
            while block := member.read(_BLOCK):
                _write(copy, block)
        return _tree(copy, tree.where(name))
    except BaseException:
        copy.close()
        raise


def _tree(file: io.BufferedIOBase | BinaryIO, where: str) -> ZipTree:
    """The tree owns the file from here on, and closes it when nothing uses the tree any more."""
    try:
        size = file.seek(0, io.SEEK_END)
        archive = zipfile.ZipFile(cast(BinaryIO, file))
    except _DAMAGE as error:
        raise DataFormatError(
            f"not a whole zip archive: {error}",
            where=where,
            expected="a zip archive as the publisher gives it out",
            todo="fetch the archive again",
        ) from error
    members = _members(archive, size, where)
    weakref.finalize(archive, file.close)
    return ZipTree(where, archive, members)


def _members(archive: zipfile.ZipFile, size: int, where: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    packed = unpacked = 0
    for member in archive.infolist():
        name = member.filename
        fault = _fault(member)
        if name in members:
            fault = "comes twice"
        packed += member.compress_size
        unpacked += member.file_size
        if packed > size:
            fault = "overlaps with another member, or is cut off"
        if unpacked > LARGEST_BYTES:
            fault = f"makes more than {LARGEST_BYTES // 2**30} GiB when unpacked"
        if fault:
            raise DataFormatError(
                fault,
                where=f"{where}, member {name!r}" if _CONTROL.search(name) else f"{where}/{name}",
                expected="plain files with names below the archive's root, stored or deflated",
                todo="fetch the archive again; do not unpack this one",
            )
        if not member.is_dir():
            members[name] = member
    return members


def _fault(member: zipfile.ZipInfo) -> str:
    """Return why a member is not read, or nothing."""
    parts = member.filename.removesuffix("/").split("/")
    if not {"", ".", ".."}.isdisjoint(parts) or _LEADS_OUT.match(member.filename):
        return "a name that may lead out of the archive"
    if _CONTROL.search(member.filename):
        return "a name with control characters"
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link, or something else that is no file"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted"
    if member.compress_type not in _METHODS:
        return "packed in a way that is not read"
    if member.file_size > _RATIO_FROM + LARGEST_RATIO * member.compress_size:
        return f"more than {LARGEST_RATIO} times as large when unpacked"
    return ""


def _write(copy: BinaryIO, block: bytes) -> None:
    try:
        copy.write(block)
    except OSError as error:
        raise DiskError(
            f"cannot copy an inner archive: {error.strerror or error}",
            where=tempfile.gettempdir(),
            expected="space for the inner archive",
            todo="free some space, let TMPDIR name another folder, or unpack the outer archive",
        ) from error
