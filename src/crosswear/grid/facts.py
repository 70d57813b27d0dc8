"""Facts of prepared domains and encoders that the grid needs: no windows, no files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class DomainFacts:
    """Facts of a prepared domain that the grid needs.

    Attributes:
        first_split: the first number under which the study has this domain: leaving people out,
            domains of few people come again with the later people of others. None: its own number.
    """

    name: str
    digest: str
    train_windows: int
    classes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    first_split: int | None = None


Domains: TypeAlias = Mapping[tuple[str, int], DomainFacts]
"""Prepared domains by their name in the study and the number of the split."""
Encoders: TypeAlias = Mapping[str, Mapping[str, str]]
"""For each target the digests of encoders by name; of those that have not learned from it."""


def first_split(names: Iterable[str], split: int, domains: Domains) -> int:
    """Return the first split in which domains are as in this one, if it is the same for all."""
    found = {domains[name, split].first_split for name in names}
    first = found.pop()
    return split if found or first is None else first
