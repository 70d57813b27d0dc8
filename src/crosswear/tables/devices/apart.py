"""Readers that run in a process of their own: on damaged files, compiled code may crash it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from crosswear.core.child_process import FAILED, NOT_INSTALLED, run_apart
from crosswear.core.errors import DataFormatError, UsageError
from crosswear.core.texts import install
from crosswear.tables.devices.format import damaged


class NotInstalledError(Exception):
    """Raised in that process if the library that reads a file is missing."""


_LEAST_S, _BYTES_IN_A_SECOND = 120.0, 1 << 20


def convert_apart(reader: str, device: str, source: Path, where: str, target: Path) -> None:
    """Convert a file in a process of its own.

    Args:
        reader: one of `crosswear.tables.devices.child.READERS`.
        device: what writes such files.
        source: the file.
        where: its name in messages.
        target: the table to write.

    Raises:
        DataFormatError: if the file cannot be read, or its reader crashes or does not end.
        UsageError: if the extra `devices` is not installed.
    """
    module = "crosswear.tables.devices.child"
    timeout_s = _LEAST_S + source.stat().st_size / _BYTES_IN_A_SECOND
    try:
        done = run_apart(module, reader, str(source), str(target), timeout_s=timeout_s)
    except subprocess.TimeoutExpired as error:
        what = f"cannot be read: its reader does not end within {error.timeout:.0f} s"
        raise damaged(what, where, device) from error
    if done.returncode == NOT_INSTALLED:
        raise UsageError(
            f"{device} files are read by an extra that is not installed",
            where=where,
            expected="the extra devices (scikit-digital-health)",
            todo=install("devices"),
        )
    if done.returncode:
        raise _failure(done, where, device)


def _failure(done: subprocess.CompletedProcess[str], where: str, device: str) -> DataFormatError:
    said = (done.stderr.strip().splitlines() or ["without a reason"])[-1]
    if done.returncode != FAILED:
        said = f"its reader crashed ({done.returncode}: {said})"
    return damaged(f"cannot be read: {said}"[:300], where, device)
