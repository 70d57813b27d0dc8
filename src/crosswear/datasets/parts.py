"""Parts of a dataset: read and cut apart from one another, in any order and in any process.

A part is a folder in the cache, named by the digest of its files and settings. It exists whole or
not at all, so that an interrupted preparation goes on with the parts that it has finished.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pydantic

from crosswear.core.config import PreparationConfig
from crosswear.core.data_place import DataPlace
from crosswear.core.files import new_folder
from crosswear.core.keys import canonical_json, digest, essentials
from crosswear.core.recording import Windows
from crosswear.datasets.part_reader import Names, PartFindings, PartReader, part_reader
from crosswear.datasets.roots import OpenedDataset, open_dataset
from crosswear.datasets.tree import FileTree
from crosswear.datasets.window_account import Account, RecordingFacts
from crosswear.datasets.window_files import load_table, save_table, write_samples
from crosswear.datasets.window_reader import WindowReader
from crosswear.signal.quality import Clipping

SCHEMA = 1
"""Raised by hand whenever the folder of a part holds something else."""
PART_BYTES = 2**24
"""Size of the files of a part, at least: to begin a smaller one costs more than to read it."""
CUTTING = ("rate_hz", "window_s", "hop_s", "bridge_s")
"""Settings of a preparation that a part depends on."""

_SAMPLES, _FACTS, _FINDINGS, _CLIPPING = "samples", "part.json", "findings.json", "clipping.npy"


@dataclass(frozen=True)
class PartTask:
    """Work on one part, for any process that sees the same folders.

    Attributes:
        reference: of the dataset.
        data: folder or URL with one folder per dataset.
        config: the preparation.
        names: files that hold the part's recordings; all of a dataset that has no parts.
        folder: where the part will be.
    """

    reference: str
    data: DataPlace | None
    config: PreparationConfig
    names: tuple[str, ...]
    folder: Path


Spread: TypeAlias = Callable[[Sequence[PartTask]], Iterator[tuple[PartTask, Exception | None]]]
"""Works on parts and yields each with the error that it ended in. After an error it begins no
other part, and ends with those that are begun. Parts are begun in their order."""


def one_by_one(tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Exception | None]]:
    """Work on parts in this process."""
    for task in tasks:
        try:
            cut_part(task)
        except Exception as error:  # noqa: BLE001  # the caller raises it
            yield task, error
            return
        yield task, None


@dataclass(frozen=True, eq=False)
class Part:
    """A part as it is in the cache.

    Attributes:
        account: of its recordings.
        findings: of its reader.
        windows: without their samples, with numbers that start at 0; None if there are none.
        samples: file of the samples, float32 without a header.
    """

    account: Account
    findings: Any
    windows: Windows | None
    samples: Path


def parts_folder(dataset: OpenedDataset, cache: Path) -> Path:
    """Return the folder of a dataset's parts."""
    # Not the name itself: that of own recordings is the name of any folder.
    return cache / "parts" / digest([dataset.spec.name])[:16]


def part_tasks(
    dataset: OpenedDataset, files: Mapping[str, str], config: PreparationConfig, cache: Path
) -> list[PartTask]:
    """Return the parts of a dataset in their order.

    Args:
        dataset: what is read.
        files: digests of all of its files by their names.
        config: the preparation.
        cache: folder of prepared domains.
    """
    reader = part_reader(dataset.spec.read)
    names = reader.names(dataset.tree)
    # What is not a recording may be read with any part.
    beside = {name: key for name, key in files.items() if name not in set(names)}
    folder = parts_folder(dataset, cache)
    return [
        PartTask(
            dataset.reference,
            dataset.data,
            config,
            group,
            folder / _key(dataset, config, beside | {name: files[name] for name in group}),
        )
        for group in _grouped(reader, dataset.tree, names) or [()]
    ]


def _key(dataset: OpenedDataset, config: PreparationConfig, files: Mapping[str, str]) -> str:
    return digest(
        {
            "schema": SCHEMA,
            "dataset": [dataset.spec.name, dataset.spec.schema],
            "options": essentials(dataset.options),
            "preparation": {name: getattr(config, name) for name in CUTTING},
            "files": files,
        }
    )


def _grouped(reader: PartReader[Any], tree: FileTree, names: Names) -> list[tuple[str, ...]]:
    """Return neighbouring files, as many together as are worth a part."""
    groups: list[tuple[str, ...]] = []
    size = PART_BYTES
    for _, together in itertools.groupby(names, reader.together):
        piece = tuple(together)
        if size >= PART_BYTES:
            groups.append(())
            size = 0
        groups[-1] += piece
        size += sum(map(tree.size, piece))
    return groups


def cut_part(task: PartTask) -> None:
    """Read the files of a part, cut their recordings into windows, and write its folder.

    Raises:
        CrosswearError: as `crosswear.datasets.prepare.prepare`, on reading.
    """
    dataset = open_dataset(task.reference, task.data)
    reader = part_reader(dataset.spec.read)
    findings = reader.findings()
    recordings = reader.read(dataset.tree, dataset.options, task.names, findings)
    pieces = WindowReader(recordings, task.reference, task.config)
    with new_folder(task.folder) as folder:
        windows = write_samples(pieces, folder / _SAMPLES)
        if windows is not None:
            save_table(windows, folder)
        account = pieces.account()
        facts = _Facts(account.recordings, account.null, windows is not None)
        np.save(folder / _CLIPPING, account.clipping.state)
        (folder / _FACTS).write_text(canonical_json(facts) + "\n", "utf-8")
        (folder / _FINDINGS).write_text(canonical_json(findings) + "\n", "utf-8")


def load_part(folder: Path, findings: type[PartFindings], sample_bytes: int) -> Part | None:
    """Open a part; None if it is not there, or not whole.

    Args:
        folder: of the part.
        findings: as its reader declares them.
        sample_bytes: size of a window's samples.
    """
    try:
        facts = pydantic.TypeAdapter(_Facts).validate_json((folder / _FACTS).read_bytes())
        found = pydantic.TypeAdapter(findings).validate_json((folder / _FINDINGS).read_bytes())
        clipping = Clipping.restored(np.load(folder / _CLIPPING, allow_pickle=False))
        windows = load_table(folder) if facts.has_windows else None
        samples = folder / _SAMPLES
        whole = samples.stat().st_size == sample_bytes * len(windows or ())
    except (OSError, ValueError):
        return None
    account = Account(facts.recordings, facts.null, clipping)
    return Part(account, found, windows, samples) if whole else None


@dataclass(frozen=True)
class _Facts:
    recordings: tuple[RecordingFacts, ...]
    null: int
    has_windows: bool
