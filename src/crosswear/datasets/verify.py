"""Is a dataset what its publisher gave out: its files by checksum, its content by counts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from crosswear.core.data_place import DataPlace
from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.roots import locate
from crosswear.datasets.spec import DatasetSpec, PublishedCounts, PublishedFile
from crosswear.datasets.tree import FileTree, reading

ALL_SUBJECTS = "all"

_BLOCK = 2**20


class FileState(StrEnum):
    """State of a file."""

    GENUINE = "genuine"
    WRONG = "wrong"
    MISSING = "missing"
    UNDECLARED = "not declared"
    """There, and no checksum of it is known."""


@dataclass(frozen=True)
class FileCheck:
    """A file, and how it differs from the published one, if it does."""

    name: str
    state: FileState
    differs: str = ""


@dataclass(frozen=True)
class CountCheck:
    """Expected and found amounts of an activity of a subject."""

    activity: str
    subject: str
    expected: float
    found: float
    agrees: bool


@dataclass(frozen=True)
class Verification:
    """Findings about a dataset.

    Attributes:
        dataset: its name.
        where: its root.
        files: the declared ones in their order, then others that its reader would open.
        counted: what `counts` counts; empty if the publisher counts nothing.
        counts: by activity, then subject.
        recordings, subjects: how many were read.
        notes: what the reader repaired or did not find.
        fault: what kept the reader from its end.
    """

    dataset: str
    where: str
    files: tuple[FileCheck, ...]
    counted: str
    counts: tuple[CountCheck, ...]
    recordings: int
    subjects: int
    notes: tuple[str, ...]
    fault: DataFormatError | None = None

    def problem(self) -> CrosswearError | None:
        """The gravest thing that is wrong, if anything is."""
        again = f"take them away, then `crosswear data fetch {self.dataset}`"
        if self.fault:
            return self.fault
        wrong = [check for check in self.files if check.state is FileState.WRONG]
        if wrong:
            return DataFormatError(
                f"{len(wrong)} of {len(self.files)} files are not the published ones, "
                f"the first is {wrong[0].name} ({wrong[0].differs})",
                where=self.where,
                todo=again,
            )
        missing = [check for check in self.files if check.state is FileState.MISSING]
        if missing:
            return MissingDataError(
                f"{len(missing)} of {len(self.files)} files are missing, "
                f"the first is {missing[0].name}",
                where=self.where,
                todo="add them; what is there can be used",
            )
        differing = [check for check in self.counts if not check.agrees]
        if differing:
            first = differing[0]
            return DataFormatError(
                f"{len(differing)} of {len(self.counts)} counts are not the published ones, the "
                f"first is {first.activity} of {first.subject}: {first.found:g}",
                where=self.where,
                expected=f"{first.expected:g} ({self.counted})",
                todo=f"compare the files with the publisher's; if they differ, {again}",
            )
        return None


def verify(spec: DatasetSpec, data: DataPlace | None) -> Verification:
    """Hold a dataset against what its publisher says of it.

    Args:
        spec: the dataset.
        data: folder or URL with one folder or archive per dataset; not needed for simulated ones.

    Raises:
        MissingDataError: if there is no file of this dataset at all.
        DataFormatError: if an archive is damaged or unfit, or the dataset is there twice.
    """
    tree = locate(spec, data)
    spec = spec.completed(tree) if spec.completed else spec
    files = _files(spec, tree)
    notes: list[str] = []
    amounts: dict[tuple[str, str], float] = defaultdict(float)
    recordings, subjects = 0, set()
    options, fault = spec.default_options, None
    if spec.counts:
        options = replace(options, variant=spec.counts.variant)
    codes = [activity.code for activity in spec.variants[options.variant]]
    try:
        for recording in spec.read(tree, options, notes.append):
            recordings += 1
            subjects.add(recording.subject)
            if spec.counts:
                subject = recording.subject if spec.counts.subjects else ALL_SUBJECTS
                for label, amount in _amounts(recording, spec.counts):
                    amounts[codes[label], subject] += amount
    except DataFormatError as error:
        fault = error
    return Verification(
        dataset=spec.name,
        where=tree.where(""),
        files=files,
        counted=spec.counts.title if spec.counts else "",
        counts=_counts(spec, spec.counts, amounts) if spec.counts and not fault else (),
        recordings=recordings,
        subjects=len(subjects),
        notes=tuple(notes),
        fault=fault,
    )


def _files(spec: DatasetSpec, tree: FileTree) -> tuple[FileCheck, ...]:
    there = {name for pattern in spec.patterns for name in tree.glob(pattern)}
    declared = {file.path for file in spec.files}
    return (
        *(_file(tree, file, file.path in there) for file in spec.files),
        *(FileCheck(name, FileState.UNDECLARED) for name in sorted(there - declared)),
    )


def _file(tree: FileTree, file: PublishedFile, is_there: bool) -> FileCheck:
    if not is_there:
        return FileCheck(file.path, FileState.MISSING)
    if file.sha256 is None:
        return FileCheck(file.path, FileState.UNDECLARED)
    digest, size = hashlib.sha256(), 0
    try:
        with reading(tree, file.path) as content:
            while block := content.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except DataFormatError as error:
        return FileCheck(file.path, FileState.WRONG, error.what)
    if file.size not in (None, size):
        return FileCheck(
            file.path,
            FileState.WRONG,
            f"size: {size:,} bytes; the published file has {file.size:,}",
        )
    if digest.hexdigest() != file.sha256:
        return FileCheck(
            file.path,
            FileState.WRONG,
            f"sha256: {digest.hexdigest()[:12]}… where {file.sha256[:12]}… is published",
        )
    return FileCheck(file.path, FileState.GENUINE)


def _amounts(recording: Recording, published: PublishedCounts) -> list[tuple[int, float]]:
    """Label and amount of every uninterrupted run of a class."""
    labels = recording.labels
    starts = np.flatnonzero(np.diff(labels, prepend=NO_LABEL - 1))
    stops = np.append(starts[1:], len(labels))
    amounts: NDArray[np.float64]
    match published.quantity:
        case "occurrences":
            amounts = np.ones(len(starts))
        case "samples":
            amounts = (stops - starts).astype(np.float64)
        case "seconds":
            time_s = recording.time_s
            if time_s is None:
                time_s = np.arange(len(labels)) / recording.rate_hz
            amounts = time_s[stops - 1] - time_s[starts]
    runs = zip(labels[starts].tolist(), amounts.tolist(), strict=True)
    return [(label, amount) for label, amount in runs if label != NO_LABEL]


def _counts(
    spec: DatasetSpec, published: PublishedCounts, amounts: Mapping[tuple[str, str], float]
) -> tuple[CountCheck, ...]:
    subjects = published.subjects or (ALL_SUBJECTS,)
    others = sorted({subject for _, subject in amounts} - set(subjects))
    checks = []
    for activity in spec.variants[published.variant]:
        numbers = published.expected.get(activity.code, (0.0,) * len(subjects))
        expected = dict(zip(subjects, numbers, strict=True))
        for subject in (*subjects, *others):
            wanted = float(expected.get(subject, 0.0))
            found = round(amounts.get((activity.code, subject), 0.0), 6)
            agrees = abs(found - wanted) <= published.tolerance + 1e-6
            checks.append(CountCheck(activity.name, subject, wanted, found, agrees))
    return tuple(checks)
