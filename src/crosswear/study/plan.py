"""Demands of a study, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

from crosswear.engine.estimate import estimate
from crosswear.engine.grouping import group
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.methods.networks import may_be_compiled
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.networks.kernels import implementation
from crosswear.study.detectable import Power, power_of
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy
from crosswear.study.pending import cost_of, damage, pending_tasks
from crosswear.study.precision import PrecisionChoice
from crosswear.study.reuse import Reused, reusable, summary

LEARNERS = (Role.NETWORK, Role.BASELINE, Role.ENCODER)
"""Methods that learn from the adaptation set."""


@dataclass(frozen=True)
class Plan:
    """Demands of a study, before anything is trained.

    Attributes:
        cells: their number by method.
        sizes: adaptation sizes, in windows.
        multiply_adds: of all trainings and tests that are still missing, a backward pass counted
            as two forward passes, frozen blocks not counted.
        missing: how many cells have no record, or a damaged one.
        workers: how many will be trained at the same time.
        seconds: what these will take.
        memory_mb: of all workers together.
        blocks: version of the compiled code for residual blocks that fits this processor, or
            `torch` without one; none where the study has none, or on another device than the CPU.
        precision: in which networks will be trained, and why; none without networks.
        reused: how many records of another run will be taken, if one was named; their cells are
            not missing.
        power: gains that the study can detect; None if it judges no transfer.
    """

    cells: dict[str, int]
    sizes: tuple[int, ...]
    multiply_adds: int
    missing: int
    workers: int
    seconds: float
    memory_mb: float
    blocks: str | None
    precision: PrecisionChoice | None
    reused: Reused | None
    power: Power | None


def plan_study(
    opened: LoadedStudy,
    store: Store,
    where: ExecutionSettings,
    processes: MeasuringProcesses,
    precision: PrecisionChoice | None = None,
    other: Store | None = None,
) -> Plan:
    """Count the cells and multiply-adds of a study, and state what they will take on this machine.

    Args:
        opened: the study.
        store: its output folder.
        where: where it will be trained.
        processes: as many as will train, which time some of the cells for a few seconds.
        precision: of its networks.
        other: folder of another run whose records will be taken.
    """
    found = store.done(opened.cells) - damage(opened, store).keys()
    taken = reusable(opened, found, other) if other else set()
    counts: dict[str, int] = {}
    for cell in opened.cells.values():
        name = cell.method
        if cell.role is Role.NETWORK:
            name = "transfer" if cell.sources else "scratch"
        counts[name] = counts.get(name, 0) + 1
    tasks = pending_tasks(opened, store, found | taken)
    expected = estimate(
        group(tasks, where.device, where.workers),
        lambda task: opened.summary(task.cell),
        processes,
        where.device,
    )
    return Plan(
        cells=counts,
        sizes=tuple(sorted({c.size for c in opened.cells.values() if c.role in LEARNERS})),
        multiply_adds=sum(cost_of(opened, task) for task in tasks),
        missing=len(tasks),
        workers=where.workers,
        seconds=expected.seconds,
        memory_mb=expected.memory_mb,
        blocks=implementation()
        if where.device == "cpu" and any(map(may_be_compiled, opened.cells.values()))
        else None,
        precision=precision,
        reused=summary(taken, found, other) if other else None,
        power=power_of(opened),
    )
