"""The words and signs of effects, sources, alignments and p-values in reports."""

from __future__ import annotations

from types import MappingProxyType

from crosswear.core.intervals import NOTHING, points
from crosswear.evidence.statements import Contrast, Effect
from crosswear.grid.experiment import UNTRAINED

COMPARED: MappingProxyType[Effect, str] = MappingProxyType(
    {"helps": "better", "no difference": "no difference", "hurts": "worse", "unknown": "unknown"}
)
"""An effect against anything but scratch, where two methods are compared."""

SIGNS: MappingProxyType[Effect, str] = MappingProxyType(
    {"helps": "▲", "no difference": "=", "hurts": "▼", "unknown": "?"}
)
"""An effect where there is no room for a word."""


def source_name(source: str) -> str:
    """Return the name of a source."""
    return "untrained control" if source == UNTRAINED else source


def gain(contrast: Contrast | None) -> str:
    """Return the difference of a contrast in points, with its interval."""
    return points(contrast.difference if contrast else None)


def compared(contrast: Contrast | None) -> str:
    """Return the word for a contrast: `better`, `no difference`, `worse`, `unknown`."""
    return COMPARED[contrast.effect if contrast else "unknown"]


def sign(contrast: Contrast | None) -> str:
    """Return the sign of a contrast's effect."""
    return SIGNS[contrast.effect if contrast else "unknown"]


def p_value(p: float | None) -> str:
    """Return a p-value as text: `0.012`, `< 0.001`."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
