"""The description of a folder of one's own recordings that `dataset.toml` gives.

`KEYS` explains every key. The label comes from a column or from the names of the files; the person
from a column, the names, or a word of its own if all files are of one. An empty cell, ``NaN``,
``NA`` or ``null`` in x, y or z is a lost sample.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS
from crosswear.core.errors import DataFormatError
from crosswear.core.validation import PLACEMENT, parse_settings
from crosswear.datasets.own.label_files import LABEL_KEYS, Labels
from crosswear.datasets.spec import ActivityClass
from crosswear.tables.text import Dialect
from crosswear.tables.units import UNITS, TimeUnit

FILE_NAME = "dataset.toml"
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "title": "What people call the recordings.",
        "root": "Folder of the files, if it is not the one of this file, from which a relative "
        "path starts; names of files in other keys are relative to it.",
        "files": "Patterns of the files (CSV, Parquet, devices), below the folder.",
        "separator": "CSV: what stands between two columns; a comma, if left out.",
        "decimal": "CSV: the decimal sign, '.' or ','; a point, if left out.",
        "skip_lines": "CSV: lines above the header, or above the numbers if there is no header.",
        "skip_after_header": "CSV: lines between the header and the numbers, as a row of units.",
        "names": "CSV: names of the columns, in order, of files without a header, where others "
        "have one.",
        "broken_lines": "CSV: 'leave-out' leaves out lines with too few or too many columns, text "
        "in place of a number or an ISO time stamp, or an open quote, up to 2 % of a file; "
        "refused, if left out.",
        "rate_hz": "Nominal sampling rate; with time stamps too, to know where samples are lost.",
        "time_unit": "Of columns.time: 's', 'ms', 'us', 'ns', or the form of its stamps: "
        "'datetime' (ISO 8601, the year first), 'day-first', 'month-first' or 'time-of-day'.",
        "unit": "Of x, y and z: 'g', 'mg', 'm/s2', or a number: how many counts are one g; three "
        "numbers if the axes differ.",
        "zero": "What x, y and z read at 0 g, one number or three; 0, if left out.",
        "placement": "Where the sensor was, for example 'right_wrist'.",
        "path": "Regular expression for the whole name of each file, relative to the folder, with "
        "/ between folders; it has a group (?P<subject>…) or (?P<label>…) or both.",
        "subject": "The person, if all files are of one.",
        "null": "Labels that mean no activity; none, if left out.",
        "licence": "Under which the recordings may be used; 'not stated', if left out.",
        "citation": "What to cite; 'not stated', if left out.",
        "class_file": "Table of two columns, label and class, with a header, for a long [classes].",
        "columns": "Names, if the files have a header; numbers from 0 on, if they have none.",
        "columns.x": "Acceleration, also y and z.",
        "columns.gravity_x": "Gravity, also gravity_y and gravity_z, where x, y and z are without "
        "it: the two are added.",
        "columns.time": "When the row was measured; left out, rate_hz alone gives the time.",
        "columns.label": "The label, unless it is in path.",
        "columns.subject": "The person, unless it is in path or in subject.",
        "columns.session": "Where it changes, a new recording begins.",
        "rows": "Column = value: only rows with this value are read, where one file mixes rows of "
        "several sensors or devices.",
        **LABEL_KEYS,
        "class_patterns": "Regular expression = name of the class: for labels that are not in "
        "[classes] and in which it is found; the first one counts.",
        "classes": "Label in the files = name of the class; labels of one name are one class. "
        "Recordings without labels have neither classes nor labels: only predict can use them.",
    }
)
"""Meaning of every key of `dataset.toml`."""

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Column: TypeAlias = Text | Annotated[int, Field(ge=0, lt=10_000)]
Unit: TypeAlias = Literal["g", "mg", "m/s2"] | Annotated[float, Field(gt=0)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]
Three: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, config=SETTINGS)
class Columns:
    """The column of each role; see `KEYS`."""

    x: Column
    y: Column
    z: Column
    time: Column | None = None
    label: Column | None = None
    subject: Column | None = None
    session: Column | None = None
    gravity_x: Column | None = None
    gravity_y: Column | None = None
    gravity_z: Column | None = None

    def used(self) -> dict[str, Column]:
        """The columns that are there, by what they are."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {role: column for role, column in given.items() if column is not None}


@dataclass(frozen=True, config=SETTINGS)
class Layout:
    """A `dataset.toml`, checked; `KEYS` says what the keys mean."""

    title: Text
    files: Annotated[tuple[Text, ...], Field(min_length=1)]
    columns: Columns
    rate_hz: Annotated[float, Field(gt=0, le=100_000)]
    unit: Unit | tuple[Positive, Positive, Positive]
    placement: Annotated[str, Field(pattern=PLACEMENT)]
    classes: dict[str, Text] = dataclasses.field(default_factory=dict)
    class_patterns: dict[str, Text] = dataclasses.field(default_factory=dict)
    class_file: Text | None = None
    labels: Labels | None = None
    root: Text | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    zero: float | Three = 0.0
    skip_lines: Annotated[int, Field(ge=0, le=100_000)] = 0
    skip_after_header: Annotated[int, Field(ge=0, le=100)] = 0
    names: tuple[Text, ...] = ()
    broken_lines: Literal["refuse", "leave-out"] = "refuse"
    time_unit: TimeUnit | None = None
    path: Text | None = None
    subject: Text | None = None
    rows: dict[str, str] = dataclasses.field(default_factory=dict)
    null: tuple[str, ...] = ()
    licence: Text = "not stated"
    citation: Text = "not stated"

    def folder(self, path: Path) -> Path:
        """Return the folder of the files that the `dataset.toml` at `path` describes."""
        return (path.resolve().parent / (self.root or "")).resolve()

    @property
    def units_per_g(self) -> float:
        """Number of units in one g, of samples that `in_one_unit` returns."""
        return UNITS[self.one_unit] if isinstance(self.one_unit, str) else self.one_unit

    @property
    def one_unit(self) -> str | float:
        """The unit of samples that `in_one_unit` returns: the mean, if the axes differ."""
        return sum(self.unit) / 3 if isinstance(self.unit, tuple) else self.unit

    def in_one_unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return samples [T, 3] of a file with their zero at 0 and the same unit on all axes."""
        if self.zero != 0:
            values = values - np.array(self.zero)
        if isinstance(self.unit, tuple):
            values = values * (self.units_per_g / np.array(self.unit))
        return values

    @property
    def dialect(self) -> Dialect:
        """Return how the lines of text files are split; they name their columns, or numbers do."""
        has_header = isinstance(self.columns.x, str)
        return Dialect(
            self.separator,
            self.decimal,
            self.skip_lines,
            has_header,
            self.skip_after_header,
            self.names,
            self.broken_lines == "leave-out",
        )

    @property
    def selectors(self) -> dict[Column, str]:
        """Return the value of each column by which rows are selected."""
        if isinstance(self.columns.x, str):
            return {str(column): value for column, value in self.rows.items()}
        return {int(column): value for column, value in self.rows.items()}

    @property
    def path_groups(self) -> frozenset[str]:
        """Return what the names of the files give: `subject`, `label`, both or nothing."""
        return frozenset(re.compile(self.path).groupindex) if self.path else frozenset()

    @property
    def is_labelled(self) -> bool:
        """Return whether there is a class table, or a file with one."""
        return bool(self.classes or self.class_patterns or self.class_file)

    @property
    def class_table(self) -> tuple[ActivityClass, ...]:
        """One row for each class name, in the order of the file."""
        every = {**self.classes, **self.class_patterns}
        names = dict.fromkeys(every.values())
        codes = {name: [c for c, other in every.items() if other == name] for name in names}
        return tuple(ActivityClass("/".join(codes[name]), name) for name in names)

    @property
    def label_of(self) -> dict[str, int]:
        """Index into the class table by code; -1 for the null codes."""
        names = [row.name for row in self.class_table]
        known = {code: names.index(name) for code, name in self.classes.items()}
        return known | dict.fromkeys(self.null, -1)

    def indices_of(self, codes: Iterable[str]) -> list[int | None]:
        """Return the index of each code in the class table; -1 for null codes, None for others."""
        known, names = self.label_of, [row.name for row in self.class_table]
        patterns = [(re.compile(one), names.index(n)) for one, n in self.class_patterns.items()]

        def found(code: str) -> int | None:
            return next((index for pattern, index in patterns if pattern.search(code)), None)

        return [known.get(code, found(code)) for code in codes]


def parse_layout(text: str, where: str) -> Layout:
    """Check the text of a `dataset.toml`.

    Args:
        text: TOML.
        where: name of the file, for messages.

    Raises:
        DataFormatError: naming the key, what was found and what was expected.
    """
    layout = parse_settings(text, Layout, where, DataFormatError, "docs/datasets.md")
    for key, problem, expected in _contradictions(layout):
        raise DataFormatError(problem, where=f"{where}: {key}", expected=expected)
    return layout


def _keyed(table: str, layout: Layout) -> list[tuple[str, str]]:
    return [(f"{table}.{pattern}", pattern) for pattern in getattr(layout, table)]


def _in_labels(labels: Labels | None) -> list[tuple[str, str, str]]:
    return labels.contradictions() if labels is not None else []


def _contradictions(layout: Layout) -> list[tuple[str, str, str]]:
    """Key, what is wrong and what would be right, for values that do not go together."""
    columns = layout.columns.used()
    for key, pattern in [("path", layout.path or ""), *_keyed("class_patterns", layout)]:
        try:
            re.compile(pattern)
        except re.error as error:
            return [(key, f"not a regular expression: {error}", "see Python's re")]
    groups = layout.path_groups
    sources = {
        role: [f"columns.{role}"] * (role in columns) + ["path"] * (role in groups)
        for role in ("label", "subject")
    }
    sources["subject"] += ["subject"] * (layout.subject is not None)
    sources["label"] += ["labels"] * (layout.labels is not None)
    divided = [f"columns.{role}" for role in ("subject", "session") if role in columns]
    labelled = layout.is_labelled or bool(sources["label"])
    gravity = [role for role in columns if role.startswith("gravity")]
    numbered = isinstance(layout.columns.x, int)
    unknown = [column for column in layout.rows if numbered and not column.isdecimal()]
    twice = set(map(str, columns.values())) & layout.rows.keys()
    both = sorted(set(layout.null) & set(layout.classes))
    kinds = {type(column) for column in columns.values()}
    escaping = [
        pattern
        for pattern in layout.files
        if (path := PureWindowsPath(pattern)).anchor or ".." in path.parts
    ]
    checks = (
        (len(kinds) > 1, "columns", "names and numbers", "names if there is a header, or numbers"),
        (
            len(set(columns.values())) < len(columns),
            "columns",
            "one column is two things",
            "a column of its own for each",
        ),
        (
            ("time" in columns) != (layout.time_unit is not None),
            "time_unit",
            "a unit without columns.time" if layout.time_unit else "columns.time has no unit",
            "time_unit with columns.time, or neither",
        ),
        (
            bool(layout.path) and (not groups or not groups <= set(sources)),
            "path",
            f"groups {sorted(groups)}",
            "(?P<subject>…) or (?P<label>…) or both",
        ),
        *(
            (
                len(found) != 1 and (labelled or role != "label"),
                role if not found else found[-1],
                f"the {role} comes from {' and from '.join(found) or 'nowhere'}",
                f"columns.{role}, or a group (?P<{role}>…) in path"
                + (", or subject = a name" if role == "subject" else ""),
            )
            for role, found in sources.items()
        ),
        (
            labelled and len(layout.class_table) < 2 and layout.class_file is None,
            "classes",
            f"{len(layout.class_table)} classes",
            "two classes or more, here, in class_patterns or in class_file",
        ),
        (
            layout.labels is not None and bool(divided),
            "labels",
            f"beside {' and '.join(divided)}",
            "files of one recording each",
        ),
        *((True, f"labels.{key}", what, right) for key, what, right in _in_labels(layout.labels)),
        (
            len(gravity) not in (0, 3),
            "columns.gravity_x",
            f"only {', '.join(gravity)}",
            "gravity_x, gravity_y and gravity_z, or none",
        ),
        (bool(unknown), "rows", f"names {unknown}, and no header", "numbers of columns, from 0 on"),
        (bool(twice), "rows", f"{sorted(twice)} are read as something else", "other columns"),
        (bool(both), "null", f"{both} is a class too", "each code once"),
        (layout.separator == layout.decimal, "decimal", "the same as separator", "two characters"),
        (
            bool(layout.names) and numbered,
            "names",
            "beside columns that are given by number",
            "names in columns, or no names",
        ),
        (layout.separator in '"\r\n', "separator", "not a separator", "',', ';', a tab or a space"),
        (
            bool(escaping),
            "files",
            f"{escaping[:1]} leads out of the folder",
            "patterns relative to the folder of this file",
        ),
    )
    return [(key, problem, expected) for wrong, key, problem, expected in checks if wrong]
