"""The unit of acceleration: by the names of the columns, and by what the sensor reads at rest."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from crosswear.tables.evidence import RunnerUp, UnitGuess
from crosswear.tables.units import UNITS, Reading

COUNTS = tuple(2**bits for bits in range(4, 16))
"""Numbers of counts in one g that sensors have."""
CLEAR, CLEAR_COUNTS = 1.13, 1.05
"""A unit is clear if what the sensor reads at rest is one g within this factor: calibrated sensors
of datasets reach 1.126, and counts are close to each other."""

_PERHAPS = "and no other posture shows whether zero is at 0"
_BRACKETED = re.compile(r"[\[({]([^\])}]*(?:\([^)]*\))?[^\])}]*)[\])}]\s*$")
_BEHIND = re.compile(r"[_ ](m?g|m_?s2|mps2|m/s2)$", re.IGNORECASE)
_SPELT = {
    "g": ("g", "gs", "g's", "gn", "g0", "gforce", "g-force"),
    "mg": ("mg", "millig", "milli-g"),
    "m/s2": ("m/s2", "m/(s2)", "ms-2", "m.s-2", "m*s-2", "m/s/s", "mps2", "ms2", "m/sec2", "m_s2"),
}


def unit_in(text: str) -> str | None:
    """Return the unit of acceleration that the name of a column or a row of units states."""
    found = _BRACKETED.search(text) or _BEHIND.search(text)
    word = (found[1] if found else text).strip().lower().replace(" ", "")
    for old, new in (("²", "2"), ("^", ""), ("⁻", "-"), ("·", "."), ("**", "")):
        word = word.replace(old, new)
    return next((unit for unit, spelt in _SPELT.items() if word in spelt), None)


def unit_read(found: Reading | None) -> str | float | None:
    """Return the unit that a reading clearly shows: a name, or how many counts are one g."""
    if found is None or not found.at_rest:
        return found.unit if found else None
    if found.is_uneven:
        return None
    (off, unit), *_ = _ranked(found)
    clear = off <= (CLEAR if isinstance(unit, str) else CLEAR_COUNTS)
    return unit if clear else None


def guess_unit(
    found: Reading | None,
    texts: Collection[str],
    *,
    zero_elsewhere: bool,
    zero_known: bool = False,
) -> UnitGuess:
    """Guess the unit of the acceleration from all evidence.

    Args:
        found: what is about one g.
        texts: the names of x, y and z, and what a row of units says of them.
        zero_elsewhere: whether x, y and z are counts of a converter, of which no number is round.
        zero_known: whether it was stated, or a device wrote the counts. Otherwise counts that rest
            in one posture may have any zero: many lengths are near a power of 2.
    """
    said = {one for text in texts if (one := unit_in(text)) is not None}
    if len(said) == 1:
        return _stated(said.pop(), found)
    unit = unit_read(found)
    if unit is None or found is None or (zero_elsewhere and not isinstance(unit, str)):
        return UnitGuess(None, problem=_unknown(found))
    if not isinstance(unit, str) and not (found.is_confirmed or zero_known):
        return UnitGuess(None, problem=f"{_unknown(found)}, {_PERHAPS}")
    because = (
        f"|a| is {found.length:.4g} in the quietest seconds"
        if found.at_rest
        else f"no second is at rest, and the median of |a| is {found.length:.4g}"
    )
    off, second = _ranked(found)[1]
    shown = second if isinstance(second, str) else f"{second:g} counts a g"
    return UnitGuess(unit, because, "", RunnerUp(shown, f"{off:.2g} times off"), not found.at_rest)


def _stated(unit: str, found: Reading | None) -> UnitGuess:
    one_g = UNITS[unit]
    if found is None:
        return UnitGuess(unit, f"the names say {unit}")
    off = max(found.length / one_g, one_g / found.length)
    if found.is_uneven or found.contradicts(one_g) or (found.at_rest and off > CLEAR):
        return UnitGuess(None, problem=f"The names say {unit}, but {found}")
    return UnitGuess(unit, f"the names say {unit}, and {found}, {off:.3g} times off")


def _unknown(found: Reading | None) -> str:
    if found is None:
        return "No second at rest was found"
    if found.is_uneven:
        text = str(found)
        return f"{text[0].upper()}{text[1:]}: gravity is the same in each"
    return (
        f"|a| at rest is {found.length:.4g}"
        if found.at_rest
        else (f"No second at rest was found, and {found}")
    )


def _ranked(found: Reading) -> list[tuple[float, str | float]]:
    """Return the units that may be meant, nearest first, with the factor by which each is off."""
    units: dict[str | float, float] = dict(UNITS.items())
    units |= {float(count): float(count) for count in COUNTS if found.whole}
    off = {unit: abs(math.log(found.length / one_g)) for unit, one_g in units.items()}
    # Of counts and a unit that are both clear, the unit is meant: 1000 of 1024.
    clear = {unit for unit in UNITS if off[unit] <= math.log(CLEAR)}
    order = sorted(off, key=lambda unit: (unit not in clear, off[unit]))
    return [(math.exp(off[unit]), unit) for unit in order]
