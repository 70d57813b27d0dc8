"""Interpolation of samples at their own instants onto an even grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.resample.positions import EVEN, Floats
from crosswear.signal.resample.spline import StreamSpline

if TYPE_CHECKING:  # slow to import
    from scipy.interpolate import PPoly


class SampleGrid:
    """Values of one segment at the points 0, 1, 2, … of a grid, as its samples come in.

    By cubic spline, but by straight lines over lost samples. Straight lines alone would damp 11 Hz
    by several per cent, a spline alone would overshoot where no sample holds it.

    Args:
        scale: grid points in a nominal sampling period.
        channels: of the samples.
        splined: whether samples may lie off the grid; if not, only lost samples are interpolated.

    Attributes:
        bridged: how many lost samples were bridged so far.
    """

    def __init__(self, scale: float, channels: int, *, splined: bool) -> None:
        self._scale = scale
        self._spline = StreamSpline(channels) if splined else None
        self._position = np.empty(0)  # of the samples whose intervals are not done
        self._values = np.empty((0, channels))
        self._next = 0  # grid point
        self.bridged = 0

    def push(self, position: Floats, values: Floats, *, last: bool) -> Floats:
        """Take the next samples and return the values [n, channels] that they complete.

        Args:
            position: [t] in nominal sampling periods after the first one of the segment, rising.
            values: [t, channels].
            last: whether the segment ends here.
        """
        spline = None
        if self._spline is not None:
            spline = self._spline.push(position * self._scale, values, last=last)
        if len(self._position):
            position = np.append(self._position, position)
            values = np.append(self._values, values, axis=0)
        intervals = len(position) - 1 if self._spline is None else 0
        if spline is not None:
            intervals = len(spline.x) - 1
        if not intervals and not last:
            self._position, self._values = position, values
            return values[:0]
        self._position, self._values = position[intervals:].copy(), values[intervals:].copy()
        return self._at(position[: intervals + 1], values[: intervals + 1], spline, last=last)

    def _at(self, position: Floats, values: Floats, spline: PPoly | None, *, last: bool) -> Floats:
        """Return the values at the next grid points, which these samples enclose."""
        lost = np.diff(position) - 1
        bridges = lost > 0.5
        self.bridged += int(np.rint(lost[bridges]).sum())
        knots = position * self._scale
        stop = int(knots[-1] + EVEN) + 1 if last else int(np.ceil(knots[-1]))
        points = np.arange(self._next, max(stop, self._next))
        self._next += len(points)
        if self._spline is None and not bridges.any():
            return values[: len(points)]
        if spline is None:
            return _lines(points, knots, values)
        result: Floats = spline(points)
        interval = np.searchsorted(knots, points, side="right") - 1
        straight = bridges[interval.clip(max=len(bridges) - 1)]
        result[straight] = _lines(points[straight], knots, values)
        return result


def _lines(points: NDArray[np.int64], knots: Floats, values: Floats) -> Floats:
    lines = [np.interp(points, knots, values[:, axis]) for axis in range(values.shape[1])]
    return np.stack(lines, axis=1)
