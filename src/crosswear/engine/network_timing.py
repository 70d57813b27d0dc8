"""Training steps and scoring passes of networks on random windows: how long they take here."""

from __future__ import annotations

import functools
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.datasets.domain import DomainSummary
from crosswear.engine.cached_inputs import forward_frozen, raw_input
from crosswear.engine.device import DEVICES, scoring_windows
from crosswear.engine.executors.processes import keep_freed_memory
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.subsets import arithmetic, order_of
from crosswear.engine.task import Task
from crosswear.engine.training import Member, Target, Training
from crosswear.engine.work import Floats, Work, adds_in_step, beyond_cached_input, frozen_modules
from crosswear.networks.models import build
from crosswear.networks.threads import one_torch_thread
from crosswear.networks.transfer_report import TransferReport

FEW = 16
STEP_S, SLOW_S = 0.1, 0.1
"""Seconds of a step that is timed, about, and of all its repetitions: a plan takes seconds."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Measurements of a process.

    Attributes:
        work: [n, 6], what was done.
        seconds: [n], how long it took.
        memory_mb: peak of the process.
        cached_mb: memory of the largest cached input, for a window.
    """

    work: Floats
    seconds: Floats
    memory_mb: float
    cached_mb: float


def time_networks(samples: Sequence[tuple[Task, DomainSummary]], device: str) -> Measured:
    """Time steps and forward passes of cells like the given ones."""
    keep_freed_memory()
    with one_torch_thread():
        return _time(samples, device)


def _time(samples: Sequence[tuple[Task, DomainSummary]], device: str) -> Measured:
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
        adds, weights = beyond_cached_input(training.model, domain, training.frozen)
        batch = np.arange(min(scoring_windows(training.config, device), 2 * most))
        in_step = adds_in_step(training.model, training.config, domain, training.frozen)
        step = functools.partial(training.train_epoch, [order_of(task.cell)] * copies)
        work.append(Work(1, copies * weights, copies * in_step * rows).vector())
        seconds.append(_middle(step, device))
        work.append(Work(passes=1, scoring=copies * adds * len(batch)).vector())
        seconds.append(_middle(functools.partial(training.scores, batch), device))
    # Steps of the run have more windows than those that were timed, and memory grows with them.
    peak_mb = before_mb + (_peak_mb() - before_mb) * max(1.0, full / timed)
    return Measured(np.array(work), np.array(seconds), peak_mb, largest)


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
    windows = max(count, scoring_windows(train, device))
    x = rng.normal(size=(windows, len(domain.channels), domain.samples)).astype(np.float32)
    y = rng.integers(len(domain.classes), size=windows).astype(np.int16)
    size = len(domain.classes), domain.samples
    networks = [build(model, *size, seed, domain.sensors) for seed in range(copies)]
    done = TransferReport((), (), frozen_modules(task, domain))
    of_one = raw_input(x, networks[0], device)  # cells of a source share their cached input
    with arithmetic(train, device):
        cached_input = forward_frozen(of_one, networks[0], (), done.frozen, device)
    members = [Member(task, one, cached_input, np.arange(count), done) for one in networks]
    target = Target(x, y, np.arange(0), len(domain.classes), domain.samples)
    return Training(members, target, model, train, device), count


def _middle(run: Callable[[], object], device: str) -> float:
    """Seconds of the middle one of three runs, after one to warm up; of fewer if they are slow."""
    seconds: list[float] = []
    for _ in range(4):
        begun = time.perf_counter()
        run()
        DEVICES[device].wait()
        seconds.append(time.perf_counter() - begun)
        if len(seconds) > 1 and sum(seconds) > SLOW_S:
            break
    timed = sorted(seconds[1:])
    return timed[len(timed) // 2]
