"""Methods that fit no network: what they have in common."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Hashable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain, load_domain
from crosswear.engine.methods.base import Resources, TrainableMethod
from crosswear.engine.subsets import adaptation_set, count
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.grid.experiment import Cell
from crosswear.grid.result import CellResult, Timing
from crosswear.networks.threads import one_thread
from crosswear.signal.blocks import blocks_of

CELLS = 16
"""In a cohort at most; they are fitted one after another."""

ROWS = 2**16
"""Windows that are tested at a time: what is computed of all need not fit into memory."""

Indices: TypeAlias = NDArray[np.int64]
Predict: TypeAlias = Callable[[Indices], NDArray[np.integer]]
"""The classes of windows of the domain, as a fitted classifier has them."""


class ClassicalMethod(TrainableMethod):
    """A method that fits the adaptation set of each cell, one cell after another."""

    timed = True

    @abstractmethod
    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """Fit windows of a domain.

        Args:
            task: the cell.
            domain: its target.
            rows: the windows to learn from.
            resources: of the worker.
        """

    def small(self) -> ClassicalMethod:
        """Return a method that does what is slow only once in a process, and little else."""
        return self

    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        """See `TrainableMethod.train`."""
        domain = load_domain(cohort[0].target)
        return [self.fit_and_test(task, domain, resources) for task in cohort]

    def fit_and_test(self, task: Task, domain: Domain, resources: Resources) -> Outcome:
        """Fit a cell on its adaptation set and test it."""
        # Sums over several threads would depend on how many there are.
        with one_thread():
            begun = time.perf_counter()
            predict = self.fit(task, domain, adaptation_set(task.cell, domain), resources)
            fitted = time.perf_counter()
            test = domain.indices(Subset.TEST)
            parts = [predict(test[some]) for some in blocks_of(len(test), ROWS)]
            counts = count(domain, np.concatenate(parts))
        result = CellResult(len(domain.classes), counts)
        return Outcome(task, result, Timing(fitted - begun, time.perf_counter() - fitted))

    def width(self, cell: Cell, device: str) -> int:
        """See `TrainableMethod.width`."""
        return CELLS

    def alike(self, cell: Cell) -> Hashable:
        """See `TrainableMethod.alike`."""
        return (cell.method, cell.sources)


def windows_of_sources(task: Task) -> list[LabelledWindows]:
    """Draw labelled windows of the sources of a cell, which whiten it; the same for all sizes."""
    cell, drawn = task.cell, []
    for name, folder in zip(cell.sources, task.source_domains, strict=True):
        domain = load_domain(folder)
        windows = LabelledWindows.of(domain.windows, domain.indices(Subset.TRAIN))
        drawn.append(windows.draw(seed_for(cell.study_seed, "whitening", name, cell.split)))
    return drawn
