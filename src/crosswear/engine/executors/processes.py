"""Workers on this machine: this process, or several.

Needs no torch: processes that prepare datasets load this module and none that trains.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic

from crosswear.engine.executors.executor import Job, Result


@contextlib.contextmanager
def no_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block; processes started in it never get one.

    They inherit that it is blocked, and the parent ends them. For the main thread: no other one is
    interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    blocked: set[int] = set()
    handler = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # when it is started, it unblocks
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, handler)
        if caught:
            signal.raise_signal(signal.SIGINT)


def available_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


class ThisProcess(Generic[Job, Result]):
    """This process as the only worker.

    Args:
        work: does a job.
    """

    def __init__(self, work: Callable[[Job], Result]) -> None:
        self.work = work
        self.job: Job | None = None

    def idle(self) -> int:
        """See `Executor.idle`."""
        return int(self.job is None)

    def send(self, job: Job) -> None:
        """See `Executor.send`."""
        self.job = job

    def wait(self) -> list[tuple[Job, Result | None]]:
        """See `Executor.wait`."""
        job, self.job = self.job, None
        return [] if job is None else [(job, self.work(job))]


@dataclass(eq=False)
class _Worker(Generic[Job]):
    """A process, our end of the pipe to it, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    job: Job | None = None


class Processes(Generic[Job, Result]):
    """Processes of this machine; one that dies is replaced.

    Args:
        work: does a job in one of them; travels there, as jobs and results do.
        workers: how many there are.
        received: what becomes of a result that has come back.
    """

    def __init__(
        self,
        work: Callable[[Job], Result],
        workers: int,
        received: Callable[[Result], Result] = lambda result: result,
    ) -> None:
        self.work = work
        self.received = received
        self.workers: list[_Worker[Job]] = [self._start() for _ in range(workers)]

    def idle(self) -> int:
        """See `Executor.idle`."""
        return sum(worker.job is None for worker in self.workers)

    def send(self, job: Job) -> None:
        """See `Executor.send`."""
        worker = next(one for one in self.workers if one.job is None)
        worker.job = job
        with contextlib.suppress(OSError):  # dead already: `wait` finds out
            worker.pipe.send(job)

    def wait(self) -> list[tuple[Job, Result | None]]:
        """See `Executor.wait`."""
        ready = wait([worker.pipe for worker in self.workers if worker.job is not None])
        completed: list[tuple[Job, Result | None]] = []
        for index, worker in enumerate(self.workers):
            job = worker.job
            if job is None or worker.pipe not in ready:
                continue
            try:
                completed.append((job, self.received(worker.pipe.recv())))
                worker.job = None
            except (EOFError, OSError):
                completed.append((job, None))
                _end(worker)
                self.workers[index] = self._start()
        return completed

    def end(self) -> None:
        """End all processes now."""
        for worker in self.workers:
            _end(worker)

    def _start(self) -> _Worker[Job]:
        return _Worker(*start_process(_serve, self.work))


def start_process(
    serve: Callable[..., None], *arguments: object
) -> tuple[SpawnProcess, Connection]:
    """Start a process that calls `serve` with an end of a pipe; return it and the other end."""
    # Not forked: a copy of a process that has used torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
    with no_interrupts():
        process.start()
    theirs.close()
    return process, ours


def _end(worker: _Worker[Job]) -> None:
    """End a worker now; what it was at is not done and will be run again."""
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()


def _serve(pipe: Connection, work: Callable[[Job], Result]) -> None:
    """The life of a worker process: jobs in, results out, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    threading.Thread(target=_follow_parent, daemon=True).start()
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        pipe.send(work(job))


def _follow_parent() -> None:
    """Exit when the parent is gone, even if it was killed: no one would take the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
