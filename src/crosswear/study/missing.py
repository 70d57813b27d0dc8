"""What is missing of a study, as tasks for the engine."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from crosswear.engine.estimate import work_of
from crosswear.engine.task import Task
from crosswear.experiment import UNTRAINED, WHITENED, Cell
from crosswear.labels import ALIGNMENTS
from crosswear.store import Store
from crosswear.study.opening import OpenStudy


def missing_tasks(opened: OpenStudy, store: Store, done: Collection[str]) -> list[Task]:
    """What the engine needs to know of every cell that is not among the keys `done`."""
    rate_hz = opened.study.preparation.rate_hz
    return [
        Task(
            cell,
            key,
            opened.targets(cell)[0].folder,
            _source(opened, store, cell),
            rate_hz,
            _source_domains(opened, cell),
        )
        for key, cell in opened.cells.items()
        if key not in done
    ]


def cost_of(opened: OpenStudy, cell: Cell) -> int:
    """Multiply-adds of a cell."""
    work = work_of(cell, opened.summary(cell))
    return work.training + work.scoring


def _source(opened: OpenStudy, store: Store, cell: Cell) -> Path | None:
    """Where the source network of a transfer is, or will be."""
    no_network = cell.method in (*ALIGNMENTS, *WHITENED)
    if not cell.sources or cell.sources == (UNTRAINED,) or no_network:
        return None
    facts = opened.facts
    return store.checkpoint(cell.source_cell(facts).key(facts))


def _source_domains(opened: OpenStudy, cell: Cell) -> tuple[Path, ...]:
    """Where the other windows are of a cell that learns from those of several domains."""
    own = cell.method in (*ALIGNMENTS, *WHITENED)
    names = cell.sources if own else cell.targets[1:]
    return tuple(opened.domains[name, cell.split].folder for name in names)
