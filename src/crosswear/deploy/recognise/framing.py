"""Windows of resampled segments that are still coming in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.resample import Span


@dataclass(frozen=True, eq=False)
class Frames:
    """The next windows of a segment.

    Attributes:
        x: float32 [n, 3, L], in g.
        start_s: [n], start of each window, in seconds after the first sample of the stream.
        last: whether the segment ends with them.
    """

    x: NDArray[np.float32]
    start_s: NDArray[np.float64]
    last: bool


class Framing:
    """A cutter of windows; the first window of every segment begins with its first sample.

    Args:
        rate_hz: rate of the samples.
        window: samples in a window.
        hop: samples from the start of one window to the start of the next one.
    """

    def __init__(self, rate_hz: float, window: int, hop: int) -> None:
        self._rate_hz, self._window, self._hop = rate_hz, window, hop
        self._samples = np.empty((0, 3), np.float32)
        self._dropped = 0  # samples that no later window needs
        self._next = 0  # window

    def push(self, span: Span) -> Frames:
        """Take the next samples of a segment and return the windows that they complete."""
        self._samples = np.append(self._samples, span.values, axis=0)
        total = self._dropped + len(self._samples)
        stop = max((total - self._window) // self._hop + 1, self._next)
        number = np.arange(self._next, stop)
        x = np.empty((0, 3, self._window), np.float32)
        if len(number):
            views = np.lib.stride_tricks.sliding_window_view(self._samples, self._window, axis=0)
            x = np.ascontiguousarray(views[number * self._hop - self._dropped])
        frames = Frames(x, span.start_s + number * self._hop / self._rate_hz, span.last)
        self._next = stop
        needless = min(stop * self._hop - self._dropped, len(self._samples))
        self._samples = self._samples[needless:]
        self._dropped += needless
        if span.last:
            self._samples, self._dropped, self._next = self._samples[:0], 0, 0
        return frames
