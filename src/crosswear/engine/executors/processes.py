"""Processes of this machine, each at the other end of a pipe. Torch is not needed to start them."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess


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
