"""The card of an encoder: how windows are made for it, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Final, Literal, TypeAlias

import pydantic
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS
from crosswear.core.errors import UsageError
from crosswear.core.keys import digest
from crosswear.core.validation import first_problem
from crosswear.encoders.pretraining_record import PretrainingRecord

SCHEMA: Final = 1
"""Raised by hand whenever the same card and file would give other features."""
LONGEST_WINDOW = 1_000_000
"""Samples."""
LONGEST_TEXT = 1000
"""Characters."""

Unit: TypeAlias = Literal["g", "m/s2"]
Layout: TypeAlias = Literal["NCL", "NLC"]
Normalisation: TypeAlias = Literal["none", "z-score", "fixed"]
Shorter: TypeAlias = Literal["pad", "repeat", "keep"]
Pooling: TypeAlias = Literal["none", "ndt", "ntd"]
Channels: TypeAlias = Literal["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Axes: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, config=SETTINGS)
class EncoderCard:
    """Statements about an encoder that its file does not hold.

    Attributes:
        rate_hz: sampling rate of the windows that it takes.
        window_s: their length.
        unit: of acceleration in them.
        layout: of its input: windows, channels, samples (`NCL`), or windows, samples, channels.
        normalisation: of each window: `none`; `z-score`, each axis by its own mean and deviation
            in the window; `fixed`, by `mean` and `std`.
        licence: of the file.
        origin: who made it from which data: a citation or an address.
        channels: order of the axes.
        mean, std: of each channel in that order and unit, for `fixed`.
        shorter: what becomes of windows shorter than its own: zeros are added after normalisation
            (`pad`), they are repeated from their start (`repeat`), or they stay as they are, for
            networks that take any length (`keep`); None: they are refused.
        pooling: of outputs with a time axis, to their mean over it: [N, D, T] (`ndt`) or
            [N, T, D] (`ntd`); `none`: outputs are [N, D], or [N, D, 1, …].
        output: name of the output, where the file has several.
        fixed: names of weights that were not learned, such as the basis of a spectrogram; the
            untrained control keeps them.
        learned: what it has learned from, where crosswear has made it.
    """

    rate_hz: Annotated[float, Field(gt=0, le=10_000)]
    window_s: Annotated[float, Field(gt=0, le=86_400)]
    unit: Unit
    layout: Layout
    normalisation: Normalisation
    licence: Text
    origin: Text
    channels: Channels = "xyz"
    mean: Axes | None = None
    std: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=3)] | None = None
    shorter: Shorter | None = None
    pooling: Pooling = "none"
    output: str = ""
    fixed: tuple[Text, ...] = ()
    learned: PretrainingRecord | None = None

    @model_validator(mode="after")
    def _complete(self) -> EncoderCard:
        given = (self.mean is not None, self.std is not None and len(self.std) == len("xyz"))
        if self.normalisation == "fixed" and given != (True, True):
            raise ValueError("a mean and a std of each channel, three numbers each, for 'fixed'")
        if self.normalisation != "fixed" and (self.mean or self.std):
            raise ValueError("mean and std with normalisation 'fixed' only")
        if not 2 <= self.samples <= LONGEST_WINDOW:
            raise ValueError(f"a window of 2 to {LONGEST_WINDOW} samples, rate times length")
        return self

    @property
    def samples(self) -> int:
        """Length of its windows, in samples."""
        return round(self.rate_hz * self.window_s)

    @property
    def sentence(self) -> str:
        """Its licence and origin, and what it has learned from, as far as that is known."""
        said = f"licence {self.licence}; origin {self.origin}"
        if self.learned is not None:
            said += f"; learned from {', '.join(map(str, self.learned.domains))}"
        return f"{said}."


def parse_card(values: Mapping[str, object]) -> EncoderCard:
    """Return the card with these values.

    Raises:
        UsageError: naming the first value that is wrong or missing.
    """
    try:
        return _CARD.validate_json(json.dumps(values))  # in which strict tuples may be lists
    except pydantic.ValidationError as error:
        raise first_problem(error, "card", UsageError, "docs/encoders.md") from error


_CARD = pydantic.TypeAdapter(EncoderCard)


@dataclass(frozen=True, config=SETTINGS)
class Found:
    """Facts that were found in the file when it was imported.

    Attributes:
        sha256, bytes: of the file.
        features: length D of the vector of a window.
        batch: windows that it takes at once; None: any number.
        weights: how many weights and other constants it has, fixed ones aside.
        drawn: how many of them its untrained control draws anew.
    """

    sha256: Digest
    bytes: Count
    features: Count
    batch: Count | None
    weights: Count
    drawn: Count


@dataclass(frozen=True, config=SETTINGS)
class EncoderManifest:
    """Content of `encoder.json`."""

    card: EncoderCard
    found: Found
    schema: Literal[1] = SCHEMA

    @property
    def digest(self) -> str:
        """Digest of all that its features depend on: the file, and how windows are made for it."""
        about = asdict(replace(self, card=replace(self.card, licence="-", origin="-")))
        del about["card"]["learned"]  # likewise; and encoders of before have no such field
        return digest(about)
