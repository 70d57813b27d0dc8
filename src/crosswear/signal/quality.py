"""Readings of a sensor in trouble: nothing, or the end of its range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CONSTANT_G = 1e-4
"""Noise of every accelerometer is larger; a window that varies less was not measured."""
CLIPPED_G = 1.4
"""Gravity alone does not come near this; a plateau there is the end of a sensor's range."""
CLIPPED_PAIRS = 10
"""So many pairs of neighbours at the largest value are no chance."""


def constant(x: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which windows [N, 3, L] do not vary in any axis; [N]."""
    return np.asarray(np.ptp(x, axis=2).max(axis=1, initial=0) < CONSTANT_G)


class Clipping:
    """A search for the end of a sensor's range: the largest value, if neighbouring samples have it.

    It wants samples as they were measured: a low-pass filter, as every change of the rate has one,
    swings beyond a plateau. What it finds depends on the samples alone, not on how they come in.
    """

    def __init__(self) -> None:
        self._extreme = np.zeros((2, 3))  # of -x and x
        self._pairs = np.zeros((2, 3), np.int64)
        self._first = np.full((1, 3), np.nan)
        self._last = np.full((1, 3), np.nan)
        self._empty = True

    def push(self, values: NDArray[np.floating]) -> None:
        """Take the next samples [t, 3] in g; rows of NaN are lost samples."""
        if not len(values):
            return
        joined = np.append(self._last, values, axis=0)
        for side, signed in enumerate((-joined, joined)):
            largest = np.fmax.reduce(signed, axis=0, initial=0)
            at = signed == np.fmax(largest, self._extreme[side])
            self._count(side, largest, (at[1:] & at[:-1]).sum(axis=0))
        if self._empty:
            self._first, self._empty = values[:1], False
        self._last = values[-1:]

    def joined(self, later: Clipping) -> Clipping:
        """Return what would have been found in these samples and then those of another one."""
        if self._empty or later._empty:
            return later if self._empty else self
        whole = Clipping.restored(self.state)
        for side, sign in enumerate((-1, 1)):
            largest = np.fmax(self._extreme[side], later._extreme[side])
            ends = sign * self._last[0], sign * later._first[0]
            whole._count(side, largest, ((ends[0] == largest) & (ends[1] == largest)).astype(int))
            whole._count(side, later._extreme[side], later._pairs[side])
        whole._last = later._last
        return whole

    def _count(self, side: int, largest: NDArray[np.floating], pairs: NDArray[np.integer]) -> None:
        """Add pairs at a largest value: to those before if it is the same, else only the larger."""
        known = self._extreme[side]
        before = np.where(largest > known, 0, self._pairs[side])
        self._pairs[side] = before + np.where(largest < known, 0, pairs)
        self._extreme[side] = np.fmax(known, largest)

    @property
    def state(self) -> NDArray[np.float64]:
        """All that it knows, float64 [6, 3], for `restored`; [0, 3] without a sample."""
        if self._empty:
            return np.empty((0, 3))
        return np.concatenate([self._extreme, self._pairs, self._first, self._last], dtype=float)

    @classmethod
    def restored(cls, state: NDArray[np.float64]) -> Clipping:
        """Return one that knows what another one knew."""
        made = cls()
        if len(state):
            made._empty = False
            made._extreme, pairs, made._first, made._last = np.split(state.copy(), [2, 4, 5])
            made._pairs = pairs.astype(np.int64)
        return made

    def found(self) -> dict[str, float]:
        """The value in g at which an axis is clipped, by the axis."""
        clipped = (self._pairs >= CLIPPED_PAIRS) & (self._extreme >= CLIPPED_G)
        return {
            axis: float(self._extreme[:, index][clipped[:, index]].min())
            for index, axis in enumerate("xyz")
            if clipped[:, index].any()
        }

    def notes(self) -> list[str]:
        """A sentence for each axis that is clipped."""
        return [
            f"{axis} is clipped at {value:.2f} g: the sensor's range is too small"
            for axis, value in self.found().items()
        ]
