"""Time budgets."""

from __future__ import annotations

import time


class Budget:
    """Seconds to spend, counted from the creation of the object.

    Args:
        seconds: the whole budget.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start = time.perf_counter()

    @property
    def spent(self) -> float:
        """Seconds since the creation."""
        return time.perf_counter() - self._start

    @property
    def left(self) -> float:
        """Seconds that remain; negative once the budget is exceeded."""
        return self.seconds - self.spent
