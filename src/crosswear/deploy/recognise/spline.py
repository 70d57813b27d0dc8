"""A cubic spline through samples that are still coming in.

The spline through all knots of a stretch depends on every one of them, but hardly on those that
are far away: its memory fades by 2 - √3 with every knot. So it is solved in blocks of knots, each
with a margin on both sides; the knots alone decide the blocks, never how they came in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]

BLOCK = 32
MARGIN = 24
"""In knots; after that many, 2e-14 of a sample is left where they are even."""


class Slopes:
    """Slopes of the spline at the ends of every interval between two knots, as knots come in."""

    def __init__(self) -> None:
        self._knots = np.empty(0)
        self._values = np.empty((0, 3))
        self._dropped = 0  # knots that no later block needs
        self._blocks = 0  # that are done

    def push(self, knots: Floats, values: Floats, *, last: bool) -> tuple[Floats, Floats]:
        """Take the next knots; give the slopes of the next intervals whose block is complete.

        Args:
            knots: [t], rising.
            values: [t, 3].
            last: whether the stretch ends here; then all its intervals are given.

        Returns:
            Slopes [n, 3] at the left and at the right end of the next n intervals.
        """
        self._knots = np.append(self._knots, knots)
        self._values = np.append(self._values, values, axis=0)
        total = self._dropped + len(self._knots)
        # Only blocks with a knot beyond their margin: the others may turn out to be at the end.
        complete = max((total - MARGIN - 1) // BLOCK, self._blocks)
        left, right = [np.empty((0, 3))], [np.empty((0, 3))]
        if self._blocks == 0 and complete:
            slopes = self._ending(0, BLOCK + MARGIN + 1)
            left.append(slopes[:BLOCK])
            right.append(slopes[1 : BLOCK + 1])
            self._blocks = 1
        if complete > self._blocks:
            slopes = self._inside(self._blocks, complete)
            left.append(slopes[:, :-1].reshape(-1, 3))
            right.append(slopes[:, 1:].reshape(-1, 3))
            self._blocks = complete
        if last and total > 1:
            first = self._blocks * BLOCK
            begin = max(first - MARGIN, 0)
            slopes = self._ending(begin, total)[first - begin :]
            left.append(slopes[:-1])
            right.append(slopes[1:])
        self._forget()
        return np.concatenate(left), np.concatenate(right)

    def _ending(self, begin: int, end: int) -> Floats:
        """Slopes at the knots [begin, end), of which the first or the last ends the stretch."""
        part = slice(begin - self._dropped, end - self._dropped)
        knots = self._knots[part]
        return np.asarray(CubicSpline(knots, self._values[part])(knots, 1))

    def _inside(self, first: int, stop: int) -> Floats:
        """Slopes [blocks, BLOCK + 1, 3] at the knots of blocks with a margin on both sides.

        A tridiagonal system in each block, all solved side by side (Thomas algorithm). Slopes at
        the far ends of the margins are those of straight lines: what they miss fades in between.
        """
        size = BLOCK + 2 * MARGIN + 1
        at = np.arange(first, stop)[:, None] * BLOCK - MARGIN - self._dropped + np.arange(size)
        step = np.diff(self._knots[at], axis=1)[:, :, None]
        chord = np.diff(self._values[at], axis=1) / step
        slopes = np.empty((len(at), size, 3))
        slopes[:, 0], slopes[:, -1] = chord[:, 0], chord[:, -1]
        pivot = np.empty((len(at), size, 1))
        for k in range(1, size - 1):
            wanted = 3 * (step[:, k] * chord[:, k - 1] + step[:, k - 1] * chord[:, k])
            diagonal = 2 * (step[:, k - 1] + step[:, k])
            if k == 1:
                slopes[:, k] = (wanted - step[:, k] * slopes[:, 0]) / diagonal
                pivot[:, k] = step[:, k - 1] / diagonal
                continue
            diagonal = diagonal - step[:, k] * pivot[:, k - 1]
            slopes[:, k] = (wanted - step[:, k] * slopes[:, k - 1]) / diagonal
            pivot[:, k] = step[:, k - 1] / diagonal
        for k in range(size - 2, 0, -1):
            slopes[:, k] -= pivot[:, k] * slopes[:, k + 1]
        return slopes[:, MARGIN : MARGIN + BLOCK + 1]

    def _forget(self) -> None:
        needless = self._blocks * BLOCK - MARGIN - self._dropped
        if needless > 0:
            self._knots, self._values = self._knots[needless:], self._values[needless:]
            self._dropped += needless


def hermite(
    at: Floats, step: Floats, values: tuple[Floats, Floats], slopes: tuple[Floats, Floats]
) -> Floats:
    """A cubic through two values with two slopes.

    Args:
        at: [n, 1], from 0 at the left value to 1 at the right one; at 0 it is exactly that value.
        step: [n, 1], the distance between both.
        values: left and right, [n, 3] each.
        slopes: left and right, [n, 3] each.
    """
    rest = 1 - at
    left = rest * rest * ((1 + 2 * at) * values[0] + at * step * slopes[0])
    right = at * at * ((1 + 2 * rest) * values[1] - rest * step * slopes[1])
    return left + right
