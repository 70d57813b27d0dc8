"""A run of a study: what is missing, hand it to the engine, keep the records."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from crosswear.checkpoint import load_checkpoint, save_checkpoint
from crosswear.domain import Domain, prepare
from crosswear.engine.cluster import cluster
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import Crew, run_cohorts
from crosswear.engine.estimate import estimate, work_of
from crosswear.engine.grouping import group
from crosswear.engine.local import this_machine
from crosswear.engine.task import Outcome, Task
from crosswear.errors import CheckpointError, StoreError, StudyFileError
from crosswear.experiment import Cell, DomainFacts, Study, enumerate_cells, parse_study
from crosswear.store import Record, Store

Note = Callable[[str], None]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: cells with a record, those of earlier runs included.
        cells: cells in all.
        share: of this run's work, in multiply-adds, from 0 to 1.
        last: what was done last; empty at the start.
    """

    done: int
    cells: int
    share: float
    last: str


Report = Callable[[Progress], None]

PROVENANCE = ("crosswear", "torch", "numpy", "scipy")


@dataclass(frozen=True)
class Place:
    """Where cells are trained.

    Attributes:
        workers: processes on this machine.
        device: `cpu` or `cuda`, of each worker.
        cluster: address of a scheduler, or `local`; then its workers train, not this machine's.
    """

    workers: int = 1
    device: str = "cpu"
    cluster: str | None = None

    def hire(self) -> AbstractContextManager[Crew]:
        """The workers."""
        if self.cluster is not None:
            return cluster(self.cluster, self.device, self.workers)
        return this_machine(CohortTrainer(self.device), self.workers)


@dataclass(frozen=True)
class OpenStudy:
    """A study with its domains prepared and its cells laid out.

    Attributes:
        study: the study file, checked.
        text: the study file as it was written.
        domains: prepared domains by their names in the study.
        cells: every cell by its key, in order.
    """

    study: Study
    text: str
    domains: Mapping[str, Domain]
    cells: Mapping[str, Cell]

    @property
    def facts(self) -> dict[str, DomainFacts]:
        """What the grid knows of the domains."""
        return {name: _facts(name, domain) for name, domain in self.domains.items()}


@dataclass(frozen=True)
class Progressed:
    """What a run did: cells that were there before, trained now, and failed now."""

    found: int
    trained: int
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a study asks for, before anything is trained.

    Attributes:
        cells: their number by method.
        sizes: adaptation sizes, in windows.
        multiply_adds: of all trainings and tests that are still missing, a backward pass counted
            as two forward passes, frozen blocks not counted.
        missing: how many cells have no record.
        seconds: what these will take.
        memory_mb: of all workers together.
    """

    cells: dict[str, int]
    sizes: tuple[int, ...]
    multiply_adds: int
    missing: int
    seconds: float
    memory_mb: float


def read_study(path: Path | None) -> tuple[Study, str]:
    """Read and check a study file; without one, the quickstart on simulated domains.

    Raises:
        StudyFileError: if it cannot be read or holds what it should not.
    """
    if path is None:
        text = resources.files("crosswear").joinpath("quickstart.toml").read_text("utf-8")
        return parse_study(text, "quickstart.toml"), text
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise StudyFileError(
            f"cannot be read: {reason}",
            where=str(path),
            expected="a TOML file in UTF-8",
            todo="check the path; docs/study.md shows what such a file looks like",
        ) from error
    study = parse_study(text, str(path))
    return replace(study, domains=_beside(study.domains, path.parent)), text


def _beside(domains: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Own recordings are named relative to the study file, wherever the command is given."""
    return {
        name: str(folder / reference) if reference.endswith(".toml") else reference
        for name, reference in domains.items()
    }


def open_study(study: Study, text: str, data: Path | None, cache: Path, note: Note) -> OpenStudy:
    """Prepare the domains of a study (or find them in the cache) and lay out its cells.

    Args:
        study: the study file, checked.
        text: the study file as it was written.
        data: folder with one folder per dataset.
        cache: folder of prepared domains.
        note: takes a sentence about anything repaired, dropped or not found.
    """
    domains = {}
    for name, reference in study.domains.items():
        domains[name] = prepare(reference, data, study.preparation, cache)
        for sentence in domains[name].summary.notes:
            note(f"{name}: {sentence}")
    facts = {name: _facts(name, domain) for name, domain in domains.items()}
    cells = {cell.key(facts): cell for cell in enumerate_cells(study, facts)}
    return OpenStudy(study, text, domains, cells)


def plan_study(opened: OpenStudy, store: Store, where: Place) -> Plan:
    """Count the cells and multiply-adds of a study, and tell what they will take on this machine.

    The processes that would train are started for a few seconds, to time some of the cells.
    """
    done = store.done(opened.cells)
    counts: dict[str, int] = {}
    for cell in opened.cells.values():
        name = "transfer" if cell.sources else {"network": "baseline"}.get(cell.method, cell.method)
        counts[name] = counts.get(name, 0) + 1
    tasks = _tasks(opened, store, done)
    expected = estimate(
        group(tasks, where.device, where.workers),
        lambda task: opened.domains[task.cell.target].summary,
        where.workers,
        where.device,
    )
    return Plan(
        cells=counts,
        sizes=tuple(sorted({c.size for c in opened.cells.values() if c.method == "network"})),
        multiply_adds=sum(_cost(opened, task.cell) for task in tasks),
        missing=len(tasks),
        seconds=expected.seconds,
        memory_mb=expected.memory_mb,
    )


def run_study(
    opened: OpenStudy,
    store: Store,
    where: Place,
    report: Report,
    note: Note,
) -> Progressed:
    """Train every cell that has no record yet, and keep each as soon as it is done.

    Interrupted at any moment, it continues with what is missing; equal cells have equal results.

    Args:
        opened: the study.
        store: its output folder.
        where: who trains.
        report: is told of progress.
        note: is told of damage that was mended.

    Raises:
        StoreError: if the folder belongs to another study or another run.
        DiskError: if a record cannot be written; what was finished before is kept.
        EngineError: if worker processes keep dying.
    """
    with store.owned_by(opened.study, opened.text):
        done = _sound_records(opened, store, note)
        tasks = _tasks(opened, store, done)
        costs = {task.key: _cost(opened, task.cell) for task in tasks}
        total, spent, failed = max(sum(costs.values()), 1), 0, []
        report(Progress(len(done), len(opened.cells), 0.0, ""))
        outcomes = run_cohorts(group(tasks, where.device, where.workers), where.hire())
        for finished, outcome in enumerate(outcomes, start=1):
            cell, key = outcome.task.cell, outcome.task.key
            if isinstance(outcome, Outcome):
                if outcome.checkpoint is not None:
                    save_checkpoint(store.checkpoint(key), outcome.checkpoint)
                about = provenance(where.device)
                store.write(Record(key, cell, outcome.result, outcome.timing, about))
            else:
                store.write_failure(key, cell, outcome.traceback)
                failed.append(key)
            spent += costs[key]
            cells_done = len(done) + finished - len(failed)
            report(Progress(cells_done, len(opened.cells), spent / total, cell.describe()))
    return Progressed(len(done), len(tasks) - len(failed), tuple(failed))


def provenance(device: str) -> dict[str, str]:
    """Where and with what a cell was trained."""
    about = {name: version(name) for name in PROVENANCE}
    return {
        **about,
        "python": platform.python_version(),
        "host": platform.node(),
        "machine": platform.machine(),
        "device": device,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def available_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _facts(name: str, domain: Domain) -> DomainFacts:
    return DomainFacts(name, domain.summary.digest, domain.summary.split.windows[0])


def _source(opened: OpenStudy, store: Store, cell: Cell) -> Path | None:
    """Where the source network of a transfer is, or will be."""
    if not cell.sources:
        return None
    facts = opened.facts
    return store.checkpoint(cell.source_cell(cell.sources[0], facts).key(facts))


def _sound_records(opened: OpenStudy, store: Store, note: Note) -> set[str]:
    """Keys with a readable record, and, for source cells, a readable network."""
    sound = set()
    for key in sorted(store.done(opened.cells)):
        try:
            store.read(key)
            if opened.cells[key].method == "source":
                load_checkpoint(store.checkpoint(key))
        except StoreError as error:
            kept = store.set_aside(key)
            note(f"{error.where}: {error.what}; set aside as {kept.name} and computed again")
        except CheckpointError as error:
            note(f"{error.where}: {error.what}; this source network is trained again")
        else:
            sound.add(key)
    return sound


def _tasks(opened: OpenStudy, store: Store, done: Collection[str]) -> list[Task]:
    """What is missing."""
    return [
        Task(cell, key, opened.domains[cell.target].folder, _source(opened, store, cell))
        for key, cell in opened.cells.items()
        if key not in done
    ]


def _cost(opened: OpenStudy, cell: Cell) -> int:
    """Multiply-adds of a cell."""
    work = work_of(cell, opened.domains[cell.target].summary)
    return work.training + work.scoring
