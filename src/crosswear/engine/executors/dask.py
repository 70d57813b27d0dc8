"""Workers on other machines: those of a dask.distributed cluster.

Which worker a job goes to is decided here, one at a time for each worker, so a lost one costs what
it was at. Files that a job needs are sent to a worker before its first job that needs them.

dask.distributed is an optional extra and is imported where it is used.
"""

from __future__ import annotations

import contextlib
import queue
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

from crosswear.core.errors import EngineError, UsageError
from crosswear.core.files import new_folder
from crosswear.core.texts import install
from crosswear.engine.executors import LOCAL
from crosswear.engine.executors.executor import Executor, Job, Result
from crosswear.engine.executors.processes import no_interrupts

LOOK_EVERY_S = 2.0
ANSWER_WITHIN_S = 10
PATIENCE_S = 120
"""Longest time that a cluster may be without workers."""


class UnfitWorkersError(EngineError):
    """No worker of a cluster can do the work."""


@dataclass(frozen=True)
class ClusterWork(Generic[Job, Result]):
    """Work of the workers of a cluster; the functions are called there.

    Attributes:
        about: what must be the same here and there, in one line.
        set_up: is called when a worker joins, with the client's name, `settings` and its dask
            worker; returns what it has of `about`.
        settings: further arguments of `set_up`.
        do: does a job; called with the client's name and the job.
        needs: files that a worker must have, by the folder below its own that they belong in.
        received: a result as it is known here.
    """

    about: str
    set_up: Callable[..., str]
    settings: tuple[object, ...]
    do: Callable[[str, Job], Result]
    needs: Callable[[Job], dict[str, list[Path]]]
    received: Callable[[Job, Result], Result]


@contextlib.contextmanager
def cluster(
    address: str, workers: int, work: ClusterWork[Job, Result]
) -> Iterator[Executor[Job, Result]]:
    """The workers of a cluster, those that join later included; let go when the block is left.

    Args:
        address: of the scheduler, as in `tcp://10.0.0.1:8786`; `local` starts one here.
        workers: how many to start, for `local`.
        work: what they do.

    Raises:
        UsageError: if dask.distributed is not installed.
        UnfitWorkersError: if there are workers and none can do the work.
        EngineError: if the scheduler does not answer.
    """
    try:
        import dask
        import distributed
    except ModuleNotFoundError as error:
        raise UsageError(
            "dask.distributed is not installed",
            where="--cluster",
            todo=install("cluster"),
        ) from error
    if address != LOCAL and not re.fullmatch(r"(\w+://)?[^/\s]+:\d+", address):
        raise UsageError(
            "not the address of a scheduler",
            where=f"--cluster {address}",
            expected="what `dask scheduler` printed, as in tcp://10.0.0.1:8786, or local",
        )
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            dask.config.set({"distributed.comm.timeouts.connect": f"{ANSWER_WITHIN_S}s"})
        )
        if address == LOCAL:
            with no_interrupts():
                started = distributed.LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,  # a worker that dask pauses would never come back
                    dashboard_address=None,
                    # Any port: without a dashboard, too, it asks for the same one every time.
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                )
            address = stack.enter_context(started).scheduler_address
        try:
            client = distributed.Client(  # type: ignore[no-untyped-call]
                address, timeout=ANSWER_WITHIN_S, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise EngineError(
                f"no scheduler answers ({error})",
                where=f"--cluster {address}",
                expected="the address that `dask scheduler` printed, as in tcp://10.0.0.1:8786",
            ) from error
        executor = _Cluster(client, address, work)
        stack.callback(executor.end)
        executor.look()
        yield executor


@dataclass
class _DaskWorker(Generic[Job]):
    """Our knowledge of a worker: what it is at, and which files we have sent it."""

    future: Any = None
    job: Job | None = None
    has: set[str] = field(default_factory=set)


class _Cluster(Generic[Job, Result]):
    """Workers by their addresses."""

    def __init__(self, client: Any, address: str, work: ClusterWork[Job, Result]) -> None:
        self.client = client
        self.address = address
        self.work = work
        self.workers: dict[str, _DaskWorker[Job]] = {}
        self.unfit: dict[str, EngineError] = {}
        self.finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.lost: list[Job] = []
        self.looked = 0.0
        self.alone_since = time.monotonic()

    def idle(self) -> int:
        return sum(worker.job is None for worker in self.workers.values())

    def send(self, job: Job) -> None:
        address, worker = next(item for item in self.workers.items() if item[1].job is None)
        worker.job = job
        needs = self.work.needs(job)
        new = {name: _content(needs[name]) for name in needs.keys() - worker.has}
        try:
            for name, files in new.items():
                self._call(address, receive, self.client.id, name, files)
                worker.has.add(name)
        except Exception:  # noqa: BLE001  # gone, or its disk is full: another tries
            self._lose(address)
            return
        worker.future = self.client.submit(
            *(self.work.do, self.client.id, job),
            workers=[address],
            allow_other_workers=False,
            pure=False,
        )
        worker.future.add_done_callback(lambda _: self.finished.put(address))

    def wait(self) -> list[tuple[Job, Result | None]]:
        if time.monotonic() - self.looked > LOOK_EVERY_S:
            self.look()
        completed: list[tuple[Job, Result | None]] = [(job, None) for job in self.lost]
        self.lost.clear()
        if completed:
            return completed
        with contextlib.suppress(queue.Empty):
            address = self.finished.get(timeout=LOOK_EVERY_S)
            worker = self.workers.get(address)
            if worker and worker.job is not None and worker.future.done():
                completed.append((worker.job, self._result(address, worker.job, worker.future)))
                worker.job = None
        return completed

    def _result(self, address: str, job: Job, future: Any) -> Result | None:
        """Return what came of a worker's job; None if it was lost on the way."""
        if future.status == "error":
            # What a job raises is part of its result: this is the worker itself.
            raise self._cannot(address, future.exception())
        try:
            return self.work.received(job, future.result(timeout=ANSWER_WITHIN_S))
        except Exception:  # noqa: BLE001  # cancelled, timed out: it runs again
            return None

    def _cannot(self, address: str, reason: object) -> UnfitWorkersError:
        return UnfitWorkersError(
            f"the worker {address} cannot be used: {reason}",
            where=f"--cluster {self.address}",
            expected=f"{self.work.about} there and on the scheduler, --nthreads 1",
            todo="install the same version with its extra `cluster` everywhere, start such "
            "workers, and run again: finished work is kept",
        )

    def _lose(self, address: str) -> None:
        worker = self.workers.pop(address)
        if worker.future is not None:
            worker.future.cancel()
        if worker.job is not None:
            self.lost.append(worker.job)

    def end(self) -> None:
        for worker in self.workers.values():
            if worker.future is not None:
                worker.future.cancel()
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self.client.close(timeout=ANSWER_WITHIN_S)

    def look(self) -> None:
        """Greet workers that joined, forget lost ones; those that cannot be used get nothing.

        Raises:
            EngineError: if the scheduler is gone, no worker is fit, or none is there for long.
        """
        present = self._present()
        for address in self.workers.keys() - present.keys():
            self._lose(address)
        for address in sorted(present.keys() - self.workers.keys() - self.unfit.keys()):
            with contextlib.suppress(OSError):  # gone again
                self._greet(address, present[address]["nthreads"])
        self.unfit = {name: why for name, why in self.unfit.items() if name in present}
        if self.unfit and not self.workers:
            raise next(iter(self.unfit.values()))
        self.looked = time.monotonic()
        if self.workers:
            self.alone_since = self.looked
        elif self.looked - self.alone_since > PATIENCE_S:
            raise EngineError(
                f"the cluster has had no worker for {PATIENCE_S} seconds",
                where=f"--cluster {self.address}",
                todo=f"start some (`dask worker {self.address} --nthreads 1`) and run again: "
                "finished work is kept",
            )

    def _present(self) -> dict[str, Any]:
        """Return what the scheduler states of its workers, by address."""
        try:
            ask = self.client.scheduler.identity
            reply = self.client.sync(ask, n_workers=-1, callback_timeout=ANSWER_WITHIN_S)
        except Exception as error:  # any error of dask means that there is no answer
            raise EngineError(
                "the scheduler of the cluster does not answer any more",
                where=f"--cluster {self.address}",
                todo="start it and its workers, and run again: finished work is kept",
            ) from error
        return dict(reply["workers"])

    def _greet(self, address: str, threads: int) -> None:
        """Take a worker on; several threads would share torch's generator."""
        reason: object = f"it has {threads} threads"
        if threads == 1:
            try:
                reason = self._call(address, self.work.set_up, self.client.id, *self.work.settings)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001  # anything that it lacks
                reason = error
        if reason == self.work.about:
            self.workers[address] = _DaskWorker()
        else:
            self.unfit[address] = self._cannot(address, reason)

    def _call(self, address: str, function: Any, *arguments: object) -> Any:
        return self.client.run(function, *arguments, workers=[address])[address]


def folder_of(client: str, dask_worker: Any) -> Path:
    """On a worker: the folder of what a client has sent."""
    return Path(dask_worker.local_directory) / "crosswear" / client


def receive(client: str, name: str, files: Mapping[str, bytes], dask_worker: Any) -> None:
    """On a worker: write files that a job will need."""
    with new_folder(folder_of(client, dask_worker) / name) as temporary:
        for file, content in files.items():
            (temporary / file).write_bytes(content)


def _content(files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files}
