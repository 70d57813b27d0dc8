"""Where cohorts run on this machine: in this process, or in several.

Each process trains on one thread. Networks of this size gain nothing from a second one, and sums
that do not depend on the number of threads keep the numbers of a cell the same everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import threading
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import torch

from crosswear.checkpoint import checkpoint_exists
from crosswear.engine.task import Cohort, Failure, Outcome, Task, Trainer
from crosswear.errors import EngineError

MAX_DEATHS = 3


def run_cohorts(
    cohorts: Sequence[Cohort], train: Trainer, workers: int
) -> Iterator[Outcome | Failure]:
    """Train cohorts, each when its source networks are on disk, and yield cells as they finish.

    The caller keeps each outcome (and its checkpoint) before it asks for the next one. Cohorts
    are begun in their order. Closing the iterator stops the work.

    Raises:
        EngineError: if worker processes die again and again without finishing a cohort.
    """
    runner = _in_this_process if workers == 1 else _in_processes
    yield from runner(list(cohorts), train, min(workers, len(cohorts)))


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


def take_ready(pending: list[Cohort]) -> Cohort | None:
    """Remove and return the first cohort whose source networks are on disk."""
    for index, cohort in enumerate(pending):
        if all(task.source is None or checkpoint_exists(task.source) for task in cohort):
            return pending.pop(index)
    return None


def orphans(cohort: Cohort) -> list[Outcome | Failure]:
    """The failures of cells whose source network nobody is going to train."""
    return [
        Failure(task, "the source network of this cell could not be trained") for task in cohort
    ]


def _in_this_process(pending: list[Cohort], train: Trainer, _: int) -> Iterator[Outcome | Failure]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        while pending:
            cohort = take_ready(pending)
            yield from attempt(train, cohort) if cohort else orphans(pending.pop(0))
    finally:
        torch.set_num_threads(threads)


@dataclass(eq=False)
class _Worker:
    """A process, our end of the pipe to it, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    cohort: Cohort | None = None


def _in_processes(
    pending: list[Cohort], train: Trainer, workers: int
) -> Iterator[Outcome | Failure]:
    crew = [_start(train) for _ in range(workers)]
    deaths = 0
    try:
        while pending or any(worker.cohort for worker in crew):
            for worker in crew:
                if worker.cohort is None and (cohort := take_ready(pending)):
                    worker.cohort = cohort
                    worker.pipe.send(cohort)
            busy = {worker.pipe: worker for worker in crew if worker.cohort}
            if not busy:
                yield from orphans(pending.pop(0))
            for pipe in wait(list(busy)) if busy else ():
                worker = next(one for one in crew if one.pipe is pipe)
                cohort, worker.cohort = worker.cohort, None
                try:
                    outcomes = worker.pipe.recv()
                except (EOFError, OSError) as error:
                    deaths += 1
                    if deaths == MAX_DEATHS:
                        raise _dying(cohort or ()) from error
                    _end(worker)
                    crew[crew.index(worker)] = _start(train)
                    pending[:0] = [cohort] if cohort else []
                else:
                    deaths = 0
                    yield from outcomes
    finally:
        for worker in crew:
            _end(worker)


def _dying(cohort: Cohort) -> EngineError:
    return EngineError(
        f"worker processes died {MAX_DEATHS} times without finishing a cell",
        where=", ".join(task.cell.describe() for task in cohort),
        todo="look for a lack of memory, use fewer --workers, and run again: finished "
        "cells are kept",
    )


def _start(train: Trainer) -> _Worker:
    # Not forked: a copy of a process that has used torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, train), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, train: Trainer) -> None:
    """The life of a worker process: cohorts in, outcomes out, until the parent is gone."""
    torch.set_num_threads(1)
    _keep_freed_memory()
    threading.Thread(target=_follow_parent, daemon=True).start()
    while True:
        try:
            cohort: tuple[Task, ...] = pipe.recv()
        except EOFError:
            return
        pipe.send(attempt(train, cohort))


def _keep_freed_memory() -> None:
    """Ask glibc not to return memory between steps: getting it back costs a tenth of the time."""
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another libc
        for option, size in (
            (mmap_threshold, 2**30),
            (trim_threshold, 2**31 - 1),
            (top_pad, 2**28),
        ):
            ctypes.CDLL(None).mallopt(option, size)


def _follow_parent() -> None:
    """Exit when the parent is gone, even if it was killed: nobody would take the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _end(worker: _Worker) -> None:
    """End a worker now; what it was at is not done and will be run again."""
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()
