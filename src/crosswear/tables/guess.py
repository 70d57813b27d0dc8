"""Contents of an unknown table: the conclusions that a proposal and a recognition share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.tables.axes import (
    Sensor,
    Triple,
    accelerations,
    are_epoch_counts,
    gravity_of,
    is_shifted,
    reading_of,
    triples,
)
from crosswear.tables.faults import place
from crosswear.tables.mixtures import Mixture, kept_rows, mixture, select
from crosswear.tables.sampled import Sample
from crosswear.tables.stamps import (
    HOUR_BACK_TODO,
    RATE_TOLERANCE,
    hours_back,
    rate_change,
    runs_backwards,
)
from crosswear.tables.text import Dialect, TableFile
from crosswear.tables.time_columns import NEAR, TimeColumn, changes_of, time_columns
from crosswear.tables.units import SECOND, Reading
from crosswear.tables.words import are_moments, never_people, sounds_like_activities

MOST_CLASSES = 60
FALLBACK_HZ = 50.0
"""Taken for the rate while it is unknown, to look for seconds at rest."""

_LABEL = re.compile(
    r"label|a[ck]tivit|class|target|annot|gesture|state|code|behaviou?r|action|truth|^y$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"subj|user|person|particip|proband|volunteer|patient|wearer|teilnehmer|sujet|proefpersoon|^vp",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^(id|pid|sid|name|who|nom|nombre|nome)$", re.IGNORECASE)
_SESSION = re.compile(r"session|trial|recording|^run$|segment_?id", re.IGNORECASE)


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
class RoleColumns:
    """Columns that keep one value over many rows, by what they may be.

    Attributes:
        label, subject, session: by their names, or by words for activities.
        perhaps_subject: columns whose names may mean people or other things, such as ``id``.
        other: the rest.
    """

    label: tuple[str | int, ...]
    subject: tuple[str | int, ...]
    session: tuple[str | int, ...]
    perhaps_subject: tuple[str | int, ...]
    other: tuple[str | int, ...]


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

    @property
    def axes(self) -> Triple | None:
        """The columns of x, y and z, if they are clear."""
        return self.likely[0] if len(self.likely) == 1 else None


def conclude(
    samples: Sequence[Sample], stated: Stated, rates_hz: Collection[float] = ()
) -> Conclusions:
    """Draw all conclusions from samples of tables of one layout.

    Args:
        samples: of some files.
        stated: what the user says.
        rates_hz: rates that are written above the numbers.
    """
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
    likely = accelerations(samples, found, assumed_hz)
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
    return Conclusions(
        times=tuple(times),
        time=time,
        uses_time=uses_time,
        rate=rate,
        candidates=tuple(found),
        likely=tuple(likely),
        reading=reading_of(samples, sensor, assumed_hz) if sensor else None,
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
        if time.orders and (back := hours_back(np.diff(values)) & ~new).any():
            row = int(back.argmax()) + 1
            return Refusal(
                runs_backwards(float(values[row] - values[row - 1])),
                expected="time stamps that increase from row to row",
                todo=HOUR_BACK_TODO,
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
        return SamplingRate(time.nominal_hz(used=True))
    if written:
        return (
            SamplingRate(written[0], is_written=True)
            if len(written) == 1
            else SamplingRate(None, problem=above)
        )
    if time is not None:
        return SamplingRate(time.nominal_hz(used=not time.problem))
    return SamplingRate(None, problem="no column runs with time: the sampling rate is unknown")


def role_columns(samples: Sequence[Sample], taken: set[str | int]) -> RoleColumns:
    """Columns that may be label, subject or session, and others that are as steady."""
    steady = [name for name in samples[0] if name not in taken and _is_steady(samples, name)]
    values = {name: _values(samples, name) for name in steady}
    named = [name for name in steady if isinstance(name, str)]
    label: list[str | int] = [name for name in named if _LABEL.search(name)]
    session = [name for name in named if _SESSION.search(name) and name not in label]
    people: list[str | int] = [
        name
        for name in named
        if name not in label + session and _PERSON.search(name) and not never_people(values[name])
    ]
    # A counter may number people in a column that says so.
    people += [
        name
        for name in named
        if name not in label + session + people
        and _SUBJECT.search(name)
        and not are_moments(values[name])
        and not sounds_like_activities(values[name])
    ]
    subject = [name for name in people if _SUBJECT.search(str(name))]
    left = [name for name in steady if name not in label + session + people]
    if not label:
        label = [name for name in left if sounds_like_activities(values[name])]
    return RoleColumns(
        label=tuple(label),
        subject=tuple(subject),
        session=tuple(session),
        perhaps_subject=tuple(name for name in people if name not in subject),
        other=tuple(name for name in left if name not in label),
    )


def _values(samples: Sequence[Sample], name: str | int) -> set[str]:
    """Return the different values of a column as texts, without empty ones."""
    found: set[str] = set()
    for one in (sample[name] for sample in samples):
        numbers = one.values[np.isfinite(one.values)] if one.is_number else np.empty(0)
        found |= {text for text in one.texts if text} | {f"{n:g}" for n in np.unique(numbers)}
    return found


def _is_steady(samples: Sequence[Sample], name: str | int) -> bool:
    """Few different values, each for many rows on end; empty cells are passed over."""
    columns = [one.filled() for sample in samples if not (one := sample[name]).is_empty]
    if any(
        one.is_stamp or (one.is_number and (one.values != np.rint(one.values)).any())
        for one in columns
    ):
        return False
    different = {value for one in columns for value in (one.texts or np.unique(one.values))}
    rows = sum(len(one.values) for one in columns)
    return len(different) <= MOST_CLASSES and sum(one.changes.sum() for one in columns) <= rows / 20
