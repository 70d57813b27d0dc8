"""The cohort trainer: many cells at a time, of any method."""

from __future__ import annotations

from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.task import Cohort, Outcome
from crosswear.networks.threads import one_torch_thread


class CohortTrainer:
    """Trains and tests cohorts on a torch device.

    It holds what its cohorts have in common, so one of them goes on where the last one ended. What
    a cell gets depends neither on that nor on its neighbours.

    Args:
        device: `cpu` or `cuda`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.resources = Resources(device)

    def __call__(self, cohort: Cohort) -> list[Outcome]:
        """Train the cells of a cohort (`crosswear.engine.grouping`) and test each.

        On one thread of the processor: how sums are shared among threads depends on neighbours.
        """
        with one_torch_thread():
            return TRAINABLE[cohort[0].cell.method].train(cohort, self.resources)
