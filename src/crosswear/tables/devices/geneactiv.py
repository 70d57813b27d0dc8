"""GENEActiv: `.bin`, a text of pages, each with the time and 300 samples in hexadecimal digits."""

from __future__ import annotations

import re
from pathlib import Path

from crosswear.tables.devices.apart import convert_apart
from crosswear.tables.devices.format import DeviceFormat, damaged

_PAGES = re.compile(rb"Number of Pages:\s*(\d+)")
_PAGE = re.compile(rb"^Recorded Data\s*$")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{3600}\s*")
_ABOVE = 200  # lines of the header, at most


def convert(source: Path, where: str, target: Path) -> None:
    """Write the acceleration of a `.bin` file as Parquet; see `DeviceFormat.convert`."""
    _check(source, where)
    convert_apart("geneactiv", FORMAT.device, source, where, target)


def _check(source: Path, where: str) -> None:
    """Raise an error unless the file holds as many whole pages as its header says."""
    stated, pages, whole = None, 0, 0
    with source.open("rb") as file:
        for number, line in enumerate(file):
            if number < _ABOVE and (found := _PAGES.match(line)):
                stated = int(found[1])
            if _PAGE.match(line):
                if whole < pages:
                    break
                pages += 1
            elif len(line) > _ABOVE:
                whole += bool(_DIGITS.fullmatch(line))
    if not stated or whole < pages or pages != stated:
        what = f"{whole} whole pages of samples where its header says {stated or 'nothing'}"
        raise damaged(what, where, FORMAT.device)


FORMAT = DeviceFormat("GENEActiv", ".bin", b"Device Identity", convert)
