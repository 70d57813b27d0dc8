"""A change of rate by an exact ratio, on samples that are still coming in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import upfirdn

from crosswear.signal.resample import LowPass

Floats = NDArray[np.float64]


class Polyphase:
    """The filter of training, over one stretch; the signal is mirrored at the stretch's ends.

    Args:
        filter_: low-pass and ratio.
    """

    def __init__(self, filter_: LowPass) -> None:
        self._filter = filter_
        self._pad = filter_.half + 1
        self._grid = np.empty((0, 3))
        self._begin: int | None = None  # grid position of the first kept; None before the start
        self._next = 0  # output

    def push(self, values: Floats) -> Floats:
        """Take the next grid samples [t, 3]; give the next outputs that they decide [n, 3]."""
        if self._filter.up == self._filter.down:
            self._next += len(values)
            return values
        self._grid = np.append(self._grid, values, axis=0)
        if self._begin is None:
            if len(self._grid) <= self._pad:
                return np.empty((0, 3))
            self._mirror_start()
        end = (self._begin or 0) + len(self._grid)  # one past the last known grid sample
        # Output i reaches up to grid sample i · down // up + half.
        stop = -(-(end - self._filter.half) * self._filter.up // self._filter.down)
        return self._outputs(stop)

    def flush(self, last_knot: float) -> Floats:
        """The outputs up to the end of the stretch, which is at grid position `last_knot`."""
        up, down, pad = self._filter.up, self._filter.down, self._pad
        stop = int((last_knot + 1e-6) * up / down) + 1
        if up == down:
            return np.empty((0, 3))
        if self._begin is None:
            self._grid = np.pad(self._grid, ((pad, pad), (0, 0)), mode="reflect")
            self._begin = -pad
        else:
            self._grid = np.append(self._grid, self._grid[-2 : -pad - 2 : -1], axis=0)
        return self._outputs(stop)

    def _mirror_start(self) -> None:
        self._grid = np.append(self._grid[self._pad : 0 : -1], self._grid, axis=0)
        self._begin = -self._pad

    def _outputs(self, stop: int) -> Floats:
        count = stop - self._next
        if count <= 0 or self._begin is None:
            return np.empty((0, 3))
        up, down, half = self._filter.up, self._filter.down, self._filter.half
        delay = self._next * down - self._begin * up + half * up
        shift = -delay % down
        taps = np.concatenate([np.zeros(shift), self._filter.taps])
        first = (delay + shift) // down
        result: Floats = upfirdn(taps, self._grid.T, up, down)[:, first : first + count].T
        self._next = stop
        # Kept: what the next output reaches, and what is mirrored should the stretch end here.
        low = -(-self._next * down // up) - half
        last = self._begin + len(self._grid)
        keep = min(low, last - self._pad - 2)
        if keep > self._begin:
            self._grid = self._grid[keep - self._begin :]
            self._begin = keep
        return result
