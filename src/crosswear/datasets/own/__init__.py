"""Own recordings: a folder of CSV, Parquet or device files, described by a `dataset.toml` in it.

`crosswear.datasets.own.layout` lists the keys of that file.
"""

from __future__ import annotations

import dataclasses
import functools
import glob
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.core.recording import Recording
from crosswear.core.texts import Note, counted
from crosswear.datasets.own.contents import Table, read_own_table, row_place
from crosswear.datasets.own.label_files import read_labels
from crosswear.datasets.own.layout import Layout, parse_layout
from crosswear.datasets.quantities import LARGEST_G, to_g
from crosswear.datasets.spec import DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, FolderTree, require, table_file
from crosswear.tables.annotations import read_pairs
from crosswear.tables.clock_changes import (
    BACK_TODO,
    clock_back,
    forward_notes,
    runs_backwards,
)
from crosswear.tables.reader import Codes
from crosswear.tables.stamps import (
    RATE_TOLERANCE,
    are_instants,
    first_not_after,
    rate_change,
    rate_of,
    spread,
    spread_note,
)
from crosswear.tables.text import split_ending
from crosswear.tables.units import Reading, alike, reading


def load_own(path: Path) -> DatasetSpec:
    """The dataset that a `dataset.toml` describes; its name is that of the folder.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it holds what it should not; names the key.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFormatError("not UTF-8", where=str(path), expected="TOML in UTF-8") from error
    except OSError as error:
        raise MissingDataError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            expected="a dataset.toml beside one's own recordings",
            todo="check the path, or let `crosswear data new FOLDER` write the file",
        ) from error
    layout = parse_layout(text, str(path))
    if not layout.is_labelled:
        raise DataFormatError(
            "recordings without labels",
            where=str(path),
            expected="labels and [classes]: only predict can use recordings without them",
            todo="say where the labels are: columns.label, path or [labels]",
        )
    return own_spec(with_class_file(layout, FolderTree(layout.folder(path))), path)


def with_class_file(layout: Layout, tree: FileTree) -> Layout:
    """Return a layout with the classes that its `class_file` names.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is no table of two columns, or gives a label two classes.
    """
    if layout.class_file is None:
        return layout
    separator = "\t" if layout.class_file.lower().endswith(".tsv") else ","
    classes: dict[str, str] = {}
    for place, code, name in read_pairs(table_file(tree, layout.class_file), separator):
        if classes.setdefault(code, name) != name:
            raise DataFormatError(
                f"{code!r} is {classes[code]!r} and {name!r}",
                where=f"{tree.where(layout.class_file)}, {place}",
                expected="one class for each label",
                todo="correct the file",
            )
    return dataclasses.replace(layout, classes={**classes, **layout.classes})


def own_spec(layout: Layout, path: Path) -> DatasetSpec:
    """The declaration of a dataset that is described by `layout`, as found in the file `path`."""
    root = layout.folder(path)
    tree = FolderTree(root)
    beside = _beside(layout, (name for pattern in layout.files for name in tree.glob(pattern)))
    return DatasetSpec(
        name=root.name or "own",
        title=layout.title,
        licence=layout.licence,
        citation=layout.citation,
        home=str(root),
        rate_hz=layout.rate_hz,
        unit=layout.one_unit if isinstance(layout.one_unit, str) else f"1/{layout.one_unit:g} g",
        subjects=0,
        placements=(layout.placement,),
        variants={"default": layout.class_table},
        patterns=(*layout.files, *map(glob.escape, sorted(beside))),
        read=functools.partial(read, layout),
        root=root,
        description=path.resolve(),
    )


def recording_names(layout: Layout, tree: FileTree) -> list[str]:
    """Return the names of the files of recordings, sorted; files of labels are none.

    Raises:
        MissingDataError: if no file matches one of the patterns.
    """
    names = {name for pattern in layout.files for name in require(tree, (pattern,))}
    return sorted(names - _beside(layout, names))


def _beside(layout: Layout, names: Iterable[str]) -> set[str]:
    """Return the names of the other files that recordings of these names are read with."""
    labels = layout.labels
    files = {labels.file_of(name) for name in names} if labels is not None else set()
    return files | ({layout.class_file} if layout.class_file else set())


def read(layout: Layout, tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
    """Yield one recording for each file, or for each subject and session in it.

    Raises:
        MissingDataError: if no file matches one of the patterns.
        DataFormatError: if a file is not what the layout says, or two differ in their unit.
    """
    names = recording_names(layout, tree)
    checked_g: dict[str, float] = {}
    resting_g: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    repeats: dict[str, int] = {}
    for name in names:
        table = read_own_table(tree, name, layout)
        found = reading(table.acceleration, layout.rate_hz)
        if found is not None:
            _check_unit(tree, layout, names, name, found, next(iter(checked_g), None))
            checked_g[name] = found.length / layout.units_per_g
            if found.at_rest:
                resting_g[name] = checked_g[name]
        if table.time_s is not None and table.local_s is not None:
            dated = layout.time_unit != "time-of-day"
            for sentence in forward_notes(table.time_s, table.local_s, dated=dated):
                note(f"In {tree.where(name)}, {sentence}.")
        yield from _recordings(tree, layout, name, table, seen, repeats)
        del table  # not in memory while the next one is read
    if repeats:
        files = counted(len(repeats), "file")
        where = f" in {files}, such as {tree.where(next(iter(repeats)))},"
        note(f"{spread_note(sum(repeats.values()), where)}.")
    if not checked_g:
        note("No file has a second at rest, or gravity was taken away: the unit is unchecked.")
    typical = float(np.median(list(resting_g.values()))) if resting_g else 1.0
    if not alike(typical, 1.0):
        note(f"At rest the sensor reads {typical:.3g} g, not 1 g: check the unit.")


def _recordings(
    tree: FileTree,
    layout: Layout,
    name: str,
    table: Table,
    seen: set[tuple[str, str]],
    repeats: dict[str, int],
) -> Iterator[Recording]:
    in_name = path_tells(tree, layout, name)
    rows = len(table.acceleration)
    try:
        acceleration = to_g(table.acceleration, layout.units_per_g, tree.where(name))
    except DataFormatError as error:
        raise DataFormatError(
            error.what,
            where=error.where,
            expected=f"at most {LARGEST_G:g} g",
            todo="correct the file, or unit in dataset.toml",
        ) from error
    labels = _labels(tree, layout, name, table, in_name)
    starts = _starts(table)
    for first, last in zip(starts, [*starts[1:], rows], strict=True):
        said = {role: codes.values[codes.indices[first]] for role, codes in table.codes.items()}
        subject = said.get("subject") or in_name.get("subject") or layout.subject or ""
        session = "#".join(filter(None, (split_ending(name)[0], said.get("session"))))
        if not subject or (subject, session) in seen:
            raise DataFormatError(
                f"subject {subject!r} comes again after another one" if subject else "no subject",
                where=row_place(tree, name, layout, first),
                expected="rows of one person and session together, and a name in each",
                todo="sort the rows, give each file a name of its own, or add columns.session",
            )
        seen.add((subject, session))
        time_s = None if table.time_s is None else table.time_s[first:last]
        if time_s is not None:
            repeated = _check_time(tree, layout, name, time_s, first)
            if repeated:
                repeats[name] = repeats.get(name, 0) + repeated
                time_s = spread(time_s, layout.rate_hz)
            time_s = time_s - time_s[0]
        yield Recording(
            acceleration=acceleration[first:last],
            rate_hz=layout.rate_hz,
            labels=labels[first:last],
            subject=subject,
            session=session,
            placement=layout.placement,
            time_s=time_s,
        )


def path_tells(tree: FileTree, layout: Layout, name: str) -> dict[str, str]:
    """Return what the name of a file gives: subject, label, both or nothing.

    Raises:
        DataFormatError: if `path` does not match the name.
    """
    if layout.path is None:
        return {}
    # Some systems write é as two characters.
    match = re.fullmatch(layout.path, unicodedata.normalize("NFC", name))
    if match is None or not all(match.groupdict().values()):
        raise DataFormatError(
            "the name does not match path",
            where=tree.where(name),
            expected=layout.path,
            todo="rename the file, or correct path or files in dataset.toml",
        )
    return match.groupdict()


def label_codes(
    tree: FileTree, layout: Layout, name: str, table: Table, in_name: Mapping[str, str]
) -> Codes:
    """Return the label of every row: of a column, of a file beside it, or of the file's name.

    Args:
        tree: the files.
        layout: of them.
        name: of the file.
        table: its columns.
        in_name: what its name gives; see `path_tells`.
    """
    rows = len(table.acceleration)
    if layout.labels is not None:
        time_s = np.arange(rows) / layout.rate_hz if table.time_s is None else table.time_s
        return read_labels(tree, name, layout.labels, time_s, table.start_s)
    if "label" in table.codes:
        return table.codes["label"]
    return Codes(np.zeros(rows, np.int32), (in_name["label"],))


def _labels(
    tree: FileTree, layout: Layout, name: str, table: Table, in_name: Mapping[str, str]
) -> NDArray[np.int16]:
    if not layout.is_labelled:
        return np.full(len(table.acceleration), -1, np.int16)
    codes = label_codes(tree, layout, name, table, in_name)
    indices = layout.indices_of(codes.values)
    if None in indices:
        unknown = indices.index(None)
        code, row = codes.values[unknown], int((codes.indices == unknown).argmax())
        where = tree.where(layout.labels.file_of(name) if layout.labels else name)
        raise DataFormatError(
            f"label {code!r} is not in the class table",
            where=row_place(tree, name, layout, row) if "label" in table.codes else where,
            expected="one of " + ", ".join(map(repr, [*layout.label_of][:30])),
            todo=f"add {code!r} to [classes] or to null in dataset.toml, or correct the file",
        )
    # Samples without a label have the index -1.
    return np.array([*indices, -1], np.int16)[codes.indices]


def _starts(table: Table) -> list[int]:
    """First rows of the runs of one subject and session."""
    changes = np.zeros(len(table.acceleration) - 1, bool)
    for role in ("subject", "session"):
        if role in table.codes:
            changes |= np.diff(table.codes[role].indices) != 0
    return [0, *(np.flatnonzero(changes) + 1).tolist()]


def _check_time(
    tree: FileTree, layout: Layout, name: str, time_s: NDArray[np.float64], first: int
) -> int:
    """Return how many stamps repeat the one before, if few do, none runs back and the rate fits."""
    steps = np.diff(time_s)
    repeats = int((steps == 0).sum())
    row = first_not_after(time_s, may_repeat=are_instants(time_s))
    if row is not None:
        raise DataFormatError(
            f"the time stamp repeats the one before it, as {repeats} of {len(time_s)} do"
            if steps[row - 1] == 0
            else runs_backwards(float(steps[row - 1])),
            where=row_place(tree, name, layout, first + row),
            expected="time stamps that increase from row to row",
            todo=BACK_TODO
            if clock_back(steps[row - 1 : row]).any()
            else "sort the rows, add columns.session, or leave columns.time out (with data new: "
            "--set columns.time=): then rate_hz alone gives the time",
        )
    changed = rate_change(time_s)
    if changed is not None:
        row, before, after = changed
        raise DataFormatError(
            f"the rate changes from {before:.4g} Hz to {after:.4g} Hz",
            where=row_place(tree, name, layout, first + row),
            expected="one sampling rate",
            todo="cut the file at that line and describe the parts apart, or resample it",
        )
    rate_hz = rate_of(steps)
    if rate_hz is not None and abs(rate_hz / layout.rate_hz - 1) > RATE_TOLERANCE:
        raise DataFormatError(
            f"the time stamps have {rate_hz:.4g} Hz, and rate_hz is {layout.rate_hz:g}",
            where=row_place(tree, name, layout, first),
            expected=f"a rate within {RATE_TOLERANCE:.0%} of rate_hz",
            todo="correct rate_hz or time_unit in dataset.toml",
        )
    return repeats


def _check_unit(
    tree: FileTree, layout: Layout, names: list[str], name: str, found: Reading, sound: str | None
) -> None:
    """Stop at a file that is in another unit than declared; name one that is not, if there is."""
    if not found.contradicts(layout.units_per_g):
        return
    where = tree.where(name)
    expected = f"about {layout.units_per_g:g}, as unit = {layout.unit!r} says"
    other = sound or _other_unit(tree, layout, names, found.unit)
    if other is None:
        raise DataFormatError(
            str(found),
            where=where,
            expected=expected,
            todo="correct unit in dataset.toml"
            + (f", perhaps to {found.unit!r}" if found.unit else ""),
        )
    raise DataFormatError(
        f"mixed units: {found}, and not so in {tree.where(other)}",
        where=where,
        expected=expected,
        todo="convert the file, or describe it in a dataset.toml of its own",
    )


def _other_unit(tree: FileTree, layout: Layout, names: list[str], unit: str | None) -> str | None:
    """A file that is in another unit than `unit`."""
    for name in names if unit else ():
        found = reading(read_own_table(tree, name, layout).acceleration, layout.rate_hz)
        if found is not None and found.unit != unit:
            return name
    return None
