"""Whose modules are whose, in networks of several sensors: told by their names.

The accelerometer's have the names of networks that know no other sensor; those of another one have
its name before that, as in ``gyroscope_blocks.block1``.
"""

from __future__ import annotations

from typing import get_args

from crosswear.core.recording import ACCELEROMETER, Sensor


def prefix_of(sensor: Sensor) -> str:
    """What the names of a sensor's modules begin with."""
    return "" if sensor in ACCELEROMETER else f"{sensor}_"


def sensor_of(name: str) -> Sensor:
    """The sensor of a module before the layers that all share, or of a weight of it."""
    named: tuple[Sensor, ...] = get_args(Sensor)
    return next((one for one in named if name.startswith(f"{one}_")), ACCELEROMETER[0])
