"""Which column is what, from names and from a sample of the values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crosswear.core.texts import counted
from crosswear.datasets.own.layout import SECOND, TimeUnit
from crosswear.datasets.own.stamps import few, in_bursts, rate_of
from crosswear.datasets.own.units import TOLERANCE, Reading, alike, reading, unit_at_rest
from crosswear.datasets.propose.paths import sounds_like_activities
from crosswear.datasets.propose.sniff import SampledColumn

Sample = Mapping[str | int, SampledColumn]
"""The columns of the beginning of one file."""
Triple = tuple[str | int, str | int, str | int]

RATES: tuple[float, ...] = (
    *(10, 12.5, 15, 16, 20, 25, 26, 30, 31.25, 32, 40, 50, 51.2, 52, 60, 62.5, 64, 75, 80, 99),
    *(100, 102.4, 104, 119, 120, 125, 128, 150, 160, 200, 204.8, 208, 238, 250, 256, 400, 416),
    *(476, 500, 512, 800, 833, 952, 1000, 1024),
)
"""Rates that sensors are set to, in Hz."""
NEAR = 0.03
"""Time stamps within this part of one of `RATES` mean that rate."""
SLOWEST_HZ, FASTEST_HZ = 0.1, 100_000.0
"""Numbers that would tell another rate are no time."""
MOST_CLASSES = 60
COUNTS = tuple(2**bits for bits in range(4, 16))

TIME = re.compile(r"time|stamp|date|seconds|epoch|millis|^t$|^ts$|^ms$|^utc", re.IGNORECASE)
_INDEX = re.compile(r"^$|index|idx|sample|count|packet|seq|^no\.?$|^n$|unnamed", re.IGNORECASE)
_ACCELERATION = re.compile(
    r"acc|^\W*[xyz]\W*(\W.*)?$|^a[_ ]?[xyz]|^[xyz][_ -]?(axis|value)", re.IGNORECASE
)
_OTHER_SENSOR = re.compile(
    r"gyr|mag|rot|ang|quat|orient|euler|grav|omega|velocity|^g[_ ]?[xyz]$|^m[_ ]?[xyz]$",
    re.IGNORECASE,
)
_NO_GRAVITY = re.compile(r"user|linear|body", re.IGNORECASE)
_LABEL = re.compile(
    r"label|a[ck]tivit|class|target|annot|gesture|state|code|behaviou?r|action|truth|^y$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"subj|user|person|particip|proband|volunteer|patient|^id$|^pid$|^sid$|^name$|wearer",
    re.IGNORECASE,
)
_SESSION = re.compile(r"session|trial|recording|^run$|segment_?id", re.IGNORECASE)


@dataclass(frozen=True)
class TimeColumn:
    """A column that runs with time.

    Attributes:
        column, unit: as in `dataset.toml`.
        rates_hz: rows over duration in each sampled file, gaps left out.
        problem: why its stamps are not the instants of the samples; empty if they may be.
        spacing: the intervals, in words.
    """

    column: str | int
    unit: TimeUnit
    rates_hz: tuple[float, ...]
    problem: str
    spacing: str

    @property
    def rate_hz(self) -> float:
        """The median over the files."""
        return float(np.median(self.rates_hz))

    @property
    def unused(self) -> str:
        """Says why it is not used, and what follows from that."""
        return (
            f"column {self.column!r} is not used as time: {self.problem}. Gaps cannot be seen "
            "without it, and the rate is that of its usual intervals"
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
            np.diff(column.values)[~_any_changes(sample, parts)]
            for column, sample in zip(columns, samples, strict=True)
        ]
        start = float(first.values[0])
        time = _time(name, start, steps, named, all(column.is_stamp for column in columns))
        found += [(bool(time.problem), not named, time)] if time else []
    return [time for *_, time in sorted(found, key=lambda one: one[:2])]


def triples(sample: Sample, taken: set[str | int]) -> list[Triple]:
    """Columns that may be x, y and z: names that differ in that letter, or three neighbours."""
    numeric = [name for name, one in sample.items() if one.is_number and name not in taken]
    if isinstance(next(iter(sample)), str):
        spelt = [
            tuple(name[:place] + other + name[place + 1 :] for other in axes)
            for name in map(str, numeric)
            for axes in ("xyz", "XYZ")
            for place, letter in enumerate(name)
            if letter == axes[0]
        ]
        return [(x, y, z) for x, y, z in spelt if y in numeric and z in numeric]
    neighbours = [
        (a, a + 1, a + 2)
        for a in numeric
        if isinstance(a, int) and a + 1 in numeric and a + 2 in numeric
    ]
    if len(neighbours) == 1:
        return list(neighbours)
    return [one for one in neighbours if all(sample[column].changes.any() for column in one)]


def accelerations(
    samples: Sequence[Sample], candidates: Sequence[Triple], rate_hz: float
) -> list[Triple]:
    """The candidates that are most likely acceleration with gravity; one, if it is clear."""
    good = [one for one in candidates if isinstance(one[0], int) or _ACCELERATION.search(one[0])]
    good = [one for one in good if not _OTHER_SENSOR.search(str(one[0]))]
    left = good or [one for one in candidates if not _OTHER_SENSOR.search(str(one[0]))]
    with_gravity = [one for one in left if not _NO_GRAVITY.search(str(one[0]))]
    left = with_gravity or left
    if len(left) > 1:
        told = [one for one in left if unit_of(rest_of(samples, one, rate_hz)) is not None]
        left = told or left
    return left


def rest_of(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> float | None:
    """|a| at rest: the median over the sampled files."""
    found = reading_of(samples, triple, rate_hz)
    return found.length if found is not None and found.at_rest else None


def reading_of(samples: Sequence[Sample], triple: Triple, rate_hz: float) -> Reading | None:
    """The median over the sampled files with a second at rest; over all, if none has one."""
    found = [reading(_stacked(sample, triple), rate_hz) for sample in samples]
    for at_rest in (True, False):
        lengths = [one.length for one in found if one is not None and one.at_rest == at_rest]
        if lengths:
            return Reading(float(np.median(lengths)), at_rest)
    return None


def unit_read(found: Reading | None) -> str | float | None:
    """The unit that a reading tells: a name, or, at rest alone, how many counts are one g."""
    if found is None or not found.at_rest:
        return found.unit if found else None
    return unit_of(found.length)


def unit_note(found: Reading) -> str:
    """Says that a unit is told by no second at rest."""
    return f"no second at rest tells the unit: {found}"


def unit_of(rest: float | None) -> str | float | None:
    """The unit in which a sensor at rest reads `rest`: a name, or counts in a g."""
    if rest is None:
        return None
    named = unit_at_rest(rest)
    if named is not None:
        return named
    near = min(COUNTS, key=lambda count: abs(np.log(rest / count)))
    return float(near) if abs(rest / near - 1) < TOLERANCE / 10 else None


def mixed_units(
    samples: Mapping[str, Sample], triple: Triple, rate_hz: float
) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Two files whose |a| at rest differs as two units do, with what they read."""
    rests = [(name, rest_of([one], triple, rate_hz)) for name, one in samples.items()]
    known = [(name, rest) for name, rest in rests if rest is not None and unit_at_rest(rest)]
    for (first, a), (second, b) in pairwise(known):
        if not alike(a, b) and unit_at_rest(a) != unit_at_rest(b):
            return (first, a), (second, b)
    return None


def standard_rate(rate_hz: float) -> float:
    """The rate that a sensor was set to, if its time stamps give about `rate_hz`."""
    near = min(RATES, key=lambda rate: abs(np.log(rate_hz / rate)))
    return float(near) if abs(rate_hz / near - 1) <= NEAR else float(f"{rate_hz:.4g}")


def role_columns(samples: Sequence[Sample], taken: set[str | int]) -> dict[str, list[str | int]]:
    """Columns that may be label, subject or session, and others that are as steady."""
    steady = [name for name in samples[0] if name not in taken and _is_steady(samples, name)]
    by_name: dict[str, list[str | int]] = {
        role: [name for name in steady if isinstance(name, str) and pattern.search(name)]
        for role, pattern in (("label", _LABEL), ("subject", _SUBJECT), ("session", _SESSION))
    }
    named = {name for names in by_name.values() for name in names}
    if not by_name["label"]:
        words = [name for name in steady if name not in named]
        by_name["label"] = [
            name
            for name in words
            if sounds_like_activities({t for sample in samples for t in sample[name].texts})
        ]
    other = [name for name in steady if name not in named | set(by_name["label"])]
    return {**by_name, "other": other}


def _time(
    name: str | int, start: float, steps: Sequence[NDArray[np.float64]], named: bool, stamps: bool
) -> TimeColumn | None:
    steps = [finite for step in steps if len(finite := step[np.isfinite(step)])]
    if not steps or any((step < 0).mean() > 0.02 or not step.sum() > 0 for step in steps):
        return None
    every = np.concatenate([step[step > 0] for step in steps])
    if not named and ((every == 1).all() or len(every) < sum(map(len, steps)) / 2):
        return None
    rates = [rate for step in steps if (rate := rate_of(step)) is not None]
    unit = "datetime" if stamps else _time_unit(str(name), start, 1 / float(np.median(rates)))
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
    elif not all(few(count, len(step) + 1) for count, step in zip(repeats, steps, strict=True)):
        rows = sum(map(len, steps))
        problem = f"it repeats the row before {counted(sum(repeats), 'time')} in {rows} rows"
    elif in_bursts(every):
        problem = f"its intervals reach {high:.3g} ms where {middle:.3g} ms is usual"
    spacing = f"intervals of {low:.3g} to {high:.3g} ms, {middle:.3g} ms in the middle"
    return TimeColumn(name, unit, rates_hz, problem, spacing)


def _time_unit(name: str, start: float, step: float) -> TimeUnit | None:
    """The unit of numbers that run with time: since 1970, or from a step of 0.5 to 200 ms."""
    units: tuple[TimeUnit, ...] = ("s", "ms", "us", "ns")
    for unit in units:
        if 9e8 <= start / SECOND[unit] <= 5e9 and TIME.search(name):
            return unit
    return next((unit for unit in units if 5e-4 <= step / SECOND[unit] <= 0.2), None)


def _any_changes(sample: Sample, columns: Sequence[str | int]) -> NDArray[np.bool_]:
    rows = len(next(iter(sample.values())).values)
    changes = [sample[column].changes for column in columns if not sample[column].is_empty]
    return np.asarray(np.logical_or.reduce([np.zeros(max(rows - 1, 0), bool), *changes]))


def _stacked(sample: Sample, triple: Triple) -> NDArray[np.float64]:
    return np.stack([sample[name].values for name in triple], axis=1).astype(np.float64)


def _is_steady(samples: Sequence[Sample], name: str | int) -> bool:
    """Few different values, each for many rows on end."""
    columns = [one for sample in samples if not (one := sample[name]).is_empty]
    if any(
        one.is_stamp or (one.is_number and (one.values != np.rint(one.values)).any())
        for one in columns
    ):
        return False
    different = {value for one in columns for value in (one.texts or np.unique(one.values))}
    rows = sum(len(one.values) for one in columns)
    return len(different) <= MOST_CLASSES and sum(one.changes.sum() for one in columns) <= rows / 20
