"""Estimates of the time and memory that cohorts will take, before they are trained.

Their work is counted exactly: multiply-adds in training and in scoring, updates, weights updated.
What each costs on this machine is found by timing a few of the study's own cohorts on random
windows, in as many processes as will work at the same time.
"""

from __future__ import annotations

import functools
import heapq
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls

from crosswear.core.config import (
    NO_AUGMENTATION,
    Branches,
    ModelConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.recording import Sensors
from crosswear.datasets.domain import DomainSummary
from crosswear.engine.cached_inputs import KEPT, forward_frozen, raw_input
from crosswear.engine.executors.local import keep_freed_memory
from crosswear.engine.heads import epoch_of
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.subsets import order_of, passes_in_epoch
from crosswear.engine.task import Cohort, Task
from crosswear.engine.timing import time_classical
from crosswear.engine.training import Member, Target, Training, evaluation_batch
from crosswear.networks.models import ModelSummary, build, summarise
from crosswear.networks.transfer import plan_transfer
from crosswear.networks.transfer_report import TransferReport

Floats: TypeAlias = NDArray[np.float64]

FEW = 16
STEP_S, SLOW_S = 0.5, 0.3
"""Seconds of a step that is timed, about, and of all its repetitions: a plan takes seconds."""


@dataclass(frozen=True)
class Work:
    """Work that there is to do for cells side by side.

    Attributes:
        updates: of all networks at once.
        weights: trained weights, times the updates.
        training: multiply-adds of steps; a backward pass counts as two forward ones.
        passes: forward passes in scoring.
        scoring: multiply-adds of them.
        networks: to be made ready.
    """

    updates: int = 0
    weights: int = 0
    training: int = 0
    passes: int = 0
    scoring: int = 0
    networks: int = 0

    def vector(self) -> Floats:
        """All of it, in this order."""
        counts = (self.updates, self.weights, self.training, self.passes, self.scoring)
        return np.array([*counts, self.networks], dtype=np.float64)


@dataclass(frozen=True)
class Estimate:
    """Time and memory that a run will take.

    Attributes:
        seconds: from the first cell to the last.
        memory_mb: of all workers together, at most.
    """

    seconds: float
    memory_mb: float


def work_of(task: Task, domain: DomainSummary, copies: int = 1, device: str = "cpu") -> Work:
    """The work of equal cells side by side on a target domain."""
    cell = task.cell
    model, train = cell.model, cell.train
    if model is None or train is None:
        return Work()
    frozen = _frozen(task, domain)
    adds, weights = _rest(model, domain, frozen)
    step = _step(model, train, domain, frozen)
    _, validation, test = domain.split.windows
    looks = train.epochs if train.selection == "validation" else 0
    steps, share = epoch_of(cell.size, len(cell.targets), train.batch_size)
    seen = cell.size if len(cell.targets) == 1 else steps * share * len(cell.targets)
    passes = train.epochs * passes_in_epoch(train, steps)
    updates = passes * steps
    batch = evaluation_batch(train, device)
    scored = [math.ceil(windows / batch) for windows in (validation, test)]
    return Work(
        updates=updates,
        weights=copies * weights * updates,
        training=copies * step * seen * passes * TRAINABLE[cell.method].windows_per_step,
        passes=scored[0] * looks + scored[1],
        scoring=copies * adds * (validation * looks + test),
        networks=copies,
    )


def estimate(
    cohorts: Sequence[Cohort],
    domain_of: Callable[[Task], DomainSummary],
    workers: int,
    device: str,
) -> Estimate:
    """Time a few cohorts here, and count what all of them will take.

    Args:
        cohorts: in the order in which they will be trained.
        domain_of: the target domain of a task.
        workers: how many processes will train at the same time.
        device: `cpu` or `cuda`.
    """
    networks = [(task, domain_of(task)) for task in _samples(cohorts)]
    classical = [(task.cell, domain_of(task)) for task in _classical(cohorts)]
    if not networks and not classical:
        return Estimate(0.0, 0.0)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        starting = [pool.submit(keep_freed_memory) for _ in range(workers)]
        # While they start: counting takes about as long.
        works = [work_of(some[0], domain_of(some[0]), len(some), device) for some in cohorts]
        wait(starting)
        # In every process, so that they stand in each other's way as they will later.
        found = pool.map(time_classical, [[one] for one in classical], [device] * len(classical))
        rates = {name: rate for one in found for name, rate in one.items()}
        measured = list(pool.map(_measure, [networks] * workers, [device] * workers))
    costs = _costs(measured)

    def seconds_of(cohort: Cohort, work: Work) -> float:
        cell, domain = cohort[0].cell, domain_of(cohort[0])
        if cell.method in rates:
            return sum(rates[cell.method].seconds(task.cell, domain) for task in cohort)
        return float(work.vector() @ costs)

    each = [seconds_of(*one) for one in zip(cohorts, works, strict=True)]
    windows = max(sum(domain_of(task).split.windows) for cohort in cohorts for task in cohort)
    memory = max(one.memory_mb + (KEPT + 1) * windows * one.front_mb for one in measured)
    return Estimate(
        # Every worker computes the cached inputs that it needs for itself.
        seconds=_makespan(cohorts, each, workers) + float(_fronts(cohorts, domain_of) @ costs),
        memory_mb=workers * memory,
    )


def _costs(measured: Sequence[_Measured]) -> Floats:
    """Seconds for each kind of work."""
    work = np.concatenate([one.work for one in measured])
    seconds = np.concatenate([one.seconds for one in measured])
    # Each measurement counts alike, however short: relative errors are what adds up.
    costs: Floats = nnls(work / seconds[:, None], np.ones(len(seconds)))[0]
    return costs


def _fronts(cohorts: Sequence[Cohort], domain_of: Callable[[Task], DomainSummary]) -> Floats:
    """The work of carrying each target's windows through each source's frozen blocks, once."""
    frozen: dict[tuple[str, str], int] = {}
    for task in (task for cohort in cohorts for task in cohort if task.source):
        model, domain = task.cell.model, domain_of(task)
        if model is not None:
            within = _frozen(task, domain)
            adds = _rest(model, domain, ())[0] - _rest(model, domain, within)[0]
            pair = (str(task.target), str(task.source))
            frozen[pair] = max(frozen.get(pair, 0), adds * sum(domain.split.windows))
    return Work(scoring=sum(frozen.values())).vector()


def _makespan(cohorts: Sequence[Cohort], seconds: Sequence[float], workers: int) -> float:
    """When the last one ends, if the first that is ready is always begun next."""
    free = [0.0] * workers
    trained: dict[str, float] = {}
    pending = sorted(zip(cohorts, seconds, strict=True), key=lambda one: bool(one[0][0].source))
    for cohort, duration in pending:
        sources = (trained.get(task.source.stem, 0.0) for task in cohort if task.source)
        begin = max(heapq.heappop(free), *sources, 0.0)
        heapq.heappush(free, begin + duration)
        trained.update(dict.fromkeys((task.key for task in cohort), begin + duration))
    return max(free)


def _step(
    model: ModelConfig, train: TrainConfig, domain: DomainSummary, frozen: tuple[str, ...]
) -> int:
    """Multiply-adds for a window in a training step; of changed windows, a cached input too."""
    adds, _ = _rest(model, domain, frozen)
    if train.augmentation == NO_AUGMENTATION:
        return 3 * adds
    return 2 * adds + _counted(model, domain).multiply_adds[""]


def _rest(model: ModelConfig, domain: DomainSummary, frozen: tuple[str, ...]) -> tuple[int, int]:
    """Multiply-adds for a window, and weights, of what is not in the cached input of a network."""
    counted = _counted(model, domain)
    within = [name for name in ("spectrogram", *frozen) if name in counted.parameters]
    adds = counted.multiply_adds[""] - sum(counted.multiply_adds[name] for name in within)
    return adds, counted.parameters[""] - sum(counted.parameters[name] for name in within)


def _counted(model: ModelConfig, domain: DomainSummary) -> ModelSummary:
    return _summarised(model, len(domain.classes), domain.samples, domain.sensors)


_summarised = functools.cache(summarise)


def _frozen(task: Task, domain: DomainSummary) -> tuple[str, ...]:
    cell = task.cell
    transfer = TRAINABLE[cell.method].transfer(cell)
    if cell.model is None or transfer is None:
        return ()
    what = (transfer, cell.blocks, cell.branches)
    return _modules(cell.model, *what, domain.sensors, task.source_sensors)


@functools.cache
def _modules(
    model: ModelConfig,
    transfer: TransferConfig,
    blocks: int,
    branches: Branches,
    sensors: Sensors,
    source_sensors: Sensors,
) -> tuple[str, ...]:
    network = build(model, 2, 100, 0, sensors)
    return plan_transfer(network, transfer, blocks, branches, source_sensors).frozen


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
    """A task of the largest size of each method that is timed."""
    chosen: dict[str, Task] = {}
    for task in sorted((task for cohort in cohorts for task in cohort), key=lambda t: t.cell.size):
        if TRAINABLE[task.cell.method].timed:
            chosen[task.cell.method] = task
    return list(chosen.values())


@dataclass(frozen=True, eq=False)
class _Measured:
    """Work [n, 6], the seconds [n] it took, the process's peak, and what a cached input takes."""

    work: Floats
    seconds: Floats
    memory_mb: float
    front_mb: float


def _measure(samples: Sequence[tuple[Task, DomainSummary]], device: str) -> _Measured:
    """Time steps and forward passes of cells like the given ones, on random windows."""
    torch.set_num_threads(1)
    keep_freed_memory()
    most = max((_most_windows(*one, device) for one in samples[:1]), default=0)
    before_mb = _peak_mb()
    full = timed = 1
    work = [np.zeros(6)]  # nothing takes no time; there may be no sample
    seconds = [1e-9]
    largest = 0.0
    for task, domain in samples:
        windows = min(task.cell.size, (task.cell.train or TrainConfig()).batch_size)
        width = TRAINABLE[task.cell.method].width(task.cell, device)
        copies = max(1, min(width, most // windows))
        begun = time.perf_counter()
        training, rows = _mock(task, domain, copies, device, most)
        full, timed = max(full, windows * width), max(timed, rows * copies)
        work.append(Work(networks=copies).vector())
        seconds.append(time.perf_counter() - begun)
        bytes_ = sum(part.nbytes / len(part) for part in training.members[0].cached_input)
        largest = max(largest, bytes_ / 2**20)
        adds, weights = _rest(training.model, domain, training.frozen)
        batch = np.arange(min(evaluation_batch(training.config, device), 2 * most))
        in_step = _step(training.model, training.config, domain, training.frozen)
        step = functools.partial(training.train_epoch, [order_of(task.cell)] * copies)
        work.append(Work(1, copies * weights, copies * in_step * rows).vector())
        seconds.append(_middle(step, device))
        work.append(Work(passes=1, scoring=copies * adds * len(batch)).vector())
        seconds.append(_middle(functools.partial(training.scores, batch), device))
    # Steps of the run have more windows than those that were timed, and memory grows with them.
    peak_mb = before_mb + (_peak_mb() - before_mb) * max(1.0, full / timed)
    return _Measured(np.array(work), np.array(seconds), peak_mb, largest)


def _peak_mb() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (2**20 if sys.platform == "darwin" else 2**10)


def _most_windows(task: Task, domain: DomainSummary, device: str) -> int:
    """Return how many windows a step may have to be timed within `STEP_S`.

    A few are enough to know that; what is slow only once is done here, too.
    """
    training, rows = _mock(task, domain, 1, device, FEW)
    once = functools.partial(training.train_epoch, [order_of(task.cell)])
    return max(FEW, int(STEP_S * rows / _middle(once, device)))


def _mock(
    task: Task, domain: DomainSummary, copies: int, device: str, most: int
) -> tuple[Training, int]:
    """A cohort of equal cells with at most so many random windows, and those in its one step."""
    cell = task.cell
    model, train = cell.model or ModelConfig(), cell.train or TrainConfig()
    train = replace(train, min_updates=0)  # an epoch of one step
    count = min(cell.size, train.batch_size, most)
    rng = np.random.default_rng(0)
    windows = max(count, evaluation_batch(train, device))
    x = rng.normal(size=(windows, len(domain.channels), domain.samples)).astype(np.float32)
    y = rng.integers(len(domain.classes), size=windows).astype(np.int16)
    frozen = _frozen(task, domain)
    members = []
    for seed in range(copies):
        network = build(model, len(domain.classes), domain.samples, seed, domain.sensors)
        cached_input = forward_frozen(
            raw_input(x, network, device), network, (), frozen, train, device
        )
        members.append(
            Member(task, network, cached_input, np.arange(count), TransferReport((), (), frozen))
        )
    target = Target(x, y, np.arange(0), len(domain.classes), domain.samples)
    return Training(members, target, model, train, device), count


def _middle(run: Callable[[], object], device: str) -> float:
    """Seconds of the middle one of three runs, after one to warm up; of fewer if they are slow."""
    seconds: list[float] = []
    for _ in range(4):
        begun = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begun)
        if len(seconds) > 1 and sum(seconds) > SLOW_S:
            break
    timed = sorted(seconds[1:])
    return timed[len(timed) // 2]
