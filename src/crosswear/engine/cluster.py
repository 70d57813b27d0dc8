"""Where cohorts run on other machines: workers of a dask.distributed cluster.

A worker needs this package and nothing else. Prepared domains and source networks are sent to it
when a cohort first needs them; outcomes come back and are written by the one who asked. Whom a
cohort goes to is decided here, one at a time for each worker, so a lost one costs what it was at.

dask.distributed is an optional extra and is imported where it is used.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import queue
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import Crew, attempt
from crosswear.engine.local import keep_freed_memory
from crosswear.engine.task import Cohort, Failure, Outcome, Task
from crosswear.errors import EngineError, UsageError
from crosswear.experiment import CELL_SCHEMA
from crosswear.files import new_folder

LOCAL = "local"
LOOK_EVERY_S = 2.0
ANSWER_WITHIN_S = 10
PATIENCE_S = 120
"""How long a cluster may be without workers."""


@contextlib.contextmanager
def cluster(address: str, device: str, workers: int) -> Iterator[Crew]:
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
            todo="pip install 'crosswear[cluster]'",
        ) from error
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            dask.config.set({"distributed.comm.timeouts.connect": f"{ANSWER_WITHIN_S}s"})
        )
        if address == LOCAL:
            started = distributed.LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=0,  # a worker that dask pauses would never come back
                dashboard_address=None,
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
        crew = _Cluster(client, address, device)
        stack.callback(crew.end)
        crew.look()
        yield crew


@dataclass
class _Worker:
    """What we know of a worker: what it is at, and which files we have sent it."""

    future: Any = None
    cohort: Cohort | None = None
    has: set[str] = field(default_factory=set)


class _Cluster:
    """Workers by their addresses."""

    def __init__(self, client: Any, address: str, device: str) -> None:
        self.client = client
        self.address = address
        self.device = device
        self.workers: dict[str, _Worker] = {}
        self.finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.lost: list[Cohort] = []
        self.looked = 0.0
        self.alone_since = time.monotonic()

    def idle(self) -> int:
        return sum(worker.cohort is None for worker in self.workers.values())

    def send(self, cohort: Cohort) -> None:
        needs = {name: _content(files) for name, files in _needs(cohort).items()}
        address, worker = next(item for item in self.workers.items() if item[1].cohort is None)
        worker.cohort = cohort
        try:
            for name in needs.keys() - worker.has:
                self._call(address, _receive, self.client.id, name, needs[name])
                worker.has.add(name)
        except OSError:
            self._lose(address)
            return
        worker.future = self.client.submit(
            *(_train, self.client.id, cohort),
            workers=[address],
            allow_other_workers=False,
            pure=False,
        )
        worker.future.add_done_callback(lambda _: self.finished.put(address))

    def wait(self) -> list[tuple[Cohort, list[Outcome | Failure] | None]]:
        if time.monotonic() - self.looked > LOOK_EVERY_S:
            self.look()
        news: list[tuple[Cohort, list[Outcome | Failure] | None]]
        news = [(cohort, None) for cohort in self.lost]
        self.lost.clear()
        if news:
            return news
        with contextlib.suppress(queue.Empty):
            address = self.finished.get(timeout=LOOK_EVERY_S)
            worker = self.workers.get(address)
            if worker and worker.cohort and worker.future.done():
                news.append((worker.cohort, self._outcomes(address, worker)))
                worker.cohort = None
        return news

    def _outcomes(self, address: str, worker: _Worker) -> list[Outcome | Failure] | None:
        """What came of a worker's cohort; None if it was lost on the way."""
        if worker.future.status == "error":
            # A cell that raises is a `Failure`: this is the worker itself.
            raise self._unfit(address, worker.future.exception())
        try:
            return _as_asked(worker.cohort or (), worker.future.result(timeout=ANSWER_WITHIN_S))
        except Exception:  # noqa: BLE001  # cancelled, timed out: it runs again
            return None

    def _unfit(self, address: str, error: object) -> EngineError:
        return EngineError(
            f"the worker {address} cannot train ({error})",
            where=f"--cluster {self.address}",
            expected=f"scheduler and workers with {_versions()}",
            todo="install the same crosswear[cluster] everywhere, the scheduler included",
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
        """Greet workers that joined, forget lost ones.

        Raises:
            EngineError: if the scheduler is gone, a worker cannot train, or there is none for long.
        """
        present = self._present()
        for address in self.workers.keys() - present:
            self._lose(address)
        for address in sorted(present - self.workers.keys()):
            with contextlib.suppress(OSError):  # gone again
                self._greet(address)
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

    def _present(self) -> set[str]:
        """Workers that are up, of one thread each."""
        try:
            ask = self.client.scheduler.identity
            told = self.client.sync(ask, n_workers=-1, callback_timeout=ANSWER_WITHIN_S)
        except Exception as error:  # whatever dask makes of it, there is no answer
            raise EngineError(
                "the scheduler of the cluster does not answer any more",
                where=f"--cluster {self.address}",
                todo="start it and its workers, and run again: finished cells are kept",
            ) from error
        for address, worker in told["workers"].items():
            if worker["nthreads"] != 1:
                raise EngineError(
                    f"the worker {address} has {worker['nthreads']} threads",
                    where=f"--cluster {self.address}",
                    expected="one: cells that are trained in one process would share its generator",
                    todo="start a worker for each processor: --nworkers N --nthreads 1",
                )
        return set(told["workers"])

    def _greet(self, address: str) -> None:
        try:
            theirs = self._call(address, _set_up, self.client.id, self.device)
        except OSError:
            raise
        except Exception as error:  # whatever it lacks
            raise self._unfit(address, error) from error
        if theirs != _versions():
            raise self._unfit(address, theirs)
        self.workers[address] = _Worker()

    def _call(self, address: str, function: Any, *arguments: object) -> Any:
        return self.client.run(function, *arguments, workers=[address])[address]


def _needs(cohort: Cohort) -> dict[str, list[Path]]:
    """Files that a worker must have, by the folder below its own that they belong in."""
    needs = {f"domains/{task.target.name}": sorted(task.target.iterdir()) for task in cohort[:1]}
    for path in {task.source for task in cohort if task.source}:
        needs[f"sources/{path.stem}"] = [path, path.with_suffix(".json")]
    return needs


def _content(files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files}


def _as_asked(cohort: Cohort, outcomes: list[Outcome | Failure]) -> list[Outcome | Failure]:
    """Outcomes with the tasks as we know them: a worker has other paths."""
    tasks = {task.key: task for task in cohort}
    return [replace(outcome, task=tasks[outcome.task.key]) for outcome in outcomes]


def _versions() -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in ("crosswear", "torch")}
    return {**versions, "cells": str(CELL_SCHEMA)}


@dataclass
class _Desk:
    """What a worker keeps for us: a folder for files, and its trainer with its fronts."""

    folder: Path
    train: CohortTrainer


def _set_up(client: str, device: str, dask_worker: Any) -> dict[str, str]:
    """On a worker: begin anew for a client; returns its versions."""
    if device == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("it has no CUDA device")
    keep_freed_memory()
    folder = Path(dask_worker.local_directory) / "crosswear" / client
    shutil.rmtree(folder, ignore_errors=True)
    dask_worker.crosswear = _Desk(folder, CohortTrainer(device))
    return _versions()


def _receive(client: str, name: str, files: Mapping[str, bytes], dask_worker: Any) -> None:
    """On a worker: write files that a cohort will need."""
    with new_folder(Path(dask_worker.local_directory) / "crosswear" / client / name) as temporary:
        for file, content in files.items():
            (temporary / file).write_bytes(content)


def _train(client: str, cohort: Cohort) -> list[Outcome | Failure]:
    """On a worker: train a cohort from the files that were sent before."""
    from distributed import get_worker

    torch.set_num_threads(1)
    worker: Any = get_worker()
    desk: _Desk = worker.crosswear
    folder = desk.folder.parent / client

    def here(task: Task) -> Task:
        source = task.source
        if source is not None:
            source = folder / "sources" / source.stem / source.name
        return replace(task, target=folder / "domains" / task.target.name, source=source)

    return attempt(desk.train, tuple(here(task) for task in cohort))
