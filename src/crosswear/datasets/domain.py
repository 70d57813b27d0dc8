"""Prepared domains: a dataset's recordings as split windows, cached by what made them.

A domain is a folder of plain .npy files, read as memory maps, and one JSON file. Its digest covers
the declaration, the options, every byte of the files it was read from, and the preparation.
"""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pydantic
from numpy.typing import NDArray

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DataFormatError, DomainError, UsageError
from crosswear.core.files import new_folder
from crosswear.core.keys import Json, canonical_json, digest, essentials, seed_for, to_json
from crosswear.core.recording import (
    ACCELEROMETER,
    Recording,
    Sensors,
    Subset,
    Windows,
    channel_names,
)
from crosswear.core.texts import counted
from crosswear.datasets import lookup
from crosswear.datasets.classes import used_classes
from crosswear.datasets.roots import locate
from crosswear.datasets.spec import DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, FolderTree, fingerprint
from crosswear.signal.leakage import audit
from crosswear.signal.quality import CONSTANT_G, Clipping
from crosswear.signal.resample import Segment, resample
from crosswear.signal.splits import SplitReport, split_windows
from crosswear.signal.windows import assemble

SCHEMA = 1
"""Raised by hand whenever the same recordings would become other windows."""
ADDED_LATER: Mapping[str, Json] = MappingProxyType({"min_subjects": 1})
"""Later settings of a preparation, with the value that leaves the windows as they were. With that
value a setting is not part of the digest, so that earlier domains and records stay valid."""


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


def prepare(
    reference: str | Path, data: str | Path | None, config: PreparationConfig, cache: str | Path
) -> Domain:
    """Read, resample, window, split and audit a dataset, or open what did so before.

    Args:
        reference: as in a study file, e.g. ``dsads:placement=torso``.
        data: folder with one folder per dataset; not needed for simulated ones.
        config: the preparation.
        cache: folder of prepared domains.

    Raises:
        UsageError: if there is no such dataset, placement or variant.
        MissingDataError: if a folder or file is not there.
        DataFormatError: if a file is not what its format says.
        DomainError: if the domain cannot carry a study: one class, too few windows, no split, or
            own recordings of which two hold the same samples.
        LeakageError: if a raw sample is in two subsets.
    """
    return prepare_splits(reference, data, config, cache, [config.split])[config.split]


def prepare_splits(
    reference: str | Path,
    data: str | Path | None,
    config: PreparationConfig,
    cache: str | Path,
    splits: Sequence[int],
) -> dict[int, Domain]:
    """Prepare a domain for several splits, and read its files once; see `prepare` for the rest."""
    reference = str(reference)
    spec, options = lookup(reference)
    tree = locate(spec, None if data is None else Path(data))
    if spec.completed:
        spec = spec.completed(tree)
        options = spec.default_options
    files = _fingerprints(spec, tree)
    found: dict[int, Domain] = {}
    missing: dict[int, Path] = {}
    for split in splits:
        folder = Path(cache) / _digest(spec, options, files, replace(config, split=split))
        if folder.exists():
            try:
                found[split] = load_domain(folder)
                continue
            except DomainError:
                shutil.rmtree(folder, ignore_errors=True)
        missing[split] = folder
    if missing:
        try:
            _build(missing, reference, spec, options, tree, config)
        except DomainError as error:
            raise error.inside(reference) from error
    found |= {split: load_domain(folder) for split, folder in missing.items()}
    return {split: _called(reference, spec, options, found[split]) for split in splits}


def _called(reference: str, spec: DatasetSpec, options: ReadOptions, domain: Domain) -> Domain:
    """A domain as it is asked for now: its cache may have been made from another folder."""
    code_of = {row.name: row.code for row in spec.variants[options.variant]}
    codes = tuple(code_of[name] for name in domain.classes)
    return replace(domain, summary=replace(domain.summary, reference=reference, codes=codes))


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
    one, other = (lookup(domain.summary.reference)[0] for domain in (a, b))
    if one.root is None or other.root is None:
        return one.name == other.name and one.root is other.root
    if one.root.resolve() == other.root.resolve():
        return True
    ours = fingerprint(FolderTree(one.root), one.patterns)
    theirs = fingerprint(FolderTree(other.root), other.patterns)
    return not set(ours.values()).isdisjoint(theirs.values())


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


def _build(
    folders: Mapping[int, Path],
    reference: str,
    spec: DatasetSpec,
    options: ReadOptions,
    tree: FileTree,
    config: PreparationConfig,
) -> None:
    notes: list[str] = []
    reader = _Reader(spec.read(tree, options, notes.append), reference, config)
    windows, null = assemble(reader, config.window, config.hop)
    if reader.repeated and spec.root:
        raise DomainError(
            f"{reader.repeated[0]} hold the same samples",
            expected="every recording once: a copy counts as another person, or another performance"
            ", and would be on both sides of a test",
            todo="delete one of the two, or leave it out of files in dataset.toml",
        )
    notes += reader.notes(null)
    table = spec.variants[options.variant]
    windows, classes = used_classes(windows, table, config.min_subjects, notes)
    if len(classes) < 2:
        raise DomainError(
            f"{len(windows)} windows of {len(classes)} class",
            expected="windows of at least two classes",
            todo="check the labels, or use shorter windows",
        )
    seed = seed_for("split", spec.name)
    for number, folder in folders.items():
        subset, split = split_windows(windows, len(classes), seed, number, config.min_subjects)
        audit(windows, subset)
        summary = DomainSummary(
            reference=reference,
            digest=folder.name,
            placement=options.placement,
            rate_hz=spec.rate_hz,
            classes=classes,
            subjects=tuple(reader.subjects),
            duration_s=reader.duration_s,
            samples=config.window,
            split=split,
            notes=tuple(notes),
            sensors=options.sensors,
        )
        with new_folder(folder) as temporary:
            for field in fields(Windows):
                np.save(temporary / f"{field.name}.npy", getattr(windows, field.name))
            np.save(temporary / "subset.npy", subset)
            (temporary / "domain.json").write_text(canonical_json(summary) + "\n", "utf-8")


class _Reader:
    """Hands the recordings on one at a time, and keeps account of them."""

    def __init__(
        self, recordings: Iterable[Recording], reference: str, config: PreparationConfig
    ) -> None:
        self._recordings = recordings
        self._reference = reference
        self._config = config
        self.subjects: dict[str, int] = {}
        self.duration_s = 0.0
        self.short: list[str] = []
        self.recordings = 0
        self.bridged = 0
        self.gaps = 0
        self.clipping = Clipping()
        self.repeated: list[str] = []
        self._known: dict[bytes, str] = {}

    def __iter__(self) -> Iterator[tuple[int, Sequence[Segment]]]:
        for recording in self._recordings:
            subject = self.subjects.setdefault(recording.subject, len(self.subjects))
            try:
                pieces = resample(recording, self._config.rate_hz, self._config.bridge_s)
            except DataFormatError as error:
                raise error.inside(self._reference) from error
            self.recordings += 1
            self.clipping.push(recording.acceleration)
            self.duration_s += len(recording.labels) / recording.rate_hz
            self.bridged += sum(piece.bridged for piece in pieces)
            self.gaps += max(len(pieces) - 1, 0)
            if all(len(piece) < self._config.window for piece in pieces):
                self.short.append(f"{recording.subject}/{recording.session}")
            else:
                self._compare(recording)
            yield subject, pieces

    def _compare(self, recording: Recording) -> None:
        """Note a recording with the samples of an earlier one; a stuck sensor's say nothing."""
        measured = recording.acceleration[~np.isnan(recording.acceleration).any(axis=1)]
        if not len(measured) or np.ptp(measured, axis=0).max() < CONSTANT_G:
            return
        name = f"{recording.session} (person {recording.subject})"
        key = hashlib.sha256(recording.acceleration.tobytes()).digest()
        first = self._known.setdefault(key, name)
        if first != name:
            self.repeated.append(f"{first} and {name}")

    def notes(self, null: int) -> Iterator[str]:
        if self.bridged:
            yield counted(self.bridged, "lost sample was", "lost samples were") + " interpolated"
        if self.gaps:
            yield counted(self.gaps, "gap splits a recording", "gaps split recordings")
        yield from self.clipping.notes()
        if self.short:
            of = f"of {self.recordings} recordings"
            short = counted(len(self.short), f"{of} is", f"{of} are")
            yield f"{short} too short for a window (first: {self.short[0]})"
        if self.repeated:
            again = counted(len(self.repeated), "recording holds", "recordings hold")
            yield f"{again} the samples of another one (first: {self.repeated[0]})"
        if null:
            dropped = counted(null, "window was dropped", "windows were dropped")
            yield f"{dropped}: unlabelled for the most part"


def _fingerprints(spec: DatasetSpec, tree: FileTree) -> dict[str, str]:
    """Return the digests of all files, and of a description that lies elsewhere."""
    files = fingerprint(tree, spec.patterns)
    if spec.description is not None:
        described = FolderTree(spec.description.parent), (glob.escape(spec.description.name),)
        files |= fingerprint(*described)
    return files


def _digest(
    spec: DatasetSpec, options: ReadOptions, files: Mapping[str, str], config: PreparationConfig
) -> str:
    return digest(
        {
            "schema": SCHEMA,
            "dataset": [spec.name, spec.schema],
            "options": essentials(options),
            "files": files,
            "preparation": _essentials(config),
        }
    )


def _essentials(config: PreparationConfig) -> Json:
    """Return the settings, but none that was added later and changes nothing."""
    settings = dataclasses.asdict(config)
    return to_json({name: v for name, v in settings.items() if ADDED_LATER.get(name) != v})
