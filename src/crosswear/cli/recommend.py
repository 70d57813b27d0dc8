"""`crosswear recommend`: rank sources of transfer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.options import (
    USUAL_WINDOW_S,
    AsJson,
    CacheFolder,
    DataFolder,
    Hop,
    Recordings,
    Sources,
    WindowLength,
    preparation_of,
)
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.errors import UsageError

if TYPE_CHECKING:
    from crosswear.adaptation.validate_rankings import RankingValidation

_NAMES = {
    "logme": "LogME",
    "mmd": "MMD of the windows",
    "a_distance": "A-distance",
    "label_overlap": "shared class names",
}


def recommend(
    recordings: Recordings,
    source: Sources = None,
    study: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Folder of a study: rank its sources, and validate the ranking on its records.",
        ),
    ] = None,
    window: WindowLength = USUAL_WINDOW_S,
    hop: Hop = None,
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    as_json: AsJson = False,
) -> None:
    """Rank sources of transfer for your recordings, without training."""
    from crosswear.adaptation.source_ranking import rank_encoders
    from crosswear.adaptation.source_ranking import recommend as recommend_
    from crosswear.adaptation.validate_rankings import validate_rankings
    from crosswear.datasets.domain import of_acceleration
    from crosswear.datasets.prepare import prepare
    from crosswear.encoders import is_encoder, load_encoder
    from crosswear.study.sources import find_sources, read_transfers

    preparation = preparation_of(window, hop)
    target = of_acceleration(prepare(recordings, data, preparation, cache))
    folders = [name for name in source or () if is_encoder(name)]
    encoders = [load_encoder(folder) for folder in folders]
    others = [name for name in source or () if name not in folders]
    if not others and (study or not folders):
        others = [str(study) if study else "auto"]
    found = [
        one for name in others for one in find_sources(name, data, cache, preparation, print_note)
    ]
    ranked = recommend_(target, found, preparation.rate_hz, print_note)
    of_encoders = rank_encoders(target, encoders, preparation.rate_hz, print_note)
    if not ranked and not of_encoders:
        raise UsageError(
            "there is no source to rank",
            expected="datasets in --data, or the folder of a study",
            todo="name one with --source",
        )
    validations = []
    if study:
        transfers = read_transfers(study, data, cache, len(target.windows))
        validations = validate_rankings(transfers)
    if as_json:
        print_json({"ranking": ranked, "encoders": of_encoders, "validation": validations})
        return
    if of_encoders:
        print_table(
            "Encoders, the most promising first",
            ["encoder", "LogME (large)", "of its untrained control"],
            [[one.encoder, f"{one.logme:.3f}", f"{one.untrained:.3f}"] for one in of_encoders],
        )
    if ranked:
        rows = [
            [
                one.source,
                "" if one.logme is None else f"{one.logme:.3f}",
                f"{one.mmd:.2f}",
                f"{one.a_distance:.2f}",
                f"{one.label_overlap:.0%}",
            ]
            for one in ranked
        ]
        print_table(
            "Sources, the most promising first",
            ["source", "LogME (large)", "MMD (small)", "A-distance (small)", "shared class names"],
            rows,
        )
    if any(one.logme is None for one in ranked):
        typer.echo("no LogME: not every source has a network yet; ranked by MMD")
    for one in validations:
        typer.echo(_sentence(one))


def _sentence(one: RankingValidation) -> str:
    size = f", {one.size} windows" if one.size else ""
    test = one.correlation
    return f"{_NAMES[one.measure]}{size}: {test.rho()} with the gain over scratch, {test.n} pairs"
