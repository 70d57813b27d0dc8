"""How numbers and effects are written for people: scores in per cent, differences in points."""

from __future__ import annotations

from types import MappingProxyType

from crosswear.evidence.model import Contrast, Effect, Interval
from crosswear.grid.experiment import UNTRAINED

NOTHING = "–"
"""Where there is no number."""
COMPARED: MappingProxyType[Effect, str] = MappingProxyType(
    {"helps": "better", "no difference": "no difference", "hurts": "worse", "unknown": "unknown"}
)
"""An effect against anything but scratch, where transfer is compared and not added."""

SIGNS: MappingProxyType[Effect, str] = MappingProxyType(
    {"helps": "▲", "no difference": "=", "hurts": "▼", "unknown": "?"}
)
"""An effect where there is no room for a word."""


def source_name(source: str) -> str:
    """A source as people read it."""
    return "untrained control" if source == UNTRAINED else source


def percent(share: float | None) -> str:
    """A share from 0 to 1 in per cent: `61.3`."""
    return NOTHING if share is None else f"{100 * share:.1f}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: `+3.2`, `−0.4`, `0.0`."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def score(interval: Interval | None) -> str:
    """A score with its interval: `61.3 (58.0 to 64.1)`; without one, the mean alone."""
    if interval is None:
        return NOTHING
    if interval.low is None or interval.high is None:
        return percent(interval.mean)
    return f"{percent(interval.mean)} ({percent(interval.low)} to {percent(interval.high)})"


def difference(interval: Interval | None) -> str:
    """A difference with its interval: `+3.2 (+1.0 to +5.4)`."""
    if interval is None:
        return NOTHING
    if interval.low is None or interval.high is None:
        return points(interval.mean)
    return f"{points(interval.mean)} ({points(interval.low)} to {points(interval.high)})"


def gain(contrast: Contrast | None) -> str:
    """The difference that a contrast is about, with its interval."""
    return difference(contrast.difference if contrast else None)


def compared(contrast: Contrast | None) -> str:
    """What may be said of a contrast: `better`, `no difference`, `worse`, `unknown`."""
    return COMPARED[contrast.effect if contrast else "unknown"]


def sign(contrast: Contrast | None) -> str:
    """The sign of a contrast's effect."""
    return SIGNS[contrast.effect if contrast else "unknown"]


def plain(value: float | None) -> str:
    """A correlation, a distance or the like: `0.42`; a number of windows: `120`."""
    if value is None:
        return NOTHING
    return (f"{value:.0f}" if abs(value) >= 10 else f"{value:z.2f}").replace("-", "−")


def p_value(p: float | None) -> str:
    """`0.012`, and `< 0.001` under that."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def shortened(name: str, longest: int) -> str:
    """A name cut to so many characters, where a picture has no room for more."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
