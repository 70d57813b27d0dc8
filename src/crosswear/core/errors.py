"""Every exception of the project, each with an exit code of its own.

An error names the problem, its place, the expectation and the next step; the command line prints
these four and nothing else. A bug is anything that is not a `CrosswearError`.
"""

from __future__ import annotations

from typing import Self


class CrosswearError(Exception):
    """Bad input or a bad environment, in four parts.

    Args:
        what: what is wrong, in one clause.
        where: file, line, column or key; empty for the whole call.
        expected: what would have been right.
        todo: what the user can do now.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", todo: str = "") -> None:
        super().__init__(what, where, expected, todo)
        self.what = what
        self.where = where
        self.expected = expected
        self.todo = todo

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with all four parts."""
        return _restored, (type(self), self.what, self.where, self.expected, self.todo)

    def inside(self, place: str) -> Self:
        """Return the same error with the place around it named first."""
        where = f"{place}: {self.where}" if self.where else place
        return type(self)(self.what, where=where, expected=self.expected, todo=self.todo)

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.todo:
            lines.append(f"  to do:    {self.todo}")
        return "\n".join(lines)


def _restored(
    kind: type[CrosswearError], what: str, where: str, expected: str, todo: str
) -> CrosswearError:
    return kind(what, where=where, expected=expected, todo=todo)


class UsageError(CrosswearError):
    """A command or a function was called with values that do not go together."""

    exit_code = 2


class MissingDataError(CrosswearError):
    """A folder or file that a dataset needs does not exist."""

    exit_code = 3


class DataFormatError(CrosswearError):
    """A file contradicts its format."""

    exit_code = 4


class StudyFileError(CrosswearError):
    """A study file has an unknown key, a wrong value, or an impossible request."""

    exit_code = 5


class DomainError(CrosswearError):
    """The recordings of a domain cannot carry the study: one class, too few windows, no split."""

    exit_code = 6


class LeakageError(CrosswearError):
    """A raw sample would be in two subsets. Nothing may run on such a domain."""

    exit_code = 7


class StoreError(CrosswearError):
    """An output folder holds a damaged record, or belongs to another study or another run."""

    exit_code = 8


class CheckpointError(CrosswearError):
    """A model file is damaged, or holds another model."""

    exit_code = 9


class TransferError(CrosswearError):
    """Source and target model differ in a way that the transfer plan does not name."""

    exit_code = 10


class DiskError(CrosswearError):
    """A file could not be written: disk full, no permission, folder gone."""

    exit_code = 11


class IncompleteError(CrosswearError):
    """Cells are missing or failed, and a whole study was asked for."""

    exit_code = 12


class EngineError(CrosswearError):
    """The processes that train cells keep dying, or a cluster does not answer."""

    exit_code = 13


class FetchError(CrosswearError):
    """A dataset cannot be downloaded; says how to get it by hand."""

    exit_code = 14


class BundleError(CrosswearError):
    """A bundle is incomplete, altered, of another schema, or another model."""

    exit_code = 15


class ExportError(CrosswearError):
    """A model cannot be written in another format, or answers differently there."""

    exit_code = 16
