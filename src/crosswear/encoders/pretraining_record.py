"""The part of a card that says how crosswear has made an encoder, and from which data."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS, ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.texts import counted

Count: TypeAlias = Annotated[int, Field(ge=1)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
FileDigest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=SETTINGS)
class LearnedDomain:
    """A domain whose train windows an encoder has learned from.

    Attributes:
        name: in the pretraining file.
        dataset: its dataset, the same for all of its placements.
        placement: where the sensor was.
        licence: of the dataset.
        people: how many the train windows are of.
        windows: for training.
        hours: that these cover.
        classes: how many its head separates.
        micro_f1: of its head, on its validation windows.
        files: sha256 of the files of own recordings, by which they are known again under any name;
            none of a registered dataset.
    """

    name: Text
    dataset: Text
    placement: str
    licence: str
    people: Count
    windows: Count
    hours: Annotated[float, Field(ge=0)]
    classes: Count
    micro_f1: Share
    files: tuple[FileDigest, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.dataset} ({counted(self.people, 'person', 'people')}, {self.hours:.1f} h, "
            f"{100 * self.micro_f1:.1f} % right on validation windows)"
        )


@dataclass(frozen=True, config=SETTINGS)
class PretrainingRecord:
    """The making of an encoder.

    Attributes:
        name: of the pretraining file.
        domains: that it has learned from.
        epoch: the one whose weights it has: the best on the validation windows, from 1.
        seed, preparation, model, training: the settings.
    """

    name: Text
    domains: Annotated[tuple[LearnedDomain, ...], Field(min_length=1)]
    epoch: Count
    seed: Annotated[int, Field(ge=0)]
    preparation: PreparationConfig
    model: ModelConfig
    training: TrainConfig
