"""How the files are laid out that activities shall be recognised in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crosswear.core.errors import DataFormatError, MissingDataError, UsageError
from crosswear.core.texts import counted
from crosswear.datasets.own.layout import (
    AXES,
    FILE_NAME,
    UNITS,
    Column,
    Columns,
    Layout,
    parse_layout,
)
from crosswear.datasets.propose.columns import (
    TimeColumn,
    Triple,
    accelerations,
    reading_of,
    standard_rate,
    time_columns,
    triples,
    unit_note,
    unit_read,
)
from crosswear.datasets.propose.sniff import Dialect, SampledColumn, is_utf16, sample, sniff
from crosswear.datasets.tree import FolderTree, require
from crosswear.deploy.bundle.manifest import Manifest


@dataclass(frozen=True)
class Overrides:
    """What the user tells of files; what is None is looked for in them.

    Attributes:
        columns: of x, y and z, and maybe of the time: names, or numbers from 0 on.
        rate_hz: nominal sampling rate.
        unit: of x, y and z, as in `dataset.toml`.
    """

    columns: tuple[Column, ...] | None = None
    rate_hz: float | None = None
    unit: str | float | None = None


@dataclass(frozen=True)
class RecordingFile:
    """One file, and how to read it; `notes` tell what is odd about it, one sentence each."""

    tree: FolderTree
    name: str
    layout: Layout
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """What to call it."""
        return self.tree.where(self.name)


def find_sources(
    path: Path, told: Overrides, toml: Path | None, about: Manifest
) -> list[RecordingFile]:
    """The recordings that a path names.

    Args:
        path: a CSV or Parquet file, a `dataset.toml`, or a folder with one in it.
        told: what the user tells of the files; it goes before what they or a `dataset.toml` say.
        toml: the `dataset.toml` that describes them, if there is one elsewhere.
        about: of the bundle.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is not a recording.
        UsageError: if it does not tell its columns, rate or unit, and `told` neither.
    """
    if path.is_dir() and not (path / FILE_NAME).is_file():
        raise MissingDataError(
            f"a folder without {FILE_NAME}",
            where=str(path),
            expected=f"recordings, or a folder with a {FILE_NAME} that tells which files they are",
            todo="name the files, or let `crosswear data new FOLDER` write it",
        )
    if path.is_dir() or path.name == FILE_NAME:
        path = path / FILE_NAME if path.is_dir() else path
        layout = _told(_read_toml(path), told)
        tree = FolderTree(path.parent)
        return [RecordingFile(tree, name, layout) for name in require(tree, layout.files)]
    if not path.is_file():
        raise MissingDataError(
            "no such file", where=str(path), expected="a CSV or Parquet file", todo="check the path"
        )
    tree = FolderTree(path.parent)
    if toml is not None:
        return [RecordingFile(tree, path.name, _told(_read_toml(toml), told))]
    return [_guess(tree, path.name, told, about)]


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
    used = Columns(columns.x, columns.y, columns.z, columns.time)
    return dataclasses.replace(layout, columns=used)


def _told(layout: Layout, told: Overrides) -> Layout:
    given = {name: getattr(told, name) for name in ("rate_hz", "unit")}
    changed = {name: value for name, value in given.items() if value is not None}
    if told.columns:
        changed["columns"] = Columns(*told.columns)
        if len(told.columns) < 4:
            changed["time_unit"] = None
    return dataclasses.replace(layout, **changed)


def _guess(tree: FolderTree, name: str, told: Overrides, about: Manifest) -> RecordingFile:
    where = tree.where(name)
    dialect = sniff(tree, name)
    expected = "CSV in UTF-8 or Parquet, a row for each sample, with columns x, y and z"
    if dialect is None and is_utf16(tree, name):
        raise DataFormatError(
            "a text in UTF-16", where=where, expected=expected, todo="save it again in UTF-8"
        )
    if dialect is None:
        raise DataFormatError(
            "not a recording: it does not look like a table of three columns or more",
            where=where,
            expected=expected,
            todo="leave the file out, or describe it in a dataset.toml (--layout)",
        )
    rows = sample(tree, name, dialect)
    time = _time(rows, told, where)
    unsound = time is not None and bool(time.problem) and _told_time(told) is None
    rate_hz = told.rate_hz or dialect.rate_hz
    if rate_hz is None and time is not None:
        # Stamps that are not the instants of the samples still tell how many came in a second.
        rate_hz = float(f"{time.rate_hz:.5g}") if unsound else standard_rate(time.rate_hz)
    if rate_hz is None:
        raise UsageError(
            "no column runs with time: the sampling rate is unknown",
            where=where,
            expected="the rate in Hz",
            todo="give it with --rate",
        )
    triple = _triple(rows, told, time, rate_hz, where)
    if all(rows[column].is_empty for column in triple):
        raise DataFormatError(
            f"{', '.join(map(str, triple))} hold no finite number in the first "
            + counted(len(rows[triple[0]].values), "row"),
            where=where,
            expected="acceleration in x, y and z, a row for each sample",
            todo="leave the file out, or name other columns with --columns",
        )
    seen = reading_of([rows], triple, rate_hz) if told.unit is None else None
    unit = told.unit if told.unit is not None else unit_read(seen)
    if unit is None:
        raise UsageError(
            "the unit is unknown: no second at rest tells it",
            where=where,
            expected=f"{', '.join(UNITS)}, or how many counts are one g",
            todo="give it with --unit",
        )
    notes: tuple[str, ...] = ()
    if time is not None and unsound:
        notes = (time.unused,)
    if seen is not None and not seen.at_rest:
        notes += (unit_note(seen),)
    stamped = None if unsound else time
    layout = _layout(name, dialect, triple, stamped, rate_hz, unit, about)
    return RecordingFile(tree, name, layout, notes)


def _layout(
    name: str,
    dialect: Dialect,
    triple: Triple,
    time: TimeColumn | None,
    rate_hz: float,
    unit: str | float,
    about: Manifest,
) -> Layout:
    return Layout(
        title=name,
        files=(name,),
        columns=Columns(*triple, time=time.column if time else None),
        rate_hz=rate_hz,
        unit=unit,  # type: ignore[arg-type]  # checked by Layout
        placement=about.placement,
        classes={one: one for one in about.classes},
        separator=dialect.separator or ",",
        decimal="," if dialect.decimal == "," else ".",
        skip_lines=dialect.skip_lines,
        time_unit=time.unit if time else None,
    )


def _told_time(told: Overrides) -> Column | None:
    return told.columns[3] if told.columns and len(told.columns) > 3 else None


def _time(
    rows: Mapping[str | int, SampledColumn], told: Overrides, where: str
) -> TimeColumn | None:
    """The column that runs with time; none, where columns are told and none of them is it."""
    found = time_columns([rows], ())
    wanted = _told_time(told)
    if wanted is None:
        return next(iter(found), None)
    for one in found:
        if one.column == wanted:
            return one
    raise DataFormatError(
        f"column {wanted!r} does not run with time",
        where=where,
        expected=f"one of {', '.join(repr(one.column) for one in found) or 'none'}",
        todo="correct --columns, or leave the time out",
    )


def _triple(
    rows: Mapping[str | int, SampledColumn],
    told: Overrides,
    time: TimeColumn | None,
    rate_hz: float,
    where: str,
) -> Triple:
    if told.columns:
        x, y, z = told.columns[:3]
        for column in (x, y, z):
            if column not in rows or not rows[column].is_number:
                raise DataFormatError(
                    f"no column of numbers {column!r}",
                    where=where,
                    expected=f"one of {', '.join(repr(one)[:40] for one in list(rows)[:12])}",
                    todo="correct --columns",
                )
        return x, y, z
    found = triples(rows, {time.column} if time else set())
    left = accelerations([rows], found, rate_hz)
    if len(left) == 1:
        return left[0]
    candidates = "; ".join(",".join(map(str, one)) for one in (left or found)[:6])
    there = ", ".join(repr(one)[:40] for one in list(rows)[:12])
    raise UsageError(
        f"{len(left)} times three columns may be the acceleration"
        if left
        else f"no three of its columns are named as x, y and z: {there}",
        where=where,
        expected=f"one of {candidates}" if candidates else "columns named x, y and z",
        todo=f"name the columns of {', '.join(AXES)} with --columns",
    )
