"""Own recordings as they are read: one for each file, or for each person and session in it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.core.texts import counted
from crosswear.datasets.own.contents import Table, read_own_table, row_place
from crosswear.datasets.own.file_names import path_tells, recording_names
from crosswear.datasets.own.label_files import read_labels
from crosswear.datasets.own.layout import Layout
from crosswear.datasets.own.unit_check import check_unit
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.quantities import LARGEST_G, to_g
from crosswear.datasets.spec import ReadOptions
from crosswear.datasets.tree import FileTree, table_file
from crosswear.tables.broken import broken_lines
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
from crosswear.tables.units import alike, reading


@dataclass
class OwnFindings(PartFindings):
    """Findings in some files of own recordings.

    Attributes:
        recordings: subject, session, file and first row of each recording.
        sentences: on the clock of single files.
        repeats: how many stamps repeat the one before, of each file that has such.
        broken: how many lines are left out as broken, of each file that has such.
        checked: how many files say in which unit they are.
        resting_g: what the sensor reads at rest, in g, in each file where it rests.
    """

    recordings: list[tuple[str, str, str, int]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    repeats: list[tuple[str, int]] = field(default_factory=list)
    broken: list[tuple[str, int]] = field(default_factory=list)
    checked: int = 0
    resting_g: list[float] = field(default_factory=list)


def part_reader(layout: Layout) -> PartReader[OwnFindings]:
    """Return what reads the files of a layout; files whose names differ in the ending together."""
    return PartReader(
        functools.partial(recording_names, layout),
        functools.partial(read, layout),
        OwnFindings,
        notes=functools.partial(notes, layout),
        together=lambda name: split_ending(name)[0],
    )


def read(
    layout: Layout, tree: FileTree, _: ReadOptions, names: Names, found: OwnFindings
) -> Iterator[Recording]:
    """Yield one recording for each of some files, or for each subject and session in it.

    Raises:
        DataFormatError: if a file is not what the layout says, or two differ in their unit.
    """
    for name in names:
        table = read_own_table(tree, name, layout)
        broken = broken_lines(table_file(tree, name), layout.dialect)
        found.broken += [(name, broken)] if broken else []
        sound = reading(table.acceleration, layout.rate_hz)
        if sound is not None:
            check_unit(tree, layout, name, sound)
            found.checked += 1
            if sound.at_rest:
                found.resting_g.append(sound.length / layout.units_per_g)
        if table.time_s is not None and table.local_s is not None:
            dated = layout.time_unit != "time-of-day"
            for sentence in forward_notes(table.time_s, table.local_s, dated=dated):
                found.sentences.append(f"In {tree.where(name)}, {sentence}.")
        yield from _recordings(tree, layout, name, table, found)
        del table  # not in memory while the next one is read


def notes(layout: Layout, tree: FileTree, _: ReadOptions, found: OwnFindings) -> Iterator[str]:
    """Yield sentences on all files.

    Raises:
        DataFormatError: if a subject and session are in two files.
    """
    seen: set[tuple[str, str]] = set()
    for subject, session, name, row in found.recordings:
        _expect_new(tree, layout, name, row, subject, (subject, session) in seen)
        seen.add((subject, session))
    yield from found.sentences
    if found.repeats:
        files = counted(len(found.repeats), "file")
        where = f" in {files}, such as {tree.where(found.repeats[0][0])},"
        yield f"{spread_note(sum(count for _, count in found.repeats), where)}."
    if found.broken:
        count = sum(count for _, count in found.broken)
        lines = counted(count, "broken line is", "broken lines are")
        files = counted(len(found.broken), "file")
        yield f"{lines} left out of {files}, such as {tree.where(found.broken[0][0])}."
    if not found.checked:
        yield "No file has a second at rest, or gravity was taken away: the unit is unchecked."
    typical = float(np.median(found.resting_g)) if found.resting_g else 1.0
    if not alike(typical, 1.0):
        yield f"At rest the sensor reads {typical:.3g} g, not 1 g: check the unit."


def _recordings(
    tree: FileTree,
    layout: Layout,
    name: str,
    table: Table,
    found: OwnFindings,
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
    seen: set[tuple[str, str]] = set()
    repeated = 0
    for first, last in zip(starts, [*starts[1:], rows], strict=True):
        said = {role: codes.values[codes.indices[first]] for role, codes in table.codes.items()}
        subject = said.get("subject") or in_name.get("subject") or layout.subject or ""
        session = "#".join(filter(None, (split_ending(name)[0], said.get("session"))))
        _expect_new(tree, layout, name, first, subject, (subject, session) in seen)
        seen.add((subject, session))
        found.recordings.append((subject, session, name, first))
        time_s = None if table.time_s is None else table.time_s[first:last]
        if time_s is not None:
            of_these = _check_time(tree, layout, name, time_s, first)
            if of_these:
                repeated += of_these
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
    found.repeats += [(name, repeated)] if repeated else []


def _expect_new(
    tree: FileTree, layout: Layout, name: str, row: int, subject: str, seen: bool
) -> None:
    """Stop at rows without a subject, or of one that was there before with the same session."""
    if not subject or seen:
        raise DataFormatError(
            f"subject {subject!r} comes again after another one" if subject else "no subject",
            where=row_place(tree, name, layout, row),
            expected="rows of one person and session together, and a name in each",
            todo="sort the rows, give each file a name of its own, or add columns.session",
        )


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
