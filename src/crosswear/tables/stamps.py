"""Time stamps: whether they are instants in order, and at which rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE_TOLERANCE = 0.1
"""Stamps and a declared rate that differ by more than this part contradict each other."""
FEW = 0.02
"""Up to this part of the stamps may repeat the one before: whole milliseconds of a lively clock."""
BURST = 2.5
"""Stamps with intervals over this many times the median are of when data came, not when it was
measured, unless there are so few that they are gaps."""
OTHER_RATE = 1.25
"""A stretch of even intervals is at another rate if it differs by more than this factor."""
_EVEN = 0.25  # quartiles of the intervals of an even stretch lie within this part of the median
_STRETCH, _STRETCH_OF_PACKETS = 20, 5
_FEWEST_STRETCHES = 3
_GAP, _PACKET_GAP = 3.0, 1.5
_CATCH_UP = 8
_FEWEST_BURSTS = 3
FEWEST_PACKETS = 4
_FEWEST_ROUNDED = 2


def first_not_after(
    time_s: Floats, before: float = -np.inf, *, may_repeat: bool = False
) -> int | None:
    """Return the first of some stamps [T] that does not follow the one before it.

    Args:
        time_s: seconds; one that is missing follows none.
        before: the stamp before the first one.
        may_repeat: whether a stamp may equal the one before it.
    """
    steps = np.diff(time_s, prepend=before)
    wrong = ~(steps >= 0) if may_repeat else ~(steps > 0)
    return int(wrong.argmax()) if wrong.any() else None


def rate_of(steps: Floats) -> float | None:
    """Return rows in a unit of time; gaps do not count.

    Args:
        steps: [T - 1], from each time stamp to the next one, in any unit.

    Returns:
        None if no step goes on.
    """
    ends = np.flatnonzero(steps != 0)  # of the runs of rows with one stamp
    rows, rises = np.diff(ends, prepend=-1), steps[ends]
    in_packets = len(rows) > 2 and rows[1:].mean() > 1.5
    if in_packets:
        rows, rises = rows[1:], rises[1:]  # the recording began within the first packet
    rows, rises = rows[rises > 0], rises[rises > 0]
    if not len(rises):
        return None
    usual = float(np.median(rises))
    if in_bursts(rises):
        usual = max(usual, float(np.percentile(rises, 99)))
    # What came late is no gap: what follows catches up.
    ahead = np.cumsum(rows * usual / np.median(rows) - rises)
    follows = np.minimum(np.arange(len(rises)) + _CATCH_UP, len(rises) - 1)
    caught_up = (rises <= _CATCH_UP * usual) & (ahead[follows] - ahead > (rises - usual) / 2)
    within = (rises <= (_PACKET_GAP if in_packets else _GAP) * usual) | caught_up
    follows_one = within[1:] & within[:-1]
    if in_packets and _are_rounded(rows, rises):
        within[:] = True
    elif in_packets and follows_one.any():
        within[1:] = follows_one  # a gap ends within a packet
    return float(rows[within].sum() / rises[within].sum())


def _are_rounded(rows: NDArray[np.integer], rises: Floats) -> bool:
    """Return whether equal packets follow each other evenly, and only their stamps are rounded.

    Intervals are then one unit of the stamps or two, in turn. Lost packets come in no such order.

    Args:
        rows: of each packet [N].
        rises: from each packet's stamp to the next one [N].
    """
    unit = rises.min()
    longer = rises > unit
    even = np.cumsum(rises) - rises.mean() * np.arange(1, len(rises) + 1)
    whole = np.isclose(rises[longer], 2 * unit).all()
    same = bool((rows == rows[0]).all() and whole and longer.sum() >= _FEWEST_ROUNDED)
    return same and bool(np.ptp(even) <= unit)


def rate_change(time_s: Floats) -> tuple[int, float, float] | None:
    """Return the first row at another rate than the rows before it, and both rates.

    Only stretches of even intervals count, of which several follow each other: stamps of delivery
    are uneven, and gaps are single.

    Args:
        time_s: [T], in any unit; rows that repeat a stamp are of one packet.
    """
    starts = np.flatnonzero(np.diff(time_s, prepend=-np.inf) > 0)
    if len(starts) < 2:
        return None
    rows = np.diff(starts)
    rates = rows / np.abs(np.diff(time_s[starts]))  # it may begin anew
    size = _STRETCH_OF_PACKETS if rows.mean() > 1.5 else _STRETCH
    whole = len(rates) // size
    blocks = rates[: whole * size].reshape(whole, size)
    low, middle, high = np.percentile(blocks, (25, 50, 75), axis=1) if whole else np.empty((3, 0))
    even = np.flatnonzero((high - low < _EVEN * middle) & (middle > 0))
    if len(even) < 2 * _FEWEST_STRETCHES:
        return None
    first = float(np.median(middle[even[:_FEWEST_STRETCHES]]))
    other = np.abs(np.log(middle[even] / first)) > np.log(OTHER_RATE)
    several = np.convolve(other, np.ones(_FEWEST_STRETCHES), "valid") == _FEWEST_STRETCHES
    if not several.any():
        return None
    block = int(even[several.argmax()])
    then = float(middle[block])
    near = np.abs(np.log(rates / then)) < np.log(OTHER_RATE) / 2
    begin = max(block - 1, 0) * size
    return int(starts[begin + int(near[begin:].argmax())]), first, then


def in_bursts(rises: Floats) -> bool:
    """Return whether more intervals [N] than a few gaps are much longer than the median."""
    long = rises > BURST * np.median(rises)
    return bool(long.sum() >= _FEWEST_BURSTS and long.mean() > 0.01)


def few(repeats: int, rows: int) -> bool:
    """Return whether so many of the stamps repeat the one before that all may still be instants."""
    return repeats <= max(1, FEW * rows)


def are_instants(time_s: Floats) -> bool:
    """Return whether stamps [T] that repeat may be used: few do, or they are of even packets.

    In even packets, rows follow each other at one rate from stamp to stamp, gaps left out.
    """
    if few(int((np.diff(time_s) == 0).sum()), len(time_s)):
        return True
    return are_even(*packets(time_s))


def packets(time_s: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return rows and duration of each packet but the first, which may be cut, and the last."""
    starts = np.flatnonzero(np.diff(time_s, prepend=-np.inf) > 0)[1:]
    return np.diff(starts), np.diff(time_s[starts])


def are_even(rows: NDArray[np.int64], rises: Floats) -> bool:
    """Return whether packets of `rows` [N], each `rises` [N] long, are at one rate, gaps left out.

    Stamps in units as long as a packet may be rounded: in a short recording, a single packet with
    more rows than its time has room for shows it.
    """
    if len(rows) < FEWEST_PACKETS - 1:
        return False
    rates = rows / rises
    apart = np.log(rates / np.median(rates))
    faster, slower = apart > np.log(OTHER_RATE), apart < -np.log(OTHER_RATE)
    units = rises / np.abs(rises).min()
    if np.allclose(units, np.rint(units)) and faster.mean() > FEW:
        return False
    return few(int((faster | slower).sum()), len(rates))


def is_clock(numbers: Floats) -> bool:
    """Return whether numbers [T] are hours, minutes and seconds in a row: 95958.5, 100000.5.

    They then jump by 40 beside what they rise otherwise, and only where a minute begins. A date or
    parts of seconds may be in the same number.
    """
    for second in (1.0, 1e3, 1e6):
        seconds = numbers / second
        minutes = np.floor(seconds / 100)
        begins = np.diff(minutes) > 0
        if not begins.any() or begins.all() or (seconds % 100 >= 60).any():
            continue
        if (np.diff(seconds)[begins] >= 40).all():
            return bool((minutes % 100 < 60).all())
    return False


def spread(time_s: Floats, rate_hz: float, *, begins: bool = True) -> Floats:
    """Return rows of one time stamp moved apart: by a period, or less where the next stamp is near.

    Args:
        time_s: [T] seconds that do not fall.
        rate_hz: nominal rate.
        begins: whether the recording begins with them, perhaps within a packet, whose first rows
            are missing then.
    """
    starts = np.flatnonzero(np.diff(time_s, prepend=-np.inf) > 0)
    if len(starts) == len(time_s):
        return time_s
    rows = np.diff(starts, append=len(time_s))
    room = np.diff(time_s[starts], append=np.inf)
    step = np.minimum(1 / rate_hz, room / rows)
    moved = time_s + np.repeat(step, rows) * (np.arange(len(time_s)) - np.repeat(starts, rows))
    if begins and len(rows) > 2 and 1 < rows[0] < rows[1]:
        moved[: rows[0]] += max(min(room[0], room[1]) - rows[0] * step[0], 0)
    return np.asarray(moved)


def spread_note(repeats: int, where: str = "") -> str:
    """Return that stamps were moved apart; `where` begins with a space, if it is not empty."""
    if repeats == 1:
        return f"1 time stamp repeats the one before{where} and was moved towards the next one"
    return f"{repeats:,} time stamps repeat the one before{where} and were moved towards the next"
