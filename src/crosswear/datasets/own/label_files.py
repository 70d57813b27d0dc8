"""Labels in files beside the recordings: which file, and which samples it labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS
from crosswear.core.errors import DataFormatError
from crosswear.datasets.tree import FileTree, table_file
from crosswear.tables.annotations import Annotation, AnnotationFormat, read_annotations
from crosswear.tables.instants import ORDERS
from crosswear.tables.reader import Codes
from crosswear.tables.text import split_ending
from crosswear.tables.units import TimeUnit

Floats = NDArray[np.float64]
Name = Annotated[str, Field(min_length=1, max_length=1000)]
LABEL_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "labels": "Labels in files of their own, beside the recordings, instead of columns.label.",
        "labels.file": "Where the labels of a recording are, below the folder: {name} stands for "
        "the recording's path without its ending, {stem} for the last part of it, {folder} for the "
        "folder that it is in.",
        "labels.format": "'columns', 'elan' (tab-delimited text), 'boris' (CSV of events), "
        "'audacity', 'label-studio' (JSON) or 'sensor-logger' (Annotation.csv); columns, if left "
        "out.",
        "labels.times": "'relative' to the first sample, 'absolute' (on the clock of "
        "columns.time), or 'samples' (0 is the first); relative, if left out.",
        "labels.time_unit": "Of columns and label-studio: 's', 'ms', 'us', 'ns', or the "
        "form of stamps, as for recordings; s, if left out.",
        "labels.offset_s": "Seconds to add to the times of the labels, where clocks differ.",
        "labels.overlap": "Where two overlap: 'refuse', or the one that begins 'first' or 'last' "
        "counts; refuse, if left out.",
        "labels.tier": "The tier of ELAN or the subject of BORIS, if a file has several.",
        "labels.separator": "Of columns: what stands between two; a comma, if left out.",
        "labels.start": "Of columns: its name, also stop and label; start, if left out.",
        "labels.recording": "Of columns: the one that names the recording, if a file is for many.",
    }
)
"""Meaning of the keys of `[labels]`."""

_NEAR_S = 1e-6
"""Instants are as near as this to the times that files state in decimals."""


@dataclass(frozen=True, config=SETTINGS)
class Labels:
    """The table `[labels]` of a `dataset.toml`; see `crosswear.datasets.own.layout.KEYS`."""

    file: Name
    format: Literal["columns", "elan", "boris", "audacity", "label-studio", "sensor-logger"] = (
        "columns"
    )
    times: Literal["relative", "absolute", "samples"] = "relative"
    time_unit: TimeUnit = "s"
    offset_s: Annotated[float, Field(ge=-1e10, le=1e10)] = 0.0
    overlap: Literal["refuse", "first", "last"] = "refuse"
    tier: Name | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    start: Name = "start"
    stop: Name = "stop"
    label: Name = "label"
    recording: Name | None = None

    @property
    def is_shared(self) -> bool:
        """Return whether one file holds the labels of all recordings."""
        return not re.search(r"\{(name|stem|folder)\}", self.file)

    def file_of(self, name: str) -> str:
        """Return the name of the file with the labels of a recording."""
        path = split_ending(name)[0]
        folder, _, stem = path.rpartition("/")
        file = self.file.replace("{folder}", folder).removeprefix("/")
        return file.replace("{name}", path).replace("{stem}", stem)

    def contradictions(self) -> list[tuple[str, str, str]]:
        """Return key, problem and expectation for values that do not go together."""
        path = PureWindowsPath(self.file)
        in_columns = self.format == "columns"
        with_unit = in_columns or self.format == "label-studio"
        checks = (
            (
                bool(path.anchor) or ".." in path.parts,
                "file",
                "leads out of the folder",
                "below it",
            ),
            (
                self.time_unit in ORDERS and self.times != "absolute",
                "time_unit",
                self.time_unit,
                "times = 'absolute' with it",
            ),
            (self.time_unit != "s" and not with_unit, "time_unit", "of another format", "none"),
            (self.recording is not None and not in_columns, "recording", "no columns", "none"),
            (
                in_columns and self.is_shared and self.recording is None,
                "recording",
                "one file for all recordings, and no column that names them",
                "a column, or {name}, {stem} or {folder} in labels.file",
            ),
            (
                self.format == "sensor-logger" and self.times != "absolute",
                "times",
                f"{self.times}: its times are instants",
                "times = 'absolute'",
            ),
        )
        return [(key, problem, right) for wrong, key, problem, right in checks if wrong]


def read_labels(
    tree: FileTree, name: str, labels: Labels, time_s: Floats, start_s: float | None
) -> Codes:
    """Return the label of every sample of a recording; index -1 where there is none.

    Args:
        tree: the files.
        name: of the recording.
        labels: where its labels are.
        time_s: [T], instants of the samples in seconds after the first one.
        start_s: instant of the first one, in seconds since 1970, if it is known.

    Raises:
        MissingDataError: if there is no file of labels.
        DataFormatError: if it is damaged, no label is within the recording, or two overlap.
    """
    beside = labels.file_of(name)
    where = tree.where(beside)
    unit = "samples" if labels.times == "samples" else labels.time_unit
    layout = AnnotationFormat(
        labels.format,
        unit,
        labels.separator,
        labels.start,
        labels.stop,
        labels.label,
        labels.recording or "",
    )
    found = _of_recording(read_annotations(table_file(tree, beside), layout), labels, name, where)
    begins = 0.0 if labels.times == "samples" else labels.offset_s
    if labels.times == "absolute":
        if start_s is None:
            raise DataFormatError(
                "the times are absolute, and the recording has none",
                where=where,
                expected="columns.time in dataset.toml",
                todo="state it, or give times relative to the first sample",
            )
        begins -= start_s
    grid = np.arange(len(time_s)) if labels.times == "samples" else time_s + _NEAR_S
    edges = np.array([(one.start + begins, one.stop + begins) for one in found])
    first, stop = np.searchsorted(grid, edges.T)
    if (first == stop).all():
        low, high = edges.min(), edges.max()
        raise DataFormatError(
            f"none of its {len(found)} labels is within the recording {tree.where(name)}: counted "
            f"from its first sample, they last from {low:.3f} to {high:.3f}, and it ends at "
            f"{grid[-1]:.3f}",
            where=where,
            expected="times of the recording",
            todo="correct labels.times, labels.time_unit or labels.offset_s in dataset.toml",
        )
    return _painted(found, first, stop, labels, len(time_s), where)


def _of_recording(
    found: Sequence[Annotation], labels: Labels, name: str, where: str
) -> list[Annotation]:
    """Return the annotations of one recording and tier."""
    if labels.is_shared or labels.recording is not None:
        mine = [one for one in found if _names(one.recording, name)]
        if not mine:
            others = ", ".join(sorted({repr(one.recording) for one in found})[:5])
            raise DataFormatError(
                f"no label of the recording {name!r}",
                where=where,
                expected=f"its name in it, and not only {others}",
                todo="correct the file, or [labels] in dataset.toml",
            )
        found = mine
    tiers = sorted({one.tier for one in found})
    if labels.tier is None and len(tiers) == 1:
        return list(found)
    chosen = [one for one in found if one.tier == labels.tier]
    if not chosen:
        raise DataFormatError(
            f"no tier {labels.tier!r}" if labels.tier else f"{len(tiers)} tiers",
            where=where,
            expected=f"one of {', '.join(map(repr, tiers[:12]))}",
            todo="name it as labels.tier in dataset.toml",
        )
    return chosen


def _names(recording: str, name: str) -> bool:
    """Return whether a text names a recording: by its path, or by its name after an upload."""
    path = PureWindowsPath(recording).as_posix()
    stem = split_ending(name)[0]
    if path in (name, stem):
        return True
    last = PurePosixPath(split_ending(path)[0]).name
    uploaded = re.fullmatch(rf"[0-9a-f]+-{re.escape(PurePosixPath(stem).name)}", last)
    return bool(uploaded) or last == stem


def _painted(
    found: Sequence[Annotation],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
    labels: Labels,
    samples: int,
    where: str,
) -> Codes:
    values = tuple(dict.fromkeys(one.label for one in found))
    indices = np.full(samples, -1, np.int32)
    order = np.lexsort((stop, first))
    latest = order[0]
    for this in order[1:]:
        overlaps = first[this] < min(stop[latest], stop[this])
        if overlaps and labels.overlap == "refuse" and found[this].label != found[latest].label:
            raise DataFormatError(
                f"{found[this].label!r} begins before {found[latest].label!r} stops",
                where=f"{where}, {found[this].place} and {found[latest].place}",
                expected="one label at a time",
                todo="correct the file, or say in dataset.toml which one counts: labels.overlap",
            )
        latest = this if stop[this] >= stop[latest] else latest
    for this in order if labels.overlap == "last" else order[::-1]:
        indices[first[this] : stop[this]] = values.index(found[this].label)
    return Codes(indices, values)
