"""All parts of a dataset: cut where they are not there yet, and joined in their order."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import filelock
import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DomainError
from crosswear.core.files import as_disk_error
from crosswear.core.recording import Windows, channel_names
from crosswear.datasets.part_reader import part_reader
from crosswear.datasets.parts import Part, PartTask, Spread, load_part, part_tasks, parts_folder
from crosswear.datasets.roots import OpenedDataset
from crosswear.datasets.window_account import Account
from crosswear.datasets.window_files import save_samples

PATIENCE_S = 30
"""For all parts of a dataset together."""


@dataclass(frozen=True, eq=False)
class JoinedParts:
    """All windows of a dataset.

    Attributes:
        account: of all recordings.
        notes: sentences on what is not there, and on what its reader found.
        windows: all of them without their samples: `x` is [N, 0, 0]. None if there are none.
        parts: where their samples are.
        folder: of the parts.
        shape: channels and samples of a window.
    """

    account: Account
    notes: tuple[str, ...]
    windows: Windows | None
    parts: Sequence[Part]
    folder: Path
    shape: tuple[int, int]

    def save_samples(self, kept: NDArray[np.bool_], target: Path) -> None:
        """Save the samples of some windows as an .npy file, a block at a time.

        Args:
            kept: [N], the windows that are saved.
            target: the .npy file, float32 [n, *shape].
        """
        sizes = [len(part.windows or ()) for part in self.parts]
        some = np.split(kept, np.cumsum(sizes)[:-1])
        files = [part.samples for part in self.parts]
        save_samples(list(zip(files, some, strict=True)), self.shape, target)


@contextlib.contextmanager
def preparing(dataset: OpenedDataset, cache: Path) -> Iterator[None]:
    """Be the only process that prepares a dataset in a cache.

    At the end its parts are removed, unless it was interrupted or a part could not be made.
    """
    folder = parts_folder(dataset, cache)
    with as_disk_error(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.with_suffix(".lock")):
        try:
            yield
        except DomainError:  # the parts are as they should be, and would give it again
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def join_parts(
    dataset: OpenedDataset,
    files: Mapping[str, str],
    config: PreparationConfig,
    cache: Path,
    spread: Spread,
) -> JoinedParts:
    """Cut the parts of a dataset that the cache does not hold, and join all in their order.

    Call it inside of `preparing`: parts of other files or settings are removed.

    Args:
        dataset: what is read.
        files: digests of all of its files by their names.
        config: the preparation.
        cache: folder of prepared domains.
        spread: works on parts.

    Raises:
        CrosswearError: the error of the first part that has one.
    """
    reader = part_reader(dataset.spec.read)
    notes = [*reader.missing(dataset.tree, reader.names(dataset.tree))]
    shape = len(channel_names(dataset.options.sensors)), config.window
    tasks = part_tasks(dataset, files, config, cache)
    _remove_others(tasks)

    def loaded(task: PartTask) -> Part | None:
        return load_part(task.folder, reader.findings, 4 * shape[0] * shape[1])

    pending = [task for task in tasks if loaded(task) is None]
    for task in pending:
        shutil.rmtree(task.folder, ignore_errors=True)  # not whole
    _cut(pending, spread)
    until = time.monotonic() + PATIENCE_S
    parts = [part for task in tasks if (part := _awaited(task, loaded, until)) is not None]
    if len(parts) < len(tasks):
        raise DomainError(
            f"{len(tasks) - len(parts)} of {len(tasks)} parts were made and are not there",
            where=str(tasks[0].folder.parent),
            expected="a cache in a folder that all workers share",
            todo="name such a folder with --cache",
        )
    findings = reader.findings()
    for part in parts:
        findings = findings.joined(part.findings)
    notes += reader.notes(dataset.tree, dataset.options, findings)
    account = Account.joined([part.account for part in parts])
    folder = parts_folder(dataset, cache)
    return JoinedParts(account, tuple(notes), _joined(parts, account), parts, folder, shape)


def _awaited(task: PartTask, load: Callable[[PartTask], Part | None], until: float) -> Part | None:
    """Return a part that was made, perhaps elsewhere: a file system may show it later."""
    while (part := load(task)) is None and time.monotonic() < until:
        time.sleep(1)
    return part


def _remove_others(tasks: Sequence[PartTask]) -> None:
    """Remove remains of interrupted work, and parts of what the dataset was before."""
    known = {task.folder for task in tasks}
    folder = tasks[0].folder.parent
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in known:
            shutil.rmtree(path, ignore_errors=True)


def _cut(tasks: Sequence[PartTask], spread: Spread) -> None:
    errors = {task: error for task, error in spread(tasks) if error is not None} if tasks else {}
    for task in tasks:
        if task in errors:
            raise errors[task]


def _joined(parts: Sequence[Part], account: Account) -> Windows | None:
    """Return all windows, numbered through the whole dataset."""
    place = {subject: index for index, subject in enumerate(account.subjects)}
    recordings = occurrences = 0
    tables = []
    for part in parts:
        if part.windows is not None:
            subjects = np.array([place[one] for one in part.account.subjects], np.int16)
            table = replace(
                part.windows,
                subject=subjects[part.windows.subject],
                recording=part.windows.recording + np.int32(recordings),
                occurrence=part.windows.occurrence + np.int32(occurrences),
            )
            tables.append(table)
            occurrences += int(part.windows.occurrence.max()) + 1
        recordings += len(part.account.recordings)
    return Windows.joined(tables) if tables else None
