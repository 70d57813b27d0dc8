"""Samples of one stretch come in at their own instants and leave on an even grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.deploy.recognise.spline import Slopes, hermite

Floats = NDArray[np.float64]

EVEN = 1e-6
"""In sampling periods: what rounding alone does to even time stamps."""
BRIDGED = 1.5
"""In sampling periods: a longer interval has lost samples in it, and is bridged by a line."""


class SampleGrid:
    """From knots to the points 0, 1, 2, … of the grid: by spline, by lines over lost samples.

    Args:
        scale: grid points in a nominal sampling period.
        splined: whether knots may lie off the grid; if not, lines fill in what is lost.
    """

    def __init__(self, scale: float, *, splined: bool) -> None:
        self._scale = scale
        self._slopes = Slopes() if splined else None
        self._knots = np.empty(0)  # of the intervals that are not done
        self._values = np.empty((0, 3))
        self._next = 0  # grid point

    def push(self, knots: Floats, values: Floats, *, last: bool) -> Floats:
        """Take the next knots and give the next grid points that they decide.

        Args:
            knots: [t] in nominal sampling periods after the first one of the stretch, rising.
            values: [t, 3].
            last: whether the stretch ends here.

        Returns:
            [n, 3].
        """
        knots = knots * self._scale
        self._knots = np.append(self._knots, knots)
        self._values = np.append(self._values, values, axis=0)
        slopes = None
        intervals = max(len(self._knots) - 1, 0)
        if self._slopes is not None:
            slopes = self._slopes.push(knots, values, last=last)
            intervals = len(slopes[0])
        end = self._knots[intervals] if len(self._knots) else 0.0
        stop = int(np.floor(end + EVEN)) + 1 if last else int(np.ceil(end - EVEN))
        points = np.arange(self._next, max(stop, self._next))
        result = self._at(points, intervals, slopes)
        self._next += len(points)
        self._knots, self._values = self._knots[intervals:], self._values[intervals:]
        return result

    def _at(
        self, points: NDArray[np.int64], intervals: int, slopes: tuple[Floats, Floats] | None
    ) -> Floats:
        knots, values = self._knots, self._values
        if not len(points):
            return np.empty((0, 3))
        if not intervals:  # the last knot, on the grid
            return np.repeat(values[:1], len(points), axis=0)
        left = np.searchsorted(knots, points + EVEN, side="right") - 1
        left = left.clip(0, intervals - 1)
        step = (knots[left + 1] - knots[left])[:, None]
        at = (points[:, None] - knots[left][:, None]) / step
        line = values[left] + (values[left + 1] - values[left]) * at
        if slopes is None:
            return line
        curve = hermite(
            at,
            step,
            (values[left], values[left + 1]),
            (slopes[0][left], slopes[1][left]),
        )
        return np.where(step > BRIDGED * self._scale, line, curve)
