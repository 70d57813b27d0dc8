"""What a bundle says of itself: the content of its `bundle.json`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS, ModelConfig, Strategy, TrainConfig
from crosswear.grid.methods import METHODS, Role

SCHEMA: Final = 1
"""Raised by hand whenever a bundle of before would be read as something else."""

Kind: TypeAlias = Literal["network", "forest", "minirocket", "vote"]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]

Smoothed: TypeAlias = Literal[1, 3, 5]
SMOOTHINGS: tuple[Smoothed, ...] = get_args(Smoothed)

LARGEST_WEIGHTS = 1 << 30
"""Bytes; a network of the largest settings that are allowed has less."""
LONGEST_WINDOW = 10_000
"""Samples."""


@dataclass(frozen=True, config=SETTINGS)
class Weights:
    """The file with the weights, so that another one is not taken for it."""

    sha256: Digest
    bytes: Annotated[int, Field(gt=0, le=LARGEST_WEIGHTS)]


@dataclass(frozen=True, config=SETTINGS)
class Origin:
    """A dataset that the model has learned from.

    Attributes:
        role: `source`: of somebody else; `adaptation`: the one that the model was adapted to.
        reference: as in a study file, or the name of a folder of own recordings.
        digest: of the prepared domain: the declaration, every byte of the files, the settings.
        licence, citation: of the data.
    """

    role: Literal["source", "adaptation"]
    reference: Name
    digest: Digest
    licence: Text
    citation: Text


@dataclass(frozen=True, config=SETTINGS)
class Transfer:
    """What was kept of the source network.

    Attributes:
        strategy: see `crosswear.core.config.TransferConfig`.
        blocks: how many blocks the strategy copied or froze.
    """

    strategy: Strategy
    blocks: Annotated[int, Field(ge=0, le=100)]


@dataclass(frozen=True, config=SETTINGS)
class Adaptation:
    """What the model was adapted on.

    Attributes:
        windows: labelled windows of each class, in the order of the classes.
        learned: how many of them the model was trained on; None in bundles that do not tell.
        subjects: how many people they are of.
        train: settings of the training; None where nothing of that kind was trained.
    """

    windows: tuple[Count, ...]
    subjects: Annotated[int, Field(ge=1)]
    train: TrainConfig | None = None
    learned: Count | None = None


@dataclass(frozen=True, config=SETTINGS)
class Expected:
    """The score to expect on people who were not seen, estimated on the adaptation data alone.

    Attributes:
        measure: of all windows pooled, or the mean over the classes.
        value, low, high: the estimate and the bounds of its interval, as shares.
        confidence: of the interval.
        method: how it was estimated, in a sentence.
    """

    measure: Literal["micro-f1", "macro-f1"]
    value: Share
    low: Share
    high: Share
    confidence: Annotated[float, Field(gt=0, lt=1)]
    method: Text


@dataclass(frozen=True, config=SETTINGS)
class Split:
    """How the adaptation data were split to choose and to estimate.

    Attributes:
        unit: what was kept whole: a person, or an occurrence of an activity.
        groups: how many of those there are.
        folds: in how many parts they were held back in turn.
    """

    unit: Literal["subject", "occurrence"]
    groups: Annotated[int, Field(ge=1)]
    folds: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=SETTINGS)
class Manifest:
    """All of `bundle.json`.

    Attributes:
        name: what people call the model.
        kind: a network, or a classical classifier.
        model: settings of the network; None for the other kinds.
        classes: names of the classes, in the order of the scores.
        placement: where the sensor was.
        rate_hz: sampling rate of the windows that the model takes.
        window_s: length of a window.
        hop_s: distance between the starts of neighbouring windows.
        bridge_s: lost samples are interpolated over up to this long; a longer loss is a gap.
        temperature: scores are divided by it before they become probabilities.
        threshold: windows with a smaller largest probability are marked "unsure".
        origins: the datasets it has learned from.
        transfer: what was kept of the source network; None if there was none.
        adaptation: what it was adapted on.
        expected: the score to expect; None where it could not be estimated.
        split: how choice and estimate were made; None where there was none.
        versions: of the software that made it.
        created: when, ISO 8601 in UTC.
        weights: the file of the weights.
        smoothing: over how many windows probabilities are averaged for smoothed labels.
        gravity: how the sensor sat: shares of the `crosswear.signal.gravity.SPOTS` in the windows
            that it was adapted on; None in bundles that do not tell.
        channels, unit: of the windows; the same in every bundle.
        schema: of this file.
    """

    name: Name
    kind: Kind
    model: ModelConfig | None
    classes: Annotated[tuple[Name, ...], Field(min_length=2, max_length=1000)]
    placement: Name
    rate_hz: Annotated[float, Field(gt=0, le=1000)]
    window_s: Annotated[float, Field(gt=0, le=600)]
    hop_s: Annotated[float, Field(gt=0, le=600)]
    bridge_s: Annotated[float, Field(ge=0, le=10)]
    temperature: Annotated[float, Field(ge=0.01, le=100)]
    threshold: Share
    origins: Annotated[tuple[Origin, ...], Field(min_length=1, max_length=1000)]
    transfer: Transfer | None
    adaptation: Adaptation
    expected: Expected | None
    split: Split | None
    versions: dict[Name, Name]
    created: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    weights: Weights
    smoothing: Smoothed = 3
    gravity: Annotated[tuple[Share, ...], Field(min_length=26, max_length=26)] | None = None
    channels: tuple[Literal["x"], Literal["y"], Literal["z"]] = ("x", "y", "z")
    unit: Literal["g"] = "g"
    schema: Literal[1] = SCHEMA

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(self.rate_hz * self.window_s)

    @property
    def hop(self) -> int:
        """Samples between the starts of neighbouring windows."""
        return round(self.rate_hz * self.hop_s)

    def contradictions(self) -> list[tuple[str, str, str]]:
        """Values that do not go together: key, what was found, what was expected."""
        checks = (
            (
                (METHODS[self.kind].role is Role.NETWORK) != (self.model is not None),
                "model",
                f"{'settings' if self.model else 'no settings'} of a network for {self.kind!r}",
                "settings for a network, and for nothing else",
            ),
            (
                len(set(self.classes)) < len(self.classes),
                "classes",
                "one name twice",
                "different names",
            ),
            (
                not 1 < self.window <= LONGEST_WINDOW,
                "window_s",
                f"a window of {self.window} samples",
                f"from 2 to {LONGEST_WINDOW} samples",
            ),
            (self.hop < 1, "hop_s", "less than a sample", "one sample at least"),
            (
                len(self.adaptation.windows) != len(self.classes),
                "adaptation.windows",
                f"{len(self.adaptation.windows)} counts",
                f"one for each of {len(self.classes)} classes",
            ),
        )
        return [(key, found, expected) for wrong, key, found, expected in checks if wrong]
