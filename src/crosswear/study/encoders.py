"""Encoders of a study: those that may serve each target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from crosswear.core.errors import LeakageError, StudyFileError, UsageError
from crosswear.core.texts import Note
from crosswear.encoders import Encoder, expect_onnx, load_encoder
from crosswear.encoders.encoder_windows import pieces
from crosswear.engine.learned_datasets import learned_from
from crosswear.grid.experiment import StudyDesign

TARGET = "{target}"
"""In the folder of an encoder: the name of the target."""

OpenEncoders: TypeAlias = Mapping[str, Mapping[str, Encoder]]
"""Encoders by their names in the study, for each target."""


def open_encoders(study: StudyDesign, note: Note) -> OpenEncoders:
    """Open the encoders of a study, and see to it that they take its windows.

    An encoder that has learned from a target's dataset is left out for that target.

    Args:
        study: the study.
        note: takes a sentence about each encoder that is left out for a target.

    Raises:
        UsageError: if the extra `onnx` is not installed, or an encoder refuses such windows.
        MissingDataError: if a folder is missing.
        CheckpointError: if an encoder is damaged.
        LeakageError: if the encoder that a folder name gives to a target has learned from it.
        StudyFileError: if an encoder has learned from every target.
    """
    if study.encoders:
        expect_onnx()
    opened: dict[str, Encoder] = {}
    found: dict[str, dict[str, Encoder]] = {target: {} for target in study.domains}
    for name, folder in study.encoders.items():
        for target, reference in study.domains.items():
            path = folder.replace(TARGET, target)
            if path not in opened:
                opened[path] = _open(study, name, path)
            learned = learned_from(opened[path], reference)
            if learned is None:
                found[target][name] = opened[path]
            elif TARGET in folder:
                raise LeakageError(
                    f"it has learned from {learned.dataset!r}, the dataset of its target",
                    where=f"encoders.{name}: {path}",
                    expected="an encoder that has never seen its target",
                    todo=f"make it again with --leave-out {learned.name}",
                )
            else:
                dataset = learned.dataset
                note(f"encoder {name} is left out for {target}: it has learned from {dataset}")
        if not any(name in some for some in found.values()):
            raise StudyFileError(
                "it has learned from every target",
                where=f"encoders.{name}",
                expected="a target that the encoder has never seen",
                todo="pretrain one without each target, and name their folders with {target}",
            )
    return found


def card_sentences(encoders: OpenEncoders) -> tuple[str, ...]:
    """Return for each encoder which targets it serves, its licence and origin, and its data."""
    served: dict[tuple[str, Path], list[str]] = defaultdict(list)
    for target, some in encoders.items():
        for name, encoder in some.items():
            served[name, encoder.folder].append(target)
    return tuple(
        f"{name}, for {', '.join(targets)}: {encoders[targets[0]][name].card.sentence}"
        for (name, _), targets in served.items()
    )


def _open(study: StudyDesign, name: str, folder: str) -> Encoder:
    encoder = load_encoder(folder)
    try:
        pieces(encoder.card, study.preparation.window, study.preparation.rate_hz)
    except UsageError as error:
        raise error.inside(f"encoders.{name}") from error
    return encoder
