"""From a study file to prepared domains and cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crosswear.core.config import Precisions
from crosswear.core.errors import StudyFileError, UsageError
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain, DomainSummary
from crosswear.datasets.held_out import each_held_out
from crosswear.datasets.parts import Spread, one_by_one
from crosswear.datasets.prepare import prepare_splits
from crosswear.engine.joint import join_summaries
from crosswear.evidence.records import facts_of
from crosswear.grid.experiment import Cell, StudyDesign, enumerate_cells
from crosswear.grid.facts import Domains, Encoders
from crosswear.grid.grid import LEAVE_ONE_OUT
from crosswear.networks.models import build
from crosswear.study.open_encoders import OpenEncoders, open_encoders
from crosswear.study.people import audit_people
from crosswear.study.sensors import check_sensors


@dataclass(frozen=True)
class LoadedStudy:
    """A study with its domains prepared and its cells laid out.

    Attributes:
        study: the study file, checked.
        text: the study file as it was written.
        domains: prepared domains by their names in the study and the number of the split.
        cells: every cell by its key, in order.
        encoders: for each target, those that have not learned from it, by their names.
    """

    study: StudyDesign
    text: str
    domains: Mapping[tuple[str, int], Domain]
    cells: Mapping[str, Cell]
    encoders: OpenEncoders = field(default_factory=dict)

    @property
    def facts(self) -> Domains:
        """Facts of the domains that the grid knows."""
        return facts_of(_summaries(self.domains))

    def decided(self, by: Precisions) -> LoadedStudy:
        """Return the study with these precisions where its file leaves them to the machine."""
        study = self.study.decided(by)
        if study == self.study.decided(Precisions()):
            return replace(self, study=study)  # cells of an undecided study are in float32
        return replace(self, study=study, cells=_lay_out(study, self.facts, self.digests))

    @property
    def digests(self) -> Encoders:
        """Digests of the encoders."""
        return {
            target: {name: encoder.manifest.digest for name, encoder in some.items()}
            for target, some in self.encoders.items()
        }

    def targets(self, cell: Cell) -> tuple[Domain, ...]:
        """The domains that a cell learns from and is tested on: one, but for joint sources."""
        return tuple(self.domains[name, cell.split] for name in cell.targets)

    def summary(self, cell: Cell) -> DomainSummary:
        """Return what is known of a cell's targets, as one."""
        return join_summaries(cell.targets, [domain.summary for domain in self.targets(cell)])


def load_study(
    study: StudyDesign,
    text: str,
    data: str | Path | None,
    cache: str | Path,
    note: Note,
    spread: Spread = one_by_one,
) -> LoadedStudy:
    """Prepare the domains of a study (or find them in the cache) and lay out its cells.

    Args:
        study: the study file, checked.
        text: the study file as it was written.
        data: folder or URL with one folder per dataset.
        cache: folder of prepared domains.
        note: takes a sentence about anything repaired, dropped or not found.
        spread: works on parts of datasets that are not prepared yet.

    Raises:
        UsageError: if windows are too short for the network; no domain is prepared then.
        LeakageError: if somebody is learned from in one domain and tested in another.
        StudyFileError: if two domains are the same, or such of different sensors would have to be
            learned from together.
        CrosswearError: if an encoder cannot be used, see `open_encoders`.
    """
    if study.grid.networks:
        _check_windows(study)
    encoders = open_encoders(study, note)
    domains = _prepared(study, data, cache, spread)
    for split in sorted({split for _, split in domains}):
        of_split = {name: domains[name, split] for name in study.domains}
        check_different(of_split)
        audit_people(of_split)
    for name in study.domains:
        for sentence in domains[name, study.splits[0]].summary.notes:
            note(f"{name}: {sentence}")
    loaded = LoadedStudy(study, text, domains, {}, encoders)
    cells = _lay_out(study, loaded.facts, loaded.digests)
    check_sensors(study, domains, cells.values())
    return replace(loaded, cells=cells)


def _prepared(
    study: StudyDesign, data: str | Path | None, cache: str | Path, spread: Spread
) -> dict[tuple[str, int], Domain]:
    """Prepare every domain for every split; leaving people out, domains of few people come again.

    Raises:
        StudyFileError: if no domain has people enough to leave one out.
    """
    found: dict[tuple[str, int], Domain] = {}
    for name, reference in study.domains.items():
        prepared = prepare_splits(reference, data, study.preparation, cache, study.splits, spread)
        found |= {(name, split): domain for split, domain in prepared.items()}
    if study.grid.splits != LEAVE_ONE_OUT:
        return found
    folds = {name: list(each_held_out(domain)) for (name, _), domain in found.items()}
    most = max(map(len, folds.values()))
    if most == 1:
        raise StudyFileError(
            f"no domain has the people for {LEAVE_ONE_OUT!r}",
            where="grid.splits",
            expected="a domain of four people or more; those of fewer are split by occurrence",
            todo="give a number of splits, or add such a domain",
        )
    return {(name, k): some[k % len(some)] for k in range(most) for name, some in folds.items()}


def _check_windows(study: StudyDesign) -> None:
    """Only the network knows how short its windows may be, so one is built."""
    try:
        build(study.model, 2, study.preparation.window, study.seed)
    except UsageError as error:
        raise error.inside("preparation.window_s") from error


def check_different(domains: Mapping[str, Domain]) -> None:
    """Raise a StudyFileError if a domain has two names.

    A target would be transferred from a network that has its own labels.
    """
    known: dict[str, str] = {}
    for name, domain in domains.items():
        other = known.setdefault(domain.summary.digest, name)
        if other != name:
            raise StudyFileError(
                f"{other!r} and {name!r} are the same domain",
                where=f"domains.{other} and domains.{name}",
                expected="different datasets, or other placements or sensors of one",
                todo="remove one of the two",
            )


def _summaries(domains: Mapping[tuple[str, int], Domain]) -> dict[tuple[str, int], DomainSummary]:
    return {key: domain.summary for key, domain in domains.items()}


def _lay_out(study: StudyDesign, facts: Domains, encoders: Encoders) -> dict[str, Cell]:
    return {cell.key(facts): cell for cell in enumerate_cells(study, facts, encoders)}
