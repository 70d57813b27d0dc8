"""Codes without a sign between them, in the names of files: ``p1s2``, ``Walking2``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosswear.tables.words import are_moments

_CODES = re.compile(r"[^\W\d_]*\d+")
_WORD_AND_NUMBER = re.compile(r"([^\W\d_]{3,})(\d+)")


def split_codes(files: Sequence[Sequence[str]]) -> list[list[str]]:
    """Split pieces of names that consist of several codes, or of a word and a counter.

    A piece is split in all names or in none, and only where a part of it then occurs with several
    values of the other: ``p1s1``, ``p1s2``; never a code of its own such as ``S07``.

    Args:
        files: for each file, pieces and what stands between them in turn.

    Returns:
        The same, with an empty text between the parts of a piece.
    """
    found: list[list[str]] = [[] for _ in files]
    for place in range(len(files[0])):
        values = [tokens[place] for tokens in files]
        parts = _split(values) if place % 2 == 0 else None
        for number, value in enumerate(values):
            if parts is None:
                found[number].append(value)
                continue
            for part in parts[number][:-1]:
                found[number] += [part, ""]
            found[number].append(parts[number][-1])
    return found


def code_regex(values: Sequence[str]) -> str:
    """Return a regular expression of one part of a piece that was split."""
    if all(value.isdecimal() for value in values):
        return r"\d+"
    return r"[^\W\d_]+" if all(value.isalpha() for value in values) else r"[^\W\d_]*\d+"


def _split(values: Sequence[str]) -> list[list[str]] | None:
    if are_moments(values):
        return None
    parts = [_CODES.findall(value) for value in values]
    whole = all("".join(one) == value for one, value in zip(parts, values, strict=True))
    if not whole or len({len(one) for one in parts}) > 1:
        return None
    columns = list(zip(*parts, strict=True))
    parts = [
        list(one) for one in zip(*(c for column in columns for c in _words(column)), strict=True)
    ]
    different = len(set(values))
    repeated = any(len(set(column)) < different for column in zip(*parts, strict=True))
    return parts if len(parts[0]) > 1 and repeated else None


def _words(column: Sequence[str]) -> list[Sequence[str]]:
    """Return words and their counters apart, if there are several words with several counters."""
    found = [_WORD_AND_NUMBER.fullmatch(value) for value in column]
    words = [match[1] for match in found if match]
    different = {word.casefold() for word in words}
    if len(words) < len(column) or not 1 < len(different) < len(set(column)):
        return [column]
    return [words, [match[2] for match in found if match]]
