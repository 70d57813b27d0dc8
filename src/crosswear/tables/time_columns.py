"""Columns that run with time, their unit and the rate that they give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crosswear.core.texts import counted
from crosswear.tables.clock_changes import clock_back
from crosswear.tables.evidence import RunnerUp
from crosswear.tables.instants import Order
from crosswear.tables.sampled import Sample
from crosswear.tables.stamps import (
    FEWEST_PACKETS,
    RATE_TOLERANCE,
    are_instants,
    few,
    in_bursts,
    is_clock,
    rate_of,
)
from crosswear.tables.units import SECOND, TimeUnit

RATES: tuple[float, ...] = (
    *(10, 12.5, 15, 16, 20, 25, 26, 30, 31.25, 32, 40, 50, 51.2, 52, 60, 62.5, 64, 75, 80, 99),
    *(100, 102.4, 104, 119, 120, 125, 128, 150, 160, 200, 204.8, 208, 238, 250, 256, 400, 416),
    *(476, 500, 512, 800, 833, 952, 1000, 1024),
)
"""Rates that sensors are set to, in Hz."""
NEAR = 0.03
"""Time stamps within this part of one of `RATES` mean that rate."""
SLOWEST_HZ, FASTEST_HZ = 0.1, 100_000.0
"""Numbers that would give another rate are no time."""

FASTEST_UNNAMED_HZ = 400.0
"""Beyond it, numbers that are taken for seconds may be minutes, unless the name states a unit."""
TICKS_HZ = (15.0, 200.0)
"""At other rates than between these, whole numbers may count samples, hundredths of a second or
other ticks than those they are taken for, unless the name states a unit or they count from 1970."""
_NAMED_UNIT = re.compile(
    r"(?<![a-z])(?:s|sec|secs|seconds?|ms|millis|us|micros|ns|nanos)(?![a-z])|seconds|millisec|"
    r"microsec|nanosec|sekunden|secondes|segundos",
    re.IGNORECASE,
)
_LONG_UNIT = re.compile(r"minute|minuto|(?<![a-z])mins?(?![a-z])|hour|stunde|heure", re.IGNORECASE)
TIME = re.compile(r"time|stamp|date|seconds|epoch?|millis|^t$|^ts$|^ms$|^utc", re.IGNORECASE)
_UNITS: tuple[TimeUnit, ...] = ("s", "ms", "us", "ns")
_SPELT = {"ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_CENTURY_TICKS = ((1.1e17, 1.7e17), (6e17, 7e17))
"""Instants in tenths of a microsecond since 1601 (Windows) and since the year 1 (.NET)."""
_REVERSE = 0.98  # part of the steps that fall where the newest row comes first
_INDEX = re.compile(r"^$|index|idx|sample|count|packet|seq|^no\.?$|^n$|unnamed", re.IGNORECASE)


@dataclass(frozen=True)
class TimeColumn:
    """A column that runs with time.

    Attributes:
        column, unit: as in `dataset.toml`.
        rates_hz: rows over duration in each sampled file, gaps left out.
        problem: why its stamps are not the instants of the samples; empty if they may be.
        orders: of day, month and year, if its stamps are texts; several if that is not clear.
        spacing: the intervals, in words.
        is_named: whether its name or its form says that it is a time.
        shows_unit: whether its name, the year 1970 or its form shows the unit.
        is_whole: whether it holds whole numbers; of a clock, whole minutes.
    """

    column: str | int
    unit: TimeUnit
    rates_hz: tuple[float, ...]
    problem: str
    spacing: str
    orders: tuple[Order, ...] = ()
    is_named: bool = True
    shows_unit: bool = True
    is_whole: bool = False

    @property
    def rate_hz(self) -> float:
        """The median over the files."""
        return float(np.median(self.rates_hz))

    def nominal_hz(self, *, used: bool) -> float:
        """Return the rate to declare: the sensor's setting, if the stamps are instants to use."""
        return standard_rate(self.rate_hz) if used else float(f"{self.rate_hz:.5g}")

    @property
    def doubt(self) -> str:
        """Return why its unit may be another one; an empty text if it is clear enough."""
        if self.shows_unit:
            return ""
        named, rate = f"column {self.column!r}", f"{self.rate_hz:.4g} Hz"
        if self.unit == "s":
            as_minutes = (
                f"{named} gives as seconds {rate}, and as minutes {self.rate_hz / 60:.4g} Hz"
            )
            return as_minutes if self.rate_hz > FASTEST_UNNAMED_HZ else ""
        if not self.is_whole or TICKS_HZ[0] <= self.rate_hz < TICKS_HZ[1]:
            return ""
        if self.orders:
            return f"{named} gives {rate} as hours and minutes: it may be minutes and seconds"
        return f"{named} gives {rate} as {_SPELT[self.unit]}: it may count samples or other ticks"

    def unclear(self) -> str:
        """Say that several orders are possible."""
        return f"column {self.column!r} does not show which number is the day, which the month"

    def unused(self, *, gives_rate: bool) -> str:
        """Say why it is not used, and what follows from that."""
        rate = ", and the rate is that of its usual intervals" if gives_rate else ""
        return (
            f"column {self.column!r} is not used as time: {self.problem}. Gaps cannot be seen "
            f"without it{rate}"
        )


def time_columns(samples: Sequence[Sample], parts: Sequence[str | int]) -> list[TimeColumn]:
    """All columns that run with time, the most useful first.

    Args:
        samples: of some files.
        parts: columns of people and sessions; where one changes, time may begin anew.
    """
    found = []
    for name, first in samples[0].items():
        columns = [sample[name] for sample in samples]
        if any(column.is_empty for column in columns):
            continue
        named = bool(TIME.search(str(name))) or first.is_stamp
        counts_rows = isinstance(name, str) and _INDEX.search(name) and not named
        if counts_rows or not all(column.is_number for column in columns):
            continue
        steps = [
            np.diff(column.values)[~changes_of(sample, parts)]
            for column, sample in zip(columns, samples, strict=True)
        ]
        if first.is_stamp:  # a clock that is put back is reported where it is
            steps = [step[~clock_back(step)] for step in steps]
        start = float(first.values[0])
        orders = tuple(o for o in first.orders if all(o in column.orders for column in columns))
        if first.is_stamp and not orders:
            continue
        time = _time(name, start, steps, named, orders)
        if time is None:
            continue
        if not first.is_stamp and any(
            is_clock(np.asarray(column.filled().values, np.float64)) for column in columns
        ):
            time = replace(time, problem="its numbers are hours, minutes and seconds in a row")
        tick = 60 if first.is_stamp else 1
        whole = all(not (column.filled().values % tick).any() for column in columns)
        time = replace(time, is_whole=whole, shows_unit=_shows_unit(time, start, whole))
        repeats = sum(int((step == 0).sum()) for step in steps)
        found.append(((bool(time.problem), bool(time.doubt), not named, repeats), time))
    return [time for _, time in sorted(found, key=lambda one: one[0])]


def in_reverse(samples: Sequence[Sample]) -> str | int | None:
    """Return the first column that is named as a time and runs backwards from row to row."""
    for name, first in samples[0].items():
        if not first.is_number or not (TIME.search(str(name)) or first.is_stamp):
            continue
        steps = np.concatenate([np.diff(one[name].filled().values) for one in samples])
        if len(steps) and (steps < 0).mean() > _REVERSE and (steps > 0).mean() < 1 - _REVERSE:
            return name
    return None


def in_conflict(times: Sequence[TimeColumn]) -> str:
    """Return which columns that may be the time contradict each other; empty if none do.

    Args:
        times: the most useful first.
    """
    named = [one for one in times if one.is_named and not one.problem and not one.doubt]
    for other in named[1:]:
        if named[0].shows_unit and not other.shows_unit:
            continue
        if abs(np.log(other.rate_hz / named[0].rate_hz)) > np.log1p(RATE_TOLERANCE):
            first, second = named[0], other
            return (
                f"column {first.column!r} gives {first.rate_hz:.4g} Hz, and column "
                f"{second.column!r} {second.rate_hz:.4g} Hz"
            )
    return ""


def standard_rate(rate_hz: float) -> float:
    """The rate that a sensor was set to, if its time stamps give about `rate_hz`."""
    near = min(RATES, key=lambda rate: abs(np.log(rate_hz / rate)))
    return float(near) if abs(rate_hz / near - 1) <= NEAR else float(f"{rate_hz:.4g}")


def next_rate(by_stamps_hz: float, chosen_hz: float) -> RunnerUp:
    """Return the second rate to which time stamps may belong, and how far they are from it."""
    left = [rate for rate in RATES if rate != chosen_hz]
    near = min(left, key=lambda rate: abs(np.log(by_stamps_hz / rate)))
    return RunnerUp(float(near), f"{abs(by_stamps_hz / near - 1):.1%} from what the stamps give")


def _time(
    name: str | int,
    start: float,
    steps: Sequence[NDArray[np.float64]],
    named: bool,
    orders: tuple[Order, ...],
) -> TimeColumn | None:
    steps = [finite for step in steps if len(finite := step[np.isfinite(step)])]
    if not steps or any((step < 0).mean() > 0.02 or not step.sum() > 0 for step in steps):
        return None
    every = np.concatenate([step[step > 0] for step in steps])
    if not named and ((every == 1).all() or len(every) < sum(map(len, steps)) / 2):
        return None
    if len(every) < FEWEST_PACKETS and not few(sum(map(len, steps)) - len(every), len(every)):
        return None  # too few different stamps to show how far apart they are
    rates = [rate for step in steps if (rate := rate_of(step)) is not None]
    unit = orders[0] if orders else _time_unit(str(name), start, 1 / float(np.median(rates)))
    if unit is None:
        return None
    factor = SECOND.get(unit, 1.0)
    rates_hz = tuple(rate * factor for rate in rates)
    if not all(SLOWEST_HZ <= rate_hz <= FASTEST_HZ for rate_hz in rates_hz):
        return None
    repeats = [int((step == 0).sum()) for step in steps]
    backwards = sum(int((step < 0).sum()) for step in steps)
    low, middle, high = np.percentile(every, (1, 50, 99)) / factor * 1e3
    problem = ""
    if backwards:
        problem = f"it runs backwards {counted(backwards, 'time')}"
    elif not all(are_instants(np.cumsum(step)) for step in steps):
        rows = sum(map(len, steps))
        problem = f"it repeats the row before {counted(sum(repeats), 'time')} in {rows} rows"
    elif in_bursts(every):
        problem = f"its intervals reach {high:.3g} ms where {middle:.3g} ms is usual"
    shortest, usual, longest = (f"{one:.3g}" for one in (low, middle, high))
    spacing = f"intervals of {usual} ms"
    if shortest != longest:
        spacing = f"intervals of {shortest} to {longest} ms, usually {usual} ms"
    return TimeColumn(name, unit, rates_hz, problem, spacing, orders, named)


def _shows_unit(time: TimeColumn, start: float, whole: bool) -> bool:
    """Return whether something else than a usual rate speaks for the unit."""
    if time.orders:
        return time.orders != ("time-of-day",) or not whole
    since = TIME.search(str(time.column)) and since_1970(start) == time.unit
    return bool(since or _NAMED_UNIT.search(str(time.column)))


def _time_unit(name: str, start: float, step: float) -> TimeUnit | None:
    """The unit of numbers that run with time: since 1970, or from a step of 0.5 to 200 ms."""
    if _LONG_UNIT.search(name) or any(low < start < high for low, high in _CENTURY_TICKS):
        return None  # minutes, hours or parts of a microsecond: there is no such unit
    unit = since_1970(start)
    if unit and TIME.search(name) and SLOWEST_HZ <= SECOND[unit] / step <= FASTEST_HZ:
        return unit
    return next((unit for unit in _UNITS if 5e-4 <= step / SECOND[unit] <= 0.2), None)


def since_1970(time: float) -> TimeUnit | None:
    """Return in which unit a number is an instant from 1998 to 2128, counted from 1970."""
    return next((unit for unit in _UNITS if 9e8 <= time / SECOND[unit] <= 5e9), None)


def changes_of(sample: Sample, columns: Sequence[str | int]) -> NDArray[np.bool_]:
    """Return whether each row but the first differs in one of some columns from the one before."""
    rows = len(next(iter(sample.values())).values)
    changes = [sample[column].changes for column in columns if not sample[column].is_empty]
    return np.asarray(np.logical_or.reduce([np.zeros(max(rows - 1, 0), bool), *changes]))
