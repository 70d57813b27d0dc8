"""Probabilities of windows, averaged over their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Smoothing:
    """Mean of the probabilities of a window and of those around it, as windows come in.

    Over the neighbours that there are within a segment: a window is given once the last of them is
    known, or its segment ends.

    Args:
        classes: number of classes C.
        windows: how many are averaged, an odd number; 1 leaves them as they are.
    """

    def __init__(self, classes: int, windows: int) -> None:
        self._reach = windows // 2
        self._known = np.empty((0, classes))
        self._given = 0  # of those known

    def push(
        self, probabilities: NDArray[np.float64], *, last: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Take the probabilities of the next windows of a segment.

        Args:
            probabilities: [n, C].
            last: whether the segment ends with them.

        Returns:
            Probabilities [m, C] of the next m windows, and the smoothed ones.
        """
        reach = self._reach
        known = np.append(self._known, probabilities, axis=0)
        done = len(known) if last else max(len(known) - reach, self._given)
        at = np.arange(self._given, done)
        total = np.zeros((len(at), known.shape[1]))
        count = np.zeros((len(at), 1))
        for near in range(-reach, reach + 1):
            there = ((at + near >= 0) & (at + near < len(known)))[:, None]
            total += np.where(there, known[(at + near).clip(0, len(known) - 1)], 0)
            count += there
        own = known[at]
        keep = len(known) if last else max(done - reach, 0)
        self._known, self._given = known[keep:], done - keep
        return own, total / count
