"""Records that a study takes from a finished run that overlaps with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from crosswear.core.errors import CheckpointError, StoreError
from crosswear.grid.methods import Role
from crosswear.grid.store import Record, Store
from crosswear.networks.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from crosswear.study.load import LoadedStudy


@dataclass(frozen=True)
class Reused:
    """Records of another run.

    Attributes:
        taken: those of this study's cells; the cells need no training.
        ignored: those of other cells, and damaged ones.
    """

    taken: int
    ignored: int


def reusable(opened: LoadedStudy, done: Collection[str], other: Store) -> set[str]:
    """Return the keys of the cells whose records a run of the study would take.

    Args:
        opened: the study.
        done: keys of its cells that have a record already.
        other: the folder of the other run.
    """
    return {record.key for record, _ in _sound(opened, done, other)}


def take_records(
    opened: LoadedStudy, store: Store, done: Collection[str], other: Store
) -> set[str]:
    """Copy records, and the networks of source cells, from another run; return their keys.

    A key names all that a result depends on, so the records are those that this study would make.

    Args:
        opened: the study.
        store: its output folder, held by the caller.
        done: keys of its cells that have a record already.
        other: the folder of the other run; nothing in it changes.

    Raises:
        DiskError: if a file cannot be written.
    """
    taken = set()
    for record, checkpoint in _sound(opened, done, other):
        if checkpoint is not None:
            save_checkpoint(store.checkpoint(record.key), checkpoint)
        store.write(record)
        taken.add(record.key)
    return taken


def summary(taken: Collection[str], done: Collection[str], other: Store) -> Reused:
    """Count what was taken; records of cells that were done already are neither."""
    return Reused(len(taken), len(other.keys() - {*taken} - {*done}))


def _sound(
    opened: LoadedStudy, done: Collection[str], other: Store
) -> Iterator[tuple[Record, Checkpoint | None]]:
    for key in sorted(other.done(opened.cells) - {*done}):
        try:
            record, checkpoint = other.read(key), None
            if opened.cells[key].role is Role.SOURCE:
                checkpoint = load_checkpoint(other.checkpoint(key))
        except (StoreError, CheckpointError):
            continue
        yield record, checkpoint
