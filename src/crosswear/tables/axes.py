"""The choice of the columns of acceleration among several triples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from crosswear.tables.at_rest import reading_of
from crosswear.tables.column_names import ACCELERATION, NO_ACCELERATION, WITHOUT_GRAVITY
from crosswear.tables.gravity_columns import gravity_of
from crosswear.tables.sampled import Sample
from crosswear.tables.scale import unit_in, unit_read
from crosswear.tables.sensor_columns import Sensor, Triple, stacked, values_of
from crosswear.tables.units import UNITS, Reading
from crosswear.tables.vectors import (
    MAGNITUDE,
    NO_GRAVITY,
    ONE_LENGTH,
    QUATERNION,
    completes_to_one,
    has_magnitude,
    is_sum,
    no_acceleration,
    points_somewhere,
)

_MOST_UNNAMED = 9
_EVERY = 7  # of so many rows, one is looked at for a quaternion or a sum
_MOST_SUMMED = 12  # sensors
_LESS = "its names say less"


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
    left = [one for one in candidates if not NO_ACCELERATION.search(str(one[0]))]
    out |= {one: "its names are of another sensor" for one in candidates if one not in left}
    turned = [one for one in left if any(_is_turn(sample, one) for sample in samples)]
    out |= dict.fromkeys(turned, QUATERNION)
    left = [one for one in left if one not in turned]
    total, parts = _total(samples[0], candidates)
    if total in left:
        out |= dict.fromkeys(parts, "with another sensor it makes the acceleration")
        left = [one for one in left if one not in parts]
    for like, why in (
        (lambda name: isinstance(name, int) or ACCELERATION.search(name), _LESS),
        (lambda name: not WITHOUT_GRAVITY.search(str(name)), "its names are without gravity"),
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
        if (
            len(left) == 1
            and alike
            and (
                gravity_of(samples, left[0], candidates, rate_hz)
                or (ONE_LENGTH in moves.values() and not _is_sure(samples, left[0], rate_hz))
            )
        ):
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
    if len(left) == 1 and _third_is_magnitude(samples, left[0], rate_hz):
        return AxesChoice((), {**out, left[0]: MAGNITUDE})
    if len(left) == 1 and isinstance(left[0][0], int):
        # Columns of two sensors may look like those of one.
        left += [one for one in candidates if _overlap(one, left[0])]
    elif len(left) == 1 and not ACCELERATION.search(str(left[0][0])):
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
        and not NO_ACCELERATION.search(str(name))
        and (np.diff(one.values) < 0).any()  # neither time nor a counter
    ]
    if len(free) <= _MOST_UNNAMED:
        return list(combinations(free, 3))
    return list(zip(free, free[1:], free[2:], strict=False))


def _total(sample: Sample, candidates: Sequence[Triple]) -> tuple[Triple | None, list[Triple]]:
    """Return the columns that are the sum of two others, as gravity and user acceleration."""
    values = {one: stacked(sample, one)[::_EVERY] for one in candidates[:_MOST_SUMMED]}
    for total in values:
        for parts in combinations([one for one in values if not set(one) & set(total)], 2):
            if is_sum(values[total], *(values[one] for one in parts)):
                return total, list(parts)
    return None, []


def _is_turn(sample: Sample, triple: Triple) -> bool:
    """Return whether three columns and another one are quaternions."""
    values = stacked(sample, triple)[::_EVERY]
    others = [one for name, one in sample.items() if one.is_number and name not in triple]
    return any(completes_to_one(values, one.values[::_EVERY].astype(float)) for one in others)


def _is_like(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> bool:
    """Return whether columns read one g of a known unit, and move as an accelerometer does."""
    known = unit_read(reading_of(samples, Sensor(triple), rate_hz)) is not None
    return known and not no_acceleration(values_of(samples, triple), rate_hz)


def _is_sure(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> bool:
    """Return whether names say that columns are acceleration, or they rest at one g of a unit."""
    found = reading_of(samples, Sensor(triple), rate_hz)
    rests = found is not None and found.at_rest and unit_read(found) is not None
    return rests or bool(ACCELERATION.search(str(triple[0])))


def _third_is_magnitude(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> bool:
    """Return whether it is, where the unit is known and no name says that it is z."""
    unit = unit_read(reading_of(samples, Sensor(triple), rate_hz))
    if unit is None or "z" in str(triple[2]).lower():
        return False
    one_g = UNITS[unit] if isinstance(unit, str) else unit
    return has_magnitude(values_of(samples, triple), rate_hz, one_g)


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
