"""Files to recognise activities in, and how each is laid out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosswear.core.errors import DataFormatError, MissingDataError, UsageError
from crosswear.core.recording import AXES
from crosswear.core.texts import counted
from crosswear.datasets.own.contents import GRAVITY
from crosswear.datasets.own.file_names import recording_names
from crosswear.datasets.own.layout import FILE_NAME, Column, Columns, Layout, parse_layout
from crosswear.datasets.tree import FolderTree, table_file
from crosswear.deploy.bundle.manifest import Manifest
from crosswear.tables.at_rest import unit_note
from crosswear.tables.guess import Conclusions, Stated, conclude
from crosswear.tables.mixtures import select
from crosswear.tables.sampled import Sample, sample
from crosswear.tables.sensor_columns import Triple
from crosswear.tables.sniffing import TableFormat, read_head, sniff
from crosswear.tables.time_columns import TimeColumn, time_columns
from crosswear.tables.units import UNITS


@dataclass(frozen=True)
class Overrides:
    """Facts that the user states of files; what is None is looked for in them.

    Attributes:
        columns: of x, y and z, and maybe of the time: names, or numbers from 0 on.
        rate_hz: nominal sampling rate.
        unit: of x, y and z, as in `dataset.toml`.
        zero: reading of x, y and z at 0 g: one number or three.
        rows: value of each column by which rows are selected; empty to read all rows.
    """

    columns: tuple[Column, ...] | None = None
    rate_hz: float | None = None
    unit: str | float | tuple[float, float, float] | None = None
    zero: float | tuple[float, float, float] | None = None
    rows: Mapping[Column, str] | None = None

    def __post_init__(self) -> None:
        """Raise a UsageError if the rate cannot be one."""
        if self.rate_hz is not None and not 0 < self.rate_hz < np.inf:
            raise UsageError(f"a rate of {self.rate_hz} Hz", where="rate_hz", expected="above 0")


@dataclass(frozen=True)
class RecordingFile:
    """One file, and how to read it; `notes` state what is odd about it, one sentence each."""

    tree: FolderTree
    name: str
    layout: Layout
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Name to call it by."""
        return self.tree.where(self.name)


def input_files(
    path: Path, overrides: Overrides, toml: Path | None, about: Manifest
) -> list[RecordingFile]:
    """The recordings that a path names.

    Args:
        path: a CSV, Parquet or device file, a `dataset.toml` of any name, a folder with one, or
            a folder of files that `toml` describes.
        overrides: the statements of the user; they go before the files or a `dataset.toml`.
        toml: the `dataset.toml` that describes them, if there is one elsewhere.
        about: of the bundle.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is not a recording.
        UsageError: if it does not show its columns, rate or unit, and `overrides` neither.
    """
    if path.is_dir() and not (path / FILE_NAME).is_file():
        if toml is not None:
            layout = _overridden(_read_toml(toml), overrides)
            tree = FolderTree(path)
            return [RecordingFile(tree, name, layout) for name in recording_names(layout, tree)]
        raise MissingDataError(
            f"a folder without {FILE_NAME}",
            where=str(path),
            expected=f"recordings, or a folder with a {FILE_NAME} that names its files",
            todo=f"name the files, as in {path}/*.csv; or name with --layout the {FILE_NAME} of "
            "the recordings that the model learned from, if these are laid out in the same way",
        )
    if path.is_dir() or path.suffix == ".toml":
        path = path / FILE_NAME if path.is_dir() else path
        layout = _overridden(_read_toml(path), overrides)
        tree = FolderTree(layout.folder(path) if layout.root else path.parent)
        return [RecordingFile(tree, name, layout) for name in recording_names(layout, tree)]
    if not path.is_file():
        raise MissingDataError(
            "no such file", where=str(path), expected="a recording", todo="check the path"
        )
    tree = FolderTree(path.parent)
    if toml is not None:
        return [RecordingFile(tree, path.name, _overridden(_read_toml(toml), overrides))]
    return [_guess(tree, path.name, overrides, about)]


def _read_toml(path: Path) -> Layout:
    try:
        layout = parse_layout(path.read_text("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise DataFormatError("not UTF-8", where=str(path), expected="TOML in UTF-8") from error
    except OSError as error:
        raise MissingDataError(
            f"cannot be read: {error.strerror or error}", where=str(path), expected=f"a {FILE_NAME}"
        ) from error
    columns = layout.columns
    # Labels are what is looked for here, and a recording is a file.
    used = dataclasses.replace(columns, label=None, subject=None, session=None)
    return dataclasses.replace(layout, columns=used)


def _overridden(layout: Layout, overrides: Overrides) -> Layout:
    given = {name: getattr(overrides, name) for name in ("rate_hz", "unit", "zero")}
    changed = {name: value for name, value in given.items() if value is not None}
    if overrides.rows is not None:
        changed["rows"] = {str(column): value for column, value in overrides.rows.items()}
    if overrides.columns:
        changed["columns"] = Columns(*overrides.columns)
        if len(overrides.columns) < 4:
            changed["time_unit"] = None
    return dataclasses.replace(layout, **changed)


def _guess(tree: FolderTree, name: str, overrides: Overrides, about: Manifest) -> RecordingFile:
    where = tree.where(name)
    layout, rows = _sample(tree, name)
    stated = _stated(overrides, rows, where)
    found = conclude([rows], stated, [layout.rate_hz] if layout.rate_hz else (), layout.unit_of)
    if found.refusal is not None:
        raise found.refusal.error(table_file(tree, name), layout.dialect)
    if found.mixture is not None:
        raise UsageError(
            str(found.mixture),
            where=where,
            expected=f"one of {', '.join(found.mixture.values)}",
            todo=f"select it with --rows {found.mixture.column}=…, or read all with --rows all",
        )
    rows = select(rows, stated.rows or {})
    if stated.time is not None and (found.time is None or found.time.column != stated.time):
        raise DataFormatError(
            f"column {stated.time!r} does not run with time",
            where=where,
            expected=f"one of {', '.join(repr(one.column) for one in found.times) or 'none'}",
            todo="correct --columns, or leave the time out",
        )
    if found.uses_time and found.time is not None and len(found.time.orders) > 1:
        raise UsageError(
            found.time.unclear(),
            where=where,
            expected=f"one of {', '.join(found.time.orders)}",
            todo="describe it in a dataset.toml (--layout) with time_unit",
        )
    if found.rate.hz is None:
        raise UsageError(
            found.rate.problem,
            where=where,
            expected="the rate in Hz",
            todo="give it with --rate",
        )
    axes = _axes(found, rows, where)
    if len(found.gravities) > 1:
        raise UsageError(
            "it is not clear whether gravity must be added to the acceleration",
            where=where,
            expected="columns that clearly contain gravity, or clearly do not",
            todo="describe it in a dataset.toml (--layout), with or without columns.gravity_x",
        )
    if found.is_shifted:
        raise UsageError(
            "x, y and z are never below 0 and about equal, as counts whose zero is elsewhere",
            where=where,
            expected="what they read at 0 g, such as 512",
            todo="give it with --zero, and with --unit how many counts are one g; or --zero 0",
        )
    unit = overrides.unit if overrides.unit is not None else found.unit.unit
    if unit is None:
        raise UsageError(
            f"the unit is unknown: {found.unit.problem}",
            where=where,
            expected=f"{', '.join(UNITS)}, or how many counts are one g",
            todo="give it with --unit, or with --layout the dataset.toml of such files; without "
            "gravity (as in Accelerometer.csv of Sensor Logger) acceleration cannot be used",
        )
    time, notes = _stamps(found, rows, stated)
    if overrides.unit is None and found.reading is not None and found.unit.is_weak:
        notes.append(unit_note(found.reading))
    notes += [found.zeros] * bool(found.zeros)
    dialect = layout.dialect
    added = found.sensor.gravity if found.sensor else None
    gravity = dict(zip(GRAVITY, added or (), strict=False))
    read_as = Layout(
        title=name,
        files=(name,),
        columns=Columns(
            *axes,
            time=time.column if time else None,
            **gravity,
        ),
        rate_hz=found.rate.hz,
        unit=unit,  # type: ignore[arg-type]  # checked by Layout
        zero=overrides.zero or 0.0,
        placement=about.placement,
        classes={one: one for one in about.classes},
        separator=dialect.separator or ",",
        decimal="," if dialect.decimal == "," else ".",
        skip_lines=dialect.skip_lines,
        skip_after_header=dialect.skip_after_header,
        rows={str(column): value for column, value in (stated.rows or {}).items()},
        time_unit=time.unit if time else None,
    )
    return RecordingFile(tree, name, read_as, tuple(notes))


def _sample(tree: FolderTree, name: str) -> tuple[TableFormat, Sample]:
    """Return the layout of a file and its first rows; it is opened once."""
    where = tree.where(name)
    head = read_head(table_file(tree, name), rows=True)
    layout = sniff(head)
    if layout is not None:
        return layout, sample(head, layout)
    if head.foreign is not None:
        raise head.foreign
    expected = "CSV in UTF-8 or Parquet, a row for each sample, with columns x, y and z"
    if head.is_utf16:
        raise DataFormatError(
            "a text in UTF-16", where=where, expected=expected, todo="save it again in UTF-8"
        )
    raise DataFormatError(
        "not a recording: it does not look like a table of three columns or more",
        where=where,
        expected=expected,
        todo="unpack it, and name the files in it"
        if name.lower().endswith(".zip")
        else "leave the file out, or describe it in a dataset.toml (--layout)",
    )


def _stated(overrides: Overrides, rows: Sample, where: str) -> Stated:
    for column in overrides.rows or {}:
        if column not in rows:
            raise DataFormatError(
                f"no column {column!r} to select rows by",
                where=where,
                expected=f"one of {', '.join(repr(one)[:40] for one in list(rows)[:12])}",
                todo="correct --rows",
            )
    zero = overrides.zero
    three = (zero, zero, zero) if isinstance(zero, float | int) else zero
    if not overrides.columns:
        return Stated(rate_hz=overrides.rate_hz, rows=overrides.rows, zero=three)
    axes, time = overrides.columns[:3], overrides.columns[3:]
    for column in axes:
        if column not in rows or not rows[column].is_number:
            raise DataFormatError(
                f"no column of numbers {column!r}",
                where=where,
                expected=f"one of {', '.join(repr(one)[:40] for one in list(rows)[:12])}",
                todo="correct --columns",
            )
    return Stated(axes, time[0] if time else None, overrides.rate_hz, overrides.rows, zero=three)


def _stamps(
    found: Conclusions, rows: Sample, stated: Stated
) -> tuple[TimeColumn | None, list[str]]:
    """Return the column of time to read, and why another one is not read.

    A file is one recording here: where people or sessions change, time may not begin anew.
    """
    if found.time is None or (found.uses_time and stated.time is not None):
        return found.time, []
    through = (one for one in time_columns([rows], ()) if one.column == found.time.column)
    time = found.time if found.time.problem else next(through, found.time)
    if not time.problem:
        return time, []
    return None, [time.unused(gives_rate=stated.rate_hz is None and not found.rate.is_written)]


def _axes(found: Conclusions, rows: Sample, where: str) -> Triple:
    if found.axes is None:
        left = found.likely
        possible = left or [one for one in found.candidates if one not in found.out]
        candidates = "; ".join(",".join(map(str, one)) for one in possible[:6])
        there = ", ".join(repr(one)[:40] for one in list(rows)[:12])
        raise UsageError(
            f"{len(left)} times three columns may be the acceleration"
            if left
            else found.ruled_out or f"no three of its columns are named as x, y and z: {there}",
            where=where,
            expected=f"one of {candidates}" if candidates else "columns named x, y and z",
            todo=f"name the columns of {', '.join(AXES)} with --columns",
        )
    if all(rows[column].is_empty for column in found.axes):
        raise DataFormatError(
            f"{', '.join(map(str, found.axes))} hold no finite number in the first "
            + counted(len(rows[found.axes[0]].values), "row"),
            where=where,
            expected="acceleration in x, y and z, a row for each sample",
            todo="leave the file out, or name other columns with --columns",
        )
    return found.axes
