"""One cell of each classical method on random windows: how long such cells take."""

from __future__ import annotations

import tempfile
import time
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
from crosswear.engine.subsets import adaptation_set
from crosswear.engine.task import Task
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import METHODS
from crosswear.networks.threads import one_thread

FEW, MOST = (8, 8), (200, 192)
"""Windows to learn from and to test in a cell that does what is slow only once, and at most in the
one that is timed, which is tested on few, too: a plan takes seconds."""


@dataclass(frozen=True)
class Rate:
    """Seconds of a classical method.

    Attributes:
        cell_s: of a cell of the mean size.
        test_s: of each test window.
        window_s: of each window of a domain, once for all cells: its features by an encoder.
    """

    cell_s: float
    test_s: float
    window_s: float = 0.0

    def seconds(self, cell: Cell, domain: DomainSummary) -> float:
        """Return the seconds that a cell of this method takes on a target domain.

        Windows that whiten it are transformed like windows of the test.
        """
        whitened = METHODS[cell.method].reads == "windows"
        others = OF_EACH * len(cell.sources) if whitened else 0
        tested = domain.split.windows[2] + others
        return self.cell_s + self.test_s * tested


@dataclass(frozen=True)
class _Timed:
    """Seconds of a fit, and of its tests on few windows and on all."""

    fit_s: float
    few_s: float
    test_s: float


def time_classical(
    samples: Sequence[tuple[Task, DomainSummary]], device: str
) -> Mapping[str, Rate]:
    """Train cells like the given ones, of a method and of its mean size each, on random windows.

    The time grows about linearly with the size, so cells of all sizes take together what as many of
    the mean size do.
    """
    resources = Resources(device)
    found: dict[str, Rate] = {}
    for given, summary in samples:
        cell = given.cell
        method = TRAINABLE[cell.method]
        if not isinstance(method, ClassicalMethod):
            continue
        sources = (UNTRAINED,) if METHODS[cell.method].reads == "weights" else ()
        cell = replace(cell, sources=sources)
        task = Task(
            cell,
            "",
            Path(),
            rate_hz=given.rate_hz,
            source_sensors=summary.sensors,
            encoders=given.encoders,
        )
        with tempfile.TemporaryDirectory() as folder:
            domain = _random_domain(summary, Path(folder) / "domain")
            once = _timed(method.small(), task, domain, FEW, resources)
            learned, tested = min(cell.size, MOST[0]), MOST[1]
            timed = _timed(method, task, domain, (learned, tested), resources)
        window_s = once.fit_s / sum(MOST) if cell.encoder else 0.0
        test_s = max(0.0, timed.test_s - timed.few_s) / (tested - FEW[1])
        fixed_s = max(0.0, timed.test_s - test_s * tested)
        found[cell.method] = Rate(timed.fit_s * cell.size / learned + fixed_s, test_s, window_s)
    return found


def _timed(
    method: ClassicalMethod,
    task: Task,
    domain: Domain,
    windows: tuple[int, int],
    resources: Resources,
) -> _Timed:
    """Learn from, and test, so many windows of a domain."""
    learned, tested = windows
    subset = np.full(sum(MOST), -1, dtype=np.int8)
    subset[:learned], subset[-tested:] = Subset.TRAIN, Subset.TEST
    task, domain = (
        replace(task, cell=replace(task.cell, size=learned)),
        replace(domain, subset=subset),
    )
    rows = domain.indices(Subset.TEST)
    with one_thread():
        clock = [time.perf_counter()]
        predict = method.fit(task, domain, adaptation_set(task.cell, domain), resources)
        clock.append(time.perf_counter())
        for some in (rows[: FEW[1]], rows):
            predict(some)
            clock.append(time.perf_counter())
    return _Timed(*np.diff(clock).tolist())


def _random_domain(summary: DomainSummary, folder: Path) -> Domain:
    rng = np.random.default_rng(0)
    windows = sum(MOST)
    x = rng.normal(size=(windows, len(summary.channels), summary.samples)).astype(np.float32)
    y = rng.integers(len(summary.classes), size=windows).astype(np.int16)
    zeros, place = np.zeros(windows, np.int16), np.arange(windows)
    some = Windows(x, y, zeros, zeros.astype(np.int32), place.astype(np.int32), place, place + 1)
    return Domain(summary, folder, some, zeros.astype(np.int8))
