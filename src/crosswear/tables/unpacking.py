"""Packed text, unpacked within bounds: a thousandth of what it becomes may be enough to pack it."""

from __future__ import annotations

import gzip
import io

from crosswear.core.errors import DataFormatError

LARGEST_RATIO = 200
"""Largest ratio that text is packed by; recordings reach 20, deflate can reach 1032."""
_RATIO_FROM = 1 << 26  # rows of one value may be packed far better
_BLOCK = 1 << 18


class _Counted:
    """Counts the bytes that are read of a file."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        self.count += len(block)
        return block


class _Unpacked(io.RawIOBase):
    def __init__(self, file: io.BufferedIOBase, where: str) -> None:
        self._packed = _Counted(file)
        # It reads forwards alone, and so asks for `read` alone.
        self._file = gzip.GzipFile(fileobj=self._packed, mode="rb")  # type: ignore[call-overload]
        self._where = where
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # from BufferedReader
        block = self._file.read(len(buffer))
        self._count += len(block)
        if self._count > _RATIO_FROM + LARGEST_RATIO * self._packed.count:
            raise DataFormatError(
                f"more than {LARGEST_RATIO} times as large when unpacked",
                where=self._where,
                expected="a recording, packed with gzip",
                todo="fetch the file again; do not unpack this one",
            )
        buffer[: len(block)] = block
        return len(block)


def unpacked(file: io.BufferedIOBase, where: str) -> io.BufferedIOBase:
    """Return a file that is packed with gzip, unpacked as it is read.

    Args:
        file: the packed file, open.
        where: its name in messages.

    Raises:
        DataFormatError: on reading, if it is packed as no recording is.
    """
    return io.BufferedReader(_Unpacked(file, where), _BLOCK)
