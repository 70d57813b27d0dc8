"""Three columns of a table that may be a sensor's axes, and their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.column_names import NUMBERED
from crosswear.tables.sampled import Sample

Triple: TypeAlias = tuple[str | int, str | int, str | int]
_BEYOND = 50.0


@dataclass(frozen=True)
class Sensor:
    """Columns that together are the acceleration.

    Attributes:
        axes: of x, y and z.
        gravity: columns to add, where x, y and z are without gravity.
        zero: reading of x, y and z at 0 g.
    """

    axes: Triple
    gravity: Triple | None = None
    zero: tuple[float, ...] = (0.0, 0.0, 0.0)

    def values(self, sample: Sample) -> NDArray[np.float64]:
        """Return [T, 3] of a sample, in its unit."""
        found = stacked(sample, self.axes) - np.array(self.zero)
        more = 0.0 if self.gravity is None else stacked(sample, self.gravity)
        return np.asarray(found + more)


def triples(sample: Sample, taken: set[str | int]) -> list[Triple]:
    """Columns that may be x, y and z: names that differ in that letter, or three neighbours."""
    numeric = [name for name, one in sample.items() if one.is_number and name not in taken]
    if isinstance(next(iter(sample)), str):
        spelt = [
            tuple(name[:place] + other + name[place + 1 :] for other in axes)
            for name in map(str, numeric)
            for axes in ("xyz", "XYZ", *(["123"] if NUMBERED.search(name) else []))
            for place, letter in enumerate(name)
            if letter == axes[0]
        ]
        return [(x, y, z) for x, y, z in spelt if y in numeric and z in numeric]
    neighbours: list[Triple] = [
        (a, a + 1, a + 2)
        for a in numeric
        if isinstance(a, int) and a + 1 in numeric and a + 2 in numeric
    ]
    if len(neighbours) == 1:
        return neighbours
    changing = [one for one in neighbours if all(sample[column].changes.any() for column in one)]
    even = [one for one in changing if not _led_by_one(sample, one)]
    whole = neighbours[::3] if len(neighbours) == len(numeric) - 2 else []
    if 3 * len(whole) == len(numeric) and all(one in even for one in whole):
        return whole  # nothing but threes
    return even or changing


def _led_by_one(sample: Sample, triple: Triple) -> bool:
    """Return whether one column is beyond what turning and movement make of an axis.

    A battery or a counter beside two axes is so large that the two seem never to move.
    """
    values = stacked(sample, triple)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return False
    largest = np.sort(np.percentile(np.abs(values), 99, axis=0))
    return bool(largest[2] > _BEYOND * max(largest[1], 1e-9))


def values_of(samples: Sequence[Sample], triple: Triple) -> NDArray[np.float64]:
    """Return [T, 3] of all samples, one after the other."""
    return np.concatenate([stacked(sample, triple) for sample in samples])


def stacked(sample: Sample, triple: Triple) -> NDArray[np.float64]:
    """Return [T, 3] of a sample."""
    return np.stack([sample[name].values for name in triple], axis=1).astype(np.float64)
