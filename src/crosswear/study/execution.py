"""Choice of the workers that train the cells of a study."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswear.engine.executors import LOCAL
from crosswear.engine.executors.main_guard import expect_main_guard
from crosswear.engine.executors.processes import available_workers

if TYPE_CHECKING:
    from crosswear.datasets.parts import Spread
    from crosswear.engine.dispatch import CohortExecutor


@dataclass(frozen=True)
class ExecutionSettings:
    """Place where cells are trained.

    Attributes:
        workers: processes on this machine.
        device: `cpu` or `cuda`, of each worker.
        cluster: address of a scheduler, or `local`; then its workers train, not this machine's.
    """

    workers: int = 1
    device: str = "cpu"
    cluster: str | None = None

    def executor(self) -> AbstractContextManager[CohortExecutor]:
        """The workers."""
        # Slow to import, needless to plan.
        from crosswear.engine.cohort import CohortTrainer
        from crosswear.engine.executors.dask_training import training_cluster
        from crosswear.engine.executors.local import this_machine

        if self.cluster is not None:
            return training_cluster(self.cluster, self.device, self.workers)
        return this_machine(CohortTrainer(self.device), self.workers)

    def spread(self) -> Spread:
        """Return what works on parts of datasets that are not prepared yet."""
        if self.cluster is not None:
            from crosswear.engine.executors.dask_parts import spread_over_cluster

            return spread_over_cluster(self.cluster, self.workers)
        from crosswear.engine.part_workers import spread_over_processes

        return spread_over_processes(self.workers)

    def expect_startable(self) -> None:
        """Raise a UsageError if processes are needed here that the running script cannot start."""
        several = self.workers > 1 and self.cluster is None
        if several or self.cluster == LOCAL:
            expect_main_guard()


def execution_settings(workers: int | None, device: str, cluster: str | None) -> ExecutionSettings:
    """Return the place for a command; without `workers`, as many as are usual for the device.

    Raises:
        UsageError: if this machine is to train and has no such device.
    """
    if cluster is None and device != "cpu":
        from crosswear.engine.device import check_device

        check_device(device)
    # One process keeps a CUDA device busy; several would share it and its memory.
    usual = 1 if device == "cuda" else available_workers()
    return ExecutionSettings(workers or usual, device, cluster)
