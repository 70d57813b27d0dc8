"""The samples of a recording, checked, a piece at a time: a file may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import Note
from crosswear.datasets.own.contents import local_start, read_pieces, row_place
from crosswear.datasets.quantities import LARGEST_G
from crosswear.deploy.recognise.inputs import RecordingFile
from crosswear.tables.clock_changes import BACK_TODO, clock_back, forward_notes, runs_backwards
from crosswear.tables.stamps import (
    RATE_TOLERANCE,
    are_even,
    few,
    first_not_after,
    packets,
    rate_change,
    rate_of,
    spread,
    spread_note,
)
from crosswear.tables.units import Reading, reading

Floats = NDArray[np.float64]

_SORT = "sort the rows and drop repeated ones, or leave the time out: --columns x,y,z with --rate"
_FEWEST_ROWS = 200  # of a later piece, to say its rate


def read_chunks(source: RecordingFile, note: Note) -> Iterator[tuple[Floats, Floats | None]]:
    """The samples of a file and their time stamps, a piece at a time.

    Args:
        source: the file.
        note: takes a sentence about time stamps that were moved.

    Yields:
        [t, 3] in the unit of the file, NaN where a number is missing; and seconds after the first
        row [t], if there is a column of time.

    Raises:
        DataFormatError: if the file is not what its layout says, its first piece is at another
            rate, or a row holds what no sensor measures or no instant; names the line.
    """
    row = 0
    clock: _Clock | None = None
    for values, time_s, batch in read_pieces(source.tree, source.name, source.layout):
        _check_range(source, values, row)
        row += len(values)
        if time_s is None:
            yield values, None
        elif len(values):
            _check_rate(source, time_s, row - len(values))
            if clock is None:
                clock = _Clock(source, local_start(batch, source.layout))
            yield clock.push(values, time_s)
    if clock is not None:
        yield clock.flush()
        for sentence in clock.jumps:
            note(sentence)
        if clock.repeats:
            note(spread_note(clock.repeats))


class _Clock:
    """A clock that moves repeated stamps apart: rows wait until the next stamp is known."""

    def __init__(self, source: RecordingFile, local_s: float | None) -> None:
        self._source = source
        self._local_s = local_s
        self._values, self._time_s = np.empty((0, 3)), np.empty(0)  # of the rows that wait
        self._rows = 0
        self._first_repeat = 0
        self.repeats = 0
        self._packets: list[tuple[NDArray[np.int64], Floats]] = []  # where stamps repeat
        self.jumps: list[str] = []

    def push(self, values: Floats, time_s: Floats) -> tuple[Floats, Floats]:
        last = self._time_s[-1] if self._rows else -np.inf
        row = first_not_after(time_s, last, may_repeat=True)
        if row is not None:
            missing = np.isnan(time_s[row])
            step = float(np.diff(time_s, prepend=last)[row])
            todo = BACK_TODO if clock_back(np.array([step])).any() else _SORT
            raise self._error("no time stamp" if missing else runs_backwards(step), row, todo)
        same = np.diff(time_s, prepend=last) == 0
        if same.any() and not self.repeats:
            self._first_repeat = self._rows + int(same.argmax())
        self.repeats += int(same.sum())
        self._rows += len(values)
        values = np.concatenate([self._values, values])
        time_s = np.concatenate([self._time_s, time_s])
        if self._local_s is not None:
            dated = self._source.layout.time_unit != "time-of-day"
            self.jumps += forward_notes(time_s, self._local_s, dated=dated)
        ready = int(np.searchsorted(time_s, time_s[-1]))
        begins = self._rows == len(time_s)
        self._values, self._time_s = values[ready:], time_s[ready:]
        if not few(int(same.sum()), len(same)):
            self._packets.append(packets(time_s))
        rate_hz = self._source.layout.rate_hz
        return values[:ready], spread(time_s, rate_hz, begins=begins)[:ready]

    def flush(self) -> tuple[Floats, Floats]:
        even = not self._packets or are_even(*map(np.concatenate, zip(*self._packets, strict=True)))
        if not even and not few(self.repeats, self._rows):
            raise self._error(
                f"the time stamp repeats the one before it, as {self.repeats} of {self._rows} do",
                self._first_repeat - self._rows,
                _SORT,
            )
        return self._values, spread(self._time_s, self._source.layout.rate_hz, begins=False)

    def _error(self, what: str, row: int, todo: str) -> DataFormatError:
        source = self._source
        return DataFormatError(
            what,
            where=row_place(source.tree, source.name, source.layout, self._rows + row),
            expected="time stamps that increase from row to row",
            todo=todo,
        )


def reading_of(source: RecordingFile, values: Floats) -> Reading | None:
    """Return what is about one g in a piece of a recording, if anything shows it.

    Raises:
        DataFormatError: if it cannot be one g in the declared unit.
    """
    layout = source.layout
    found = reading(values, layout.rate_hz)
    if found is not None and found.contradicts(layout.units_per_g):
        raise DataFormatError(
            str(found),
            where=source.where,
            expected=f"about {layout.units_per_g:g}, as unit {layout.one_unit!r} says",
            todo="correct the unit" + (f", perhaps to {found.unit!r}" if found.unit else ""),
        )
    return found


def _check_range(source: RecordingFile, values: Floats, row: int) -> None:
    wrong = (np.abs(values) / source.layout.units_per_g > LARGEST_G).any(axis=1)
    if wrong.any():
        first = int(wrong.argmax())
        beyond = np.nanmax(np.abs(values[first]))
        raise DataFormatError(
            f"{beyond:g} {source.layout.one_unit} is not an acceleration",
            where=row_place(source.tree, source.name, source.layout, row + first),
            expected=f"finite numbers up to {LARGEST_G:g} g, or an empty cell where a sample was "
            "lost",
            todo="correct the file, or the unit",
        )


def _check_rate(source: RecordingFile, time_s: Floats, row: int) -> None:
    changed = rate_change(time_s)
    if changed is not None:
        at, before, after = changed
        raise DataFormatError(
            f"the rate changes from {before:.4g} Hz to {after:.4g} Hz",
            where=row_place(source.tree, source.name, source.layout, row + at),
            expected="one sampling rate",
            todo="cut the file at that line, or resample it",
        )
    if row and len(time_s) < _FEWEST_ROWS:
        return
    rate_hz = rate_of(np.diff(time_s))
    if rate_hz is not None and abs(rate_hz / source.layout.rate_hz - 1) > RATE_TOLERANCE:
        raise DataFormatError(
            f"the time stamps have {rate_hz:.4g} Hz, and the stated rate is "
            f"{source.layout.rate_hz:g}",
            where=source.where
            if row == 0
            else row_place(source.tree, source.name, source.layout, row),
            expected=f"a rate within {RATE_TOLERANCE:.0%} of it",
            todo="correct the rate, or the unit of the time",
        )
