"""The cohort trainer: many cells at a time, of any method."""

from __future__ import annotations

from functools import cached_property

import torch

from crosswear.engine.device import step_windows_that_fit
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.task import Cohort, Outcome
from crosswear.networks.threads import one_torch_thread


class CohortTrainer:
    """A function that trains and tests cohorts on a torch device.

    It holds what its cohorts have in common, so one of them goes on where the last one ended. What
    a cell gets depends neither on that nor on its neighbours.

    Args:
        device: `cpu` or `cuda`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.resources = Resources(device)

    @cached_property
    def most_windows(self) -> float:
        """Most windows of a step that the device's memory holds, as far as is known."""
        return step_windows_that_fit(self.resources.device)

    def __call__(self, cohort: Cohort) -> list[Outcome]:
        """Train the cells of a cohort (`crosswear.engine.grouping`) and test each.

        A cohort for which the device has too little memory is halved, as are those after it.

        On one thread of the processor: how sums are shared among threads depends on neighbours.
        """
        with one_torch_thread():
            return self._train(cohort)

    def _train(self, cohort: Cohort) -> list[Outcome]:
        windows = _windows_in_step(cohort)
        if len(cohort) == 1 or windows <= self.most_windows:
            try:
                return TRAINABLE[cohort[0].cell.method].train(cohort, self.resources)
            except torch.OutOfMemoryError:
                if len(cohort) == 1:
                    raise
            # Not where it was caught: what the attempt has in memory is in the traceback.
            self.most_windows = windows - 1
            self.resources.cached_inputs.clear()
        half = len(cohort) // 2
        return [*self._train(cohort[:half]), *self._train(cohort[half:])]


def _windows_in_step(cohort: Cohort) -> int:
    cell = cohort[0].cell
    return 0 if cell.train is None else len(cohort) * min(cell.size, cell.train.batch_size)
