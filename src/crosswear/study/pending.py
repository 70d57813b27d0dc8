"""Missing or damaged parts of a study, as tasks for the engine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from crosswear.core.errors import CheckpointError, StoreError
from crosswear.core.recording import Sensors
from crosswear.engine.task import Task
from crosswear.engine.work import work_of
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import METHODS, Role
from crosswear.grid.store import Store
from crosswear.networks.checkpoint import load_checkpoint
from crosswear.study.load import LoadedStudy
from crosswear.study.sensors import windows_read


@dataclass(frozen=True)
class RunStatus:
    """Numbers of a study's cells in each state.

    Attributes:
        cells: in all.
        done: with a sound record.
        missing: without one.
        failed: of the missing ones, those that raised the last time they were tried.
        damaged: of the missing ones, those with a damaged record or network.
    """

    cells: int
    done: int
    missing: int
    failed: int
    damaged: int


def run_status(opened: LoadedStudy, store: Store) -> RunStatus:
    """Count the cells of a study by their state in its folder."""
    damaged = damage(opened, store).keys()
    done = store.done(opened.cells) - damaged
    return RunStatus(
        cells=len(opened.cells),
        done=len(done),
        missing=len(opened.cells) - len(done),
        failed=len(store.failed(opened.cells) - done),
        damaged=len(damaged),
    )


def damage(opened: LoadedStudy, store: Store) -> dict[str, StoreError | CheckpointError]:
    """Return what is wrong with the records there are and source cells' networks, by key.

    Their cells count as missing: `crosswear.study.run` computes them again.
    """
    found: dict[str, StoreError | CheckpointError] = {}
    for key in sorted(store.done(opened.cells)):
        try:
            store.read(key)
            if opened.cells[key].role is Role.SOURCE:
                load_checkpoint(store.checkpoint(key))
        except (StoreError, CheckpointError) as error:
            found[key] = error
    return found


def pending_tasks(opened: LoadedStudy, store: Store, done: Collection[str]) -> list[Task]:
    """Return what the engine needs to know of every cell that is not among the keys `done`."""
    rate_hz = opened.study.preparation.rate_hz
    return [
        Task(
            cell,
            key,
            opened.targets(cell)[0].folder,
            _source(opened, store, cell),
            rate_hz,
            _source_domains(opened, cell),
            _source_sensors(opened, cell),
            tuple(opened.encoders[cell.target][name].folder for name in cell.encoder_names),
        )
        for key, cell in opened.cells.items()
        if key not in done
    ]


def cost_of(opened: LoadedStudy, task: Task) -> int:
    """Multiply-adds of a cell."""
    work = work_of(task, opened.summary(task.cell))
    return work.training + work.scoring


def _source(opened: LoadedStudy, store: Store, cell: Cell) -> Path | None:
    """Return where the source network of a transfer is, or will be."""
    no_network = METHODS[cell.method].reads != "weights"
    if not cell.sources or cell.sources == (UNTRAINED,) or no_network:
        return None
    facts = opened.facts
    return store.checkpoint(cell.source_cell(facts).key(facts))


def _source_domains(opened: LoadedStudy, cell: Cell) -> tuple[Path, ...]:
    """Return where the other windows are of a cell that learns from those of several domains."""
    return tuple(opened.domains[name, cell.split].folder for name in windows_read(cell)[1:])


def _source_sensors(opened: LoadedStudy, cell: Cell) -> Sensors:
    """Those of the source network; one that has learned nothing is made for the target."""
    trained = cell.sources and cell.sources != (UNTRAINED,) and not cell.encoder
    name = cell.sources[0] if trained else cell.targets[0]
    return opened.domains[name, cell.split].sensors
