"""One cell of each classical method on random windows: how long such cells take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crosswear.baselines.whitening import OF_EACH
from crosswear.core.recording import Subset, Windows
from crosswear.datasets.domain import Domain, DomainSummary
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod
from crosswear.engine.task import Task
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import METHODS

TEST = 256
FEW = 20


@dataclass(frozen=True)
class Rate:
    """Seconds of a classical method, for each window of the adaptation set and of the test."""

    fit_s: float
    test_s: float

    def seconds(self, cell: Cell, domain: DomainSummary) -> float:
        """Return the seconds that a cell of this method takes on a target domain.

        Windows that whiten it are transformed like windows of the test.
        """
        whitened = METHODS[cell.method].reads == "windows"
        others = OF_EACH * len(cell.sources) if whitened else 0
        return self.fit_s * cell.size + self.test_s * (domain.split.windows[2] + others)


def time_classical(
    samples: Sequence[tuple[Cell, DomainSummary]], device: str
) -> Mapping[str, Rate]:
    """Train cells like the given ones, of a method each, on random windows."""
    resources = Resources(device)
    found: dict[str, Rate] = {}
    for cell, summary in samples:
        method = TRAINABLE[cell.method]
        if not isinstance(method, ClassicalMethod):
            continue
        sources = (UNTRAINED,) if METHODS[cell.method].reads == "weights" else ()
        task = Task(replace(cell, sources=sources), "", Path(), source_sensors=summary.sensors)
        domain = _random_domain(cell, summary)
        small = replace(task.cell, size=min(cell.size, FEW))
        method.fit_and_test(replace(task, cell=small), domain, resources)  # what is slow only once
        timing = method.fit_and_test(task, domain, resources).timing
        found[cell.method] = Rate(timing.train_s / cell.size, timing.test_s / TEST)
    return found


def _random_domain(cell: Cell, summary: DomainSummary) -> Domain:
    rng = np.random.default_rng(0)
    windows = cell.size + TEST
    x = rng.normal(size=(windows, len(summary.channels), summary.samples)).astype(np.float32)
    y = rng.integers(len(summary.classes), size=windows).astype(np.int16)
    zeros, place = np.zeros(windows, np.int16), np.arange(windows)
    subset = np.where(place < cell.size, Subset.TRAIN, Subset.TEST).astype(np.int8)
    some = Windows(x, y, zeros, zeros.astype(np.int32), place.astype(np.int32), place, place + 1)
    return Domain(summary, Path(), some, subset)
