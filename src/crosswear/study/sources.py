"""Sources and gains of transfer that the output folder of a study holds, as plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from crosswear.core.config import PreparationConfig
from crosswear.core.data_place import DataPlace
from crosswear.core.errors import UsageError
from crosswear.core.texts import Note
from crosswear.datasets.domain import of_acceleration
from crosswear.engine.subsets import adaptation_set
from crosswear.engine.transfer_source import Source, StudyTransfers, dataset_sources, expect_data
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.precision import kept_precision
from crosswear.study.read import read_study


def find_sources(
    name: str | Path,
    data: str | Path | None,
    cache: str | Path,
    preparation: PreparationConfig,
    note: Note,
) -> list[Source]:
    """Return the sources of a name: a dataset, `auto`, or the OUT folder of a study.

    The folder of a study stands for its domains with trained networks. Arguments and errors are
    those of `crosswear.engine.transfer_source.dataset_sources`.

    Raises:
        UsageError: if the preparation of the study differs.
    """
    if is_study(name):
        return _study_sources(Path(name), expect_data(data), cache, preparation)
    return dataset_sources(name, data, cache, preparation, note)


def resolve_studies(
    names: Sequence[str | Path],
    data: str | Path | None,
    cache: str | Path,
    preparation: PreparationConfig,
) -> list[str | Path | Source]:
    """Replace the folders of studies among names of sources by the sources of the studies."""
    found: list[str | Path | Source] = []
    for name in names:
        if is_study(name):
            found += _study_sources(Path(name), expect_data(data), cache, preparation)
        else:
            found.append(name)
    return found


def is_study(folder: str | Path) -> bool:
    """Return whether this is the OUT folder of a study."""
    return (Path(folder) / "study.toml").is_file()


def read_transfers(
    folder: Path, data: DataPlace | None, cache: Path, windows: int | None = None
) -> StudyTransfers:
    """Read the sources, adaptation sets and gains of a study; missing cells are left out.

    Args:
        folder: the OUT folder of the study.
        data: folder or URL with one folder per dataset.
        cache: folder of prepared domains.
        windows: return adaptation sets of the size nearest to this one only; without it, of all.

    Raises:
        UsageError: if it is not the folder of a study.
    """
    opened, store = _open(folder, data, cache), Store(folder)
    study, split = opened.study, opened.study.splits[0]
    sources = _trained_sources(opened, store)
    gains = _gains(opened, store)
    sizes = sorted({size for size, *_ in gains})
    if windows is not None and sizes:
        sizes = [min(sizes, key=lambda size: abs(size - windows))]
    rows = {}
    for source in sources:
        for size in sizes:
            cell = Cell("network", source.name, study.seed, size, split=split)
            rows[size, source.name] = adaptation_set(cell, source.domain)
    return StudyTransfers(sources, rows, gains, study.preparation.rate_hz)


def _study_sources(
    folder: Path, data: str | Path | None, cache: str | Path, preparation: PreparationConfig
) -> list[Source]:
    opened = _open(folder, data, cache)
    found = opened.study.preparation
    same = replace(found, split=preparation.split, min_subjects=preparation.min_subjects)
    if same != preparation:
        raise UsageError(
            "the study prepared its windows in another way",
            where=str(folder),
            expected=f"{preparation.rate_hz:g} Hz, {preparation.window_s:g} s",
            todo="name datasets as sources: their networks are trained for these windows",
        )
    return _trained_sources(opened, Store(folder))


def _open(folder: Path, data: str | Path | None, cache: str | Path) -> LoadedStudy:
    if not is_study(folder):
        raise UsageError(
            "not the folder of a study",
            where=str(folder),
            expected="the --out of `crosswear study run`, with study.toml in it",
        )
    study, text = read_study(folder / "study.toml")
    opened = load_study(study, text, data, cache, lambda sentence: None)
    return kept_precision(opened, Store(folder))


def _trained_sources(opened: LoadedStudy, store: Store) -> list[Source]:
    split = opened.study.splits[0]
    found = []
    for cell in opened.cells.values():
        if cell.role is Role.SOURCE and cell.split == split and cell.target in opened.study.domains:
            path = store.checkpoint(cell.key(opened.facts))
            domain = of_acceleration(opened.domains[cell.target, split])
            found.append(Source(cell.target, domain, path))
    return [source for source in found if source.trained]


def _gains(opened: LoadedStudy, store: Store) -> dict[tuple[int, str, str], float]:
    """Return the mean gain over scratch of every transfer from a single source."""
    scratch: dict[tuple[str, int, int, int], float] = {}
    transferred = defaultdict(list)
    done = store.done(opened.cells)
    for key, cell in opened.cells.items():
        if key not in done or cell.role is not Role.NETWORK or len(cell.sources) > 1:
            continue
        matrix = store.read(key).result.confusion
        accuracy = float(np.trace(matrix) / matrix.sum())
        repetition = (cell.target, cell.size, cell.seed, cell.split)
        if cell.sources:
            transfer = (cell.size, cell.target, cell.sources[0])
            transferred[transfer].append((repetition, accuracy))
        else:
            scratch[repetition] = accuracy
    gains = {}
    for transfer, found in transferred.items():
        differences = [accuracy - scratch[at] for at, accuracy in found if at in scratch]
        if differences and transfer[2] in opened.study.domains:
            gains[transfer] = float(np.mean(differences))
    return gains
