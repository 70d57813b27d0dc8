"""Converted files, kept for the time of the process: a recording is read several times."""

from __future__ import annotations

import errno
import functools
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crosswear.core.files import as_disk_error
from crosswear.tables.devices.format import DeviceFormat, ForeignFileError

KEPT_BYTES = 1 << 30
"""Size of the converted files that are kept; the least recently used are removed first."""


@contextmanager
def converted(
    form: DeviceFormat, content: io.BufferedIOBase, where: str
) -> Iterator[io.BufferedIOBase]:
    """Yield a device file as an open table.

    Args:
        form: format of the file.
        content: the file, open.
        where: its name in messages.

    Raises:
        ForeignFileError: if it does not begin as the format does.
        DataFormatError: if it is damaged.
        UsageError: if a package that reads it is not installed.
        DiskError: if the table cannot be written.
    """
    begins = content.read(len(form.begins))
    if begins != form.begins:
        raise ForeignFileError(
            f"not a file of {form.device}: it begins with {begins!r}"
            if begins
            else "an empty file",
            where=where,
            expected=f"{form.begins!r} at the beginning of every {form.ending} file",
            todo="leave the file out, or give it the ending of its format",
        )
    content.seek(0)
    table = _Tables.of_process(os.getpid()).table(form, content, where)
    with table.open("rb") as file:
        yield file


class _Tables:
    """Tables of one process, in a folder that is removed when the process ends."""

    @staticmethod
    @functools.cache
    def of_process(_process: int) -> _Tables:
        return _Tables()

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crosswear-", ignore_cleanup_errors=True)
        self._kept: dict[tuple[object, ...], Path] = {}  # the least recently used first
        self._made = 0

    def table(self, form: DeviceFormat, content: io.BufferedIOBase, where: str) -> Path:
        """Return the path of the table of an open file, converted now or before.

        Raises:
            DataFormatError: if the file is damaged, or not of this device.
            UsageError: if the extra that reads it is not installed.
        """
        path = _path_of(content)
        key = _version(path) if path else None
        table = self._kept.pop(key, None) if key else None
        if table is None:
            table = self._convert(form, content, where, path)
        self._kept[key or (table,)] = table
        self._remove_old()
        return table

    def _convert(
        self, form: DeviceFormat, content: io.BufferedIOBase, where: str, path: Path | None
    ) -> Path:
        self._made += 1
        folder = Path(self._folder.name)
        table, copy = folder / f"{self._made}.table", folder / f"{self._made}{form.ending}"
        try:
            if path is None:
                with copy.open("wb") as file:
                    shutil.copyfileobj(content, file)
            form.convert(path or copy, where, table)
        except BaseException as error:
            table.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                with as_disk_error(table):
                    raise
            raise
        finally:
            copy.unlink(missing_ok=True)
        return table

    def _remove_old(self) -> None:
        size = sum(path.stat().st_size for path in self._kept.values())
        for key in list(self._kept)[:-1]:
            if size <= KEPT_BYTES:
                return
            path = self._kept.pop(key)
            size -= path.stat().st_size
            path.unlink()


def _path_of(content: io.BufferedIOBase) -> Path | None:
    """Return where an open file lies on disk, if it is no unpacked one."""
    name = getattr(content, "name", None)
    return Path(name) if isinstance(content, io.BufferedReader) and isinstance(name, str) else None


def _version(path: Path) -> tuple[object, ...]:
    status = path.stat()
    return path.resolve(), status.st_mtime_ns, status.st_size
