"""Parts of a dataset on several workers at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from crosswear.datasets.parts import PartTask, Spread, cut_part, one_by_one
from crosswear.engine.executors.executor import Executor, run_jobs
from crosswear.engine.executors.processes import Processes


@dataclass(frozen=True)
class PartOutcome:
    """A part that was made, or the error that it ended in."""

    error: Exception | None


PartExecutor: TypeAlias = Executor[PartTask, PartOutcome]
"""Workers that make parts."""


def spread_over(start: Callable[[int], AbstractContextManager[PartExecutor]]) -> Spread:
    """Return what works on parts with workers.

    Args:
        start: starts workers, at most so many as there are parts.
    """

    def spread(tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Exception | None]]:
        failed = False

        def take(pending: list[PartTask]) -> PartTask | None:
            return pending.pop(0) if pending and not failed else None

        for task, outcome in run_jobs(tasks, start(len(tasks)), take, _describe):
            if outcome is not None:
                failed = failed or outcome.error is not None
                yield task, outcome.error

    return spread


def spread_over_processes(workers: int) -> Spread:
    """Return what works on parts in processes of this machine; in this one if one is enough."""

    def spread(tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Exception | None]]:
        some = spread_over(_processes(workers)) if min(workers, len(tasks)) > 1 else one_by_one
        return some(tasks)

    return spread


def make_part(task: PartTask) -> PartOutcome:
    """Make a part, and return the error that it ends in."""
    try:
        cut_part(task)
    except Exception as error:  # noqa: BLE001  # raised where the part is needed
        return PartOutcome(error)
    return PartOutcome(None)


def _processes(workers: int) -> Callable[[int], AbstractContextManager[PartExecutor]]:
    @contextlib.contextmanager
    def started(parts: int) -> Iterator[PartExecutor]:
        executor: Processes[PartTask, PartOutcome] = Processes(make_part, min(workers, parts))
        try:
            yield executor
        finally:
            executor.end()

    return started


def _describe(task: PartTask) -> str:
    files = f"{task.names[0]} to {task.names[-1]}" if task.names else "all files"
    return f"{task.reference}: {files}"
