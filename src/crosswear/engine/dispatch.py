"""Hand cohorts to an executor and yield the outcomes: one loop for every executor."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from crosswear.engine.executors.executor import Executor, run_jobs
from crosswear.engine.task import Cohort, Failure, Outcome, Trainer
from crosswear.networks.checkpoint import checkpoint_exists

CohortExecutor: TypeAlias = Executor[Cohort, list[Outcome | Failure]]
"""Workers that train cohorts."""


def run_cohorts(
    cohorts: Sequence[Cohort], started: AbstractContextManager[CohortExecutor]
) -> Generator[Outcome | Failure, None, None]:
    """Train cohorts, each when its source networks are on disk, and yield cells as they finish.

    The caller keeps each outcome (and its checkpoint) before it asks for the next one. Cohorts
    are begun in their order. Closing the iterator stops the work.

    Raises:
        EngineError: if workers are lost again and again over the same cohort.
    """
    for cohort, outcomes in run_jobs(cohorts, started, _take_ready, _describe):
        yield from _orphans(cohort) if outcomes is None else outcomes


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


def _describe(cohort: Cohort) -> str:
    return ", ".join(task.cell.describe() for task in cohort)
