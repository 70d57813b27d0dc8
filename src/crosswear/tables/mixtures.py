"""Files that mix the rows of several sensors or devices, and the selection of some rows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.sampled import Sample, SampledColumn
from crosswear.tables.words import are_moments, sounds_like_activities

MOST_VALUES = 16
ALTERNATING = 0.05
"""Texts that change in more than this part of the rows are no labels: rows of several kinds."""

_NAME = re.compile(
    r"sens|device|^dev|modality|imu|node|serial|^mac|limb|hand|side|placement|location|body_?part|"
    r"capteur|gerät|geraet|dispositiv|apparaat",
    re.IGNORECASE,
)
_CODE = re.compile(r"channel|source|stream|topic|type|kind|id$", re.IGNORECASE)
_ACCELERATION = re.compile(r"acc|beschl|linacc", re.IGNORECASE)
_OTHER_SENSOR = re.compile(
    r"gyr|mag|rot|orient|angular|baro|press|light|heart|hr|temp|ppg|gps|quat|grav", re.IGNORECASE
)


@dataclass(frozen=True)
class Mixture:
    """A column whose values say which sensor or device a row is of.

    Attributes:
        column: its name or number.
        values: all of them, those that say acceleration first.
        restarts: whether time begins anew where it changes, so that it may count recordings.
    """

    column: str | int
    values: tuple[str, ...]
    restarts: bool = False

    def __str__(self) -> str:
        held = f"column {self.column!r} holds {', '.join(self.values)}"
        if self.restarts:
            return f"{held}, and time begins anew where it changes"
        return f"rows of several kinds are mixed: {held}"


def mixture(samples: Sequence[Sample], taken: Collection[object] = ()) -> Mixture | None:
    """Return the first column that says which sensor or device a row is of, if rows are mixed.

    Args:
        samples: of some files.
        taken: columns that the user says are something else.
    """
    for name in samples[0]:
        if name in taken:
            continue
        columns = [one.filled() for sample in samples if not (one := sample[name]).is_empty]
        inside = [texts_of(one) for one in columns]
        values = set().union(*inside)
        if any(_mixes(name, one, found) for one, found in zip(columns, inside, strict=True)):
            ordered = sorted(values, key=lambda one: (not _ACCELERATION.search(one), one))
            return Mixture(name, tuple(ordered[:MOST_VALUES]))
    return None


def restarted(
    samples: Sequence[Sample], time: str | int, steady: Collection[str | int]
) -> Mixture | None:
    """Return the first column that changes wherever time begins anew, and nearly nowhere else.

    Its values may be sensors, or recordings that follow each other.

    Args:
        samples: of some files.
        time: the column of time.
        steady: columns of few values that are neither label nor person nor session.
    """
    backs = [np.diff(sample[time].values) < 0 for sample in samples]
    times = sum(int(back.sum()) for back in backs)
    if not times:
        return None
    for name in steady:
        changes = [sample[name].changes for sample in samples]
        everywhere = all(one[back].all() for one, back in zip(changes, backs, strict=True))
        if everywhere and sum(int(one.sum()) for one in changes) <= 2 * times:
            values = sorted(set().union(*(texts_of(sample[name]) for sample in samples)) - {""})
            return Mixture(name, tuple(values[:MOST_VALUES]), restarts=True)
    return None


def select(sample: Sample, rows: Mapping[str | int, str]) -> Sample:
    """Return the rows of a sample that hold these values in the columns named by `rows`."""
    if not rows:
        return sample
    kept = kept_rows(sample, rows)
    return {name: dataclasses.replace(one, values=one.values[kept]) for name, one in sample.items()}


def kept_rows(sample: Sample, rows: Mapping[str | int, str]) -> NDArray[np.bool_]:
    """Return whether each row holds these values; columns that are not there count as held."""
    kept = np.ones(len(next(iter(sample.values())).values), bool)
    for name, value in rows.items():
        if name not in sample:
            continue
        column = sample[name]
        if column.is_number:
            kept &= np.array([is_cell(f"{one:g}", value) for one in column.values], bool)
        else:
            kept &= np.array([*(is_cell(one, value) for one in column.texts), False])[column.values]
    return kept


def is_cell(cell: str, value: str) -> bool:
    """Return whether a cell holds a value: the same text, or the same number."""
    if cell.strip() == value.strip():
        return True
    try:
        return float(cell) == float(value)
    except ValueError:
        return False


def texts_of(column: SampledColumn) -> set[str]:
    """Return the different values of a column as texts, without empty ones."""
    if not column.is_number:
        return {text for text in column.texts if text}
    different = np.unique(column.values[np.isfinite(column.values)])
    return {f"{one:g}" for one in different} if len(different) <= 2 * MOST_VALUES else {"", "many"}


def _mixes(name: str | int, column: SampledColumn, values: set[str]) -> bool:
    """Return whether a column of one file says which sensor or device each row is of."""
    if column.is_stamp or not 2 <= len(values) <= MOST_VALUES or "" in values:
        return False
    alternates = bool(column.changes.mean() > ALTERNATING)
    named = isinstance(name, str) and bool(_NAME.search(name))
    if column.is_number:
        coded = named or (isinstance(name, str) and bool(_CODE.search(name)))
        return coded and alternates and bool((column.values == np.rint(column.values)).all())
    if are_moments(values):
        return False
    other = [one for one in values if _OTHER_SENSOR.search(one)]
    sensors = len(other) > 0 and any(_ACCELERATION.search(one) for one in set(values) - set(other))
    return alternates or sensors or (named and not sounds_like_activities(values))
