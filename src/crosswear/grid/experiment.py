"""From a study to an ordered list of cells. Pure: no files, no training.

A cell is one number of the study: a network (or the majority classifier) trained in one way and
tested on one domain. Its key says what it is, so that equal cells are never computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any

import pydantic
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from crosswear.core.config import (
    SETTINGS,
    Branches,
    ModelConfig,
    Precisions,
    PreparationConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.errors import StudyFileError
from crosswear.core.keys import digest, essentials
from crosswear.grid.facts import Domains, Encoders, first_split
from crosswear.grid.grid import LEAVE_ONE_OUT, Grid, Name
from crosswear.grid.labels import Labels, SharedClass, by_name, labelled_domains, shared_classes
from crosswear.grid.methods import ENCODERS, METHODS, WHITENED, MethodName, Role

CELL_SCHEMA = 3
"""Raised by hand whenever the same cell would give other numbers."""

UNTRAINED = "random"
"""Name of the source that has learned nothing: a network with its initial weights."""
OTHERS = "others"
"""Name of the joint source of all domains but the target."""


@settings(frozen=True, config=SETTINGS)
class StudyDesign:
    """A study file, checked.

    Attributes:
        name: name of the study: letters, digits, `.`, `_` and `-`.
        domains: dataset reference of every domain by its name in the study.
        seed: all random numbers come from it and from names.
        labels: the classes that domains share, see `crosswear.grid.labels`.
        encoders: folder of every encoder by its name in the study; `{target}` in it stands for
            the name of the target.
    """

    name: Name
    domains: Annotated[dict[Name, str], Field(min_length=2)]
    grid: Grid
    seed: Annotated[int, Field(ge=0)] = 2019
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    source: TrainConfig = field(default_factory=TrainConfig)
    adaptation: TrainConfig = field(default_factory=TrainConfig)
    transfer: TransferConfig = field(default_factory=TransferConfig)
    labels: dict[str, dict[Name, tuple[str, ...]]] = field(default_factory=dict)
    encoders: dict[Name, str] = field(default_factory=dict)

    def decided(self, by: Precisions) -> StudyDesign:
        """Return the study with these precisions where its file leaves them to the machine."""
        source, adaptation = self.source.decided(by.source), self.adaptation.decided(by.adaptation)
        return replace(self, source=source, adaptation=adaptation)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, `UNTRAINED` and `OTHERS` among them if they are asked for."""
        return self.grid.sources or tuple(self.domains)

    def origins(self, target: str) -> dict[str, tuple[str, ...]]:
        """Return what a target can be transferred from: the domains behind each source's name.

        A target is never among its own sources. Domains are in alphabetical order.
        """
        found = {
            name: tuple(sorted(self.others(target) if name == OTHERS else name.split("+")))
            for name in self.sources
        }
        return {name: domains for name, domains in found.items() if target not in domains}

    def trained_origins(self, target: str) -> dict[str, tuple[str, ...]]:
        """`origins` without the source that has learned nothing."""
        found = self.origins(target).items()
        return {name: domains for name, domains in found if name != UNTRAINED}

    @property
    def transfers(self) -> tuple[tuple[Branches, int], ...]:
        """Parts transferred from each source: branches, in their order, and numbers of blocks."""
        depths = sorted(set(self.grid.blocks))
        return tuple(
            (branches, blocks)
            for branches in dict.fromkeys(self.grid.branches)
            for blocks in depths
            if branches != "spectral" or blocks in (0, self.model.blocks)
        )

    @property
    def judged_branches(self) -> Branches:
        """The branches whose transfer is judged: both, or else those that are named first."""
        return "both" if "both" in self.grid.branches else self.grid.branches[0]

    @property
    def judged_blocks(self) -> tuple[int, ...]:
        """Numbers of blocks of the transfers that are judged, rising."""
        return tuple(
            blocks for branches, blocks in self.transfers if branches == self.judged_branches
        )

    def others(self, target: str) -> tuple[str, ...]:
        """Names of all domains but one."""
        return tuple(name for name in self.domains if name != target)

    @property
    def splits(self) -> range:
        """Numbers of the subject splits; leaving people out, that of the first one alone."""
        count = 1 if isinstance(self.grid.splits, str) else self.grid.splits
        return range(self.preparation.split, self.preparation.split + count)

    def shared_between(self, source: str, target: str) -> tuple[SharedClass, ...]:
        """The classes that two domains share, as the study file names them."""
        return shared_classes(self.labels, source, target)

    @property
    def shared_pairs(self) -> tuple[tuple[str, str], ...]:
        """Source and target of every pair of domains that `labels` names."""
        named = labelled_domains(self.labels)
        return tuple(
            (source, target)
            for target in self.domains
            for source in self.sources
            if source != target and {source, target} <= {*named}
        )


@dataclass(frozen=True)
class Cell:
    """One experiment of the study, which gives one score.

    Attributes:
        method: how it learns, see `crosswear.grid.methods`. A source network trains on the whole
            train subset of `target`, or of each domain of a joint source; a network adapts
            `sources` (or, without, fresh weights: the network from scratch) on `size` windows of
            `target`, on which baselines are fitted too; the sources of a baseline whiten it.
            A classifier on an encoder has its name as the one source.
        target: the domain; the domains of a joint source, joined by `+`.
        sources: the source domains, or `UNTRAINED`; empty where nothing is transferred.
        blocks: how many blocks are transferred.
        branches: which branches of the network are transferred.
        size: windows in the adaptation set; with an alignment, in the train subset from which
            the labels come.
        seed: number of the repetition.
        split: number of the subject split, of all domains.
        study_seed: from it and the names here come all random numbers.
        source_train: how the source network was trained.
        shared: with an alignment, the classes of source and target that are separated.
        encoder: digest of the encoder: its file, and how windows are made for it.
        encoders: of a stack, name and digest of each encoder that is a guest in it.
    """

    method: MethodName
    target: str
    study_seed: int
    size: int
    seed: int = 0
    split: int = 0
    sources: tuple[str, ...] = ()
    blocks: int = 0
    branches: Branches = "both"
    model: ModelConfig | None = None
    train: TrainConfig | None = None
    transfer: TransferConfig | None = None
    source_train: TrainConfig | None = None
    shared: tuple[SharedClass, ...] = ()
    encoder: str = ""
    encoders: tuple[tuple[str, str], ...] = ()

    @pydantic.model_validator(mode="before")
    @classmethod
    def _of_older_records(cls, given: Any) -> Any:
        """Records that were written before branches were an axis have them in `transfer`."""
        transfer = given.get("transfer") if isinstance(given, dict) else None
        if not isinstance(transfer, dict) or "branches" not in transfer:
            return given
        rest = {name: value for name, value in transfer.items() if name != "branches"}
        return given | {"transfer": rest, "branches": transfer["branches"]}

    def key(self, domains: Domains) -> str:
        """Digest of the cell and of the domains that it reads."""
        sources = () if self.encoder else self.sources
        names = (name for name in (*self.targets, *sources) if name != UNTRAINED)
        digests = {name: domains[name, self.split].digest for name in names}
        return digest({"schema": CELL_SCHEMA, "cell": essentials(self), "domains": digests})

    @property
    def role(self) -> Role:
        """The part of its method in the study."""
        return METHODS[self.method].role

    @property
    def targets(self) -> tuple[str, ...]:
        """The domains that it learns from and is tested on: one, but for joint sources."""
        return tuple(self.target.split("+"))

    @property
    def encoder_names(self) -> tuple[str, ...]:
        """The encoders that it reads."""
        return self.sources if self.encoder else tuple(name for name, _ in self.encoders)

    @property
    def encoder_digests(self) -> tuple[str, ...]:
        """Digests of the encoders that it reads."""
        return (self.encoder,) if self.encoder else tuple(known for _, known in self.encoders)

    def source_cell(self, domains: Domains) -> Cell:
        """The cell that trains the network which this cell adapts."""
        return Cell(
            method="source",
            target="+".join(self.sources),
            study_seed=self.study_seed,
            size=sum(domains[source, self.split].train_windows for source in self.sources),
            split=first_split(self.sources, self.split, domains),
            model=self.model,
            train=self.source_train,
        )

    def describe(self) -> str:
        """One readable line."""
        split = f", split {self.split}" if self.split else ""
        if self.role in (Role.SOURCE, Role.FLOOR):
            return f"{self.method} {self.target}{split}"
        if self.role is Role.ALIGNMENT:
            classes = f"{len(self.shared)} classes shared with {self.sources[0]}"
            return f"{self.target}, {self.method}, {classes}, seed {self.seed}{split}"
        branch = "" if self.branches == "both" else f" of the {self.branches} branch"
        sources = "+".join(self.sources)
        origin = f"from {sources}, {self.blocks} blocks{branch}" if sources else "from scratch"
        if self.role is not Role.NETWORK:
            how = "whitened by" if self.role is Role.BASELINE else "on"
            origin = f"with {self.method} {how} {sources}" if sources else f"with {self.method}"
            if self.encoders:
                origin += f" and encoders {', '.join(self.encoder_names)}"
        return f"{self.target} {origin}, {self.size} windows, seed {self.seed}{split}"


def resolve_sizes(study: StudyDesign, domains: Domains) -> tuple[int, ...]:
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


def enumerate_cells(
    study: StudyDesign, domains: Domains, encoders: Encoders = MappingProxyType({})
) -> Iterator[Cell]:
    """All cells of the study: source networks, then for each target and size all that compete.

    Last come, of each split and repetition, those that learn without labels of the target. Where
    the precision is not `decided`, it is float32, which every machine computes well.

    Args:
        study: the study.
        domains: facts of its domains.
        encoders: digests of its encoders.

    Raises:
        StudyFileError: if a domain has not the windows or the classes that the study asks for.
    """
    study = study.decided(Precisions())
    sizes = resolve_sizes(study, domains)
    leaving_out = study.grid.splits == LEAVE_ONE_OUT
    for split in sorted({number for _, number in domains}) if leaving_out else study.splits:
        targets = [one for one in study.domains if first_split([one], split, domains) == split]
        for name in targets if sizes else ():
            windows = domains[name, split].train_windows
            whole = Cell("source", name, study.seed, windows, split=split)
            for floor in _asked(study, Role.FLOOR):
                yield replace(whole, method=floor)
            if name in study.sources and study.grid.networks and targets != [name]:
                yield replace(whole, model=study.model, train=study.source)
        if sizes and study.grid.networks:
            yield from _joint_sources(study, domains, split, targets)
        for seed in range(study.grid.seeds):
            for target in targets:
                for size in sizes:
                    cell = Cell("network", target, study.seed, size, seed, split)
                    mine = encoders.get(target, {})
                    yield from _with_adaptation_set(study, cell, mine)
                    for name, known in mine.items():
                        on = replace(cell, sources=(name,), encoder=known)
                        yield from (replace(on, method=method) for method in ENCODERS)
            yield from _on_shared_classes(study, domains, seed, split, targets)


def _joint_sources(
    study: StudyDesign, domains: Domains, split: int, targets: Iterable[str]
) -> Iterator[Cell]:
    """The networks that learn several domains at once, each once."""
    origins = (names for target in targets for names in study.origins(target).values())
    for names in dict.fromkeys(names for names in origins if len(names) > 1):
        if first_split(names, split, domains) != split:
            continue
        windows = sum(domains[name, split].train_windows for name in names)
        cell = Cell("source", "+".join(names), study.seed, windows, split=split)
        yield replace(cell, model=study.model, train=study.source)


def _with_adaptation_set(
    study: StudyDesign, cell: Cell, encoders: Mapping[str, str]
) -> Iterator[Cell]:
    """Yield the cells that learn from the same adaptation set."""
    for baseline in _asked(study, Role.BASELINE):
        guests = tuple(encoders.items()) if METHODS[baseline].takes_encoders else ()
        fitted = replace(cell, method=baseline, encoders=guests)
        yield fitted
        if baseline in WHITENED and study.grid.whitening:
            yield replace(fitted, sources=study.others(cell.target))
    if not study.grid.networks:
        return
    # Rates of layers decay where something is copied: from scratch, it is the cell without decay.
    fresh = replace(study.adaptation, layer_decay=1.0)
    yield replace(cell, model=study.model, train=fresh)
    for source, domains in study.origins(cell.target).items():
        trained = None if source == UNTRAINED else study.source
        from_source = replace(cell, sources=domains, model=study.model, source_train=trained)
        for features in _asked(study, Role.FEATURES):
            yield replace(from_source, method=features, blocks=study.model.blocks)
        transferred = replace(from_source, train=study.adaptation, transfer=study.transfer)
        for branches, blocks in study.transfers:
            yield replace(transferred, branches=branches, blocks=blocks)


def _asked(study: StudyDesign, role: Role) -> tuple[str, ...]:
    """The baselines of one role that a study asks for."""
    named = dict.fromkeys(study.grid.baselines)
    return tuple(name for name in named if METHODS[name].role is role)


def _on_shared_classes(
    study: StudyDesign, domains: Domains, seed: int, split: int, targets: Sequence[str]
) -> Iterator[Cell]:
    """Yield the cells that are tried on the classes that two domains share."""
    labels: Labels = study.labels
    for name in labelled_domains(study.labels):
        labels = by_name(labels, name, domains[name, split].classes, domains[name, split].codes)
    train = replace(study.source, selection="last")  # there is nothing to select by
    for source, target in study.shared_pairs:
        if target not in targets:
            continue
        shared = shared_classes(labels, source, target)
        for alignment in study.grid.alignments:
            teacher = target if METHODS[alignment].sees == "labels" else source
            yield Cell(
                alignment,
                target,
                study.seed,
                domains[teacher, split].train_windows,
                seed,
                split,
                sources=(source,),
                model=study.model,
                train=train,
                shared=shared,
            )
