"""From a study file to an ordered list of cells. Pure: no files, no training.

A cell is one number of the study: a network (or the majority classifier) trained in one way and
tested on one domain. Its key says what it is, so that equal cells are never computed twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

import pydantic
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from crosswear.config import (
    SETTINGS,
    ModelConfig,
    PreparationConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.errors import StudyFileError
from crosswear.keys import digest
from crosswear.validation import parse_settings

CELL_SCHEMA = 2
"""Raised by hand whenever the same cell would give other numbers."""

Method: TypeAlias = Literal["source", "network", "majority"]


def _check_size(size: int | str) -> int | str:
    if isinstance(size, int) and size >= 2:
        return size
    if isinstance(size, str) and re.fullmatch(r"(100|[1-9]?[0-9])%", size):
        return size
    raise ValueError("a number of windows, at least 2, or per cent as in '50%'")


Size: TypeAlias = Annotated[int | str, pydantic.AfterValidator(_check_size)]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


@settings(frozen=True, config=SETTINGS)
class Grid:
    """The axes of a study.

    Attributes:
        sizes: windows in the adaptation set, or per cent of the smallest domain's train subset.
        blocks: numbers of residual blocks that are transferred (0: none is frozen or copied).
        seeds: how often each cell is repeated, with another draw and other fresh weights.
    """

    sizes: Annotated[tuple[Size, ...], Field(min_length=1)]
    blocks: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1


@settings(frozen=True, config=SETTINGS)
class Study:
    """A study file, checked. `domains` maps the name of a domain to a dataset reference."""

    name: Name
    domains: Annotated[dict[Name, str], Field(min_length=2)]
    grid: Grid
    seed: Annotated[int, Field(ge=0)] = 2019
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    source: TrainConfig = field(default_factory=TrainConfig)
    adaptation: TrainConfig = field(default_factory=TrainConfig)
    transfer: TransferConfig = field(default_factory=TransferConfig)


@dataclass(frozen=True)
class DomainFacts:
    """What the grid needs to know of a prepared domain."""

    name: str
    digest: str
    train_windows: int


@dataclass(frozen=True)
class Cell:
    """One number of the study.

    Attributes:
        method: `source` trains on the whole train subset of `target`, with `train`; `network`
            adapts `sources` (or, without, fresh weights: the baseline) on `size` windows of
            `target`; `majority` predicts the most frequent class of the train subset.
        sources: the source domains; empty for everything but a transfer.
        blocks: how many residual blocks are transferred.
        size: windows in the adaptation set.
        seed: number of the repetition.
        study_seed: from it and the names here come all random numbers.
        source_train: how the source network was trained.
    """

    method: Method
    target: str
    study_seed: int
    size: int
    seed: int = 0
    sources: tuple[str, ...] = ()
    blocks: int = 0
    model: ModelConfig | None = None
    train: TrainConfig | None = None
    transfer: TransferConfig | None = None
    source_train: TrainConfig | None = None

    def key(self, domains: Mapping[str, DomainFacts]) -> str:
        """Digest of the cell and of the domains that it reads."""
        digests = {name: domains[name].digest for name in (self.target, *self.sources)}
        return digest({"schema": CELL_SCHEMA, "cell": self, "domains": digests})

    def source_cell(self, source: str, domains: Mapping[str, DomainFacts]) -> Cell:
        """The cell that trains the network which this cell adapts."""
        return Cell(
            method="source",
            target=source,
            study_seed=self.study_seed,
            size=domains[source].train_windows,
            model=self.model,
            train=self.source_train,
        )

    def describe(self) -> str:
        """One readable line."""
        if self.method != "network":
            return f"{self.method} {self.target}"
        origin = f"{'+'.join(self.sources)}, {self.blocks} blocks" if self.sources else "scratch"
        return f"{self.target} from {origin}, {self.size} windows, seed {self.seed}"


def parse_study(text: str, where: str) -> Study:
    """Check the text of a study file.

    Args:
        text: TOML.
        where: name of the file, for messages.

    Raises:
        StudyFileError: naming the key, what was found and what was expected.
    """
    study = parse_settings(text, Study, where, StudyFileError, "docs/study.md")
    depth = len(study.model.filters)
    if max(study.grid.blocks) > depth:
        raise StudyFileError(
            f"{max(study.grid.blocks)} blocks asked of a network that has {depth}",
            where=f"{where}: grid.blocks",
            expected=f"numbers from 0 to {depth}",
            todo="shorten the list, or add filters to [model]",
        )
    if study.transfer.freeze_spectral and study.transfer.strategy != "freeze":
        raise StudyFileError(
            f"strategy {study.transfer.strategy!r} leaves the spectral branch fresh, "
            "so it cannot be frozen",
            where=f"{where}: transfer.freeze_spectral",
            expected="false, or strategy = 'freeze'",
        )
    return study


def resolve_sizes(study: Study, domains: Mapping[str, DomainFacts]) -> tuple[int, ...]:
    """The adaptation sizes in windows, rising, each once.

    Raises:
        StudyFileError: if a size is larger than some domain's train subset, or under 2.
    """
    smallest = min(domains.values(), key=lambda facts: facts.train_windows)
    sizes = set()
    for size in study.grid.sizes:
        windows = (
            size if isinstance(size, int) else round(int(size[:-1]) / 100 * smallest.train_windows)
        )
        if not 2 <= windows <= smallest.train_windows:
            raise StudyFileError(
                f"{size} is {windows} windows, and the train subset of {smallest.name!r} "
                f"has {smallest.train_windows}",
                where="grid.sizes",
                expected=f"from 2 to {smallest.train_windows} windows, or per cent ('50%')",
                todo=f"remove the size, or the domain {smallest.name!r}",
            )
        sizes.add(windows)
    return tuple(sorted(sizes))


def enumerate_cells(study: Study, domains: Mapping[str, DomainFacts]) -> Iterator[Cell]:
    """All cells of the study: majority, source networks, baselines, transfers."""
    names = list(study.domains)
    sizes = resolve_sizes(study, domains)
    for name in names:
        windows = domains[name].train_windows
        yield Cell(method="majority", target=name, study_seed=study.seed, size=windows)
    for name in names:
        yield Cell(
            method="source",
            target=name,
            study_seed=study.seed,
            size=domains[name].train_windows,
            model=study.model,
            train=study.source,
        )
    for seed in range(study.grid.seeds):
        for target in names:
            for size in sizes:
                baseline = Cell(
                    method="network",
                    target=target,
                    study_seed=study.seed,
                    size=size,
                    seed=seed,
                    model=study.model,
                    train=study.adaptation,
                )
                yield baseline
                for source in names:
                    if source != target:
                        yield from _transfers(study, baseline, source)


def _transfers(study: Study, baseline: Cell, source: str) -> Iterator[Cell]:
    for blocks in sorted(set(study.grid.blocks)):
        yield Cell(
            method="network",
            target=baseline.target,
            study_seed=study.seed,
            size=baseline.size,
            seed=baseline.seed,
            sources=(source,),
            blocks=blocks,
            model=study.model,
            train=study.adaptation,
            transfer=study.transfer,
            source_train=study.source,
        )
