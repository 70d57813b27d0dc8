"""Recordings, windows and the subsets of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

STANDARD_GRAVITY = 9.80665
"""One g in m/s² (CGPM 1901)."""

NO_LABEL = -1
"""The label of samples that are unlabelled, null or of a class that is not in the class table."""


Sensor: TypeAlias = Literal["accelerometer", "gyroscope"]
Sensors: TypeAlias = tuple[Sensor, ...]
"""Sensors of one unit; the accelerometer is always there, and the first."""
ACCELEROMETER: Sensors = ("accelerometer",)
"""Sensors of every recording; most have no other."""
AXES = ("x", "y", "z")


def channel_names(sensors: Sensors) -> tuple[str, ...]:
    """Return the names of the channels of sensors, in their order, as in ``gyroscope x``."""
    return tuple(f"{sensor} {axis}" for sensor in sensors for axis in AXES)


@dataclass(frozen=True, eq=False)
class Recording:
    """One unit on one person, without interruption of the file it came from.

    NaN rows in `acceleration` or `rotation` and jumps in `time_s` are gaps;
    `crosswear.signal.resample` splits there.

    Attributes:
        acceleration: float32 [T, 3], in g; a lost sample is a row of NaN.
        rate_hz: nominal sampling rate.
        labels: int16 [T], index into the dataset's class table, or `NO_LABEL`.
        subject: the person, unique within the dataset.
        session: unique within the subject.
        placement: where the sensor was, e.g. ``right_wrist``.
        time_s: float64 [T], seconds, if the source has time stamps.
        rotation: float32 [T, 3], angular velocity in rad/s, if a gyroscope was asked for; a lost
            sample is a row of NaN.
    """

    acceleration: NDArray[np.float32]
    rate_hz: float
    labels: NDArray[np.int16]
    subject: str
    session: str
    placement: str
    time_s: NDArray[np.float64] | None = None
    rotation: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        samples = len(self.acceleration)
        if self.acceleration.shape != (samples, 3) or self.acceleration.dtype != np.float32:
            raise ValueError("acceleration must be float32 [T, 3]")
        if self.labels.shape != (samples,) or self.labels.dtype != np.int16:
            raise ValueError("labels must be int16 [T]")
        if self.time_s is not None and self.time_s.shape != (samples,):
            raise ValueError("time_s must be [T]")
        turns = self.acceleration if self.rotation is None else self.rotation
        if turns.shape != (samples, 3) or turns.dtype != np.float32:
            raise ValueError("rotation must be float32 [T, 3]")
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise ValueError("rate_hz must be positive")

    @cached_property
    def channels(self) -> NDArray[np.float32]:
        """Three channels [T, 3·sensors] of each sensor, in the order of `channel_names`."""
        if self.rotation is None:
            return self.acceleration
        return np.concatenate([self.acceleration, self.rotation], axis=1)


@dataclass(frozen=True, eq=False)
class Windows:
    """Labelled windows of one domain, in the order of their recordings and starts.

    Attributes:
        x: float32 [N, 3·sensors, L], x, y and z of each sensor: acceleration in g, then, with a
            gyroscope, angular velocity in rad/s; L samples at the common rate (100 at 25 Hz and
            4 s).
        y: int16 [N], class index.
        subject: int16 [N], index into the domain's subjects.
        recording: int32 [N], number of the dataset's recording.
        occurrence: int32 [N], number of the uninterrupted performance of the activity.
        start: int64 [N], first raw sample that has a part in the window.
        stop: int64 [N], one past the last raw sample that has a part in the window.

    `start` and `stop` count samples of the raw recording, the reach of the resampling filter
    included: two windows that share no raw sample share no information.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int16]
    subject: NDArray[np.int16]
    recording: NDArray[np.int32]
    occurrence: NDArray[np.int32]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    @classmethod
    def joined(cls, pieces: Sequence[Windows]) -> Windows:
        """Return the windows of one or more pieces, in their order."""
        return cls(
            **{
                one.name: np.concatenate([getattr(piece, one.name) for piece in pieces])
                for one in fields(cls)
            }
        )

    def rows(self, kept: NDArray[np.bool_] | NDArray[np.integer]) -> Windows:
        """Return some of the windows, by a mask [N] or by their places."""
        return Windows(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})

    @property
    def acceleration(self) -> NDArray[np.float32]:
        """The accelerometer's part [N, 3, L] of `x`."""
        return self.x[:, : len(AXES)]


class Subset(IntEnum):
    """The three parts of a domain."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


GroupUnit: TypeAlias = Literal["subject", "occurrence"]
"""Windows that a split keeps together: those of a person, or of one performance of an activity."""
GROUP_NAMES: Mapping[GroupUnit, tuple[str, str]] = MappingProxyType(
    {"subject": ("person", "people"), "occurrence": ("occurrence", "occurrences")}
)
"""One such group, and several, in sentences."""

PURGED = -1
"""In place of a subset: the window is in none, for it shares raw samples with another subset."""
