"""Cohorts on this machine: in this process, or in several.

Each process trains on one thread. Networks of this size gain nothing from a second one, and sums
that do not depend on the number of threads keep the numbers of a cell the same everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import torch

from crosswear.engine.dispatch import Completed, Executor, attempt
from crosswear.engine.executors.processes import start_process
from crosswear.engine.task import Cohort, Failure, Outcome, Trainer
from crosswear.networks.threads import one_torch_thread


@contextlib.contextmanager
def this_machine(train: Trainer, workers: int) -> Iterator[Executor]:
    """Run processes, or for one worker this process, until the block is left."""
    if workers == 1:
        keep_freed_memory()
        with one_torch_thread():
            yield _Alone(train)
        return
    executor = _Processes(train, workers)
    try:
        yield executor
    finally:
        executor.end()


def keep_freed_memory() -> None:
    """Ask glibc not to return memory between steps: to get it back costs a quarter of the time."""
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another libc
        for option, size in (
            (mmap_threshold, 2**30),
            (trim_threshold, 2**31 - 1),
            (top_pad, 2**28),
        ):
            ctypes.CDLL(None).mallopt(option, size)


class _Alone:
    """This process."""

    def __init__(self, train: Trainer) -> None:
        self.train = train
        self.cohort: Cohort | None = None

    def idle(self) -> int:
        return int(self.cohort is None)

    def send(self, cohort: Cohort) -> None:
        self.cohort = cohort

    def wait(self) -> Completed:
        cohort, self.cohort = self.cohort, None
        return [(cohort, attempt(self.train, cohort))] if cohort else []


@dataclass(eq=False)
class _Worker:
    """A process, our end of the pipe to it, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    cohort: Cohort | None = None


class _Processes:
    """Processes of this machine; one that dies is replaced."""

    def __init__(self, train: Trainer, workers: int) -> None:
        self.train = train
        self.workers = [_start(train) for _ in range(workers)]

    def idle(self) -> int:
        return sum(worker.cohort is None for worker in self.workers)

    def send(self, cohort: Cohort) -> None:
        worker = next(one for one in self.workers if one.cohort is None)
        worker.cohort = cohort
        with contextlib.suppress(OSError):  # dead already: `wait` finds out
            worker.pipe.send(cohort)

    def wait(self) -> Completed:
        ready = wait([worker.pipe for worker in self.workers if worker.cohort])
        completed: Completed = []
        for index, worker in enumerate(self.workers):
            cohort = worker.cohort
            if cohort is None or worker.pipe not in ready:
                continue
            try:
                completed.append((cohort, _carried(worker.pipe.recv(), torch.from_numpy)))
                worker.cohort = None
            except (EOFError, OSError):
                completed.append((cohort, None))
                _end(worker)
                self.workers[index] = _start(self.train)
        return completed

    def end(self) -> None:
        for worker in self.workers:
            _end(worker)


def _start(train: Trainer) -> _Worker:
    return _Worker(*start_process(_serve, train))


def _end(worker: _Worker) -> None:
    """End a worker now; what it was at is not done and will be run again."""
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()


def _serve(pipe: Connection, train: Trainer) -> None:
    """The life of a worker process: cohorts in, outcomes out, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    torch.set_num_threads(1)
    keep_freed_memory()
    threading.Thread(target=_follow_parent, daemon=True).start()
    while True:
        try:
            cohort: Cohort = pipe.recv()
        except EOFError:
            return
        pipe.send(_carried(attempt(train, cohort), torch.Tensor.numpy))


def _carried(
    outcomes: list[Outcome | Failure], convert: Callable[[Any], Any]
) -> list[Outcome | Failure]:
    """Outcomes with their networks as arrays or as tensors.

    A tensor would be sent as a handle on shared memory, which ends with the process that made it.
    """

    def carry(one: Outcome | Failure) -> Outcome | Failure:
        if isinstance(one, Failure) or one.checkpoint is None:
            return one
        state = {name: convert(value) for name, value in one.checkpoint.state.items()}
        return replace(one, checkpoint=replace(one.checkpoint, state=state))

    return [carry(one) for one in outcomes]


def _follow_parent() -> None:
    """Exit when the parent is gone, even if it was killed: no one would take the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
