"""Estimates of the time and memory that cohorts will take, before they are trained.

Their work is counted exactly: multiply-adds in training and in scoring, updates, weights updated.
What each costs on this machine is found by timing a few of the study's own cells on random windows,
in as many processes as will work at the same time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls

from crosswear.datasets.domain import DomainSummary
from crosswear.engine.cached_inputs import KEPT
from crosswear.engine.classical_timing import Rate
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.network_timing import Measured
from crosswear.engine.task import Cohort, Task
from crosswear.engine.work import Floats, Work, beyond_cached_input, frozen_modules, work_of


@dataclass(frozen=True)
class Estimate:
    """Time and memory that a run will take.

    Attributes:
        seconds: from the first cell to the last.
        memory_mb: of all workers together, at most.
    """

    seconds: float
    memory_mb: float


def estimate(
    cohorts: Sequence[Cohort],
    domain_of: Callable[[Task], DomainSummary],
    processes: MeasuringProcesses,
    device: str,
) -> Estimate:
    """Time a few cells here, and count what all of them will take.

    Args:
        cohorts: in the order in which they will be trained.
        domain_of: the target domain of a task.
        processes: as many as will train at the same time.
        device: `cpu` or `cuda`.

    Raises:
        EngineError: if one of the processes ends.
    """
    networks = [(task, domain_of(task)) for task in _samples(cohorts)]
    classical = [(task, domain_of(task)) for task in _classical(cohorts)]
    if not networks and not classical:
        return Estimate(0.0, 0.0)
    measured, rates = processes.measure(networks, classical, device)
    costs = _costs(measured)

    def seconds_of(cohort: Cohort) -> float:
        cell, domain = cohort[0].cell, domain_of(cohort[0])
        if cell.method in rates:
            return sum(rates[cell.method].seconds(task.cell, domain) for task in cohort)
        return float(work_of(cohort[0], domain, len(cohort), device).vector() @ costs)

    each = [seconds_of(cohort) for cohort in cohorts]
    windows = max(sum(domain_of(task).split.windows) for cohort in cohorts for task in cohort)
    memory = max(one.memory_mb + (KEPT + 1) * windows * one.cached_mb for one in measured)
    workers = len(measured)
    return Estimate(
        # Every worker computes the cached inputs that it needs for itself.
        seconds=_makespan(cohorts, each, workers)
        + float(_cached_inputs(cohorts, domain_of) @ costs)
        + _encoding(cohorts, domain_of, rates) / workers,
        memory_mb=workers * memory,
    )


def _costs(measured: Sequence[Measured]) -> Floats:
    """Seconds for each kind of work."""
    work = np.concatenate([one.work for one in measured])
    seconds = np.concatenate([one.seconds for one in measured])
    # Each measurement counts alike, however short: relative errors are what adds up.
    costs: Floats = nnls(work / seconds[:, None], np.ones(len(seconds)))[0]
    return costs


def _cached_inputs(cohorts: Sequence[Cohort], domain_of: Callable[[Task], DomainSummary]) -> Floats:
    """The work of carrying each target's windows through each source's frozen blocks, once."""
    frozen: dict[tuple[str, str], int] = {}
    for task in (task for cohort in cohorts for task in cohort if task.source):
        model, domain = task.cell.model, domain_of(task)
        if model is not None:
            whole, rest = (
                beyond_cached_input(model, domain, done)[0]
                for done in ((), frozen_modules(task, domain))
            )
            pair = (str(task.target), str(task.source))
            frozen[pair] = max(frozen.get(pair, 0), (whole - rest) * sum(domain.split.windows))
    return Work(scoring=sum(frozen.values())).vector()


def _encoding(
    cohorts: Sequence[Cohort],
    domain_of: Callable[[Task], DomainSummary],
    rates: Mapping[str, Rate],
) -> float:
    """Seconds of encoders for the windows of each target, once."""
    tasks = (cohort[0] for cohort in cohorts if cohort[0].cell.encoder)
    once = {(task.cell.method, task.cell.encoder, task.target): task for task in tasks}
    windows = ((task.cell.method, sum(domain_of(task).split.windows)) for task in once.values())
    return sum(rates[method].window_s * number for method, number in windows)


def _makespan(cohorts: Sequence[Cohort], seconds: Sequence[float], workers: int) -> float:
    """Return the seconds until the last cohort ends, if a free worker takes the first ready one."""
    free = [0.0] * workers
    trained: dict[str, float] = {}
    pending = sorted(zip(cohorts, seconds, strict=True), key=lambda one: bool(one[0][0].source))
    for cohort, duration in pending:
        sources = (trained.get(task.source.stem, 0.0) for task in cohort if task.source)
        begin = max(heapq.heappop(free), *sources, 0.0)
        heapq.heappush(free, begin + duration)
        trained.update(dict.fromkeys((task.key for task in cohort), begin + duration))
    return max(free)


def _samples(cohorts: Sequence[Cohort]) -> list[Task]:
    """A task of the smallest and of the largest step, for few, some and many frozen blocks."""
    tasks = [cohort[0] for cohort in cohorts if cohort[0].cell.train is not None]
    depths = sorted({_depth(task) for task in tasks})
    chosen = {}
    for depth in {depths[i * (len(depths) - 1) // 2] for i in range(3)} if depths else ():
        alike = [task for task in tasks if _depth(task) == depth]
        for pick in (min, max):
            task = pick(alike, key=lambda one: one.cell.size)
            chosen[depth, task.cell.size] = task
    return list(chosen.values())


def _depth(task: Task) -> int:
    return TRAINABLE[task.cell.method].frozen_parts(task.cell)[0]


def _classical(cohorts: Sequence[Cohort]) -> list[Task]:
    """A task of about the mean size of each method that is timed."""
    alike: dict[str, list[Task]] = {}
    for task in (task for cohort in cohorts for task in cohort):
        if TRAINABLE[task.cell.method].timed:
            alike.setdefault(task.cell.method, []).append(task)
    found = []
    for tasks in alike.values():
        mean = round(sum(task.cell.size for task in tasks) / len(tasks))
        found.append(replace(tasks[0], cell=replace(tasks[0].cell, size=mean)))
    return found
