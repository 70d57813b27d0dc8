"""Majority: the most frequent class of the train subset, for every window."""

from __future__ import annotations

import time

import numpy as np

from crosswear.core.recording import Subset
from crosswear.datasets.domain import load_domain
from crosswear.engine.methods.base import Resources, TrainableMethod
from crosswear.engine.subsets import count
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.grid.result import CellResult, Timing


class Majority(TrainableMethod):
    """A method that answers with the most frequent class, without looking at a window."""

    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        """See `TrainableMethod.train`."""
        return [_answer(task) for task in cohort]


def _answer(task: Task) -> Outcome:
    domain, start = load_domain(task.target), time.perf_counter()
    guess = np.bincount(domain.windows.y[domain.indices(Subset.TRAIN)]).argmax()
    counts = count(domain, np.full(len(domain.indices(Subset.TEST)), guess))
    result = CellResult(len(domain.classes), counts)
    return Outcome(task, result, Timing(0.0, time.perf_counter() - start))
