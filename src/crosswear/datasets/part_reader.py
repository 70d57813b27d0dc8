"""Datasets that can be read part by part: some of their files at a time, in any process.

What is said of a dataset as a whole is said once, of the findings in all of its parts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeAlias, TypeVar

from crosswear.core.recording import Recording
from crosswear.core.texts import Note
from crosswear.datasets.spec import ReadOptions
from crosswear.datasets.tree import FileTree


@dataclass
class PartFindings:
    """Findings in some files, beside their recordings.

    Subclasses add fields with defaults: numbers, which are added up, and lists, which are joined.
    """

    def joined(self, later: Self) -> Self:
        """Return the findings in these files and in those that come after them."""
        names = [field.name for field in dataclasses.fields(self)]
        return type(self)(**{name: getattr(self, name) + getattr(later, name) for name in names})


@dataclass
class Sentences(PartFindings):
    """Sentences for the user on single files, or on all of them where they are read together."""

    sentences: list[str] = field(default_factory=list)


Found = TypeVar("Found", bound=PartFindings)
Names: TypeAlias = Sequence[str]
"""Names of files that hold recordings, in the order in which they are read."""


Reader: TypeAlias = Callable[[FileTree, ReadOptions, Note], Iterator[Recording]]
"""Yields all recordings of a dataset, and takes sentences on them."""


def _nothing(*_: object) -> Iterable[str]:
    return ()


def _itself(name: str) -> str:
    return name


@dataclass(frozen=True)
class PartReader(Generic[Found]):
    """A function that reads a whole dataset, and can read some of its files alone.

    Attributes:
        names: returns the names of all files that hold recordings; none if they are only read
            together.
        read: yields the recordings of some of these files, and adds to the findings.
        findings: what `read` adds to.
        missing: yields sentences on what is not there; called with all names.
        notes: yields sentences on the findings in all files; may raise DataFormatError where two
            files contradict each other.
        together: returns a key of a file; neighbours with one key are never in two parts.
    """

    names: Callable[[FileTree], Names]
    read: Callable[[FileTree, ReadOptions, Names, Found], Iterator[Recording]]
    findings: type[Found]
    missing: Callable[[FileTree, Names], Iterable[str]] = _nothing
    notes: Callable[[FileTree, ReadOptions, Found], Iterable[str]] = _nothing
    together: Callable[[str], str] = _itself

    def __call__(self, tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
        """Yield all recordings; see `crosswear.datasets.spec.DatasetSpec.read`."""
        names, found = self.names(tree), self.findings()
        for sentence in self.missing(tree, names):
            note(sentence)
        yield from self.read(tree, options, names, found)
        for sentence in self.notes(tree, options, found):
            note(sentence)


def part_reader(read: Reader) -> PartReader[Any]:
    """Return the `PartReader` of a dataset; one of a single part where it declares none."""
    if isinstance(read, PartReader):
        return read

    def whole(
        tree: FileTree, options: ReadOptions, _: Names, found: Sentences
    ) -> Iterator[Recording]:
        return read(tree, options, found.sentences.append)

    def notes(_: FileTree, _options: ReadOptions, found: Sentences) -> Iterable[str]:
        return found.sentences

    return PartReader(lambda _: (), whole, Sentences, notes=notes)
