"""The manifest of a bundle: the content of its `bundle.json`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS, ModelConfig, Strategy, TrainConfig
from crosswear.core.recording import GroupUnit
from crosswear.grid.methods import METHODS, Role

SCHEMA: Final = 1
"""Raised by hand whenever the meaning of a stored bundle changes."""

Kind: TypeAlias = Literal["network", "forest", "minirocket", "vote", "encoder"]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]

Smoothed: TypeAlias = Literal[1, 3, 5]
SMOOTHINGS: tuple[Smoothed, ...] = get_args(Smoothed)

LARGEST_WEIGHTS = 1 << 30
"""Bytes; more than a network of the largest allowed settings has."""
LONGEST_WINDOW = 10_000
"""Samples."""


@dataclass(frozen=True, config=SETTINGS)
class Weights:
    """Checksum and size of the file with the weights."""

    sha256: Digest
    bytes: Annotated[int, Field(gt=0, le=LARGEST_WEIGHTS)]


@dataclass(frozen=True, config=SETTINGS)
class Origin:
    """A dataset that the model was trained on.

    Attributes:
        role: `source`: of other people; `adaptation`: the one that the model was adapted to;
            `encoder`: an imported encoder whose features it fits, in place of its data.
        reference: as in a study file, or the name of the folder of own recordings or of an encoder.
        digest: of the prepared domain: its declaration, files and settings; or of the encoder.
        licence, citation: of the data, or of the encoder.
    """

    role: Literal["source", "adaptation", "encoder"]
    reference: Name
    digest: Digest
    licence: Text
    citation: Text


@dataclass(frozen=True, config=SETTINGS)
class Transfer:
    """Transfer from a source network.

    Attributes:
        strategy: see `crosswear.core.config.TransferConfig`.
        blocks: number of blocks that the strategy copied or froze.
    """

    strategy: Strategy
    blocks: Annotated[int, Field(ge=0, le=100)]


@dataclass(frozen=True, config=SETTINGS)
class Adaptation:
    """Adaptation data and training.

    Attributes:
        windows: numbers of labelled windows of the classes.
        learned: number of windows that the model was trained on; None in older bundles.
        subjects: number of people.
        train: settings of the training of a network; None for the other kinds.
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
    """Cross-validation of the choice.

    Attributes:
        unit: windows that stay together: of a person, or of an occurrence of an activity.
        groups: number of people or occurrences.
        folds: number of folds.
    """

    unit: GroupUnit
    groups: Annotated[int, Field(ge=1)]
    folds: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=SETTINGS)
class Familiarity:
    """Limits of `crosswear.signal.familiarity.Reference`, whose arrays lie beside the weights.

    Attributes:
        window, recording: strangeness from which on a window, or a whole recording on average, is
            unfamiliar.
        false_alarms: share of the windows and recordings of held-back people that exceed the
            limits by chance.
    """

    window: float
    recording: float
    false_alarms: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, config=SETTINGS)
class Manifest:
    """Content of `bundle.json`.

    Attributes:
        name: readable name of the model.
        kind: a network, or a classical classifier.
        model: settings of the network; None for the other kinds.
        classes: names of the classes, in the order of the scores.
        placement: place of the sensor on the body.
        rate_hz: sampling rate of the windows that the model takes.
        window_s: length of a window.
        hop_s: distance between the starts of neighbouring windows.
        bridge_s: longest loss of samples that is interpolated; a longer one is a gap.
        temperature: scores are divided by it before the softmax.
        threshold: answers with a smaller probability are marked "unsure".
        origins: datasets that it was trained on.
        transfer: from the source network; None without one.
        adaptation: data and training.
        expected: score to expect; None if it could not be estimated.
        split: cross-validation of choice and estimate; None without one.
        versions: of the software that wrote it.
        created: time, ISO 8601 in UTC.
        weights: the file of the weights.
        smoothing: number of windows to average for smoothed labels.
        gravity: orientation of the sensor: shares of the `crosswear.signal.gravity.SPOTS` in the
            windows that it was adapted on; None in older bundles.
        familiarity: limits of unfamiliar input; None in older bundles, and if too few people were
            there to calibrate them.
        channels, unit: of the windows; the same in every bundle.
        schema: version of this format.
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
    familiarity: Familiarity | None = None
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
        """Return inconsistent values: key, found, expected."""
        network, classes = self.model is not None, len(self.classes)
        counts = len(self.adaptation.windows)
        settings = f"{'settings' if network else 'no settings'} of a network for {self.kind!r}"
        window = f"a window of {self.window} samples"
        checks = (
            (
                (METHODS[self.kind].role is Role.NETWORK) != network,
                "model",
                settings,
                "settings for networks only",
            ),
            (len(set(self.classes)) < classes, "classes", "one name twice", "different names"),
            (
                not 1 < self.window <= LONGEST_WINDOW,
                "window_s",
                window,
                f"from 2 to {LONGEST_WINDOW} samples",
            ),
            (self.hop < 1, "hop_s", "less than a sample", "one sample at least"),
            (
                counts != classes,
                "adaptation.windows",
                f"{counts} counts",
                f"one for each of {classes} classes",
            ),
        )
        return [(key, found, expected) for wrong, key, found, expected in checks if wrong]
