"""Labels in files beside the recordings: which files they may be, and how to read them."""

from __future__ import annotations

import glob
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from crosswear.datasets.own.label_files import Labels
from crosswear.datasets.propose.group import Group
from crosswear.datasets.propose.proposal import Sheet
from crosswear.datasets.tree import FileTree, table_file
from crosswear.tables.annotations import is_elan
from crosswear.tables.faults import is_number
from crosswear.tables.instants import has_zone, orders_of
from crosswear.tables.text import Dialect, rows, split_ending, split_line
from crosswear.tables.time_columns import since_1970

MOST_ROWS = 200
_SEPARATORS = (",", ";", "\t")
_START = re.compile(r"start|begin\w*|onset|from|von|anfang|d[ée]but|inicio", re.IGNORECASE)
_STOP = re.compile(r"stop|end\w?|until|till|to|bis|fin|offset|finish", re.IGNORECASE)
_LABEL = re.compile(
    r"label|a[ck]tivit\w*|aktivit\w*|class|annotation|behaviou?r|action|text|event|task",
    re.IGNORECASE,
)
_FILE = re.compile(r"file|filename|recording|video|session|source|datei|name", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+?(?=[A-Z]|[\W\d_]|$)")


@dataclass(frozen=True)
class LabelTable:
    """The beginning of a file that may hold labels.

    Attributes:
        format: as `labels.format` in `dataset.toml`.
        separator: between two columns.
        names: of the columns; empty if the format needs none.
        cells: of the rows, the same number in each.
    """

    format: str
    separator: str
    names: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()

    def named(self, kind: re.Pattern[str]) -> list[str]:
        """Return the columns that have a word of this kind in their names."""
        return [one for one in self.names if any(map(kind.fullmatch, _WORDS.findall(one)))]

    def column(self, name: str) -> list[str]:
        """Return the cells of a column that are not empty."""
        place = self.names.index(name)
        return [row[place] for row in self.cells if row[place]]


def offers(tree: FileTree, group: Group) -> list[str]:
    """Return answers that name a file of labels for every recording: ``labels.file=…``."""
    found: dict[str, bool] = {}
    for other in group.others:
        pattern = _pattern(group.names, other)
        if pattern is not None and pattern not in found:
            found[pattern] = _is_for_all(tree, pattern, group.names) and bool(look_at(tree, other))
    fitting = [pattern for pattern, fits in found.items() if fits]
    of_one = {Labels(one).file_of(name) for one in fitting if "{" in one for name in group.names}
    return [f"labels.file={pattern}" for pattern in fitting if pattern not in of_one]


def describe(sheet: Sheet, group: Group) -> None:
    """Say how the file is read that `labels.file` names, as far as it shows that, or ask."""
    name = Labels(str(sheet.answers["labels.file"])).file_of(group.names[0])
    if not sheet.tree.glob(glob.escape(name)) or "labels.format" in sheet.answers:
        return
    table = look_at(sheet.tree, name)
    if table is None:
        return
    if table.format != "columns":
        sheet.say("labels.format", table.format, f"so {name} is written")
        if table.format == "sensor-logger":
            sheet.say("labels.times", "absolute", "it has instants")
        return
    columns = f"it gives {len(table.names)} columns"
    sheet.say("labels.separator", table.separator if table.separator != "," else "", columns)
    for role, kind in (("start", _START), ("stop", _STOP), ("label", _LABEL)):
        likely = [role] if role in table.names else table.named(kind)
        if len(likely) == 1:
            sheet.say(f"labels.{role}", likely[0], "its name")
        else:
            listed = ", ".join(table.names)
            sheet.ask(f"labels.{role}", f"Which column of {name} is the {role}? Columns: {listed}.")
    _recording(sheet, group, name, table)
    start = str(sheet.value("labels.start") or "")
    if start in table.names:
        time = group.samples[next(iter(group.samples))].get(sheet.value("columns.time"))
        in_utc = time is None or not time.is_stamp or time.is_zoned
        _times(sheet, name, table.column(start), in_utc=in_utc)


def _recording(sheet: Sheet, group: Group, name: str, table: LabelTable) -> None:
    """Say which column names the recordings, or ask, if the file is for all of them."""
    is_shared = Labels(str(sheet.answers["labels.file"])).is_shared
    stems = {split_ending(one)[0].rpartition("/")[2] for one in group.names}
    for column in table.names if is_shared else table.named(_FILE):
        cells = {split_ending(cell)[0].rpartition("/")[2] for cell in table.column(column)}
        if cells & stems:
            sheet.say("labels.recording", column, "it names the recordings")
            return
    if is_shared:
        listed = ", ".join(table.names)
        sheet.ask(
            "labels.recording",
            f"{name} has the labels of all recordings. Which column of it names the recording, as "
            f"{min(stems)!r}? Columns: {listed}.",
        )


def look_at(tree: FileTree, name: str) -> LabelTable | None:
    """Return the beginning of a file of labels; None if it does not look like one."""
    file = table_file(tree, name)
    for separator in _SEPARATORS:
        dialect = Dialect(separator)
        lines = itertools.islice(rows(file, dialect), MOST_ROWS)
        cells = [split_line(file, dialect, number, line) for number, line in lines]
        if not cells or len(cells[0]) < 3 or len({len(row) for row in cells}) > 1:
            continue
        header = cells[0]
        table = LabelTable("columns", separator, header, tuple(cells[1:]))
        if {"time", "seconds_elapsed", "text"} <= set(header):
            return LabelTable("sensor-logger", separator)
        if "Behavior" in header:
            return LabelTable("boris", separator)
        if separator == "\t" and len(header) == 3 and all(map(is_number, header[:2])):
            return LabelTable("audacity", separator)
        if separator == "\t" and all(map(is_elan, cells[1:] or cells)):  # it may have a header
            return LabelTable("elan", separator)
        if all(table.named(kind) for kind in (_START, _STOP, _LABEL)):
            return table
    return None


def _times(sheet: Sheet, name: str, cells: Sequence[str], *, in_utc: bool) -> None:
    """Say or ask what the times of a table count; `in_utc` is whether the recordings' do so."""
    if not cells or "labels.times" in sheet.answers:
        return
    numbers = [float(cell) for cell in cells if is_number(cell)]
    if len(numbers) < len(cells):
        _instants(sheet, name, cells, in_utc=in_utc)
        return
    unit = since_1970(min(numbers))
    if unit is not None:
        sheet.say("labels.times", "absolute", "they count from 1970")
        sheet.say("labels.time_unit", unit, "so that they are instants of this century")
    elif all(cell.lstrip("+-").isdecimal() for cell in cells):
        sheet.ask(
            "labels.time_unit",
            f"What do the times of {name} count from the first sample on: s, ms, us or ns? If they "
            "count samples: labels.times=samples.",
        )


def _instants(sheet: Sheet, name: str, cells: Sequence[str], *, in_utc: bool) -> None:
    orders = orders_of(pa.array(cells), 1.0)
    if not orders or (orders.keys() == {"time-of-day"} and sheet.value("time_unit") not in orders):
        return  # hours, minutes and seconds since the first sample
    sheet.say("labels.times", "absolute", "they are instants")
    if len(orders) > 1:
        sheet.ask(
            "labels.time_unit",
            f"{cells[0]!r} in {name} does not show which number is the day, which the month: "
            f"{' or '.join(orders)}?",
        )
    else:
        sheet.say("labels.time_unit", next(iter(orders)), f"as {cells[0]!r}")
    if in_utc and not any(map(has_zone, cells)):
        sheet.ask(
            "labels.offset_s",
            f"The instants of {name} have no time zone, and those of the recordings count in UTC. "
            "How many seconds must be added to the former (labels.offset_s=-3600 in Berlin in "
            "winter; 0 if they are in UTC)?",
        )


def _pattern(names: Sequence[str], other: str) -> str | None:
    """Return what `labels.file` must be for another file to label recordings, if it may do so."""
    stem = split_ending(names[0])[0]
    for key, text in (("{name}", stem), ("{stem}", stem.rpartition("/")[2])):
        if text in other:
            return other.replace(text, key)
    folder, beside = (one.rpartition("/")[0] for one in (names[0], other))
    if folder == beside and len({name.rpartition("/")[0] for name in names}) > 1:
        return f"{{folder}}/{other.rpartition('/')[2]}"
    above = f"{beside}/" if beside else ""
    return other if all(name.startswith(above) for name in names) else None


def _is_for_all(tree: FileTree, pattern: str, names: Sequence[str]) -> bool:
    files = {Labels(pattern).file_of(name) for name in names}
    return all(tree.glob(glob.escape(file)) for file in files)
