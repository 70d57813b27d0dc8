"""Which cells are trained side by side. Pure: a list of tasks in, a list of cohorts out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from pathlib import Path

from crosswear.core.config import ARCHITECTURES
from crosswear.engine.task import Cohort, Task
from crosswear.grid.experiment import Cell
from crosswear.grid.labels import ALIGNMENTS
from crosswear.networks.kernels.residual import implementation

WIDTH = {"cpu": 160, "cuda": 16_384}
"""Windows in a step, of all cells of a cohort together: what docs/performance.md found fastest.

On a CPU more do not stay in the cache, fewer cost more calls than arithmetic.
"""
COMPILED_WIDTH = 1024
"""The same of networks with compiled blocks, which stay in the cache by themselves."""
COPIES = {"cpu": 8, "cuda": 64}
"""Cells in a cohort at most: what it loses if it is interrupted."""
CLASSICAL = ("forest", "extra-trees", "minirocket", "vote", "logistic")
"""Methods that fit no network."""
CLASSICAL_CELLS = 16
"""Classical cells in a cohort at most; they are fitted one after another."""
LANES = 16
"""Kernels round whole vectors and the few values behind the last one in two ways.

Networks whose layers do not fill them would change with their neighbours: they are trained alone.
"""


def group(tasks: Sequence[Task], device: str, workers: int = 1) -> list[Cohort]:
    """Cut tasks into cohorts, so that those which share frozen blocks follow each other.

    A cohort's cells differ in source, repetition and initial weights only: same target, size,
    network, training, frozen modules and sensors of the source; classical ones share target, method
    and source. First come the cells that others wait for. Where there are few cohorts, they are cut
    smaller, so that every worker has some.
    """
    alike: dict[Hashable, list[Task]] = {}
    for task in tasks:
        alike.setdefault((task.domains, task.source_sensors, _shape(task.cell)), []).append(task)
    few = len(alike) < 4 * workers
    cohorts = []
    for members in alike.values():
        members.sort(key=lambda task: task.cell.sources)  # cells of a source share its front
        parts = math.ceil(len(members) / cohort_width(members[0].cell, device))
        parts = max(parts, min(workers, len(members))) if few else parts
        cuts = [len(members) * part // parts for part in range(parts + 1)]
        cohorts += [tuple(members[a:b]) for a, b in itertools.pairwise(cuts)]
    targets = list(dict.fromkeys(task.target for task in tasks))
    return sorted(cohorts, key=lambda cohort: _place(cohort, targets))


def cohort_width(cell: Cell, device: str) -> int:
    """How many cells like this one stand side by side."""
    if cell.method in CLASSICAL:
        return CLASSICAL_CELLS
    if cell.train is None or cell.model is None or any(n % LANES for n in cell.model.filters):
        return 1
    if cell.method in ALIGNMENTS:
        return 1
    windows = min(cell.size, cell.train.batch_size)
    compiled = device == "cpu" and may_be_compiled(cell) and implementation() == "compiled"
    width = COMPILED_WIDTH if compiled else WIDTH[device]
    return max(1, min(width // windows, COPIES[device]))


def may_be_compiled(cell: Cell) -> bool:
    """Whether `crosswear.networks.kernels` can compute its residual blocks: those in bfloat16."""
    return (
        cell.model is not None
        and cell.train is not None
        and ARCHITECTURES[cell.model.name].residual
        and cell.train.precision == "bfloat16"
    )


def frozen_parts(cell: Cell) -> tuple[int, bool]:
    """How many blocks of a cell's network are frozen, and whether its spectral branch is."""
    if cell.transfer is None or cell.transfer.strategy == "copy":
        return 0, False
    if cell.branches == "spectral":
        return 0, cell.blocks > 0
    return cell.blocks, cell.transfer.freeze_spectral


def _shape(cell: Cell) -> Hashable:
    if cell.method in CLASSICAL:
        return (cell.method, cell.sources)
    shape = (cell.method, cell.size, cell.model, cell.train, frozen_parts(cell))
    if cell.train is None or cell.train.layer_decay == 1:
        return shape
    return (*shape, cell.transfer, cell.branches, cell.blocks)  # what is copied decides the rates


def _place(cohort: Cohort, targets: list[Path]) -> tuple[int, ...]:
    task = cohort[0]
    first = {"source": 0, "majority": 1}.get(task.cell.method, 2)
    # After the networks with most frozen blocks, whose fronts it goes on from.
    depth = task.cell.blocks if task.cell.method == "logistic" else frozen_parts(task.cell)[0]
    return (first, targets.index(task.target), depth, -task.cell.size)
