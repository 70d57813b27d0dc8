"""Train what is missing and keep the records."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from crosswear.core.errors import StoreError
from crosswear.core.texts import Note
from crosswear.engine.dispatch import run_cohorts
from crosswear.engine.grouping import group
from crosswear.engine.task import Outcome
from crosswear.grid.methods import Role
from crosswear.grid.store import Record, Store
from crosswear.networks.checkpoint import forget_checkpoint, save_checkpoint
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy
from crosswear.study.pending import cost_of, damage, pending_tasks
from crosswear.study.reuse import Reused, summary, take_records

PROVENANCE = ("crosswear", "torch", "numpy", "scipy")


@dataclass(frozen=True)
class Progress:
    """Measure of how far a run or a pretraining is.

    Attributes:
        done: cells with a record, those of earlier runs included; epochs of a pretraining.
        total: cells or epochs in all.
        share: of this run's work, in multiply-adds, from 0 to 1.
        last: what was done last; empty at the start.
    """

    done: int
    total: int
    share: float
    last: str


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class RunSummary:
    """Result of a run: cells that were there before, trained now, and failed now.

    `reused` counts the records of another run, if one was named.
    """

    found: int
    trained: int
    failed: tuple[str, ...]
    reused: Reused | None = None


def run_study(
    opened: LoadedStudy,
    store: Store,
    where: ExecutionSettings,
    report: Report,
    note: Note,
    other: Store | None = None,
) -> RunSummary:
    """Train every cell that has no record yet, and keep each as soon as it is done.

    Interrupted at any moment, it continues with what is missing; equal cells have equal results.

    Args:
        opened: the study.
        store: its output folder.
        where: who trains.
        report: takes the progress.
        note: takes a sentence about damage that was mended.
        other: folder of another run, whose records are taken where keys are equal.

    Raises:
        StoreError: if the folder belongs to another study or another run.
        DiskError: if a record cannot be written; what was finished before is kept.
        EngineError: if worker processes keep dying.
    """
    with store.owned_by(opened.study, opened.text):
        found = _sound_records(opened, store, note)
        taken = take_records(opened, store, found, other) if other else set()
        reused = summary(taken, found, other) if other else None
        done = found | taken
        tasks = pending_tasks(opened, store, done)
        costs = {task.key: max(1, cost_of(opened, task)) for task in tasks}
        total, spent, failed = sum(costs.values()), 0, []
        report(Progress(len(done), len(opened.cells), 0.0, ""))
        for task in tasks:
            if task.cell.role is Role.SOURCE:  # a damaged network must not be taken for a new one
                forget_checkpoint(store.checkpoint(task.key))
        cohorts = group(tasks, where.device, where.workers)
        with contextlib.closing(run_cohorts(cohorts, where.executor())) as outcomes:
            for finished, outcome in enumerate(outcomes, start=1):
                cell, key = outcome.task.cell, outcome.task.key
                if isinstance(outcome, Outcome):
                    if outcome.checkpoint is not None:
                        save_checkpoint(store.checkpoint(key), outcome.checkpoint)
                    about = provenance(where.device, outcome)
                    store.write(Record(key, cell, outcome.result, outcome.timing, about))
                else:
                    store.write_failure(key, cell, outcome.traceback)
                    failed.append(key)
                spent += costs[key]
                cells_done = len(done) + finished - len(failed)
                report(Progress(cells_done, len(opened.cells), spent / total, cell.describe()))
    return RunSummary(len(found), len(tasks) - len(failed), tuple(failed), reused)


def provenance(device: str, outcome: Outcome) -> dict[str, str]:
    """Return where and with what a cell was trained."""
    about = {name: version(name) for name in PROVENANCE}
    return {
        **about,
        "python": platform.python_version(),
        "host": outcome.host,
        "blocks": outcome.blocks,
        "machine": platform.machine(),
        "device": device,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _sound_records(opened: LoadedStudy, store: Store, note: Note) -> set[str]:
    """Keys with a readable record, and, for source cells, a readable network."""
    found = damage(opened, store)
    for key, error in found.items():
        if isinstance(error, StoreError):
            kept = store.set_aside(key)
            note(f"{error.where}: {error.what}; set aside as {kept.name} and computed again")
        else:
            note(f"{error.where}: {error.what}; this source network is trained again")
    return store.done(opened.cells) - found.keys()
