"""Prepared domains: a dataset's recordings as split windows, in a folder.

A domain is a folder of plain .npy files, read as memory maps, and one JSON file.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pydantic
from numpy.typing import NDArray

from crosswear.core.errors import DomainError, UsageError
from crosswear.core.recording import ACCELEROMETER, Sensors, Subset, Windows, channel_names
from crosswear.datasets import lookup
from crosswear.datasets.tree import FolderTree, fingerprint
from crosswear.signal.splits import SplitReport


@dataclass(frozen=True)
class DomainSummary:
    """Facts that are known of a domain without its windows.

    Attributes:
        reference: the dataset reference it was made from.
        digest: of everything that made it.
        placement: where the sensor was.
        rate_hz: nominal rate of the recordings.
        classes: names of the classes that have a window, in the order of their indices.
        codes: the publisher's codes of these classes; none in records of earlier versions.
        subjects: names of the people, in the order of their indices.
        duration_s: length of all recordings, null and gaps included.
        samples: length of a window.
        split: what the split reached.
        notes: what was repaired, dropped or not found, one sentence each.
        sensors: what its windows have channels of.
    """

    reference: str
    digest: str
    placement: str
    rate_hz: float
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    duration_s: float
    samples: int
    split: SplitReport
    notes: tuple[str, ...]
    sensors: Sensors = ACCELEROMETER
    codes: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the windows' channels, in their order."""
        return channel_names(self.sensors)


@dataclass(frozen=True, eq=False)
class Domain:
    """A prepared domain.

    Attributes:
        summary: what is known without the windows.
        folder: where it lies.
        windows: all of them; `x` is a memory map.
        subset: int8 [N], a `Subset` for each window, or -1 where a window was given up so that
            no raw sample is in two subsets.
    """

    summary: DomainSummary
    folder: Path
    windows: Windows
    subset: NDArray[np.int8]

    def indices(self, subset: Subset) -> NDArray[np.int64]:
        """Windows of a subset, rising."""
        return np.flatnonzero(self.subset == subset)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.summary.classes

    @property
    def samples(self) -> int:
        """Length of a window."""
        return self.summary.samples

    @property
    def sensors(self) -> Sensors:
        """Sensors whose channels its windows have."""
        return self.summary.sensors


def of_acceleration(domain: Domain) -> Domain:
    """The same domain, for what handles acceleration alone: bundles, and all that makes them.

    Raises:
        UsageError: if its windows have channels of another sensor.
    """
    if domain.sensors == ACCELEROMETER:
        return domain
    raise UsageError(
        f"its windows have channels of {' and '.join(domain.sensors)}",
        where=domain.summary.reference,
        expected="acceleration alone: models that are handed on know no other sensor",
        todo="leave out sensors=…",
    )


def same_dataset(a: Domain, b: Domain) -> bool:
    """Return whether two domains are of one dataset, and so of the same people.

    Placement, sensors, variant and preparation may differ. Own recordings are of one dataset if
    they lie in one folder, or if a file of one is, byte by byte, also a file of the other.
    """
    return same_dataset_named(a.summary.reference, b.summary.reference)


def same_dataset_named(reference: str, other: str) -> bool:
    """`same_dataset` of dataset references, without preparing anything."""
    ours, theirs = lookup(reference)[0], lookup(other)[0]
    if ours.root is None or theirs.root is None:
        return ours.name == theirs.name and ours.root is theirs.root
    if ours.root.resolve() == theirs.root.resolve():
        return True
    return not own_files(reference).isdisjoint(own_files(other))


def own_files(reference: str) -> frozenset[str]:
    """Return the sha256 of every file of own recordings; of a registered dataset, none."""
    spec, _ = lookup(reference)
    if spec.root is None:
        return frozenset()
    return frozenset(fingerprint(FolderTree(spec.root), spec.patterns).values())


def load_domain(folder: str | Path) -> Domain:
    """Open a prepared domain.

    Raises:
        DomainError: if a file of it is missing or damaged.
    """
    folder = Path(folder)
    try:
        summary = pydantic.TypeAdapter(DomainSummary).validate_json(
            (folder / "domain.json").read_bytes()
        )
        arrays = {
            field.name: np.load(folder / f"{field.name}.npy", mmap_mode="r", allow_pickle=False)
            for field in fields(Windows)
        }
        subset = np.load(folder / "subset.npy", allow_pickle=False)
        if {len(array) for array in arrays.values()} != {len(subset)}:
            raise ValueError("its files have different lengths")
    except (OSError, ValueError) as error:
        raise DomainError(
            f"a prepared domain is damaged ({error})",
            where=str(folder),
            todo="delete the folder; it is prepared anew when it is needed",
        ) from error
    return Domain(summary, folder, Windows(**arrays), subset)
