"""A dataset is declared, and has one function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crosswear.datasets.tree import FileTree
from crosswear.recording import Recording

Note = Callable[[str], None]
"""Takes one sentence about something a reader repaired or did not find."""


@dataclass(frozen=True)
class ActivityClass:
    """One row of a class table: the publisher's code and a readable name."""

    code: str
    name: str


@dataclass(frozen=True)
class PublishedFile:
    """A file as the publisher gives it out; sha256 and size (bytes) where they are known."""

    path: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class ReadOptions:
    """Which of a dataset's sensors and class tables to read."""

    placement: str
    variant: str


@dataclass(frozen=True)
class DatasetSpec:
    """The declaration of a dataset.

    Attributes:
        name: as in study files and on the command line.
        title, licence, citation, home: for people.
        rate_hz: nominal sampling rate.
        unit: unit of acceleration in the files; recordings are in g.
        subjects: how many people the publisher's full dataset has.
        placements: placements that can be read, the default first.
        variants: class tables by name, the default first; a label is an index into its table.
        patterns: glob patterns, relative to the root, of all files that `read` opens.
        read: yields the recordings, in an order that depends on names alone.
        files: what the publisher gives out.
        traps: what readers of this dataset get wrong, one sentence each.
        schema: raised by hand whenever `read` gives other recordings for the same files.
    """

    name: str
    title: str
    licence: str
    citation: str
    home: str
    rate_hz: float
    unit: str
    subjects: int
    placements: tuple[str, ...]
    variants: Mapping[str, tuple[ActivityClass, ...]]
    patterns: tuple[str, ...]
    read: Callable[[FileTree, ReadOptions, Note], Iterator[Recording]]
    files: tuple[PublishedFile, ...] = ()
    traps: tuple[str, ...] = ()
    schema: int = 1

    @property
    def default_options(self) -> ReadOptions:
        """The first placement and the first variant."""
        return ReadOptions(placement=self.placements[0], variant=next(iter(self.variants)))
