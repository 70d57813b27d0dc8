"""Readings of a sensor at rest in sampled files: its unit, its zero, or no acceleration at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from crosswear.tables.column_names import COUNTED
from crosswear.tables.sampled import Sample
from crosswear.tables.sensor_columns import Sensor, Triple, stacked, values_of
from crosswear.tables.units import Reading, alike, reading, unit_at_rest

_ALIKE = 0.55  # part of the largest median that the smallest one reaches, where zero is shifted
_NEVER_AT_REST = 0.01  # part of the rows in which all axes are exactly 0


def reading_of(samples: Sequence[Sample], sensor: Sensor, rate_hz: float) -> Reading | None:
    """The median over the sampled files with a second at rest; over all, if none has one.

    Columns of gravity read one g whether anybody rests or not.
    """
    found = [reading(sensor.values(sample), rate_hz) for sample in samples]
    if sensor.gravity is not None and not any(one is not None and one.at_rest for one in found):
        down = [reading(stacked(sample, sensor.gravity), rate_hz) for sample in samples]
        found = [one and replace(one, at_rest=True) for one in down]
    for at_rest in (True, False):
        kept = [one for one in found if one is not None and one.at_rest == at_rest]
        if kept:
            median = float(np.median([one.length for one in kept]))
            uneven = next((one for one in kept if one.is_uneven), None)
            whole = all(one.whole for one in kept)
            if uneven is not None or not at_rest:
                found_uneven = uneven or Reading(median, at_rest)
                return replace(found_uneven, length=median, whole=whole)
            # A file may have one posture, and all of them several.
            every = reading(np.concatenate([sensor.values(one) for one in samples]), rate_hz)
            return Reading(median, at_rest, whole, turned=every.turned if every else None)
    return None


def rest_of(samples: Sequence[Sample], sensor: Sensor, rate_hz: float) -> float | None:
    """|a| at rest: the median over the sampled files."""
    found = reading_of(samples, sensor, rate_hz)
    return found.length if found is not None and found.at_rest else None


def mixed_units(
    samples: Mapping[str, Sample], sensor: Sensor, rate_hz: float
) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Two files whose |a| at rest differs as two units do, with what they read."""
    rests = [(name, rest_of([one], sensor, rate_hz)) for name, one in samples.items()]
    known = [(name, rest) for name, rest in rests if rest is not None and unit_at_rest(rest)]
    for (first, a), (second, b) in pairwise(known):
        if not alike(a, b) and unit_at_rest(a) != unit_at_rest(b):
            return (first, a), (second, b)
    return None


def unit_note(found: Reading) -> str:
    """Return a note that no second at rest shows the unit."""
    return f"no second at rest shows the unit: {found}"


def is_shifted(samples: Sequence[Sample], axes: Triple) -> bool:
    """Return whether all axes read about the same and never below 0, as a converter's counts do.

    No sensor with its zero at 0 reads so, unless it is held at one angle all the time.
    """
    values = values_of(samples, axes)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values) or values.min() < 0:
        return False
    middle = np.median(values, axis=0)
    return bool(middle.min() > _ALIKE * middle.max())


def are_epoch_counts(samples: Sequence[Sample], triple: Triple) -> bool:
    """Return whether columns are activity counts of epochs: gravity is never 0 on all axes.

    Args:
        samples: of some files.
        triple: columns that may be x, y and z.
    """
    values = values_of(samples, triple)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values) or (values < 0).any() or (values != np.rint(values)).any():
        return False
    said = any(COUNTED.search(str(name)) for name in samples[0])
    return said or bool((values == 0).all(axis=1).mean() > _NEVER_AT_REST)
