"""Positions of samples in time, and the gaps between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError, UsageError

Floats = NDArray[np.float64]

EVEN = 1e-6
"""In sampling periods: the deviation that rounding alone causes in even time stamps."""


class Positions:
    """The positions of samples, counted in nominal sampling periods after the first sample.

    Args:
        rate_hz: nominal rate.
        bridge_s: gaps of at most this length are bridged, longer ones split the samples.
        place: where the samples come from, for errors; ends with a separator.
    """

    def __init__(self, rate_hz: float, bridge_s: float, place: str = "") -> None:
        self._rate_hz, self._place = rate_hz, place
        self._longest = max(bridge_s * rate_hz, 0.5) + EVEN
        self._samples = 0
        self._stamps: tuple[float, float] | None = None  # the first and the last

    def push(self, count: int, time_s: Floats | None) -> Floats:
        """Return the positions [count] of the next samples.

        Args:
            count: how many samples follow.
            time_s: [count] seconds, for all samples or for none.

        Raises:
            DataFormatError: if a time stamp is missing or does not increase.
            UsageError: if only a part of the samples has time stamps.
        """
        first = self._samples
        self._samples += count
        if first and (time_s is None) != (self._stamps is None):
            raise UsageError(
                "some samples have time stamps and some have none",
                where=f"{self._place}sample {first}",
                expected="time stamps for all samples or for none of them",
            )
        if time_s is None:
            return np.arange(first, first + count, dtype=np.float64)
        if not count:
            return np.empty(0)
        begin, before = self._stamps or (float(time_s[0]), -np.inf)
        # Written so that NaN stamps count as wrong, too.
        wrong = ~(np.diff(time_s, prepend=before) > 0) | ~np.isfinite(time_s)
        if wrong.any():
            raise DataFormatError(
                "the time stamp is missing, repeats the one before it or runs backwards",
                where=f"{self._place}sample {first + int(wrong.argmax())}",
                expected="time stamps that increase from sample to sample",
                todo="sort the samples by time and drop repeated ones, or leave the time out",
            )
        self._stamps = begin, float(time_s[-1])
        return np.asarray((time_s - begin) * self._rate_hz)

    def gaps(self, position: Floats, before: Floats) -> NDArray[np.int64]:
        """Return the indices of the measured samples that follow a gap too long to bridge.

        Args:
            position: [t], of the measured samples.
            before: [1] or [0], the position of the measured sample before them, if there is one.
        """
        lost = np.diff(position, prepend=before) - 1
        return np.flatnonzero(lost > self._longest) + (1 - len(before))
