"""Markdown: tables, and texts of others without markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tabulate import tabulate

_MARKUP = re.compile(r"[\\`*_<>|\[\]$~&]|^[#+-](?=\s)|^-(?=--)")


def escaped(text: str) -> str:
    """Return a text on one line in which nothing is markup."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], names: int) -> str:
    """Return a table, its cells as they are.

    Args:
        headings: of the columns.
        rows: one text a column.
        names: columns of text on the left; the others hold numbers, aligned to the right.
    """
    cells = [*rows]
    return tabulate(
        cells,
        headings,
        "pipe",
        disable_numparse=True,
        colalign=alignment(headings, names) if cells else None,
    )


def alignment(headings: Sequence[str], names: int) -> list[str]:
    """Return the alignment of each column, as `tabulate` calls it."""
    return ["left"] * names + ["right"] * (len(headings) - names)
