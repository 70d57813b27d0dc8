"""Empatica EmbracePlus: `.avro`, some minutes of all its sensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.devices.apart import NotInstalledError, convert_apart
from crosswear.tables.devices.format import DeviceFormat


def convert(source: Path, where: str, target: Path) -> None:
    """Write the acceleration of an `.avro` file as Parquet; see `DeviceFormat.convert`."""
    convert_apart("empatica", FORMAT.device, source, where, target)


def read(source: str) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return rate, times [T] in seconds and acceleration [T, 3] in g of all records.

    The formula is that of `skdh.io.ReadEmpaticaAvro`, with the library that it uses.

    Raises:
        NotInstalledError: without the library.
        ValueError: if the records do not have one rate.
    """
    try:
        from avro.datafile import DataFileReader
        from avro.io import DatumReader
    except ImportError as error:
        raise NotInstalledError from error
    times, values, rates = [], [], set()
    with Path(source).open("rb") as file:
        record: Any
        for record in DataFileReader(file, DatumReader()):
            one = record["rawData"]["accelerometer"]
            counts = np.stack([np.asarray(one[axis], np.float64) for axis in "xyz"], axis=1)
            if not len(counts):
                continue
            about = one["imuParams"]
            step = (about["physicalMax"] - about["physicalMin"]) / (
                about["digitalMax"] - about["digitalMin"]
            )
            values.append((counts - about["digitalMin"]) * step + about["physicalMin"])
            rates.add(rate_hz := float(one["samplingFrequency"]))
            start_s = one["timestampStart"] / 1e6 + record["timezone"]
            times.append(start_s + np.arange(len(counts)) / rate_hz)
    if len(rates) != 1:
        raise ValueError(f"{len(rates)} sampling rates of the accelerometer, not one")
    return rates.pop(), np.concatenate(times), np.concatenate(values)


FORMAT = DeviceFormat("Empatica", ".avro", b"Obj\x01", convert)
