"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from crosswear.errors import DiskError, UsageError

TEMPORARY_PREFIX = ".partial-"


@contextlib.contextmanager
def _as_disk_error(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"cannot write: {error.strerror or error}",
            where=str(target),
            expected="a writable folder with space left",
            todo=(
                "choose a folder that you may write to"
                if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
                else "free some space or choose another folder, then run the same command again: "
                "finished work is kept"
            ),
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name in the same folder, flush it to disk, and rename it.

    Raises:
        DiskError: if any step fails; the old file, if there was one, is then still whole.
    """
    with _as_disk_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_text(path: Path, content: str) -> None:
    """`write_bytes` for UTF-8 text."""
    write_bytes(path, content.encode("utf-8"))


def remove_file(path: Path) -> None:
    """Delete a file if it is there.

    Raises:
        DiskError: if it cannot be deleted.
    """
    with _as_disk_error(path):
        path.unlink(missing_ok=True)


def spare(inputs: Iterable[Path], *outputs: Path) -> None:
    """See to it that what is written replaces nothing that is read, and no other output.

    Args:
        inputs: files, and folders whose files are all meant.
        outputs: files that are about to be written.

    Raises:
        UsageError: naming the output.
    """
    read = [path.resolve() for path in inputs]
    written = [path.resolve() for path in outputs]
    for place, path in enumerate(written):
        within = any(folder.is_dir() and folder in path.parents for folder in read)
        if path in read or (within and path.exists()) or path in written[:place]:
            raise UsageError(
                "it would be written over a file of this command",
                where=str(outputs[place]),
                expected="the name of another file",
                todo="choose another --out",
            )


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` if the block ends well, and vanishes if not.

    If another process made `path` meanwhile, its folder is kept and this one is dropped.

    Raises:
        DiskError: if the folder cannot be made, filled or renamed.
    """
    with _as_disk_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=path.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            if not path.exists():
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> int:
    """Delete what interrupted writes left in `folder`; returns how many there were.

    Only the owner of the folder (see `crosswear.store`) may call this: nobody else writes there.
    """
    leftovers = list(folder.glob(f"{TEMPORARY_PREFIX}*")) if folder.is_dir() else []
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(leftovers)
