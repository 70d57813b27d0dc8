"""Where tasks run on this machine: in this process, or in several.

Each process trains on one thread. Networks of this size gain nothing from a second one, and sums
that do not depend on the number of threads keep the numbers of a cell the same everywhere.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import torch

from crosswear.checkpoint import checkpoint_exists
from crosswear.engine.task import Failure, Outcome, Task, Trainer
from crosswear.errors import EngineError

MAX_DEATHS = 3


def run_tasks(tasks: Sequence[Task], train: Trainer, workers: int) -> Iterator[Outcome | Failure]:
    """Train cells, each when its source network is on disk, and yield them as they finish.

    The caller keeps each outcome (and its checkpoint) before it asks for the next one. Tasks are
    begun in their order. Closing the iterator stops the work.

    Raises:
        EngineError: if worker processes die again and again without finishing a cell.
    """
    runner = _in_this_process if workers == 1 else _in_processes
    yield from runner(list(tasks), train, workers)


def _in_this_process(pending: list[Task], train: Trainer, _: int) -> Iterator[Outcome | Failure]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        while pending:
            task = _take_ready(pending)
            yield attempt(train, task) if task else _orphan(pending.pop(0))
    finally:
        torch.set_num_threads(threads)


def _in_processes(pending: list[Task], train: Trainer, workers: int) -> Iterator[Outcome | Failure]:
    deaths = 0
    while pending:
        running: dict[Future[Outcome | Failure], Task] = {}
        pool = _pool(workers)
        try:
            while pending or running:
                while len(running) < workers and (task := _take_ready(pending)):
                    running[pool.submit(attempt, train, task)] = task
                if not running:
                    yield _orphan(pending.pop(0))
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    deaths = 0
                    yield outcome
        except BrokenProcessPool as error:
            deaths += 1
            if deaths == MAX_DEATHS:
                raise EngineError(
                    f"worker processes died {MAX_DEATHS} times without finishing a cell",
                    where=", ".join(task.cell.describe() for task in running.values()),
                    todo="look for a lack of memory, use fewer --workers, and run again: finished "
                    "cells are kept",
                ) from error
            pending[:0] = running.values()
        finally:
            _stop(pool)


def attempt(train: Trainer, task: Task) -> Outcome | Failure:
    """Train a cell; whatever it raises becomes a record of the failure."""
    try:
        return train(task)
    except Exception:  # noqa: BLE001  # one bad cell must not cost the others
        return Failure(task, traceback.format_exc())


def _take_ready(pending: list[Task]) -> Task | None:
    for index, task in enumerate(pending):
        if task.source is None or checkpoint_exists(task.source):
            return pending.pop(index)
    return None


def _orphan(task: Task) -> Failure:
    return Failure(task, "the source network of this cell could not be trained")


def _pool(workers: int) -> ProcessPoolExecutor:
    # Not forked: a copy of a process that has used torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """Exit when the parent is gone, even if it was killed: nobody would take the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers now; what they were at is not done and will be run again."""
    # The executor offers no way to end a running call before Python 3.14.
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)
