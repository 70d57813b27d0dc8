"""Contents of an unknown table: the conclusions that a proposal and a recognition share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from crosswear.tables.at_rest import is_shifted, reading_of
from crosswear.tables.axes import choose_axes
from crosswear.tables.evidence import SamplingRate, UnitGuess
from crosswear.tables.gravity_columns import gravity_of, lacks_gravity
from crosswear.tables.mixtures import Mixture, mixture, restarted, select
from crosswear.tables.refusals import Refusal, activity_counts, faulty_numbers, faulty_stamps
from crosswear.tables.sampled import Sample
from crosswear.tables.scale import guess_unit
from crosswear.tables.sensor_columns import Sensor, Triple, triples, values_of
from crosswear.tables.stamps import RATE_TOLERANCE
from crosswear.tables.steady import role_columns
from crosswear.tables.time_columns import (
    NEAR,
    TimeColumn,
    in_conflict,
    time_columns,
)
from crosswear.tables.units import Reading
from crosswear.tables.written import scaled_to, zeros_note

_UNKNOWN_UNIT = "it is not known what it counts"
TAKEN_AWAY = "Gravity is not in x, y and z, by their names or by what they read"
FALLBACK_HZ = 50.0
"""Taken for the rate while it is unknown, to look for seconds at rest."""


@dataclass(frozen=True)
class Stated:
    """Facts that the user states of a table; the rest is looked for in it.

    Attributes:
        axes: columns of x, y and z, each if it is known.
        time: column of the time; an empty name for none.
        rate_hz: nominal sampling rate.
        rows: value of each column by which rows are selected; None if nothing is said of it.
        others: columns that are something else, such as the label.
        zero: reading of x, y and z at 0 g.
        gravity: columns to add to x, y and z; empty for none.
    """

    axes: tuple[str | int | None, ...] = (None, None, None)
    time: str | int | None = None
    rate_hz: float | None = None
    rows: Mapping[str | int, str] | None = None
    others: Collection[object] = ()
    zero: tuple[float, ...] | None = None
    gravity: tuple[str | int, ...] | None = None


@dataclass(frozen=True)
class Conclusions:
    """Contents of tables of one layout.

    Attributes:
        times: columns that run with time, the most useful first.
        time: the stated one of them, or the first.
        uses_time: whether its stamps are instants, or it was stated.
        rate: the sampling rate.
        candidates: columns that may be x, y and z.
        likely: those that are acceleration with gravity, as far as that is clear.
        reading: what is about one g, if one candidate is left.
        mixture: a column that says which sensor a row is of: rows must be selected first.
        refusal: why nothing can be concluded.
        sensor: the columns of x, y and z with what must be added, if they are clear.
        gravities: columns that may have to be added; more than one if that is not clear.
        is_shifted: whether x, y and z seem to have their zero elsewhere.
        unit: of x, y and z.
        out: why each other candidate is behind those that are likely.
        zeros: a sentence on rows of x, y and z that were not measured.
    """

    times: tuple[TimeColumn, ...]
    time: TimeColumn | None
    uses_time: bool
    rate: SamplingRate
    candidates: tuple[Triple, ...]
    likely: tuple[Triple, ...]
    reading: Reading | None
    mixture: Mixture | None = None
    refusal: Refusal | None = None
    sensor: Sensor | None = None
    gravities: tuple[Triple, ...] = ()
    is_shifted: bool = False
    unit: UnitGuess = field(default_factory=lambda: UnitGuess(None))
    out: Mapping[Triple, str] = field(default_factory=dict)
    zeros: str = ""

    @property
    def axes(self) -> Triple | None:
        """The columns of x, y and z, if they are clear."""
        return self.likely[0] if len(self.likely) == 1 else None

    @property
    def ruled_out(self) -> str:
        """The reason why the only candidate for x, y and z is none; empty if there are several."""
        if len(self.candidates) != 1 or self.candidates[0] not in self.out:
            return ""
        [columns] = self.candidates
        return f"{', '.join(map(str, columns))}: {self.out[columns]}"


def conclude(
    samples: Sequence[Sample],
    stated: Stated,
    rates_hz: Collection[float] = (),
    units: Mapping[str | int, str] | None = None,
) -> Conclusions:
    """Draw all conclusions from samples of tables of one layout.

    Args:
        samples: of some files.
        stated: what the user says.
        rates_hz: rates that are written above the numbers.
        units: what a row below the names states, by column.
    """
    units = units or {}
    raw = samples
    rows = stated.rows or {}
    samples = [select(sample, rows) for sample in raw]
    mixed = mixture(samples, stated.others) if stated.rows is None else None
    roles = role_columns(samples, set())
    times = time_columns(samples, (*roles.subject, *roles.perhaps_subject, *roles.session))
    time = _chosen(times, stated)
    if mixed is None and stated.rows is None and time is not None:
        steady = [one for one in roles.other if one not in stated.others]
        mixed = restarted(samples, time.column, steady)
    uses_time = time is not None and (not time.problem or stated.time is not None)
    rate = SamplingRate(stated.rate_hz)
    if rate.hz is None:
        stamps_used = uses_time and stated.time != ""
        conflict = in_conflict(times) if stated.time is None else ""
        rate = _rate(time, sorted(set(rates_hz)), conflict, stamps_used=stamps_used)
    assumed_hz = rate.hz or FALLBACK_HZ
    found = triples(samples[0], {one.column for one in times})
    choice = choose_axes(samples, found, assumed_hz)
    likely = list(choice.likely)
    x, y, z = stated.axes
    if x is not None:
        likely = [one for one in found if one[0] == x]
    if x in samples[0] and y in samples[0] and z in samples[0]:
        likely = [(x, y, z)]  # type: ignore[list-item]  # None is no column
    sensor, gravities = None, []
    if len(likely) == 1:
        if stated.gravity is None:
            gravities = gravity_of(samples, likely[0], found, assumed_hz)
        given = stated.gravity or (gravities[0] if len(gravities) == 1 else None)
        zero = stated.zero or (0.0, 0.0, 0.0)
        sensor = Sensor(likely[0], given, zero)  # type: ignore[arg-type]  # three
    axes = sensor.axes if sensor else ()
    texts = [text for one in axes for text in (str(one), units.get(one, ""))]
    found_reading = reading_of(samples, sensor, assumed_hz) if sensor else None
    values = values_of(samples, sensor.axes) if sensor else np.empty((0, 3))
    scaled = scaled_to(values) if stated.zero is None else ""
    problem = f"x, y and z are scaled to {scaled}: they have no unit" if scaled else ""
    if not problem and sensor and lacks_gravity(samples, sensor, assumed_hz, texts):
        problem = TAKEN_AWAY
    return Conclusions(
        times=tuple(times),
        time=time,
        uses_time=uses_time,
        rate=rate,
        candidates=tuple(found),
        likely=tuple(likely),
        reading=found_reading,
        out=choice.out,
        unit=UnitGuess(None, problem=problem)
        if problem
        else guess_unit(
            found_reading,
            texts,
            zero_elsewhere=any(stated.zero or ()),
            zero_known=stated.zero is not None or bool(rates_hz),
        ),
        sensor=sensor,
        gravities=tuple(gravities),
        is_shifted=sensor is not None
        and stated.zero is None
        and sensor.gravity is None
        and is_shifted(samples, sensor.axes),
        mixture=mixed,
        zeros=zeros_note(values),
        refusal=activity_counts(samples, found, time)
        or faulty_numbers(values)
        or (None if mixed or stated.time == "" else faulty_stamps(raw, rows, time, roles)),
    )


def _chosen(times: Sequence[TimeColumn], stated: Stated) -> TimeColumn | None:
    """Return the column of time: the stated one, or the first that has the stated rate.

    A column whose unit is in doubt, and which has another rate than the stated one in the unit that
    it is taken for, is not used.
    """
    by_name = next((one for one in times if one.column == stated.time), None)
    if by_name is not None or not times or stated.rate_hz is None:
        return by_name or next(iter(times), None)
    fits = [one for one in times if abs(one.rate_hz / stated.rate_hz - 1) <= RATE_TOLERANCE]
    usable = [one for one in fits if not one.problem]
    if usable:
        return usable[0]
    first = times[0]
    return replace(first, problem=_UNKNOWN_UNIT) if first.doubt and not first.problem else first


def _rate(
    time: TimeColumn | None, written: Sequence[float], conflict: str, *, stamps_used: bool
) -> SamplingRate:
    """Return the rate by the time, and by the different rates written above the numbers.

    Args:
        time: the column to use.
        written: the rates above the numbers.
        conflict: which columns that may be the time contradict each other.
        stamps_used: whether the stamps are instants.
    """
    listed = " and ".join(f"{hz:g} Hz" for hz in written)
    above = f"{listed} {'is' if len(written) == 1 else 'are'} written above the numbers"
    if time is not None and stamps_used:
        pairs = [(by_time, hz) for by_time in time.rates_hz for hz in written]
        for by_time, hz in pairs:
            if abs(by_time / hz - 1) > RATE_TOLERANCE:
                return SamplingRate(
                    None, problem=f"the time stamps give {by_time:.4g} Hz, and {above}"
                )
        if len(written) == 1 and abs(time.rate_hz / written[0] - 1) <= NEAR:
            return SamplingRate(written[0], is_written=True)
        if conflict or time.doubt:
            return SamplingRate(None, problem=conflict or time.doubt)
        return SamplingRate(time.nominal_hz(used=True))
    if written:
        return (
            SamplingRate(written[0], is_written=True)
            if len(written) == 1
            else SamplingRate(None, problem=above)
        )
    if time is not None:
        if time.doubt:
            return SamplingRate(None, problem=time.doubt)
        return SamplingRate(time.nominal_hz(used=not time.problem))
    return SamplingRate(None, problem="no column runs with time: the sampling rate is unknown")
