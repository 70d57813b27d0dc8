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
    """Finds the end of a sensor's range: its largest value, taken by neighbouring samples.

    It wants samples as they were measured: a low-pass filter, as every change of the rate has one,
    swings beyond a plateau. What it finds depends on the samples alone, not on how they come in.
    """

    def __init__(self) -> None:
        self._extreme = np.zeros((2, 3))  # of -x and x
        self._pairs = np.zeros((2, 3), np.int64)
        self._before = np.full((1, 3), np.nan)

    def push(self, values: NDArray[np.floating]) -> None:
        """Take the next samples [t, 3] in g; rows of NaN are lost samples."""
        if not len(values):
            return
        joined = np.append(self._before, values, axis=0)
        for side, signed in enumerate((-joined, joined)):
            largest = np.fmax.reduce(signed, axis=0, initial=0)
            grown = largest > self._extreme[side]
            self._extreme[side] = np.where(grown, largest, self._extreme[side])
            at = signed == self._extreme[side]
            pairs = (at[1:] & at[:-1]).sum(axis=0)
            self._pairs[side] = np.where(grown, pairs, self._pairs[side] + pairs)
        self._before = values[-1:]

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
