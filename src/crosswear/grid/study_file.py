"""Study files: from text to a `StudyDesign` whose parts go together."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

from crosswear.core.config import ARCHITECTURES, Precisions, TrainConfig
from crosswear.core.errors import StudyFileError
from crosswear.core.validation import parse_settings
from crosswear.grid.experiment import OTHERS, UNTRAINED, StudyDesign
from crosswear.grid.grid import LEAVE_ONE_OUT
from crosswear.grid.labels import check_labels
from crosswear.grid.methods import BASELINES, METHODS


def parse_study(text: str, where: str) -> StudyDesign:
    """Check the text of a study file.

    Args:
        text: TOML.
        where: name of the file, for messages.

    Raises:
        StudyFileError: naming the key, what was found and what was expected.
    """
    study = parse_settings(text, StudyDesign, where, StudyFileError, "docs/study.md")
    study = _with_open_precisions(study, tomllib.loads(text))
    if study.model.name not in ARCHITECTURES:
        raise StudyFileError(
            f"no network is called {study.model.name!r}",
            where=f"{where}: model.name",
            expected=f"one of {', '.join(ARCHITECTURES)}",
        )
    depth = study.model.blocks
    if max(study.grid.blocks, default=0) > depth:
        raise StudyFileError(
            f"{max(study.grid.blocks)} blocks asked of a network that has {depth}",
            where=f"{where}: grid.blocks",
            expected=f"numbers from 0 to {depth}",
            todo="shorten the list, or add filters to [model]",
        )
    if study.grid.splits == LEAVE_ONE_OUT and study.preparation.split:
        raise StudyFileError(
            "every person is tested once, and no split has this number",
            where=f"{where}: preparation.split",
            expected="0, or a number for grid.splits",
            todo="remove the line",
        )
    _check_sources(study, where)
    _check_alignments(study, where)
    _check_branches(study, where)
    _check_training(study, where)
    return study


def precisions_of(study: StudyDesign) -> Precisions:
    """Return the precisions of a study; float32 where its file leaves them to the machine."""
    asked = (study.source.precision, study.adaptation.precision)
    source, adaptation = ("float32" if one == "auto" else one for one in asked)
    return Precisions(source, adaptation)


def _with_open_precisions(study: StudyDesign, content: dict[str, Any]) -> StudyDesign:
    """Leave precisions that the file does not name to the machine."""
    return replace(
        study,
        **{
            name: replace(getattr(study, name), precision="auto")
            for name in ("source", "adaptation")
            if "precision" not in content.get(name, {})
        },
    )


def _check_alignments(study: StudyDesign, where: str) -> None:
    grid = study.grid
    for axis in ("sizes", "blocks") if grid.networks else ("sizes",):
        if not getattr(grid, axis) and (grid.sizes or not grid.alignments):
            raise StudyFileError(
                "nothing is asked for",
                where=f"{where}: grid.{axis}",
                expected="at least one number; none only where there are alignments instead",
            )
    needing = [name for name in grid.baselines if METHODS[name].reads == "weights"]
    for axis, named in (("blocks", grid.blocks), ("alignments", grid.alignments)):
        if not grid.networks and (named or needing):
            raise StudyFileError(
                f"{', '.join(map(str, named or needing))} without networks",
                where=f"{where}: grid.{axis if named else 'baselines'}",
                expected="nothing that needs a network",
                todo="remove it, or the line networks = false",
            )
    fitted = study.encoders or any(name in BASELINES for name in grid.baselines)
    if not grid.networks and not fitted:
        raise StudyFileError(
            "nothing is asked for",
            where=f"{where}: grid.baselines",
            expected=f"without networks, an encoder or at least one of {', '.join(BASELINES)}",
        )
    check_labels(study.labels, study.domains, study.shared_pairs, where)
    if bool(grid.alignments) != bool(study.shared_pairs):
        raise StudyFileError(
            "alignments need classes that a source and a target share"
            if grid.alignments
            else "shared classes are declared and nothing is asked of them",
            where=f"{where}: {'labels' if grid.alignments else 'grid.alignments'}",
            expected="both a table [labels] that names two domains, and grid.alignments",
        )


def _check_branches(study: StudyDesign, where: str) -> None:
    transfer, network = study.transfer, study.model.name
    branches = set(study.grid.branches)
    if branches != {"both"} and not ARCHITECTURES[network].spectral:
        raise StudyFileError(
            f"network {network!r} has no branches to choose from",
            where=f"{where}: grid.branches",
            expected='["both"]',
            todo="remove the line, or choose a network with a spectral branch",
        )
    if study.grid.blocks and branches - {one for one, _ in study.transfers}:
        raise StudyFileError(
            "the spectral branch is transferred as a whole, and no number of blocks says how",
            where=f"{where}: grid.blocks",
            expected=f"0 or {study.model.blocks} among them",
        )
    if not transfer.freeze_spectral:
        return
    if not ARCHITECTURES[network].spectral:
        fresh = f"network {network!r} has no spectral branch"
    elif transfer.strategy != "freeze":
        fresh = f"strategy {transfer.strategy!r} leaves the spectral branch fresh"
    elif branches != {"both"}:
        fresh = "grid.branches asks for one branch alone, and blocks say whether it is frozen"
    else:
        return
    raise StudyFileError(
        fresh,
        where=f"{where}: transfer.freeze_spectral",
        expected="false, or strategy 'freeze' of both branches of a network that has them",
    )


def _check_training(study: StudyDesign, where: str) -> None:
    if study.source.layer_decay < 1:
        raise StudyFileError(
            "a source network learns from fresh weights, in which no layer is to be kept",
            where=f"{where}: source.layer_decay",
            expected="1, or layer_decay in [adaptation]",
        )
    plain = TrainConfig()
    for name in ("min_updates", "sampling", "augmentation"):
        if study.grid.alignments and getattr(study.source, name) != getattr(plain, name):
            raise StudyFileError(
                "alignments pair windows of two domains in plain passes",
                where=f"{where}: source.{name}",
                expected="no such line where grid.alignments has any",
                todo="ask for alignments in a study of their own",
            )


def _check_sources(study: StudyDesign, where: str) -> None:
    reserved = {
        UNTRAINED: "it is the source that has learned nothing",
        OTHERS: "it is the joint source of all domains but the target",
    }
    for name, meaning in reserved.items():
        if name in study.domains:
            raise StudyFileError(
                f"no domain can be called {name!r}: {meaning}",
                where=f"{where}: domains.{name}",
                todo="choose another name",
            )
    for name in study.encoders:
        if name in study.domains or name in reserved:
            raise StudyFileError(
                f"{name!r} is the name of a domain, or reserved",
                where=f"{where}: encoders.{name}",
                todo="choose another name",
            )
    where = f"{where}: grid.sources"
    for source in study.sources:
        names = source.split("+")
        for name in names:
            if name not in study.domains and source not in reserved:
                raise StudyFileError(
                    f"there is no domain {name!r}",
                    where=where,
                    expected=f"{', '.join(study.domains)}, several of them joined by +, "
                    f"{OTHERS} or {UNTRAINED}",
                )
        if len(set(names)) < len(names) or set(names) == set(study.domains):
            raise StudyFileError(
                f"{source!r} names a domain twice, or leaves none to be the target",
                where=where,
                expected="different domains, and not all of them",
            )
    for target in study.domains:
        known: dict[tuple[str, ...], str] = {}
        for source, domains in study.origins(target).items():
            other = known.setdefault(domains, source)
            if other != source:
                raise StudyFileError(
                    f"{source!r} and {other!r} are the same for the target {target!r}",
                    where=where,
                    todo="remove one of them",
                )
