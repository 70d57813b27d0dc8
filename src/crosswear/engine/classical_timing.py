"""One cell of each classical method on random windows: how long such cells take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.whitening import OF_EACH
from crosswear.core.recording import Subset, Windows
from crosswear.datasets.domain import Domain, DomainSummary
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod
from crosswear.engine.task import Task
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import METHODS

FEW, MANY = (20, 32), (100, 128)
"""Windows to learn from and to test in the two cells that are timed; a plan takes seconds."""


@dataclass(frozen=True)
class Rate:
    """Seconds of a classical method: of each cell, and of each window to learn from and to test."""

    cell_s: float
    fit_s: float
    test_s: float

    def seconds(self, cell: Cell, domain: DomainSummary) -> float:
        """Return the seconds that a cell of this method takes on a target domain.

        Windows that whiten it are transformed like windows of the test.
        """
        whitened = METHODS[cell.method].reads == "windows"
        others = OF_EACH * len(cell.sources) if whitened else 0
        tested = domain.split.windows[2] + others
        return self.cell_s + self.fit_s * cell.size + self.test_s * tested


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
        domain = _random_domain(summary)
        _seconds(method, task, domain, FEW, resources)  # what is slow only once
        few, many = (_seconds(method, task, domain, size, resources) for size in (FEW, MANY))
        fit_s, test_s = np.maximum(many - few, 0) / np.subtract(MANY, FEW)
        cell_s = few.sum() - fit_s * FEW[0] - test_s * FEW[1]
        found[cell.method] = Rate(max(0.0, float(cell_s)), float(fit_s), float(test_s))
    return found


def _seconds(
    method: ClassicalMethod,
    task: Task,
    domain: Domain,
    windows: tuple[int, int],
    resources: Resources,
) -> NDArray[np.float64]:
    """Seconds [2] to learn from, and to test, so many windows of a domain."""
    learned, tested = windows
    subset = np.full(sum(MANY), -1, dtype=np.int8)
    subset[:learned], subset[-tested:] = Subset.TRAIN, Subset.TEST
    task = replace(task, cell=replace(task.cell, size=learned))
    timing = method.fit_and_test(task, replace(domain, subset=subset), resources).timing
    return np.array([timing.train_s, timing.test_s])


def _random_domain(summary: DomainSummary) -> Domain:
    rng = np.random.default_rng(0)
    windows = sum(MANY)
    x = rng.normal(size=(windows, len(summary.channels), summary.samples)).astype(np.float32)
    y = rng.integers(len(summary.classes), size=windows).astype(np.int16)
    zeros, place = np.zeros(windows, np.int16), np.arange(windows)
    some = Windows(x, y, zeros, zeros.astype(np.int32), place.astype(np.int32), place, place + 1)
    return Domain(summary, Path(), some, zeros.astype(np.int8))
