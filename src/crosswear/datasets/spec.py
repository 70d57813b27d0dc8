"""A dataset is declared, and has one function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crosswear.core.recording import ACCELEROMETER, Recording, Sensors
from crosswear.core.texts import Note
from crosswear.datasets.tree import FileTree


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
class Download:
    """An archive that can be fetched.

    Attributes:
        file: the publisher's name for it.
        urls: where it is given out, byte for byte the same; the publisher's own address first.
        sha256: of the archive, where it is known.
        size: in bytes, where it is known.
    """

    file: str
    urls: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None


def from_uci(number: int, file: str) -> Download:
    """An archive of the UCI Machine Learning Repository."""
    return Download(file, (f"https://archive.ics.uci.edu/static/public/{number}/{file}",))


@dataclass(frozen=True)
class PublishedCounts:
    """Amounts of each activity that the publisher counts in the whole dataset.

    Attributes:
        title: what is counted, for people.
        quantity: of all uninterrupted runs of a class: how many there are (occurrences), how many
            samples they have, or the seconds from their first to their last sample.
        expected: for each class code, one number for each of `subjects`.
        subjects: names of the subjects; without any, all subjects are counted together.
        variant: the class table that the codes are of.
        tolerance: largest difference that is due to rounding.
    """

    title: str
    quantity: Literal["occurrences", "samples", "seconds"]
    expected: Mapping[str, tuple[float, ...]]
    subjects: tuple[str, ...] = ()
    variant: str = "default"
    tolerance: float = 0.0


@dataclass(frozen=True)
class ReadOptions:
    """Choice of a dataset's unit and class table, and of the unit's sensors."""

    placement: str
    variant: str
    sensors: Sensors = ACCELEROMETER


def three_from(first: Mapping[str, int]) -> str:
    """Return where x, y and z are, given the 0-based first column of each sensor by its name."""
    return "x, y, z " + ", ".join(f"{at + 1}–{at + 3} ({name})" for name, at in first.items())


@dataclass(frozen=True)
class DatasetSpec:
    """The declaration of a dataset.

    Attributes:
        name: as in study files and on the command line.
        title, licence, citation, home: for people.
        rate_hz: nominal sampling rate.
        other_rates_hz: nominal rates of those of its recordings that have another one.
        unit: unit of acceleration in the files; recordings are in g.
        subjects: how many people the publisher's full dataset has; 0: not known without reading.
        placements: placements that can be read, the default first.
        variants: class tables by name, the default first; a label is an index into its table.
        patterns: glob patterns, relative to the root, of all files that `read` opens.
        read: yields the recordings, in an order that depends on names alone.
        sensors: those that each of its placements has, the accelerometer first; of others than
            these three-axis ones nothing is read.
        columns: which columns of its files it reads, counted from 1, for people.
        files: the publisher's files, by their names below the dataset's root.
        archives: file names of the archives that the publisher packs them in.
        folders: names of the folders that unpacking these archives leaves.
        downloads: those of the archives that can be fetched without a person at hand.
        counts: what the publisher counts in them.
        own_layout: what to do with the recordings, where the layout is this project's and not the
            publisher's; a clause.
        completed: returns the declaration with classes, rate and placement as the files say.
        details: more for the documentation, in Markdown.
        traps: what readers of this dataset get wrong, one sentence each.
        root: where the files lie, if not below the folder of all datasets.
        description: the file that describes own recordings.
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
    other_rates_hz: tuple[float, ...] = ()
    sensors: Sensors = ACCELEROMETER
    columns: str | None = None
    files: tuple[PublishedFile, ...] = ()
    archives: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    counts: PublishedCounts | None = None
    own_layout: str | None = None
    completed: Callable[[FileTree], DatasetSpec] | None = None
    details: str | None = None
    traps: tuple[str, ...] = ()
    root: Path | None = None
    description: Path | None = None
    schema: int = 1

    @property
    def default_options(self) -> ReadOptions:
        """The first placement and the first variant, acceleration alone."""
        return ReadOptions(placement=self.placements[0], variant=next(iter(self.variants)))
