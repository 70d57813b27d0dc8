"""Stretches in which a sensor does not move, so that perhaps no one wears it.

The criterion for sensors that are not worn is that of Doherty et al., "Large scale population
assessment of physical activity using wrist worn accelerometers", PLoS ONE 12(2), 2017: a standard
deviation below 13 mg in all axes for at least 60 minutes. It has limits: someone who sleeps
without moving for an hour counts as not wearing the sensor, a sensor carried in a bag as worn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STILL_G = 0.013
"""Largest standard deviation of each axis, in g, of a sensor that does not move."""
NOT_WORN_S = 3600.0
"""Seconds without movement from which on a sensor counts as not worn."""
DOUBTFUL_S = 300.0
"""Seconds without movement from which on a sensor on a table and a person at rest look alike."""


def still(x: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return in which windows [N, 3, L] in g the sensor does not move; [N]."""
    return np.asarray((x.std(axis=2) < STILL_G).all(axis=1))


class StillTime:
    """The time for which a sensor has not moved, measured as its windows come in."""

    def __init__(self) -> None:
        self._begin = self._end = -np.inf  # of the stretch that may continue

    def push(
        self, start_s: NDArray[np.float64], window_s: float, is_still: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Take the next windows; return how long the sensor has been still at the end of each.

        A gap between two windows ends a stretch, for nothing is known of it.

        Args:
            start_s: [n], start of each window in seconds, rising.
            window_s: length of the windows.
            is_still: [n], from `still`.

        Returns:
            [n] seconds, 0 for a window with movement.
        """
        found = np.zeros(len(start_s))
        for index, (start, at_rest) in enumerate(zip(start_s.tolist(), is_still, strict=True)):
            if not at_rest:
                self._begin = self._end = -np.inf
                continue
            if start > self._end + window_s / 2:
                self._begin = start
            self._end = start + window_s
            found[index] = self._end - self._begin
        return found


def longest(still_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each window of `StillTime.push`, how long its whole stretch is; [n]."""
    found = still_s.copy()
    for index in range(len(found) - 2, -1, -1):
        if 0 < found[index] < still_s[index + 1]:
            found[index] = found[index + 1]
    return found
