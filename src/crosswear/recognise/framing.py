"""Stretches that are still coming in become windows, and windows' probabilities smoothed ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.recognise.resampler import Part

SMOOTHED = 3
"""Windows over which probabilities are averaged: the one in question and its neighbours."""


@dataclass(frozen=True, eq=False)
class Frames:
    """The next windows of a stretch.

    Attributes:
        x: float32 [n, 3, L], in g.
        start_s: when each began.
        last: whether the stretch ends with them.
    """

    x: NDArray[np.float32]
    start_s: NDArray[np.float64]
    last: bool


class Framing:
    """Cuts windows, the first at the start of every stretch.

    Args:
        rate_hz: of the samples.
        window: samples in a window.
        hop: samples from one window's start to the next one's.
    """

    def __init__(self, rate_hz: float, window: int, hop: int) -> None:
        self._rate_hz, self._window, self._hop = rate_hz, window, hop
        self._samples = np.empty((0, 3), np.float32)
        self._dropped = 0  # samples that no later window needs
        self._next = 0  # window

    def push(self, part: Part) -> Frames:
        """Take the next samples of a stretch and give the windows that they complete."""
        self._samples = np.append(self._samples, part.values, axis=0)
        total = self._dropped + len(self._samples)
        stop = max((total - self._window) // self._hop + 1, self._next)
        number = np.arange(self._next, stop)
        x = np.empty((0, 3, self._window), np.float32)
        if len(number):
            views = np.lib.stride_tricks.sliding_window_view(self._samples, self._window, axis=0)
            x = np.ascontiguousarray(views[number * self._hop - self._dropped])
        frames = Frames(x, part.start_s + number * self._hop / self._rate_hz, part.last)
        self._next = stop
        needless = min(stop * self._hop - self._dropped, len(self._samples))
        self._samples = self._samples[needless:]
        self._dropped += needless
        if part.last:
            self._samples, self._dropped, self._next = self._samples[:0], 0, 0
        return frames


class Smoothing:
    """Mean of the probabilities of a window, the one before and the one after it.

    Over the neighbours that there are within a stretch: a window is given once the next one is
    known, or its stretch ends.

    Args:
        classes: number of classes C.
    """

    def __init__(self, classes: int) -> None:
        self._known = np.empty((0, classes))
        self._given = 0  # of those known

    def push(
        self, probabilities: NDArray[np.float64], *, last: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Take the probabilities of the next windows of a stretch.

        Args:
            probabilities: [n, C].
            last: whether the stretch ends with them.

        Returns:
            Probabilities [m, C] of the next m windows, and the smoothed ones.
        """
        reach = SMOOTHED // 2
        known = np.append(self._known, probabilities, axis=0)
        done = len(known) if last else max(len(known) - reach, self._given)
        at = np.arange(self._given, done)
        total = np.zeros((len(at), known.shape[1]))
        count = np.zeros((len(at), 1))
        for near in range(-reach, reach + 1):
            there = ((at + near >= 0) & (at + near < len(known)))[:, None]
            total += np.where(there, known[(at + near).clip(0, len(known) - 1)], 0)
            count += there
        own = known[at]
        keep = len(known) if last else max(done - reach, 0)
        self._known, self._given = known[keep:], done - keep
        return own, total / count
