"""A cubic spline through samples that are still coming in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosswear.signal.resample.positions import Floats

if TYPE_CHECKING:  # slow to import, needless where samples lie on a grid
    from scipy.interpolate import PPoly

REACH = 16
"""In knots: after that many, 7e-10 of a sample is left, less than float32 can hold."""
BLOCK = 32
MARGIN = 24
"""In knots; after that many, 2e-14 of a sample is left where they are even."""


class StreamSpline:
    """The spline through all knots of a segment, as its knots come in.

    The spline depends on every knot, but its memory fades by 2 - √3 with each. So it is solved in
    blocks of knots, each with a margin on both sides. The knots alone decide the blocks, never how
    they are pushed, with one exception: a segment pushed at once is solved at once.
    """

    def __init__(self, channels: int) -> None:
        self._knots = np.empty(0)
        self._values = np.empty((0, channels))
        self._slope = np.empty((0, channels))  # at the first knot of the next interval, if known
        self._dropped = 0  # knots that no later block needs
        self._blocks = 0  # that are done

    def push(self, knots: Floats, values: Floats, *, last: bool) -> PPoly | None:
        """Take the next knots; return the spline over the intervals that they complete, if any.

        Args:
            knots: [t], rising.
            values: [t, channels].
            last: whether the segment ends here; then all its intervals are completed.
        """
        from scipy.interpolate import CubicHermiteSpline, CubicSpline

        if last and not self._dropped + len(self._knots):
            return CubicSpline(knots, values) if len(knots) > 1 else None
        self._knots = np.append(self._knots, knots)
        self._values = np.append(self._values, values, axis=0)
        first = self._blocks * BLOCK - self._dropped
        self._slope = slopes = self._slopes(last=last)
        if len(slopes) < 2:
            return None
        part = slice(first, first + len(slopes))
        spline = CubicHermiteSpline(self._knots[part], self._values[part], slopes)
        self._slope = slopes[-1:]
        self._forget()
        return spline

    def _slopes(self, *, last: bool) -> Floats:
        """Return the slopes at the knots of all intervals whose block is complete."""
        total = self._dropped + len(self._knots)
        # Only blocks with a knot beyond their margin: the others may turn out to be at the end.
        complete = max((total - MARGIN - 1) // BLOCK, self._blocks)
        if complete == self._blocks and not last:
            return self._slope
        slopes = [self._slope]
        if complete and not self._blocks:
            slopes.append(self._ending(0, BLOCK + MARGIN + 1)[: BLOCK + 1])
            self._blocks = 1
        if complete > self._blocks:
            slopes.append(self._inside(self._blocks, complete))
            self._blocks = complete
        if last and total > 1:
            first = complete * BLOCK
            begin = max(first - MARGIN, 0)
            slopes.append(self._ending(begin, total)[first - begin + bool(complete) :])
        return np.concatenate(slopes)

    def _ending(self, begin: int, end: int) -> Floats:
        """Return the slopes at the knots [begin, end); the first or the last ends the segment."""
        from scipy.interpolate import CubicSpline

        part = slice(begin - self._dropped, end - self._dropped)
        knots = self._knots[part]
        return np.asarray(CubicSpline(knots, self._values[part])(knots, 1))

    def _inside(self, first: int, stop: int) -> Floats:
        """Return the slopes at all knots but the first of blocks with a margin on both sides.

        A tridiagonal system in each block, all solved side by side (Thomas algorithm). Slopes at
        the far ends of the margins are those of straight lines: their error fades in between.
        """
        size = BLOCK + 2 * MARGIN + 1
        at = np.arange(first, stop)[:, None] * BLOCK - MARGIN - self._dropped + np.arange(size)
        step = np.diff(self._knots[at], axis=1)[:, :, None]
        chord = np.diff(self._values[at], axis=1) / step
        slopes = np.empty((len(at), size, self._values.shape[1]))
        slopes[:, 0], slopes[:, -1] = chord[:, 0], chord[:, -1]
        pivot = np.zeros((len(at), size, 1))
        for k in range(1, size - 1):
            wanted = 3 * (step[:, k] * chord[:, k - 1] + step[:, k - 1] * chord[:, k])
            diagonal = 2 * (step[:, k - 1] + step[:, k]) - step[:, k] * pivot[:, k - 1]
            slopes[:, k] = (wanted - step[:, k] * slopes[:, k - 1]) / diagonal
            pivot[:, k] = step[:, k - 1] / diagonal
        for k in range(size - 2, 0, -1):
            slopes[:, k] -= pivot[:, k] * slopes[:, k + 1]
        return slopes[:, MARGIN + 1 : MARGIN + BLOCK + 1].reshape(-1, slopes.shape[2])

    def _forget(self) -> None:
        needless = self._blocks * BLOCK - MARGIN - self._dropped
        if needless > 0:
            self._knots, self._values = self._knots[needless:], self._values[needless:]
            self._dropped += needless
