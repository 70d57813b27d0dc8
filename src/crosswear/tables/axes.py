"""Columns of acceleration, and its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.sampled import Sample
from crosswear.tables.scale import unit_in, unit_read
from crosswear.tables.units import UNITS, Reading, alike, reading, unit_at_rest
from crosswear.tables.vectors import (
    NO_GRAVITY,
    ONE_LENGTH,
    QUATERNION,
    completes_to_one,
    is_sum,
    no_acceleration,
    points_somewhere,
)

Triple: TypeAlias = tuple[str | int, str | int, str | int]


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
        found = _stacked(sample, self.axes) - np.array(self.zero)
        more = 0.0 if self.gravity is None else _stacked(sample, self.gravity)
        return np.asarray(found + more)


_GRAVITY = re.compile(r"grav|graw|schwer|pesant|гравит|重力|중력", re.IGNORECASE)
_ALIKE = 0.55  # part of the largest median that the smallest one reaches, where zero is shifted
_BEYOND = 50.0
_FEW_G = 0.5
"""Somebody who moves reads more than that in g, in the median."""
_NUMBERED = re.compile(r"axis|acc|^a_?1$", re.IGNORECASE)
_COUNTED = re.compile(
    r"^vm\d?$|vector.?magnitude|^steps?$|count|epoch|^enmo|^mad$|^mims|inclinometer|^lux$",
    re.IGNORECASE,
)
_NEVER_AT_REST = 0.01  # part of the rows in which all axes are exactly 0
_ACCELERATION = re.compile(
    r"acc|acel|beschl|przysp|ускор|加速|가속|"
    r"^\W*[xyz]\W*(\W.*)?$|^a[_ ]?[xyz]|^[xyz][_ -]?(axis|value)",
    re.IGNORECASE,
)
_OTHER_SENSOR = re.compile(
    r"gyr|giro|żyro|mag|rot|ang|quat|orient|euler|omega|velocity|^[bgm][_ ]?[xyz]$|dreh|"
    r"winkel|гиро|углов|магн|角速|ジャイロ|陀螺|磁|각속|자이로|자기장",
    re.IGNORECASE,
)
_NO_ACCELERATION = re.compile(f"{_OTHER_SENSOR.pattern}|{_GRAVITY.pattern}", re.IGNORECASE)
_MOST_UNNAMED = 9
_EVERY = 7  # of so many rows, one is looked at for a quaternion or a sum
_MOST_SUMMED = 12  # sensors
_LESS = "its names say less"
_NO_GRAVITY = re.compile(
    r"user|lin[eé]a|liniow|lin_?(?:acc|acel|beschl|przysp)|body|линейн|线性|線形|선형",
    re.IGNORECASE,
)


def triples(sample: Sample, taken: set[str | int]) -> list[Triple]:
    """Columns that may be x, y and z: names that differ in that letter, or three neighbours."""
    numeric = [name for name, one in sample.items() if one.is_number and name not in taken]
    if isinstance(next(iter(sample)), str):
        spelt = [
            tuple(name[:place] + other + name[place + 1 :] for other in axes)
            for name in map(str, numeric)
            for axes in ("xyz", "XYZ", *(["123"] if _NUMBERED.search(name) else []))
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


@dataclass(frozen=True)
class AxesChoice:
    """Columns that may be x, y and z.

    Attributes:
        likely: those that are acceleration with gravity; one, if it is clear.
        out: why each other candidate is behind them.
    """

    likely: tuple[Triple, ...]
    out: Mapping[Triple, str]


def choose_axes(
    samples: Sequence[Sample], candidates: Sequence[Triple], rate_hz: float
) -> AxesChoice:
    """Return the candidates that are most likely acceleration with gravity.

    Names go before measurements. Of several that are left, sensors that move as no accelerometer
    does are out. One is clear if it alone rests at one g of a known unit and no other may be
    acceleration in another unit.
    """
    out: dict[Triple, str] = {}
    left = [one for one in candidates if not _NO_ACCELERATION.search(str(one[0]))]
    out |= {one: "its names are of another sensor" for one in candidates if one not in left}
    turned = [one for one in left if any(_is_turn(sample, one) for sample in samples)]
    out |= dict.fromkeys(turned, QUATERNION)
    left = [one for one in left if one not in turned]
    total, parts = _total(samples[0], candidates)
    if total in left:
        out |= dict.fromkeys(parts, "with another sensor it makes the acceleration")
        left = [one for one in left if one not in parts]
    for like, why in (
        (lambda name: isinstance(name, int) or _ACCELERATION.search(name), _LESS),
        (lambda name: not _NO_GRAVITY.search(str(name)), "its names are without gravity"),
    ):
        behind = [one for one in left if not like(one[0])]
        if len(behind) < len(left):
            out |= dict.fromkeys(behind, why)
            left = [one for one in left if one not in behind]
    left += [one for one, why in out.items() if why == _LESS and _is_like(samples, one, rate_hz)]
    if len(left) > 1:
        moves = {one: no_acceleration(values_of(samples, one), rate_hz) for one in left}
        moves |= {total: ""} if total in moves else {}
        if all(moves.values()):
            return AxesChoice(tuple(left), out)
        out |= {one: why for one, why in moves.items() if why}
        left = [one for one in left if not moves[one]]
        alike = [one for one, why in moves.items() if why == NO_GRAVITY]
        if len(left) == 1 and alike and gravity_of(samples, left[0], candidates):
            # It has none either: gravity is in columns of its own.
            return AxesChoice((*left, *alike), {one: out[one] for one in out if one not in alike})
    if len(left) > 1:
        found = {one: reading_of(samples, Sensor(one), rate_hz) for one in left}
        rest = [one for one in left if (read := found[one]) and read.at_rest and unit_read(read)]
        # Columns that are called so may be acceleration in an unknown unit.
        called = [one for one in left if out.get(one) != _LESS]
        only_like = bool(called) and not any(one in called for one in rest)
        rivals = [
            one
            for one in left
            if one not in rest
            and (
                _may_be(one, found[one])
                or (only_like and one in called)
                or (isinstance(one[0], int) and points_somewhere(values_of(samples, one), rate_hz))
            )
        ]
        if len(rest) == 1 and not rivals:
            out |= {one: _state(found[one]) for one in left if one not in rest}
            left = rest
        elif rest or rivals:
            out |= {one: _state(found[one]) for one in left if one not in rest + rivals}
            left = [one for one in left if one in rest + rivals]
    one_length = len(left) == 1 and left[0] != total
    if one_length and no_acceleration(values_of(samples, left[0]), rate_hz) == ONE_LENGTH:
        return AxesChoice((), {**out, left[0]: ONE_LENGTH})
    if len(left) == 1 and isinstance(left[0][0], int):
        # Columns of two sensors may look like those of one.
        left += [one for one in candidates if _overlap(one, left[0])]
    elif len(left) == 1 and not _ACCELERATION.search(str(left[0][0])):
        others = _unnamed_triples(samples[0], candidates)
        left += [one for one in others if _is_like(samples, one, rate_hz)]
    return AxesChoice(tuple(left), out)


def _unnamed_triples(sample: Sample, candidates: Sequence[Triple]) -> list[Triple]:
    """Return any three of the numeric columns whose names say nothing, and side by side if many."""
    known = {name for one in candidates for name in one}
    free = [
        name
        for name, one in sample.items()
        if one.is_number
        and name not in known
        and not _NO_ACCELERATION.search(str(name))
        and (np.diff(one.values) < 0).any()  # neither time nor a counter
    ]
    if len(free) <= _MOST_UNNAMED:
        return list(combinations(free, 3))
    return list(zip(free, free[1:], free[2:], strict=False))


def _total(sample: Sample, candidates: Sequence[Triple]) -> tuple[Triple | None, list[Triple]]:
    """Return the columns that are the sum of two others, as gravity and user acceleration."""
    values = {one: _stacked(sample, one)[::_EVERY] for one in candidates[:_MOST_SUMMED]}
    for total in values:
        for parts in combinations([one for one in values if not set(one) & set(total)], 2):
            if is_sum(values[total], *(values[one] for one in parts)):
                return total, list(parts)
    return None, []


def _is_turn(sample: Sample, triple: Triple) -> bool:
    """Return whether three columns and another one are quaternions."""
    values = _stacked(sample, triple)[::_EVERY]
    others = [one for name, one in sample.items() if one.is_number and name not in triple]
    return any(completes_to_one(values, one.values[::_EVERY].astype(float)) for one in others)


def _is_like(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> bool:
    """Return whether columns read one g of a known unit, and move as an accelerometer does."""
    known = unit_read(reading_of(samples, Sensor(triple), rate_hz)) is not None
    return known and not no_acceleration(values_of(samples, triple), rate_hz)


def _overlap(one: Triple, other: Triple) -> bool:
    """Return whether two triples share some columns."""
    return one != other and bool(set(one) & set(other))


def _may_be(triple: Triple, found: Reading | None) -> bool:
    """Return whether columns that rest at no known unit may yet be acceleration in some unit."""
    if unit_in(str(triple[0])):
        return True
    if found is not None and not found.at_rest and isinstance(triple[0], int):
        return True  # it moves about something like gravity, and no name speaks against it
    return found is not None and (found.whole if found.at_rest else found.unit is not None)


def _state(found: Reading | None) -> str:
    return "it shows no gravity" if found is None else str(found)


def _led_by_one(sample: Sample, triple: Triple) -> bool:
    """Return whether one column is beyond what turning and movement make of an axis.

    A battery or a counter beside two axes is so large that the two seem never to move.
    """
    values = _stacked(sample, triple)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return False
    largest = np.sort(np.percentile(np.abs(values), 99, axis=0))
    return bool(largest[2] > _BEYOND * max(largest[1], 1e-9))


def gravity_of(
    samples: Sequence[Sample], axes: Triple, candidates: Sequence[Triple]
) -> list[Triple]:
    """Columns of gravity that must be added to some axes; none if the axes contain it.

    Args:
        samples: of some files.
        axes: acceleration, with gravity or without.
        candidates: all triples of the files.

    Returns:
        Several where it is not clear which, or whether.
    """
    gravities = [one for one in candidates if _GRAVITY.search(str(one[0])) and one != axes]
    beginnings = {one: _alike_start(str(one[0]), str(axes[0])) for one in gravities}
    best = max(beginnings.values(), default=0)
    left = [one for one, length in beginnings.items() if length == best]
    if len(left) != 1:
        return left
    mean = np.nanmean(np.concatenate([_stacked(one, axes) for one in samples]), axis=0)
    down = np.nanmean(np.concatenate([_stacked(one, left[0]) for one in samples]), axis=0)
    size, none = float(np.linalg.norm(down)), float(np.linalg.norm(mean))
    all_of_it = min(float(np.linalg.norm(mean - down)), float(np.linalg.norm(mean + down)))
    if size > 0 and none < all_of_it / 2:
        return left
    return [] if all_of_it < none / 2 else [left[0], axes]


def _alike_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def lacks_gravity(
    samples: Sequence[Sample], sensor: Sensor, rate_hz: float, texts: Sequence[str]
) -> bool:
    """Return whether x, y and z have no gravity, and none is added.

    They swing around 0 while they move. Or they are never at rest, and their names say so or they
    read less than half of one g in the unit that is stated.

    Args:
        samples: of some files.
        sensor: the columns.
        rate_hz: sampling rate.
        texts: names of the columns, and what a row of units says of them.
    """
    if sensor.gravity is not None:
        return False
    values = values_of(samples, sensor.axes)
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return False
    # A gyroscope may have an offset at rest that looks like gravity.
    swings = no_acceleration(values, rate_hz) == NO_GRAVITY
    if swings or rest_of(samples, sensor, rate_hz) is not None:
        return swings
    median = float(np.median(np.linalg.norm(values, axis=1)))
    stated = [UNITS[unit] for text in texts if (unit := unit_in(text)) is not None]
    named = bool(_NO_GRAVITY.search(str(sensor.axes[0])))
    return named or any(median < _FEW_G * one_g for one_g in stated)


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


def rest_of(samples: Sequence[Sample], sensor: Sensor, rate_hz: float) -> float | None:
    """|a| at rest: the median over the sampled files."""
    found = reading_of(samples, sensor, rate_hz)
    return found.length if found is not None and found.at_rest else None


def reading_of(samples: Sequence[Sample], sensor: Sensor, rate_hz: float) -> Reading | None:
    """The median over the sampled files with a second at rest; over all, if none has one."""
    found = [reading(sensor.values(sample), rate_hz) for sample in samples]
    for at_rest in (True, False):
        kept = [one for one in found if one is not None and one.at_rest == at_rest]
        if kept:
            median = float(np.median([one.length for one in kept]))
            uneven = next((one.between for one in kept if one.is_uneven), None)
            return Reading(median, at_rest, all(one.whole for one in kept), uneven)
    return None


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
    said = any(_COUNTED.search(str(name)) for name in samples[0])
    return said or bool((values == 0).all(axis=1).mean() > _NEVER_AT_REST)


def unit_note(found: Reading) -> str:
    """Return a note that no second at rest shows the unit."""
    return f"no second at rest shows the unit: {found}"


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


def values_of(samples: Sequence[Sample], triple: Triple) -> NDArray[np.float64]:
    """Return [T, 3] of all samples, one after the other."""
    return np.concatenate([_stacked(sample, triple) for sample in samples])


def _stacked(sample: Sample, triple: Triple) -> NDArray[np.float64]:
    return np.stack([sample[name].values for name in triple], axis=1).astype(np.float64)
