"""Executors: workers that each do one job at a time, and the loop that gives them jobs.

It knows nothing of the jobs, so that processes that need no torch load none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from crosswear.core.errors import EngineError

MAX_DEATHS = 3

Job = TypeVar("Job")
Result = TypeVar("Result")


class Executor(Protocol[Job, Result]):
    """Workers; each does one job at a time."""

    def idle(self) -> int:
        """Return how many workers have nothing to do; 0 if there is none at present."""
        ...

    def send(self, job: Job) -> None:
        """Give a job to an idle worker; there must be one."""
        ...

    def wait(self) -> list[tuple[Job, Result | None]]:
        """Return the jobs that came back since, with None where the worker was lost.

        Returns after a while even if there is none: workers may have joined.

        Raises:
            EngineError: if nothing can come back any more.
        """
        ...


def run_jobs(
    jobs: Sequence[Job],
    started: AbstractContextManager[Executor[Job, Result]],
    take: Callable[[list[Job]], Job | None],
    describe: Callable[[Job], str],
) -> Generator[tuple[Job, Result | None], None, None]:
    """Yield jobs with their results as they finish; None for a result that cannot be had.

    The caller keeps each result before it asks for the next one. Closing the iterator stops the
    work.

    Args:
        jobs: in the order in which they should begin.
        started: the workers, started with the first job.
        take: removes a job that can begin from those that are pending, and returns it; None if
            there is none. If there is still none when nothing runs, pending jobs cannot be done.
        describe: names a job in an error.

    Raises:
        EngineError: if workers are lost again and again over the same job.
    """
    pending = list(jobs)
    if not pending:
        return
    running = 0
    deaths: Counter[str] = Counter()
    with started as executor:
        while pending or running:
            while executor.idle() and (job := take(pending)) is not None:
                executor.send(job)
                running += 1
            if pending and not running and executor.idle():
                yield pending.pop(0), None
                continue
            completed = executor.wait()
            running -= len(completed)
            lost = [job for job, result in completed if result is None]
            for job, result in completed:
                if result is not None:
                    yield job, result
            pending[:0] = lost
            deaths.update(map(describe, lost))
            for job in lost:
                if deaths[describe(job)] >= MAX_DEATHS:
                    raise EngineError(
                        f"worker processes died {MAX_DEATHS} times over the same work",
                        where=describe(job),
                        todo="look for a lack of memory, use fewer --workers, and run again: "
                        "finished work is kept",
                    )
