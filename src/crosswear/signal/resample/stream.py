"""Resampling of samples that are still coming in.

A stream gives what `crosswear.signal.resample.resample` gives for the whole recording. One thing
differs, below the precision of float32: the spline through time stamps is solved in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.resample.interpolation import SampleGrid
from crosswear.signal.resample.polyphase import LowPass, PolyphaseFilter, design_low_pass
from crosswear.signal.resample.positions import Floats, Positions


@dataclass(frozen=True, eq=False)
class Span:
    """The next samples of a segment.

    Attributes:
        start_s: start of the segment, in seconds after the first sample of the stream.
        values: float32 [n, 3]; in all spans of a segment together, sample i is i / rate after
            its start.
        last: whether the segment ends with this span.
    """

    start_s: float
    values: NDArray[np.float32]
    last: bool


class SegmentResampler:
    """A resampler of one segment: a spline or lines onto an even grid, then a low-pass filter.

    Args:
        low_pass: the change of rate.
        channels: of the samples.
        even: whether all samples lie at whole nominal sampling periods.

    Attributes:
        splined: whether a spline has a part in every sample.
    """

    def __init__(self, low_pass: LowPass, channels: int, *, even: bool) -> None:
        self.splined = not even or low_pass.scale != 1
        self._scale = low_pass.scale
        self._grid = SampleGrid(low_pass.scale, channels, splined=self.splined)
        self._filter = PolyphaseFilter(low_pass, channels)
        self._end = 0.0

    @property
    def bridged(self) -> int:
        """Number of lost samples that were bridged so far."""
        return self._grid.bridged

    def push(self, position: Floats, values: Floats, *, last: bool = False) -> Floats:
        """Take the next samples and return the resampled ones [n, channels] that they complete.

        Args:
            position: [t] in nominal sampling periods after the first sample, rising.
            values: [t, channels], without NaN.
            last: whether the segment ends here.
        """
        if len(position):
            self._end = float(position[-1]) * self._scale
        on_grid = self._grid.push(position, values, last=last)
        return self._filter.push(on_grid, self._end if last else None)


class StreamResampler:
    """A resampler of one stream; equal samples give equal segments in pieces of any length.

    Args:
        rate_hz: nominal rate of the stream.
        target_hz: rate of the result.
        bridge_s: gaps of at most this length are bridged, longer ones split the stream.

    Attributes:
        gaps: when the gaps that split the stream began, in seconds after its first sample.
    """

    def __init__(self, rate_hz: float, target_hz: float, bridge_s: float) -> None:
        self._rate_hz = rate_hz
        self._low_pass = design_low_pass(rate_hz, target_hz)
        self._positions = Positions(rate_hz, bridge_s)
        self._segment: SegmentResampler | None = None
        self._start = self._last = 0.0  # positions of the segment's first and last sample
        self._bridged = 0  # in earlier segments
        self.gaps: list[float] = []

    @property
    def bridged(self) -> int:
        """Number of lost samples that were bridged so far."""
        return self._bridged + (self._segment.bridged if self._segment else 0)

    def push(self, values: Floats, time_s: Floats | None = None) -> list[Span]:
        """Take the next samples and return the resampled ones that they complete.

        Args:
            values: [t, 3]; rows with NaN are lost samples.
            time_s: [t] seconds, for all samples of the stream or for none.

        Raises:
            DataFormatError: if a time stamp is missing or does not increase.
            UsageError: if only a part of the stream has time stamps.
        """
        position = self._positions.push(len(values), time_s)
        rows = np.flatnonzero(~np.isnan(values).any(axis=1))
        position, values = position[rows], values[rows]
        before = np.array([self._last] if self._segment else [])
        splits = self._positions.gaps(position, before)
        spans: list[Span] = []
        for number, piece in enumerate(np.split(np.arange(len(rows)), splits)):
            if number and self._segment:
                self.gaps.append(self._last / self._rate_hz)
                spans += self.flush()
            if len(piece):
                spans.append(self._extend(position[piece], values[piece], time_s is None))
        return spans

    def flush(self) -> list[Span]:
        """End the segment; samples that come after begin another one."""
        if self._segment is None:
            return []
        values = self._segment.push(np.empty(0), np.empty((0, 3)), last=True)
        self._bridged, self._segment = self.bridged, None
        return [self._span(values, last=True)]

    def _extend(self, position: Floats, values: Floats, even: bool) -> Span:
        """Push samples without a gap to the segment, a new one if there is none."""
        if self._segment is None:
            self._segment = SegmentResampler(self._low_pass, 3, even=even)
            self._start = float(position[0])
        self._last = float(position[-1])
        return self._span(self._segment.push(position - self._start, values), last=False)

    def _span(self, values: Floats, *, last: bool) -> Span:
        return Span(self._start / self._rate_hz, values.astype(np.float32), last)
