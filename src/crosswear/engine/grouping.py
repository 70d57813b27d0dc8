"""Choice of cells to train side by side. Pure: a list of tasks in, a list of cohorts out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from pathlib import Path

from crosswear.engine.methods import TRAINABLE
from crosswear.engine.task import Cohort, Task
from crosswear.grid.methods import Role

FIRST = {Role.SOURCE: 0, Role.FLOOR: 1}
"""The roles whose cells come first: others wait for them, or they take no time."""


def group(tasks: Sequence[Task], device: str, workers: int = 1) -> list[Cohort]:
    """Cut tasks into cohorts, so that those which share frozen blocks follow each other.

    A cohort's cells differ in source, repetition and initial weights only: same target, size,
    network, training, frozen modules and sensors of the source; classical ones share target, method
    and source. First come the cells that others wait for. Where there are few cohorts, they are cut
    smaller, so that every worker has some.
    """
    alike: dict[Hashable, list[Task]] = {}
    for task in tasks:
        shape = TRAINABLE[task.cell.method].alike(task.cell)
        alike.setdefault((task.domains, task.source_sensors, shape), []).append(task)
    few = len(alike) < 4 * workers
    cohorts = []
    for members in alike.values():
        members.sort(key=lambda task: task.cell.sources)  # cells of a source share its cached input
        width = TRAINABLE[members[0].cell.method].width(members[0].cell, device)
        parts = math.ceil(len(members) / width)
        parts = max(parts, min(workers, len(members))) if few else parts
        cuts = [len(members) * part // parts for part in range(parts + 1)]
        cohorts += [tuple(members[a:b]) for a, b in itertools.pairwise(cuts)]
    targets = list(dict.fromkeys(task.target for task in tasks))
    return sorted(cohorts, key=lambda cohort: _place(cohort, targets))


def _place(cohort: Cohort, targets: list[Path]) -> tuple[int, ...]:
    task = cohort[0]
    # A classical one comes after the networks whose cached inputs it goes on from.
    depth, _ = TRAINABLE[task.cell.method].frozen_parts(task.cell)
    return (FIRST.get(task.cell.role, 2), targets.index(task.target), depth, -task.cell.size)
