"""No raw sample in two subsets: how that is reached, and how it is proved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import LeakageError
from crosswear.core.recording import PURGED, Subset, Windows

_LONGEST_CHAIN = 0.05  # of the domain: half of the smallest subset


def chains(windows: Windows) -> NDArray[np.int64]:
    """Join the occurrences whose windows share raw samples, so that a split needs not purge them.

    Activities that follow each other within seconds share windows: split one by one, short
    gestures would lose most of their train windows to the purge. A chain goes on until a gap, or
    once it has a twentieth of all windows, until its current occurrence ends.

    Returns:
        int64 [N], the number of each window's chain; an occurrence is never in two chains.
    """
    start, stop = _on_one_line(windows)
    order = np.argsort(start, kind="stable")
    start, stop, occurrence = start[order], stop[order], windows.occurrence[order]
    place = np.arange(len(order))
    last = np.zeros(int(occurrence.max(initial=0)) + 1, np.int64)
    np.maximum.at(last, occurrence, place)
    between = np.maximum.accumulate(last[occurrence])[:-1] < place[1:]
    gap = np.maximum.accumulate(stop)[:-1] <= start[1:]
    begin = 0
    begins = np.zeros(len(order), np.int64)
    for cut in (np.flatnonzero(between) + 1).tolist():
        if gap[cut - 1] or cut - begin >= _LONGEST_CHAIN * len(order):
            begin = cut
            begins[cut] = 1
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(begins)
    return number


def _on_one_line(windows: Windows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and stop of all windows, with the recordings laid end to end."""
    length = int(windows.stop.max(initial=0))
    offset = windows.recording.astype(np.int64) * length
    return windows.start + offset, windows.stop + offset


def purge_overlaps(windows: Windows, subset: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return which windows to keep so that no raw sample is in two subsets.

    Test keeps all its windows, validation those that share nothing with test, train those that
    share nothing with either. Windows that are `PURGED` already stay so.

    Returns:
        bool [N].
    """
    start, stop = _on_one_line(windows)
    kept: NDArray[np.bool_] = subset == Subset.TEST
    for part in (Subset.VALIDATION, Subset.TRAIN):
        # As many of the kept windows as start before a stop, less those that end by a start.
        begun = np.searchsorted(np.sort(start[kept]), stop, side="left")
        ended = np.searchsorted(np.sort(stop[kept]), start, side="right")
        kept = kept | ((subset == part) & (begun == ended))
    return kept


def audit(windows: Windows, subset: NDArray[np.int8]) -> None:
    """Prove that no raw sample of any recording is in two subsets.

    A sweep over the windows in the order of their starts, independent of `purge_overlaps`.

    Raises:
        LeakageError: naming recording, subsets and raw samples of the first one found.
    """
    order = np.lexsort((windows.start, windows.recording))
    order = order[subset[order] != PURGED]
    reach: dict[int, int] = {}
    recording = -1
    for index in order:
        if windows.recording[index] != recording:
            recording, reach = int(windows.recording[index]), {}
        part, start, stop = int(subset[index]), int(windows.start[index]), int(windows.stop[index])
        for other, end in reach.items():
            if other != part and end > start:
                raise LeakageError(
                    f"raw samples {start} to {min(end, stop) - 1} are in "
                    f"{Subset(other).name.lower()} and in {Subset(part).name.lower()}",
                    where=f"recording {recording}",
                    expected="every raw sample in one subset",
                    todo="prepare the domain anew; if this comes back, report it as a bug",
                )
        reach[part] = max(stop, reach.get(part, 0))
