"""Numbers with their intervals, and their text in reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

NOTHING = "–"
"""The text of a missing number."""


@dataclass(frozen=True)
class Interval:
    """A number and the bounds between which its true value lies.

    Attributes:
        value: the estimate.
        low, high: None where nothing shows how certain it is.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def within(self, lowest: float, highest: float) -> Interval:
        """Return the interval with its bounds moved into the range of possible values."""
        if self.low is None or self.high is None:
            return self
        return Interval(self.value, max(self.low, lowest), min(self.high, highest))

    def exceeds(self, number: float) -> bool:
        """Return whether the whole interval lies above a number; False if it is unknown."""
        return self.low is not None and self.low > number


def percent(share: float | Interval | None) -> str:
    """Return a share from 0 to 1 in per cent: `61.3`, `61.3 (58.0 to 64.1)`."""
    return _written(share, lambda value: f"{100 * value:.1f}")


def points(difference: float | Interval | None) -> str:
    """Return a difference of shares in percentage points: `+3.2`, `−0.4 (−1.0 to +0.2)`, `0.0`."""
    return _written(difference, _signed)


def plain(number: float | Interval | None) -> str:
    """Return a correlation, a distance or the like: `0.42 (0.03 to 0.71)`; or a count: `120`."""
    return _written(number, _rounded)


def _written(number: float | Interval | None, write: Callable[[float], str]) -> str:
    if number is None:
        return NOTHING
    if not isinstance(number, Interval):
        return write(number)
    if number.low is None or number.high is None:
        return write(number.value)
    return f"{write(number.value)} ({write(number.low)} to {write(number.high)})"


def _signed(difference: float) -> str:
    text = f"{100 * difference:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def _rounded(value: float) -> str:
    return (f"{value:.0f}" if abs(value) >= 10 else f"{value:z.2f}").replace("-", "−")
