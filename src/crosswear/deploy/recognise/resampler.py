"""Samples of any rate become stretches at the bundle's rate, while they come in.

What it gives is what `crosswear.signal.resample.stretches` gives for the whole recording: the same
low-pass, the same mirrored ends, the same bridges over lost samples. One thing differs, below
what float32 can hold: the spline through time stamps is solved in blocks of knots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.deploy.recognise.grid import EVEN, SampleGrid
from crosswear.deploy.recognise.polyphase import Polyphase
from crosswear.signal.resample import LowPass, design_low_pass


@dataclass(frozen=True, eq=False)
class Span:
    """The next samples of a stretch.

    Attributes:
        start_s: when the stretch began, in seconds after the first sample of the stream.
        values: float32 [n, 3]; in all parts of a stretch together, sample i was measured
            i / rate after its start.
        last: whether the stretch ends with this part.
    """

    start_s: float
    values: NDArray[np.float32]
    last: bool


class StreamResampler:
    """Brings one stream to another rate; equal streams give equal stretches, however they are cut.

    Args:
        rate_hz: nominal rate of the stream.
        target_hz: rate to come to.
        bridge_s: gaps of at most this length are bridged, longer ones split the stream.

    Attributes:
        gaps: when the gaps that split the stream began, in seconds after its first sample.
        bridged: how many lost samples were bridged.
    """

    def __init__(self, rate_hz: float, target_hz: float, bridge_s: float) -> None:
        self._rate_hz = rate_hz
        self._filter = design_low_pass(rate_hz, target_hz)
        self._longest = max(bridge_s * rate_hz, 0.5) + EVEN
        self._samples = 0
        self._stamps: tuple[float, float] | None = None  # the first and the last
        self._stretch: _Segment | None = None
        self.gaps: list[float] = []
        self.bridged = 0

    def push(
        self, values: NDArray[np.float64], time_s: NDArray[np.float64] | None = None
    ) -> list[Span]:
        """Take the next samples and give what they decide.

        Args:
            values: [t, 3]; rows with NaN are lost samples.
            time_s: [t] seconds, for all samples of the stream or for none.

        Raises:
            DataFormatError: if the time is missing or does not increase.
            UsageError: if only a part of the stream has time stamps.
        """
        position = self._positions(len(values), time_s)
        rows = np.flatnonzero(~np.isnan(values).any(axis=1))
        if not len(rows):
            return []
        position, values = position[rows], values[rows]
        previous = self._stretch.last if self._stretch else position[0]
        lost = np.diff(position, prepend=previous) - 1
        self.bridged += int(np.rint(lost[(lost > 0.5) & (lost <= self._longest)]).sum())
        splits = np.flatnonzero(lost > self._longest)
        parts: list[Span] = []
        for number, piece in enumerate(np.split(np.arange(len(rows)), splits)):
            if number and self._stretch is not None:
                self.gaps.append(self._stretch.last / self._rate_hz)
                parts += self.flush()
            if not len(piece):  # the gap is before the first sample
                continue
            if self._stretch is None:
                self._stretch = self._new_stretch(position[piece[0]], stamped=time_s is not None)
            parts.append(self._stretch.push(position[piece], values[piece]))
        return parts

    def flush(self) -> list[Span]:
        """End the stretch; samples that come after begin another one."""
        stretch, self._stretch = self._stretch, None
        return [stretch.flush()] if stretch else []

    def _positions(self, count: int, time_s: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """When each sample was taken, in nominal sampling periods after the stream's first."""
        first = self._samples
        self._samples += count
        if first and (time_s is None) != (self._stamps is None):
            raise UsageError(
                "some samples have time stamps and some have none",
                where=f"sample {first}",
                expected="time stamps for the whole stream or for none of it",
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
                where=f"sample {first + int(wrong.argmax())}",
                expected="time stamps that increase from sample to sample",
                todo="sort the samples by time and drop repeated ones, or leave the time out",
            )
        self._stamps = begin, float(time_s[-1])
        return np.asarray((time_s - begin) * self._rate_hz)

    def _new_stretch(self, start: float, *, stamped: bool) -> _Segment:
        scale = self._filter.grid_hz / self._rate_hz
        return _Segment(start, self._rate_hz, scale, stamped or scale != 1, self._filter)


class _Segment:
    """A stretch in the making; `last` is the position of its last sample."""

    def __init__(
        self, start: float, rate_hz: float, scale: float, splined: bool, filter_: LowPass
    ) -> None:
        self._start, self._rate_hz, self._scale = start, rate_hz, scale
        self._grid = SampleGrid(scale, splined=splined)
        self._polyphase = Polyphase(filter_)
        self.last = start

    def push(self, position: NDArray[np.float64], values: NDArray[np.float64]) -> Span:
        self.last = float(position[-1])
        even = self._grid.push(position - self._start, values, last=False)
        return self._part(self._polyphase.push(even), last=False)

    def flush(self) -> Span:
        even = self._grid.push(np.empty(0), np.empty((0, 3)), last=True)
        end = (self.last - self._start) * self._scale
        values = [self._polyphase.push(even), self._polyphase.flush(end)]
        return self._part(np.concatenate(values), last=True)

    def _part(self, values: NDArray[np.float64], *, last: bool) -> Span:
        return Span(self._start / self._rate_hz, values.astype(np.float32), last)
