"""Recognition in files: from recordings to a timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import counted
from crosswear.datasets.tree import table_file
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.recognise.chunks import read_chunks, reading_of
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files
from crosswear.deploy.recognise.recognizer import Event, Recognizer, recognise
from crosswear.signal.nonwear import DOUBTFUL_S, NOT_WORN_S, longest
from crosswear.tables.broken import broken_lines
from crosswear.tables.units import Reading, alike

Report = Callable[[str], None]
"""Takes the name of a file that is begun."""

_READ_S = 60.0  # seconds in which the unit is looked for together


@dataclass(frozen=True)
class Recognised:
    """Activities that were recognised in one file.

    Attributes:
        file: as it is called in messages.
        rate_hz, unit: as they were given, or found in the file.
        columns: of x, y, z and the time, as they were given or found.
        events: one for each window.
        notes: what was repaired or looks wrong, one sentence each.
    """

    file: str
    rate_hz: float
    unit: str | float
    columns: tuple[str | int, ...]
    events: tuple[Event, ...]
    notes: tuple[str, ...]


def recognise_files(
    bundle: Bundle,
    paths: Sequence[Path],
    overrides: Overrides = Overrides(),  # noqa: B008  # frozen
    toml: Path | None = None,
    report: Report = lambda _file: None,
) -> list[Recognised]:
    """Recognise activities in recordings, a piece of a file at a time.

    Args:
        bundle: the model.
        paths: CSV, Parquet or device files, `dataset.toml` files, or folders with one.
        overrides: what is known of the files; the rest is looked for in them.
        toml: the `dataset.toml` that describes files that lie elsewhere.
        report: takes the name of each file.

    Raises:
        MissingDataError: if a file is not there.
        DataFormatError: if one is no recording, damaged, or in another unit or rate than given.
        UsageError: if a file does not show its columns, rate or unit, and `overrides` neither.
    """
    sources = [
        source for path in paths for source in input_files(path, overrides, toml, bundle.manifest)
    ]
    found = []
    for source in sources:
        report(source.where)
        found.append(_recognise(bundle, source))
    return found


def _recognise(bundle: Bundle, source: RecordingFile) -> Recognised:
    layout = source.layout
    recognizer = Recognizer(bundle, layout.rate_hz, layout.one_unit)
    overrides: Reading | None = None
    unread: list[NDArray[np.float64]] = []
    notes = list(source.notes)
    broken = broken_lines(table_file(source.tree, source.name), source.layout.dialect)
    notes += [f"{counted(broken, 'broken line is', 'broken lines are')} left out"] * bool(broken)

    def read() -> None:
        nonlocal overrides
        overrides = reading_of(source, np.concatenate(unread)) or overrides
        unread.clear()

    def chunks() -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
        for values, time_s in read_chunks(source, notes.append):
            if (
                overrides is None or not overrides.at_rest
            ):  # the first second at rest shows the unit
                unread.append(values)
                if sum(map(len, unread)) >= _READ_S * layout.rate_hz:
                    read()
            yield values, time_s
        if unread:
            read()

    try:
        events = list(recognise(recognizer, chunks()))
    except DataFormatError as error:
        if error.where.startswith(source.where):
            raise
        raise error.inside(source.where) from error
    marked = _marked(events, is_unfamiliar=recognizer.is_unfamiliar)
    notes += recognizer.notes()
    if not all(one.worn for one in marked):
        hours = sum(not one.worn for one in marked) * bundle.manifest.hop_s / 3600
        notes.append(
            f"the sensor did not move for {hours:.1f} h, in stretches of an hour or more: it was "
            "probably not worn"
        )
    if overrides is None:
        notes.append("no second at rest, or gravity was taken away: the unit is unchecked")
    elif overrides.at_rest and not alike(overrides.length, layout.units_per_g):
        rest = overrides.length / layout.units_per_g
        notes.append(f"at rest the sensor reads {rest:.3g} g, not 1 g")
    return Recognised(
        file=source.where,
        rate_hz=layout.rate_hz,
        unit=layout.one_unit,
        columns=tuple(layout.columns.used().values()),
        events=marked,
        notes=tuple(notes),
    )


def _marked(events: Sequence[Event], *, is_unfamiliar: bool) -> tuple[Event, ...]:
    """Mark whole stretches without movement, from their beginning, and unfamiliar recordings."""
    still_s = longest(np.array([one.still_s for one in events]))
    found = []
    for one, seconds in zip(events, still_s.tolist(), strict=True):
        reason = "unfamiliar" if is_unfamiliar else one.reason
        reason = "still" if seconds >= DOUBTFUL_S else reason
        found.append(replace(one, reason=reason, worn=seconds < NOT_WORN_S))
    return tuple(found)
