"""Labels in a file of their own: start, stop and label, as programs for annotation write them.

A reader for each format of `READERS` yields `Annotation`s; times are numbers with `SECOND[unit]` of
them in a second, instants, or clock times since the beginning (``00:01:02.5``).

Formats: tab-delimited text of ELAN, tabular and aggregated events of BORIS, exported labels of
Audacity, JSON and JSON-MIN of Label Studio (time series and audio), `Annotation.csv` of Sensor
Logger.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crosswear.core.errors import DataFormatError
from crosswear.tables.faults import is_number
from crosswear.tables.instants import ORDERS, instants
from crosswear.tables.text import Dialect, TableFile, normal, rows, split_line
from crosswear.tables.units import SECOND

_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:[.,]\d+)?)")
_RECORDING = ("csv", "audio", "timeseries")
_REGION_LABELS = ("timeserieslabels", "labels")


@dataclass(frozen=True)
class Annotation:
    """A label from one time to another.

    Attributes:
        start: in seconds, or in samples, as the unit says; since 1970 for ISO 8601 stamps.
        stop: likewise; the first time that the label does not hold for.
        label: as in the file.
        place: line or region, for messages.
        recording: the recording that it belongs to, if the file names it.
        tier: tier of ELAN or subject of BORIS.
    """

    start: float
    stop: float
    label: str
    place: str
    recording: str = ""
    tier: str = ""


@dataclass(frozen=True)
class AnnotationFormat:
    """Layout of a file of annotations.

    Attributes:
        format: key of `READERS`.
        unit: of the times: `s`, `ms`, `us`, `ns`, an order of day, month and year, or `samples`.
        separator: of `columns`: between two columns.
        start, stop, label, recording: of `columns`: names of the columns; the last may be empty.
    """

    format: str
    unit: str = "s"
    separator: str = ","
    start: str = "start"
    stop: str = "stop"
    label: str = "label"
    recording: str = ""


def read_annotations(file: TableFile, layout: AnnotationFormat) -> list[Annotation]:
    """Read all annotations of a file.

    Raises:
        DataFormatError: if it is not what the format says; names the line.
    """
    found = list(READERS[layout.format](file, layout))
    for one in found:
        if not one.stop >= one.start:
            raise _wrong(file, one.place, f"it stops at {one.stop:g}, before {one.start:g}")
    if not found:
        raise _wrong(file, "", "no label is in it")
    return found


def _columns(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    wanted = {"start": layout.start, "stop": layout.stop, "label": layout.label}
    if layout.recording:
        wanted["recording"] = layout.recording
    for place, row in _table(file, layout.separator, wanted):
        yield Annotation(
            _time(file, place, row["start"], layout.unit),
            _time(file, place, row["stop"], layout.unit),
            row["label"],
            place,
            row.get("recording", ""),
        )


def _elan(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    """Yield annotations: tier, begin, end and maybe duration, each in one form or several."""
    for number, line in rows(file, Dialect("\t")):
        place = f"line {number}"
        cells = split_line(file, Dialect("\t"), number, line)
        times, forms = _elan_times(cells)
        if not forms:
            if number == 1:  # the names of the columns
                continue
            raise _wrong(file, place, f"{len(times)} times, not begin and end")
        start, stop = (_elan_time(file, place, times[index]) for index in (0, forms))
        yield Annotation(start, stop, cells[-1], place, tier=cells[0])


def is_elan(cells: Sequence[str]) -> bool:
    """Return whether the cells of a line are tier, begin, end and label, as ELAN exports them."""
    return bool(_elan_times(cells)[1]) and not is_number(cells[0]) and not is_number(cells[-1])


def _elan_times(cells: Sequence[str]) -> tuple[list[str], int]:
    """Return the times of a line and the number of their forms; 0 if they are not begin and end."""
    times = [cell for cell in cells[1:-1] if _CLOCK.fullmatch(cell) or is_number(cell)]
    forms = len({_form(cell) for cell in times})
    return times, forms if forms and len(times) in (2 * forms, 3 * forms) else 0


def _form(cell: str) -> str:
    return "clock" if ":" in cell else "seconds" if "." in cell else "milliseconds"


def _elan_time(file: TableFile, place: str, cell: str) -> float:
    return _time(file, place, cell, "ms" if _form(cell) == "milliseconds" else "s")


def _audacity(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    for number, line in rows(file, Dialect("\t")):
        place = f"line {number}"
        cells = split_line(file, Dialect("\t"), number, line)
        if cells[0] == "\\":  # the frequencies of the label above
            continue
        if len(cells) != 3:
            raise _wrong(file, place, f"{len(cells)} columns, not start, stop and label")
        start, stop = (_time(file, place, cell, "s") for cell in cells[:2])
        yield Annotation(start, stop, cells[2], place)


def _boris(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    """Yield states; point events have no duration, and are left out."""
    above, names = _boris_header(file)
    behaviour, tier = "Behavior", "Subject" if "Subject" in names else ""
    wanted = {"label": behaviour} | ({"tier": tier} if tier else {})
    if "Start (s)" in names:
        wanted |= {"start": "Start (s)", "stop": "Stop (s)"}
        for place, row in _table(file, ",", wanted, above):
            start, stop = (_time(file, place, row[one], "s") for one in ("start", "stop"))
            if stop > start:
                yield Annotation(start, stop, row["label"], place, tier=row.get("tier", ""))
        return
    kind = next((one for one in ("Behavior type", "Status") if one in names), "Behavior type")
    started: dict[tuple[str, str], tuple[float, str]] = {}
    for place, row in _table(file, ",", wanted | {"time": "Time", "kind": kind}, above):
        who, time_s = row.get("tier", ""), _time(file, place, row["time"], "s")
        key = who, row["label"]
        if row["kind"] == "START" and key not in started:
            started[key] = time_s, place
        elif row["kind"] == "STOP" and key in started:
            start, place = started.pop(key)
            yield Annotation(start, time_s, row["label"], place, tier=who)
        elif row["kind"] != "POINT":
            raise _wrong(file, place, f"{row['kind']!r} of {row['label']!r} does not follow")
    for (_, label), (_, place) in started.items():
        raise _wrong(file, place, f"{label!r} begins and does not stop")


def _boris_header(file: TableFile) -> tuple[int, tuple[str, ...]]:
    """Return the number of lines above the names of the columns, and these."""
    for number, line in rows(file, Dialect(",")):
        cells = split_line(file, Dialect(","), number, line)
        if "Behavior" in cells:
            return number - 1, cells
    raise _wrong(file, "", "no line names a column 'Behavior'")


def _label_studio(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    try:
        with file.content() as content:
            tasks = json.loads(content.read())
        for number, task in enumerate(tasks, 1):
            data = task.get("data", task)
            recording = next(
                (data[key] for key in ("csv", "audio", "timeseries") if key in data), ""
            )
            for region in _regions(task):
                place = f"task {number}"
                [name] = [key for key in _REGION_LABELS if key in region]
                [label] = region[name]
                start, stop = (
                    _time(file, place, str(region[key]), layout.unit) for key in ("start", "end")
                )
                yield Annotation(start, stop, normal(label), place, str(recording))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise _wrong(file, "", f"not as Label Studio exports it: {error}"[:200]) from error


def _sensor_logger(file: TableFile, layout: AnnotationFormat) -> Iterator[Annotation]:
    """Yield labels that last until the next one, the last one until the recording ends."""
    wanted = {"start": "time", "label": "text"}
    found = [
        (_time(file, place, row["start"], "ns"), row["label"], place)
        for place, row in _table(file, ",", wanted)
    ]
    found.sort()
    stops = [start for start, *_ in found[1:]] + [math.inf]
    for (start, label, place), stop in zip(found, stops, strict=True):
        if label:
            yield Annotation(start, stop, label, place)


def _regions(task: Any) -> Iterator[Any]:
    """Yield regions with start, end and one label, of JSON or JSON-MIN."""
    if "annotations" in task:
        used = [one for one in task["annotations"] if not one.get("was_cancelled")]
        if len(used) > 1:
            raise ValueError(f"{len(used)} annotations of one task")
        for one in used:
            yield from (result["value"] for result in one["result"] if "value" in result)
        return
    yield from next((task[key] for key in ("label", "labels") if key in task), ())


READERS: Mapping[str, Callable[[TableFile, AnnotationFormat], Iterator[Annotation]]] = {
    "columns": _columns,
    "elan": _elan,
    "boris": _boris,
    "audacity": _audacity,
    "label-studio": _label_studio,
    "sensor-logger": _sensor_logger,
}
"""Readers, by the name of their format."""


def read_pairs(file: TableFile, separator: str) -> Iterator[tuple[str, str, str]]:
    """Yield place and the two texts of every line of a table of two columns with a header.

    Raises:
        DataFormatError: if a line has more or fewer; names it.
    """
    dialect = Dialect(separator, has_header=True)
    for number, line in rows(file, dialect):
        cells = split_line(file, dialect, number, line)
        if len(cells) != 2:
            raise _wrong(file, f"line {number}", f"{len(cells)} columns, not label and class")
        yield f"line {number}", *cells


def _table(
    file: TableFile, separator: str, wanted: Mapping[str, str], above: int = 0
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield place and wanted cells of every row below a line of names."""
    positions: dict[str, int] = {}
    dialect = Dialect(separator, skip_lines=above)
    width = 0
    for number, line in rows(file, dialect):
        cells = split_line(file, dialect, number, line)
        if not positions:
            missing = [name for name in wanted.values() if cells.count(name) != 1]
            if missing:
                there = ", ".join(map(repr, cells[:12]))
                raise _wrong(file, f"line {number}", f"no column {missing[0]!r} among {there}")
            positions = {role: cells.index(name) for role, name in wanted.items()}
            width = len(cells)
        elif len(cells) != width:
            raise _wrong(file, f"line {number}", f"{len(cells)} columns where there are {width}")
        else:
            yield f"line {number}", {role: cells[place] for role, place in positions.items()}


def _time(file: TableFile, place: str, cell: str, unit: str) -> float:
    if unit in ORDERS:
        ticks, _ = instants(pa.array([cell]), unit)
        if ticks.null_count:
            raise _wrong(file, place, f"{cell[:40]!r} is no time stamp of the form {unit}")
        return float(ticks[0].as_py()) / 1e9
    clock = _CLOCK.fullmatch(cell)
    if clock and unit == "s":
        hours, minutes, seconds = (float(part.replace(",", ".")) for part in clock.groups())
        return 3600 * hours + 60 * minutes + seconds
    if is_number(cell):
        return float(cell) / SECOND.get(unit, 1.0)
    raise _wrong(file, place, f"{cell[:40]!r} is no time in {unit}")


def _wrong(file: TableFile, place: str, what: str) -> DataFormatError:
    return DataFormatError(
        what,
        where=file.where + (f", {place}" if place else ""),
        expected="start, stop and label of each activity",
        todo="correct the file, or [labels] in dataset.toml",
    )
