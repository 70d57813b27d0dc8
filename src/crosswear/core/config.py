"""The settings of a study: preparation, network, training, transfer.

Every choice that the 2019 study leaves open is a setting here, with the default of `docs/study.md`.
All of them are frozen, strict about types, and refuse unknown names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

SETTINGS = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Selection: TypeAlias = Literal["validation", "last"]
Strategy: TypeAlias = Literal["freeze", "copy", "copy-freeze"]
Precision: TypeAlias = Literal["float32", "bfloat16"]
AskedPrecision: TypeAlias = Literal["auto", "float32", "bfloat16"]
FrozenBatchNorm: TypeAlias = Literal["source", "adapt"]
Sampling: TypeAlias = Literal["shuffled", "balanced"]
Branches: TypeAlias = Literal["both", "temporal", "spectral"]

FilterCount: TypeAlias = Annotated[int, Field(ge=1, le=1024)]
Filters: TypeAlias = Annotated[tuple[FilterCount, ...], Field(min_length=3, max_length=5)]


@dataclass(frozen=True, config=SETTINGS)
class PreparationConfig:
    """From recordings to split windows.

    Attributes:
        rate_hz: common sampling rate.
        window_s: length of a window.
        hop_s: distance between the starts of neighbouring windows.
        bridge_s: lost samples are interpolated over up to this long; a longer loss is a gap.
        split: number of the subject split; 0 is the one nearest to 40/10/50.
        min_subjects: where a domain is split by subject, classes of fewer people are left out,
            and no person has, if possible, a larger part of the test windows than one in so many.
            What one person alone does cannot be learned from one person and tested on another.
    """

    rate_hz: Annotated[float, Field(gt=0, le=1000)] = 25.0
    window_s: Annotated[float, Field(gt=0, le=600, validate_default=True)] = 4.0
    hop_s: Annotated[float, Field(gt=0, le=600, validate_default=True)] = 2.0
    bridge_s: Annotated[float, Field(ge=0, le=10)] = 0.2
    split: Annotated[int, Field(ge=0, le=1000)] = 0
    min_subjects: Annotated[int, Field(ge=1, le=1000)] = 2

    @field_validator("window_s", "hop_s")
    @classmethod
    def _of_samples(cls, seconds: float, info: ValidationInfo) -> float:
        rate_hz = info.data.get("rate_hz")  # not there if it is wrong itself
        least = 2 if info.field_name == "window_s" else 1
        if rate_hz and round(rate_hz * seconds) < least:
            raise ValueError(f"{least} or more samples of {1 / rate_hz:g} s")
        return seconds

    @property
    def window(self) -> int:
        """Samples in a window."""
        return round(self.rate_hz * self.window_s)

    @property
    def hop(self) -> int:
        """Samples between the starts of neighbouring windows."""
        return round(self.rate_hz * self.hop_s)


@dataclass(frozen=True, config=SETTINGS)
class Architecture:
    """Properties of a network that settings and grids need without building it.

    Attributes:
        filters: the default of `ModelConfig.filters` for it.
        dropout: the default of `ModelConfig.dropout` for it.
        recurrent: layers behind the convolutions that are transferred like these.
        spectral: whether it has a spectral branch.
        gyroscope: whether it takes a gyroscope beside the accelerometer.
        residual: whether its blocks are residual blocks, see `crosswear.networks.kernels`.
        pooled: whether its head sees the mean and the maximum of each filter over time, so that
            its weights fit windows of any length.
    """

    filters: Filters
    dropout: float
    recurrent: int = 0
    spectral: bool = True
    gyroscope: bool = True
    residual: bool = True
    pooled: bool = False


RESIDUAL = Architecture((16, 32, 64, 64, 64), 0.25)
ARCHITECTURES: Mapping[str, Architecture] = {
    "multi-resnet": RESIDUAL,
    "shared-resnet": RESIDUAL,
    "deep-conv-lstm": Architecture(
        (64, 64, 64, 64), 0.5, recurrent=2, spectral=False, gyroscope=False, residual=False
    ),
    "pooled-resnet": Architecture(
        (32, 64, 128), 0.25, spectral=False, gyroscope=False, pooled=True
    ),
}
"""Architectures by their name in `crosswear.networks.models`."""


@dataclass(frozen=True, config=SETTINGS)
class ModelConfig:
    """The network; see `crosswear.networks.models`.

    Attributes:
        name: a network of the registry.
        filters: filters of each residual block or convolution (in each channel, where channels
            have filters of their own); their number is the depth. Without it, and without
            `dropout`, those of the network's `Architecture`.
        magnitude: add the length of a sensor's vector to it as a fourth channel.
        dropout: rate before each dense and each recurrent layer.
    """

    name: str = "multi-resnet"
    filters: Filters = RESIDUAL.filters
    magnitude: bool = False
    dropout: Annotated[float, Field(ge=0, lt=1)] = RESIDUAL.dropout

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        """Fill in the defaults of the architecture; `given` are arguments, or a file's table."""
        if isinstance(given, ArgsKwargs) and len(given.args) <= len(fields(cls)):
            names = (field.name for field in fields(cls))
            given = dict(zip(names, given.args, strict=False)) | (given.kwargs or {})
        if not isinstance(given, dict):
            return given
        if isinstance(given.get("filters"), list):  # of a file; strict types know it no more
            given = given | {"filters": tuple(given["filters"])}
        found = ARCHITECTURES.get(str(given.get("name")), RESIDUAL)
        return {"filters": found.filters, "dropout": found.dropout} | given

    @property
    def blocks(self) -> int:
        """Number of blocks of the network that can be transferred."""
        found = ARCHITECTURES.get(self.name)
        return len(self.filters) + (found.recurrent if found else 0)


@dataclass(frozen=True, config=SETTINGS)
class Augmentation:
    """Strength of the random changes of training windows in every step.

    `crosswear.signal.augmentation` changes them.

    Attributes:
        half_turns: share of the windows that are turned half about one of their axes, as a watch
            is that is worn on the other wrist or the other way round.
        rotation: degrees, at most.
        jitter: standard deviation of the noise, in g (of a gyroscope in rad/s).
        scaling: standard deviation of what each channel is multiplied by.
        time_warp: standard deviation of the logarithm of the speed of time.
    """

    half_turns: Annotated[float, Field(ge=0, le=1)] = 0.0
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    jitter: Annotated[float, Field(ge=0, le=10)] = 0.0
    scaling: Annotated[float, Field(ge=0, le=1)] = 0.0
    time_warp: Annotated[float, Field(ge=0, le=1)] = 0.0


NO_AUGMENTATION = Augmentation()


@dataclass(frozen=True, config=SETTINGS)
class TrainConfig:
    """Training of a network, on a source or on an adaptation set.

    Attributes:
        epochs: passes over the training windows, or several such passes each: see `min_updates`.
        min_updates: an epoch has as many passes as it takes to make this many updates in all.
        batch_size: windows in a step.
        learning_rate: of Adam, before decay.
        decay: the learning rate of update u is `learning_rate / (1 + decay * u)`.
        l2: factor of the squared weights of the dense layers in the loss.
        layer_decay: the learning rate of a copied transfer unit is multiplied by this once for
            itself and once for every unit behind it.
        sampling: an epoch has every window once (`shuffled`), or every class equally often
            (`balanced`).
        augmentation: how the training windows are changed.
        selection: weights of the epoch with the best validation micro-F1, or of the last one.
        precision: of convolutions and matrix products. Weights, statistics, losses and updates
            are float32 with either. `auto`, the default of study files, is the one in which the
            machine trains faster; it stands in no cell.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 70
    min_updates: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    decay: Annotated[float, Field(ge=0, le=10)] = 1e-3
    l2: Annotated[float, Field(ge=0, le=10)] = 1e-3
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    sampling: Sampling = "shuffled"
    augmentation: Augmentation = NO_AUGMENTATION
    selection: Selection = "validation"
    precision: AskedPrecision = "float32"

    def decided(self, precision: Precision) -> TrainConfig:
        """Return the settings with this precision where they leave it to the machine."""
        return replace(self, precision=precision) if self.precision == "auto" else self


@dataclass(frozen=True, config=SETTINGS)
class Precisions:
    """The precisions of a study's networks.

    Attributes:
        source: of source networks.
        adaptation: of networks on adaptation sets.
    """

    source: Precision = "float32"
    adaptation: Precision = "float32"


@dataclass(frozen=True, config=SETTINGS)
class TransferConfig:
    """Transfer from a source network to the target network.

    Attributes:
        strategy: `freeze` copies everything and freezes the first k blocks; `copy` copies the
            first k blocks and trains everything; `copy-freeze` copies the first k blocks and
            freezes them. The layer of class scores is always fresh.
        frozen_batchnorm: statistics in frozen blocks: those of the `source`, or re-estimated on
            the adaptation set (`adapt`).
        freeze_spectral: freeze the spectral branch too, where both branches are copied (`freeze`
            only).
    """

    strategy: Strategy = "freeze"
    frozen_batchnorm: FrozenBatchNorm = "source"
    freeze_spectral: bool = False
