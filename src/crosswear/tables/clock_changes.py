"""Clocks that are put forward or back: what it looks like in stamps of local time."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BACK_TODO = "take it off the stamps before that line or write them in UTC, or cut the file there"
"""Advice where a clock was put back."""
_CHANGES = {3600.0: "an hour", 1800.0: "half an hour"}
"""Seconds; half an hour on Lord Howe Island."""
_ABOUT_S = 5.0
_NIGHT_S = 4 * 3600.0
"""Of stamps without a date, jumps before this time of day may be changes of the clock."""


def clock_back(steps: Floats) -> NDArray[np.bool_]:
    """Return which steps [N] in seconds run back as clocks do after summer time."""
    found = [np.abs(steps + change) < _ABOUT_S for change in _CHANGES]
    return np.asarray(np.logical_or.reduce(found))


def runs_backwards(step_s: float) -> str:
    """Return that the time runs backwards, and why if that shows."""
    change = _change(-step_s)
    if change:
        return f"the time runs back by {_CHANGES[change]}, as local time does after summer time"
    return "the time runs backwards"


def forward_notes(time_s: Floats, start_s: float, *, dated: bool) -> list[str]:
    """Return a sentence on each jump that may be a clock that was put forward.

    Args:
        time_s: [T] seconds after the first row.
        start_s: instant of the first row in seconds since 1970 on its own clock, or since midnight.
        dated: whether the stamps have a date.
    """
    steps = np.diff(time_s)
    rows = np.flatnonzero(clock_back(-steps))
    found = []
    for row, step in zip(rows.tolist(), steps[rows].tolist(), strict=True):
        at = datetime.fromtimestamp(start_s + float(time_s[row]), UTC)
        change = _change(step)
        if dated and not _is_put_forward((at + timedelta(seconds=step)).date(), change):
            continue
        if not dated and (start_s + float(time_s[row])) % 86_400 > _NIGHT_S:
            continue
        when = f"{at:%Y-%m-%d %H:%M:%S}" if dated else f"{at:%H:%M:%S}"
        found.append(
            f"the time stamps jump by {_CHANGES[change]} after {when}, as local time does at the "
            "beginning of summer time: this is read as a gap. If the recording went on, all later "
            f"times are {_CHANGES[change]} late: write the stamps in UTC, or take it off them"
        )
    return found


def _change(step_s: float) -> float:
    """Return the change of clocks that a step is, 0 if it is none."""
    return next((change for change in _CHANGES if abs(step_s - change) < _ABOUT_S), 0.0)


@functools.cache
def _is_put_forward(day: date, change_s: float) -> bool:
    """Return whether clocks are put forward on a day, anywhere; True if no zones are installed."""
    zones = available_timezones()
    nights = [datetime.combine(day + timedelta(days=days), time()) for days in (0, 1)]
    for zone in map(ZoneInfo, zones):
        before, after = (night.replace(tzinfo=zone).utcoffset() for night in nights)
        if (
            before is not None
            and after is not None
            and (after - before).total_seconds() == change_s
        ):
            return True
    return not zones
