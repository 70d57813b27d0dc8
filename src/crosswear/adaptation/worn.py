"""Labelled windows of sensors that no one wears.

A label says what a person did, not whether the sensor was on the wrist. Windows of a stretch of an
hour without movement (`crosswear.signal.nonwear`) are left out: `predict` gives no answer there, so
a model that learns them as sitting gains nothing, and its expected score would count them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Windows
from crosswear.core.texts import counted
from crosswear.datasets.domain import Domain
from crosswear.signal.blocks import by_blocks
from crosswear.signal.nonwear import DOUBTFUL_S, NOT_WORN_S, StillTime, longest, still

NAMED = 3
"""Stretches in a sentence."""

Floats = NDArray[np.float64]


def worn_windows(domain: Domain, rate_hz: float) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which windows to learn from [N], and sentences about stretches without movement.

    Windows that are not worn are left out, unless they are half of their class or more: then the
    label, such as sleep, means just that.

    Args:
        domain: the recordings.
        rate_hz: sampling rate of the windows.
    """
    windows, classes = domain.windows, domain.classes
    seconds = still_seconds(windows, domain.summary.rate_hz, domain.samples / rate_hz)
    off = seconds >= NOT_WORN_S
    totals = np.bincount(windows.y, minlength=len(classes))
    meant = 2 * np.bincount(windows.y[off], minlength=len(classes)) >= np.maximum(totals, 1)
    left_out = off & ~meant[windows.y]
    notes = []
    for mine, verdict in (
        (left_out, "the sensor was probably not worn, and nothing is learned from them"),
        (
            off & ~left_out,
            "they are learned from, as they are half of their class or more, but the sensor was "
            "perhaps not worn",
        ),
        (
            (seconds >= DOUBTFUL_S) & ~off,
            "they are learned from, but a sensor on a table would look like that, too",
        ),
    ):
        if mine.any():
            named = _named(domain, np.flatnonzero(mine), seconds)
            number = counted(int(mine.sum()), "window lies", "windows lie")
            notes.append(f"{number} in stretches without movement ({named}): {verdict}")
    return ~left_out, notes


def still_seconds(windows: Windows, recorded_hz: float, window_s: float) -> Floats:
    """Return how long the stretch without movement around each window is; 0 in movement; [N].

    Args:
        windows: of a domain.
        recorded_hz: nominal rate of the recordings.
        window_s: length of a window.
    """
    is_still = by_blocks(still, windows.acceleration)
    found = np.zeros(len(windows))
    order = np.lexsort((windows.start, windows.recording))
    cuts = np.flatnonzero(np.diff(windows.recording[order])) + 1
    for rows in np.split(order, cuts):
        start_s = windows.start[rows] / recorded_hz
        found[rows] = longest(StillTime().push(start_s, window_s, is_still[rows]))
    return found


def _named(domain: Domain, rows: NDArray[np.int64], seconds: Floats) -> str:
    """Return person, class and length of the longest stretches among some windows."""
    windows = domain.windows
    stretches: dict[tuple[str, str, int], None] = {}
    for row in rows[np.argsort(-seconds[rows], kind="stable")].tolist():
        person = domain.summary.subjects[int(windows.subject[row])]
        name = domain.classes[int(windows.y[row])]
        stretches[person, name, round(seconds[row] / 60)] = None
    return _listed([f"{person}, {name}, {minutes} min" for person, name, minutes in stretches])


def _listed(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return "; ".join(texts[:NAMED]) + more
