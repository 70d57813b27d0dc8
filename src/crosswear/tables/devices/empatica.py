"""Empatica EmbracePlus: `.avro`, some minutes of all its sensors."""

from __future__ import annotations

from pathlib import Path

from crosswear.tables.devices.apart import convert_apart
from crosswear.tables.devices.format import DeviceFormat


def convert(source: Path, where: str, target: Path) -> None:
    """Write the acceleration of an `.avro` file as Parquet; see `DeviceFormat.convert`."""
    convert_apart("empatica", FORMAT.device, source, where, target)


FORMAT = DeviceFormat("Empatica", ".avro", b"Obj\x01", convert)
