"""Processes that time a study's cells together, as crowded as those that will train them."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, TypeAlias

from crosswear.core.errors import EngineError
from crosswear.engine.executors.processes import start_process

if TYPE_CHECKING:  # slow to import: the processes are started before that
    from crosswear.datasets.domain import DomainSummary
    from crosswear.engine.classical_timing import Rate
    from crosswear.engine.network_timing import Measured
    from crosswear.engine.task import Task

Networks: TypeAlias = "Sequence[tuple[Task, DomainSummary]]"
Classical: TypeAlias = "Sequence[tuple[Task, DomainSummary]]"
Found: TypeAlias = "tuple[Measured, Mapping[str, Rate]]"


class MeasuringProcesses:
    """This process and others, which are started early: to load torch takes them seconds.

    Args:
        others: pipes to the other processes; none: this process measures alone.
    """

    def __init__(self, others: Sequence[Connection] = ()) -> None:
        self._others = others

    def measure(
        self, networks: Networks, classical: Classical, device: str
    ) -> tuple[list[Measured], dict[str, Rate]]:
        """Time networks in every process, and each classical cell in one of them.

        Raises:
            EngineError: if a process ends.
        """
        count = len(self._others) + 1
        shares = [(networks, classical[place::count], device) for place in range(count)]
        try:
            for pipe in self._others:
                pipe.recv()  # it is up
            for pipe, share in zip(self._others, shares[1:], strict=True):
                pipe.send(share)
            found = [_measure(*shares[0]), *(pipe.recv() for pipe in self._others)]
        except (EOFError, OSError) as error:
            raise EngineError(
                "a process that measures how long cells take has ended",
                todo="look for a lack of memory, or use fewer --workers",
            ) from error
        rates = {name: rate for _, some in found for name, rate in some.items()}
        return [measured for measured, _ in found], rates


@contextlib.contextmanager
def measuring_processes(workers: int) -> Iterator[MeasuringProcesses]:
    """Start the processes; this one is the first of them. They are ended with the block."""
    started = [start_process(_serve) for _ in range(workers - 1)]
    try:
        yield MeasuringProcesses([pipe for _, pipe in started])
    finally:
        for process, pipe in started:
            process.terminate()
            pipe.close()
        for process, _ in started:
            process.join()


def _measure(networks: Networks, classical: Classical, device: str) -> Found:
    from crosswear.engine.classical_timing import time_classical
    from crosswear.engine.network_timing import time_networks

    rates = time_classical(classical, device)
    return time_networks(networks, device), rates


def _serve(pipe: Connection) -> None:
    """Measure once, when asked, and send the result."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    import crosswear.engine.classical_timing
    import crosswear.engine.network_timing  # noqa: F401

    with contextlib.suppress(EOFError, OSError):  # the parent is gone
        pipe.send(None)
        pipe.send(_measure(*pipe.recv()))
