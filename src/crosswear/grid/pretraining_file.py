"""Pretraining files: the domains that an encoder learns from, and how."""

from __future__ import annotations

from dataclasses import field, replace
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass as settings

from crosswear.core.config import (
    ARCHITECTURES,
    SETTINGS,
    ModelConfig,
    PreparationConfig,
    TrainConfig,
)
from crosswear.core.errors import StudyFileError
from crosswear.core.validation import parse_settings
from crosswear.grid.grid import Name

KEYS = "docs/encoders.md"
"""The document that lists the keys."""
NETWORK = "pooled-resnet"
"""Without another one in the file."""
FEWEST = 2
"""Domains: from one, a source network of a study learns."""


@settings(frozen=True, config=SETTINGS)
class PretrainingDesign:
    """A pretraining file, checked.

    Attributes:
        name: of the file's encoder: letters, digits, `.`, `_` and `-`.
        domains: dataset reference of every domain by its name in the file.
        training: of the network, as that of a study's source networks.
        preparation: of the windows, as in a study.
        model: the network.
        seed: all random numbers come from it and from names.
    """

    name: Name
    domains: Annotated[dict[Name, str], Field(min_length=FEWEST)]
    training: TrainConfig
    preparation: PreparationConfig = field(default_factory=PreparationConfig)
    model: ModelConfig = field(default_factory=lambda: ModelConfig(NETWORK))
    seed: Annotated[int, Field(ge=0)] = 2019

    @field_validator("model", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {"name": NETWORK, **given} if isinstance(given, dict) else given

    def without(self, names: tuple[str, ...]) -> PretrainingDesign:
        """Return the design with some of its domains left out.

        Raises:
            StudyFileError: if there is no domain of such a name, or too few are left.
        """
        for name in names:
            if name not in self.domains:
                raise StudyFileError(
                    f"there is no domain {name!r}",
                    where="--leave-out",
                    expected=f"some of {', '.join(self.domains)}",
                )
        left = {name: one for name, one in self.domains.items() if name not in names}
        if len(left) < FEWEST:
            raise StudyFileError(
                f"{len(left)} of {len(self.domains)} domains are left to learn from",
                where="--leave-out",
                expected=f"{FEWEST} or more",
                todo="leave out fewer, or add domains to the file",
            )
        return replace(self, domains=left)


def parse_pretraining(text: str, where: str) -> PretrainingDesign:
    """Check the text of a pretraining file.

    Args:
        text: TOML.
        where: name of the file, for messages.

    Raises:
        StudyFileError: naming the key, what was found and what was expected.
    """
    design = parse_settings(text, PretrainingDesign, where, StudyFileError, KEYS)
    pooled = [name for name, one in ARCHITECTURES.items() if one.pooled]
    if design.model.name not in pooled:
        raise StudyFileError(
            f"no encoder is made of {design.model.name!r}",
            where=f"{where}: model.name",
            expected=f"a network for windows of any length: {', '.join(pooled)}",
        )
    if design.training.layer_decay < 1:
        raise StudyFileError(
            "the network learns from fresh weights, in which no layer is to be kept",
            where=f"{where}: training.layer_decay",
            expected="1, or no such line",
        )
    return replace(design, training=design.training.decided("float32"))
