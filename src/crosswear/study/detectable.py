"""Gains that a study can detect on its targets, from the people and repetitions that it tests."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import GroupUnit, Subset
from crosswear.engine.subsets import groups_of
from crosswear.evidence.crossed import one_person_each
from crosswear.evidence.power import MEASURED, detectable, detectable_mean
from crosswear.evidence.statements import ALPHA
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.study.load import LoadedStudy

WANTED = 0.03
"""Gain whose demands are stated."""

MOST = 1000
"""Repetitions, people or targets that are proposed at most: the most seeds of a study file."""


@dataclass(frozen=True)
class TargetPower:
    """Detectable gains over the network from scratch on one target, as differences of micro-F1.

    Attributes:
        unit: what a split keeps whole; a subject is a person.
        tested: people (occurrences) with test windows.
        repetitions: how often they are tested: splits if there are several, or seeds.
        alone: detectable in a comparison taken for itself; None: nothing is.
        corrected: detectable after the correction for all comparisons of the study.
        people_needed: people who make three points detectable after the correction, with as many
            repetitions; None if no number does. It does not with one repetition, since the
            deviation of that one would be taken for a gain.
        repetitions_needed: likewise repetitions, with the same people; None also where each
            repetition tests another person.
        both_needed: so many repetitions on so many people likewise make three points detectable.
    """

    unit: GroupUnit
    tested: int
    repetitions: int
    alone: float | None
    corrected: float | None
    people_needed: int | None
    repetitions_needed: int | None
    both_needed: int | None


@dataclass(frozen=True)
class Power:
    """Gains that a study detects with a chance of 80 %.

    Attributes:
        comparisons: verdicts on a gain over the network from scratch, which are corrected together.
        targets: by name.
        mean: detectable on average over the targets; None with fewer than three.
        targets_needed: to detect a mean gain of three points.
    """

    comparisons: int
    targets: dict[str, TargetPower]
    mean: float | None
    targets_needed: int | None

    @property
    def detects(self) -> bool:
        """Return whether any gain is detectable, on one target or on average."""
        alone = (one.alone for one in self.targets.values())
        return self.mean is not None or any(gain is not None for gain in alone)


def power_of(opened: LoadedStudy) -> Power | None:
    """Return the gains that a study can detect; None if it judges no transfer."""
    study = opened.study
    sizes = len({cell.size for cell in opened.cells.values() if _from_scratch(cell)})
    origins = {name: len(study.trained_origins(name)) for name in study.domains}
    comparisons = sizes * sum(origins.values())
    if not study.grid.blocks or not comparisons:
        return None
    targets = {
        name: target_power(
            planned_windows(opened, name),
            opened.domains[name, study.splits[0]].summary.split.unit,
            comparisons,
        )
        for name, number in origins.items()
        if number
    }
    mean = detectable_mean(len(targets))
    return Power(comparisons, targets, mean, _needed(2, detectable_mean))


def planned_windows(opened: LoadedStudy, target: str) -> NDArray[np.int64]:
    """Return the test windows [R, G] of a target, as `correct_counts` will count them."""
    cells = [c for c in opened.cells.values() if c.target == target and _from_scratch(c)]
    splits = sorted({cell.split for cell in cells})
    if len(splits) == 1:
        splits *= len({cell.seed for cell in cells})
    rows = []
    for split in splits:
        domain = opened.domains[target, split]
        rows.append(np.bincount(groups_of(domain)[domain.indices(Subset.TEST)]))
    windows = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for row, counts in zip(windows, rows, strict=True):
        row[: len(counts)] = counts
    return windows


def target_power(windows: NDArray[np.int64], unit: GroupUnit, comparisons: int) -> TargetPower:
    """Return what is detectable with test windows [R, G], corrected as Holm's first step is."""
    windows = windows[:, windows.any(axis=0)]
    repetitions, tested = windows.shape
    once, people = one_person_each(windows), np.minimum(windows, 1)

    def found(windows: NDArray[np.int64], comparisons: int = comparisons) -> float | None:
        return detectable(windows, MEASURED[unit], ALPHA / comparisons)

    more_people = more_repetitions = both = None
    if once:
        more_people = _needed(2, lambda n: found(np.eye(n, dtype=np.int64)))
    else:
        if repetitions > 1:
            more_people = _needed(2, lambda n: found(people[:, np.arange(n) % tested]))
        more_repetitions = _needed(
            repetitions, lambda n: found(windows[np.arange(n) % repetitions])
        )
        both = _needed(2, lambda n: found(np.ones((n, n), dtype=np.int64)))
    alone, corrected = found(windows, 1), found(windows)
    return TargetPower(
        unit, tested, repetitions, alone, corrected, more_people, more_repetitions, both
    )


def _from_scratch(cell: Cell) -> bool:
    return cell.role is Role.NETWORK and not cell.sources


def _needed(first: int, found: Callable[[int], float | None]) -> int | None:
    """Return the first number with which three points are detectable, if there is one."""
    numbers = range(first, MOST + 1)
    place = bisect.bisect_left(numbers, x=True, key=lambda n: (found(n) or math.inf) <= WANTED)
    return numbers[place] if place < len(numbers) else None
