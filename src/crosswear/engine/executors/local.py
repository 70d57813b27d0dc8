"""Cohorts on this machine: in this process, or in several.

Each process trains on one thread. Networks of this size gain nothing from a second one, and sums
that do not depend on the number of threads keep the numbers of a cell the same everywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from crosswear.engine.dispatch import CohortExecutor, attempt
from crosswear.engine.executors.processes import Processes, ThisProcess, keep_freed_memory
from crosswear.engine.task import Cohort, Failure, Outcome, Trainer
from crosswear.networks.threads import one_torch_thread


@contextlib.contextmanager
def this_machine(train: Trainer, workers: int) -> Iterator[CohortExecutor]:
    """Run processes, or for one worker this process, until the block is left."""
    if workers == 1:
        keep_freed_memory()
        with one_torch_thread():
            yield ThisProcess(partial(attempt, train))
        return
    executor = Processes(
        _ProcessTraining(train), workers, partial(_carried, convert=torch.from_numpy)
    )
    try:
        yield executor
    finally:
        executor.end()


@dataclass(frozen=True)
class _ProcessTraining:
    """Work of a process of its own."""

    train: Trainer

    def __call__(self, cohort: Cohort) -> list[Outcome | Failure]:
        torch.set_num_threads(1)
        keep_freed_memory()
        return _carried(attempt(self.train, cohort), convert=torch.Tensor.numpy)


def _carried(
    outcomes: list[Outcome | Failure], convert: Callable[[Any], Any]
) -> list[Outcome | Failure]:
    """Outcomes with their networks as arrays or as tensors.

    A tensor would be sent as a handle on shared memory, which ends with the process that made it.
    """

    def carry(one: Outcome | Failure) -> Outcome | Failure:
        if isinstance(one, Failure) or one.checkpoint is None:
            return one
        state = {name: convert(value) for name, value in one.checkpoint.state.items()}
        return replace(one, checkpoint=replace(one.checkpoint, state=state))

    return [carry(one) for one in outcomes]
