"""Contents of an unknown table: the conclusions that a proposal and a recognition share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.tables.axes import (
    Sensor,
    Triple,
    are_epoch_counts,
    choose_axes,
    gravity_of,
    is_shifted,
    lacks_gravity,
    reading_of,
    triples,
)
from crosswear.tables.clock_changes import BACK_TODO, clock_back, runs_backwards
from crosswear.tables.faults import place
from crosswear.tables.mixtures import Mixture, kept_rows, mixture, select
from crosswear.tables.sampled import Sample
from crosswear.tables.scale import UnitGuess, guess_unit
from crosswear.tables.stamps import RATE_TOLERANCE, rate_change
from crosswear.tables.steady import RoleColumns, role_columns
from crosswear.tables.text import Dialect, TableFile
from crosswear.tables.time_columns import NEAR, TimeColumn, changes_of, time_columns
from crosswear.tables.units import SECOND, Reading

_TAKEN_AWAY = "Gravity is not in x, y and z, by their names or by what they read"
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
class SamplingRate:
    """Nominal sampling rate of tables.

    Attributes:
        hz: as stated; as written above the numbers, or set in the device, if the time stamps that
            are used are near it; by these; or by the usual intervals. None if nothing shows it, or
            if two of these contradict each other.
        is_written: whether it is the one above the numbers.
        problem: why it is None.
    """

    hz: float | None
    is_written: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Refusal:
    """Reason why tables cannot be read as recordings.

    Attributes:
        what, expected, todo: as in errors.
        sample: index of the table.
        row: from which it does not hold what it should; None for all of them.
    """

    what: str
    expected: str
    todo: str
    sample: int = 0
    row: int | None = None

    def error(self, file: TableFile, dialect: Dialect) -> DataFormatError:
        """Return the error, with the line of the file."""
        where = file.where if self.row is None else place(file, dialect, self.row)
        return DataFormatError(self.what, where=where, expected=self.expected, todo=self.todo)


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

    @property
    def axes(self) -> Triple | None:
        """The columns of x, y and z, if they are clear."""
        return self.likely[0] if len(self.likely) == 1 else None


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
    time = next((one for one in times if one.column == stated.time), next(iter(times), None))
    uses_time = time is not None and (not time.problem or stated.time is not None)
    rate = SamplingRate(stated.rate_hz)
    if rate.hz is None:
        stamps_used = uses_time and stated.time != ""
        rate = _rate(time, sorted(set(rates_hz)), stamps_used=stamps_used)
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
        gravities = gravity_of(samples, likely[0], found) if stated.gravity is None else []
        given = stated.gravity or (gravities[0] if len(gravities) == 1 else None)
        zero = stated.zero or (0.0, 0.0, 0.0)
        sensor = Sensor(likely[0], given, zero)  # type: ignore[arg-type]  # three
    axes = sensor.axes if sensor else ()
    texts = [text for one in axes for text in (str(one), units.get(one, ""))]
    found_reading = reading_of(samples, sensor, assumed_hz) if sensor else None
    return Conclusions(
        times=tuple(times),
        time=time,
        uses_time=uses_time,
        rate=rate,
        candidates=tuple(found),
        likely=tuple(likely),
        reading=found_reading,
        out=choice.out,
        unit=UnitGuess(None, problem=_TAKEN_AWAY)
        if sensor is not None and lacks_gravity(samples, sensor, assumed_hz, texts)
        else guess_unit(found_reading, texts, zero_elsewhere=any(stated.zero or ())),
        sensor=sensor,
        gravities=tuple(gravities),
        is_shifted=sensor is not None
        and stated.zero is None
        and sensor.gravity is None
        and is_shifted(samples, sensor.axes),
        mixture=mixed,
        refusal=_epochs(samples, found, time)
        or (None if mixed or stated.time == "" else _faulty_stamps(raw, rows, time, roles)),
    )


def _epochs(
    samples: Sequence[Sample], found: Sequence[Triple], time: TimeColumn | None
) -> Refusal | None:
    if not any(are_epoch_counts(samples, one) for one in found):
        return None
    period = "" if time is None else f", one every {1 / time.rate_hz:.4g} s"
    return Refusal(
        f"activity counts of epochs{period}, not acceleration",
        expected="raw acceleration, a row for each sample",
        todo="export the raw data of the device, such as .gt3x or its raw CSV",
    )


def _faulty_stamps(
    samples: Sequence[Sample],
    rows: Mapping[str | int, str],
    time: TimeColumn | None,
    roles: RoleColumns,
) -> Refusal | None:
    """Return the first row at which the rate changes, or the clock is put back."""
    if time is None:
        return None
    for number, whole in enumerate(samples):
        kept = np.flatnonzero(kept_rows(whole, rows))
        sample = select(whole, rows)
        values = np.asarray(sample[time.column].values, np.float64)
        new = changes_of(sample, (*roles.subject, *roles.perhaps_subject, *roles.session))
        if time.orders and (back := clock_back(np.diff(values)) & ~new).any():
            row = int(back.argmax()) + 1
            return Refusal(
                runs_backwards(float(values[row] - values[row - 1])),
                expected="time stamps that increase from row to row",
                todo=BACK_TODO,
                sample=number,
                row=int(kept[row]),
            )
        for begin, end in pairwise([0, *(np.flatnonzero(new) + 1).tolist(), len(values)]):
            changed = rate_change(values[begin:end])
            if changed is not None:
                row, *rates = changed
                before, after = (rate * SECOND.get(time.unit, 1.0) for rate in rates)
                return Refusal(
                    f"the rate changes from {before:.4g} Hz to {after:.4g} Hz",
                    expected="one sampling rate",
                    todo="cut the file at that line and describe the parts apart, or resample it",
                    sample=number,
                    row=int(kept[begin + row]),
                )
    return None


def _rate(time: TimeColumn | None, written: Sequence[float], *, stamps_used: bool) -> SamplingRate:
    """Return the rate by the time, and by the different rates written above the numbers."""
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
        if time.may_be_minutes:
            rates = f"{time.rate_hz:.4g} Hz, and as minutes {time.rate_hz / 60:.4g} Hz"
            return SamplingRate(None, problem=f"column {time.column!r} gives as seconds {rates}")
        return SamplingRate(time.nominal_hz(used=True))
    if written:
        return (
            SamplingRate(written[0], is_written=True)
            if len(written) == 1
            else SamplingRate(None, problem=above)
        )
    if time is not None:
        if time.may_be_minutes:
            return SamplingRate(None, problem=f"column {time.column!r} may count minutes")
        return SamplingRate(time.nominal_hz(used=not time.problem))
    return SamplingRate(None, problem="no column runs with time: the sampling rate is unknown")
