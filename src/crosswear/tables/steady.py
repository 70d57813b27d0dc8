"""Columns that keep one value over many rows: labels, people, sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosswear.tables.sampled import Sample
from crosswear.tables.words import are_moments, hide_counters, never_people, sounds_like_activities

MOST_CLASSES = 60

_LABEL = re.compile(
    r"label|a[ck]tivit|class|target|annot|gesture|state|code|behaviou?r|action|truth|^y$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"subj|user|person|particip|proband|volunteer|patient|wearer|teilnehmer|sujet|proefpersoon|^vp",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"age|weight|height|mass|bmi|sex|gender|count|number_of|(?:is|has)_|hand|status|mode",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^(id|pid|sid|name|who|nom|nombre|nome)$", re.IGNORECASE)
_SESSION = re.compile(r"session|trial|recording|^run$|segment_?id", re.IGNORECASE)


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


def role_columns(samples: Sequence[Sample], taken: set[str | int]) -> RoleColumns:
    """Columns that may be label, subject or session, and others that are as steady."""
    steady = [name for name in samples[0] if name not in taken and _is_steady(samples, name)]
    values = {name: _values(samples, name) for name in steady}
    named = [name for name in steady if isinstance(name, str)]
    # A column with one value in all files labels nothing.
    label: list[str | int] = [
        name for name in named if _LABEL.search(name) and len(values[name]) > 1
    ]
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
        and not _ATTRIBUTE.search(name)
        and not sounds_like_activities(values[name])
        and not hide_counters(values[name])
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
