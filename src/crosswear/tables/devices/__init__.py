"""Files of devices and of spreadsheets, converted to tables that the reader knows.

A module of this package reads one format; `FORMATS` lists them by the ending of their files. A
recording becomes Parquet with the columns `time`, `x`, `y` and `z` in g; a spreadsheet becomes
comma-separated text.
"""

from __future__ import annotations

from collections.abc import Mapping

from crosswear.tables.devices import axivity, empatica, excel, geneactiv, gt3x
from crosswear.tables.devices.conversion import converted
from crosswear.tables.devices.format import (
    RATE_KEY,
    DeviceFormat,
    ForeignFileError,
)

__all__ = ["FORMATS", "RATE_KEY", "DeviceFormat", "ForeignFileError", "converted", "format_of"]

_ALL = (gt3x.FORMAT, axivity.FORMAT, geneactiv.FORMAT, empatica.FORMAT, excel.FORMAT)
FORMATS: Mapping[str, DeviceFormat] = {one.ending: one for one in _ALL}
"""Every format, by the ending of its files."""


def format_of(name: str) -> DeviceFormat | None:
    """Return the format of a file by its name, packed or not; None for text and Parquet."""
    plain = name.lower().removesuffix(".gz")
    return next((one for ending, one in FORMATS.items() if plain.endswith(ending)), None)
