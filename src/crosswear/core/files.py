"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from crosswear.core.errors import DiskError, UsageError

TEMPORARY_PREFIX = ".partial-"


_NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def as_disk_error(target: Path) -> Iterator[None]:
    """Turn an `OSError` on writing `target` into a `DiskError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (*_NO_PERMISSION, errno.ENOENT):
            todo = "choose a folder that you may write to"
        elif error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG):
            todo = "choose another name"
        else:
            todo = (
                "free some space or choose another folder, then run the same command again: "
                "finished work is kept"
            )
        raise DiskError(
            f"cannot write: {error.strerror or error}",
            where=str(target),
            expected="a writable folder with space left",
            todo=todo,
        ) from error


def _expect_name(path: Path) -> None:
    if str(path) == "-":
        raise UsageError(
            "'-' is no name: nothing is written to standard output",
            where=str(path),
            expected="the name of a file or folder",
            todo="choose another name",
        )


def _expect_ordinary(path: Path) -> None:
    """Refuse to replace anything but an ordinary file, such as a device."""
    _expect_name(path)
    with as_disk_error(path):
        taken = path.exists() and not path.is_file()
    if taken:
        raise DiskError(
            f"cannot write: a {'folder' if path.is_dir() else 'device or pipe'} is there",
            where=str(path),
            expected="the name of an ordinary file, or of none that is there",
            todo="choose another name",
        )


def expect_absent(folder: Path) -> None:
    """Raise where a new folder would replace something.

    Raises:
        UsageError: if `folder` exists.
    """
    if folder.exists():
        raise UsageError(
            "already exists",
            where=str(folder),
            expected="the name of a new folder",
            todo="choose another name, or delete it",
        )


def expect_writable(*files: Path, folder: Path | None = None) -> None:
    """Check before work begins that its results can be written.

    Args:
        files: that will be written.
        folder: that will be made, or filled.

    Raises:
        UsageError: if one is called ``-``.
        DiskError: if a folder, a device or a pipe is where a file will be or a file where a
            folder, or a trial to write in the nearest existing folder fails.
    """
    for path in files:
        _expect_ordinary(path)
        with as_disk_error(path):
            _expect_room(path.parent)
    if folder is not None:
        _expect_name(folder)
        with as_disk_error(folder):
            _expect_room(folder)


def _expect_room(folder: Path) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{there} is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"no permission to write in {there}")
    try:  # of folders such as /proc the system says that they may be written to
        trial = tempfile.TemporaryDirectory(
            prefix=TEMPORARY_PREFIX, dir=there, ignore_cleanup_errors=True
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno, f"nothing can be made in {there}: {reason}") from error
    trial.cleanup()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name in the same folder, flush it to disk, and rename it.

    Raises:
        UsageError: if it is called ``-``.
        DiskError: if a folder, a device or a pipe is there, or any step fails; the old file, if
            there was one, is then still whole.
    """
    _expect_ordinary(path)
    with as_disk_error(path):
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
    """Delete a file if it exists.

    Raises:
        DiskError: if it cannot be deleted.
    """
    with as_disk_error(path):
        path.unlink(missing_ok=True)


def spare(inputs: Iterable[Path], *outputs: Path) -> None:
    """Check that files can be written, replacing no input and no other output.

    Args:
        inputs: files, and folders with all of their files.
        outputs: files that are about to be written.

    Raises:
        UsageError: naming the output.
        DiskError: as `expect_writable`.
    """
    expect_writable(*outputs)
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
    with as_disk_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=path.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            if not path.exists():
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a temporary folder in `parent`, which is made if necessary.

    Raises:
        DiskError: if it cannot be made.
    """
    with as_disk_error(parent):
        parent.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=parent)
    with scratch as name:
        yield Path(name)


def link_or_copy(file: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no hard links."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def remove_leftovers(folder: Path) -> int:
    """Delete the remains of interrupted writes in `folder`; return their number.

    Only the owner of the folder (see `crosswear.grid.store`) may call this: no one else
    writes in it.
    """
    leftovers = list(folder.glob(f"{TEMPORARY_PREFIX}*")) if folder.is_dir() else []
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(leftovers)
