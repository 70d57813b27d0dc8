"""Hand cohorts to an executor and yield the outcomes: one loop for every executor."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from crosswear.core.errors import EngineError
from crosswear.engine.task import Cohort, Failure, Outcome, Trainer
from crosswear.networks.checkpoint import checkpoint_exists

MAX_DEATHS = 3

Completed: TypeAlias = list[tuple[Cohort, list[Outcome | Failure] | None]]
"""Cohorts that came back, with None for outcomes where the worker was lost."""


class Executor(Protocol):
    """Workers that train cohorts; each is at one cohort at a time."""

    def idle(self) -> int:
        """Return how many workers have nothing to do; 0 if there is none at present."""
        ...

    def send(self, cohort: Cohort) -> None:
        """Give a cohort to an idle worker; there must be one."""
        ...

    def wait(self) -> Completed:
        """Return what came back since.

        Returns after a while even if there is none: workers may have joined.

        Raises:
            EngineError: if nothing can come back any more.
        """
        ...


def run_cohorts(
    cohorts: Sequence[Cohort], started: AbstractContextManager[Executor]
) -> Generator[Outcome | Failure, None, None]:
    """Train cohorts, each when its source networks are on disk, and yield cells as they finish.

    The caller keeps each outcome (and its checkpoint) before it asks for the next one. Cohorts
    are begun in their order. Closing the iterator stops the work.

    Raises:
        EngineError: if workers are lost again and again over the same cohort.
    """
    pending = list(cohorts)
    if not pending:
        return
    running = 0
    deaths: Counter[str] = Counter()
    with started as executor:
        while pending or running:
            while executor.idle() and (cohort := _take_ready(pending)):
                executor.send(cohort)
                running += 1
            if pending and not running and executor.idle():
                yield from _orphans(pending.pop(0))
                continue
            completed = executor.wait()
            running -= len(completed)
            lost = [cohort for cohort, outcomes in completed if outcomes is None]
            for _, outcomes in completed:
                yield from outcomes or ()
            pending[:0] = lost
            deaths.update(cohort[0].key for cohort in lost)
            for cohort in lost:
                if deaths[cohort[0].key] >= MAX_DEATHS:
                    raise _deadly(cohort)


def attempt(train: Trainer, cohort: Cohort) -> list[Outcome | Failure]:
    """Train a cohort; if it raises, each of its cells alone, so that a bad one costs only itself.

    What a single cell raises becomes a record of its failure.
    """
    try:
        return [*train(cohort)]
    except Exception:  # noqa: BLE001  # one bad cell must not cost the others
        if len(cohort) == 1:
            return [Failure(cohort[0], traceback.format_exc())]
    return [outcome for task in cohort for outcome in attempt(train, (task,))]


def _take_ready(pending: list[Cohort]) -> Cohort | None:
    """Remove and return the first cohort whose source networks are on disk."""
    for index, cohort in enumerate(pending):
        if all(task.source is None or checkpoint_exists(task.source) for task in cohort):
            return pending.pop(index)
    return None


def _orphans(cohort: Cohort) -> list[Failure]:
    text = "the source network of this cell could not be trained"
    return [Failure(task, text) for task in cohort]


def _deadly(cohort: Cohort) -> EngineError:
    return EngineError(
        f"worker processes died {MAX_DEATHS} times over the same cells",
        where=", ".join(task.cell.describe() for task in cohort),
        todo="look for a lack of memory, use fewer --workers, and run again: finished "
        "cells are kept",
    )
