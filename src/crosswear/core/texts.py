"""Sentences for people: counts in them, and where they go."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import TypeAlias

Note: TypeAlias = Callable[[str], None]
"""Takes a sentence for the user, for example on what was repaired or left out."""


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 gap splits …``, ``2 gaps split …``, ``1,200 cells``.

    Args:
        count: how many.
        one: what follows the number 1.
        many: what follows any other number; `one` with an s, without it.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return a question that names the known word nearest to a text; empty if none is near."""
    near = difflib.get_close_matches(found, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def one_line(reason: object, most: int = 200) -> str:
    """Return what a library says on one line of at most so many characters, for a message."""
    return " ".join(str(reason).split())[:most]


def install(extra: str) -> str:
    """Return the command that installs an extra, for users of a wheel and of a checkout."""
    return f"pip install 'crosswear[{extra}]', or in a checkout: pip install '.[{extra}]'"
