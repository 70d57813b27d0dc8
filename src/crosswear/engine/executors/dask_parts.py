"""Parts of a dataset on the workers of a cluster that see the same folders."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosswear.core.files import TEMPORARY_PREFIX, remove_file, write_text
from crosswear.core.keys import digest
from crosswear.datasets.parts import PartTask, Spread, one_by_one
from crosswear.engine.executors.dask import ClusterWork, UnfitWorkersError, cluster
from crosswear.engine.part_workers import PartExecutor, PartOutcome, make_part, spread_over


def spread_over_cluster(address: str, workers: int) -> Spread:
    """Return what works on parts with the workers of a cluster that see data and cache.

    This process works on them if no worker does, or if there is one part.

    Args:
        address: see `crosswear.engine.executors.dask.cluster`.
        workers: how many to start, for `local`.
    """

    def spread(tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Exception | None]]:
        if len(tasks) == 1:  # nothing to share
            yield from one_by_one(tasks)
            return
        asked = {_anywhere(task): task for task in tasks}
        mark = _mark(next(iter(asked)))
        seen = (str(mark), *sorted({str(path) for task in asked for path in _read(task)}))
        work = ClusterWork(
            about(True), set_up, (seen,), make_there, lambda _: {}, lambda _, outcome: outcome
        )

        def start(_: int) -> AbstractContextManager[PartExecutor]:
            return cluster(address, workers, work)

        write_text(mark, "")
        try:
            for task, error in spread_over(start)([*asked]):
                yield asked[task], error
        except UnfitWorkersError:
            yield from one_by_one([task for task in tasks if not task.folder.exists()])
        finally:
            remove_file(mark)

    return spread


def about(sees: bool) -> str:
    """Return what must be the same here and on a worker, in one line."""
    version = importlib.metadata.version("crosswear")
    return f"crosswear {version}, {'the same' if sees else 'other'} folders of data and cache"


def set_up(_: str, seen: Sequence[str], dask_worker: Any) -> str:
    """On a worker: return what it is, and whether it sees these files and folders."""
    del dask_worker
    return about(all(Path(path).exists() for path in seen))


def make_there(_: str, task: PartTask) -> PartOutcome:
    """On a worker: make a part."""
    return make_part(task)


def _anywhere(task: PartTask) -> PartTask:
    """Return a task for processes with another working folder."""
    own = task.reference.endswith(".toml")
    return replace(
        task,
        reference=str(Path(task.reference).absolute()) if own else task.reference,
        data=task.data.absolute() if isinstance(task.data, Path) else task.data,
        folder=task.folder.absolute(),
    )


def _read(task: PartTask) -> list[Path]:
    own = [Path(task.reference)] if task.reference.endswith(".toml") else []
    return own + ([task.data] if isinstance(task.data, Path) else [])


def _mark(task: PartTask) -> Path:
    """Return a file that is only there where the cache is the same."""
    return task.folder.parent / f"{TEMPORARY_PREFIX}{digest([str(task.folder)])[:16]}"
