"""Cohorts on other machines: workers of a dask.distributed cluster.

A worker needs this package and nothing else. Prepared domains, source networks and encoders are
sent to it when a cohort first needs them; outcomes come back and are written by the one who asked.
Whom a cohort goes to is decided here, one at a time for each worker, so a lost one costs what it
was at.

dask.distributed is an optional extra and is imported where it is used.
"""

from __future__ import annotations

import contextlib
import queue
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crosswear.core.errors import EngineError, UsageError
from crosswear.core.texts import install
from crosswear.engine.dispatch import Completed, Executor
from crosswear.engine.executors import LOCAL
from crosswear.engine.executors.dask_worker import about, receive, set_up, train
from crosswear.engine.executors.processes import no_interrupts
from crosswear.engine.task import Cohort, Failure, Outcome

LOOK_EVERY_S = 2.0
ANSWER_WITHIN_S = 10
PATIENCE_S = 120
"""Longest time that a cluster may be without workers."""


@contextlib.contextmanager
def cluster(address: str, device: str, workers: int) -> Iterator[Executor]:
    """The workers of a cluster, those that join later included; let go when the block is left.

    Args:
        address: of the scheduler, as in `tcp://10.0.0.1:8786`; `local` starts one here.
        device: where each worker trains.
        workers: how many to start, for `local`.

    Raises:
        UsageError: if dask.distributed is not installed.
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
        executor = _Cluster(client, address, device)
        stack.callback(executor.end)
        executor.look()
        yield executor


@dataclass
class _DaskWorker:
    """Our knowledge of a worker: what it is at, and which files we have sent it."""

    future: Any = None
    cohort: Cohort | None = None
    has: set[str] = field(default_factory=set)


class _Cluster:
    """Workers by their addresses."""

    def __init__(self, client: Any, address: str, device: str) -> None:
        self.client = client
        self.address = address
        self.device = device
        self.workers: dict[str, _DaskWorker] = {}
        self.unfit: dict[str, EngineError] = {}
        self.finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.lost: list[Cohort] = []
        self.looked = 0.0
        self.alone_since = time.monotonic()

    def idle(self) -> int:
        return sum(worker.cohort is None for worker in self.workers.values())

    def send(self, cohort: Cohort) -> None:
        address, worker = next(item for item in self.workers.items() if item[1].cohort is None)
        worker.cohort = cohort
        needs = _needs(cohort)
        new = {name: _content(needs[name]) for name in needs.keys() - worker.has}
        try:
            for name, files in new.items():
                self._call(address, receive, self.client.id, name, files)
                worker.has.add(name)
        except Exception:  # noqa: BLE001  # gone, or its disk is full: another tries
            self._lose(address)
            return
        worker.future = self.client.submit(
            *(train, self.client.id, cohort),
            workers=[address],
            allow_other_workers=False,
            pure=False,
        )
        worker.future.add_done_callback(lambda _: self.finished.put(address))

    def wait(self) -> Completed:
        if time.monotonic() - self.looked > LOOK_EVERY_S:
            self.look()
        completed: Completed = [(cohort, None) for cohort in self.lost]
        self.lost.clear()
        if completed:
            return completed
        with contextlib.suppress(queue.Empty):
            address = self.finished.get(timeout=LOOK_EVERY_S)
            worker = self.workers.get(address)
            if worker and worker.cohort and worker.future.done():
                completed.append((worker.cohort, self._outcomes(address, worker)))
                worker.cohort = None
        return completed

    def _outcomes(self, address: str, worker: _DaskWorker) -> list[Outcome | Failure] | None:
        """Return what came of a worker's cohort; None if it was lost on the way."""
        if worker.future.status == "error":
            # A cell that raises is a `Failure`: this is the worker itself.
            raise self._cannot(address, worker.future.exception())
        try:
            return _as_asked(worker.cohort or (), worker.future.result(timeout=ANSWER_WITHIN_S))
        except Exception:  # noqa: BLE001  # cancelled, timed out: it runs again
            return None

    def _cannot(self, address: str, reason: object) -> EngineError:
        return EngineError(
            f"the worker {address} cannot train: {reason}",
            where=f"--cluster {self.address}",
            expected=f"{about(self.device)} there and on the scheduler, --nthreads 1",
            todo="install the same version with its extra `cluster` everywhere, start such "
            "workers, and run again: finished cells are kept",
        )

    def _lose(self, address: str) -> None:
        worker = self.workers.pop(address)
        if worker.future is not None:
            worker.future.cancel()
        if worker.cohort:
            self.lost.append(worker.cohort)

    def end(self) -> None:
        for worker in self.workers.values():
            if worker.future is not None:
                worker.future.cancel()
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self.client.close(timeout=ANSWER_WITHIN_S)

    def look(self) -> None:
        """Greet workers that joined, forget lost ones; those that cannot train get nothing.

        Raises:
            EngineError: if the scheduler is gone, no worker can train, or none is there for long.
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
                "finished cells are kept",
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
                todo="start it and its workers, and run again: finished cells are kept",
            ) from error
        return dict(reply["workers"])

    def _greet(self, address: str, threads: int) -> None:
        """Take a worker on; several threads would share torch's generator."""
        reason: object = f"it has {threads} threads"
        if threads == 1:
            try:
                reason = self._call(address, set_up, self.client.id, self.device)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001  # anything that it lacks
                reason = error
        if reason == about(self.device):
            self.workers[address] = _DaskWorker()
        else:
            self.unfit[address] = self._cannot(address, reason)

    def _call(self, address: str, function: Any, *arguments: object) -> Any:
        return self.client.run(function, *arguments, workers=[address])[address]


def _needs(cohort: Cohort) -> dict[str, list[Path]]:
    """Files that a worker must have, by the folder below its own that they belong in."""
    domains = {folder for task in cohort for folder in (task.target, *task.source_domains)}
    needs = {f"domains/{folder.name}": sorted(folder.iterdir()) for folder in domains}
    for task in cohort:
        if task.encoder:
            needs[f"encoders/{task.cell.encoder}"] = sorted(task.encoder.iterdir())
    for path in {task.source for task in cohort if task.source}:
        needs[f"sources/{path.stem}"] = [path, path.with_suffix(".json")]
    return needs


def _content(files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files}


def _as_asked(cohort: Cohort, outcomes: list[Outcome | Failure]) -> list[Outcome | Failure]:
    """Outcomes with the tasks as we know them: a worker has other paths."""
    tasks = {task.key: task for task in cohort}
    return [replace(outcome, task=tasks[outcome.task.key]) for outcome in outcomes]
