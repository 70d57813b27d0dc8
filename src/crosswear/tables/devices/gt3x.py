"""ActiGraph: `.gt3x`, a zip of `info.txt` and `log.bin`.

`log.bin` is a sequence of records: a separator (1E), type, time in whole seconds, size, content and
a checksum. Records of two types hold a second of acceleration each. While a device sleeps because
it lies still ("idle sleep mode"), it writes none: these seconds are gaps.

Source: ActiGraph, GT3X File Format, https://github.com/actigraph/GT3X-File-Format
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crosswear.tables.devices.format import (
    SECOND_NS,
    DeviceFormat,
    Samples,
    damaged,
    unpacking,
    write_samples,
)

ACTIVITY, PARAMETERS, ACTIVITY2 = 0x00, 0x15, 0x1A
ACCEL_SCALE = 55
"""Identifier of the counts in a g among the parameters, in address space 0."""
SCALES = {"NEO": 341.0, "CLE": 341.0, "MRA": 341.0, "MOS": 256.0, "TAS": 256.0}
"""Counts in a g by the first letters of the serial number, where nothing else states them."""

_HEADER = struct.Struct("<BBIH")
_SEPARATOR = 0x1E
_TOGETHER = 512  # seconds that are decoded at once
_BITS = {ACTIVITY: 12, ACTIVITY2: 16}  # of a value


class _About(NamedTuple):
    """Rate, and counts in a g: as `info.txt` states them, and as is usual for the device."""

    rate_hz: float
    scale: float | None
    usual_scale: float | None


class _Second(NamedTuple):
    kind: int
    start_s: int
    content: bytes


def convert(source: Path, where: str, target: Path) -> None:
    """Write the acceleration of a `.gt3x` file as Parquet; see `DeviceFormat.convert`."""
    with unpacking(where, FORMAT.device), zipfile.ZipFile(source) as archive:
        about = _about(archive, where)
        with archive.open("log.bin") as log:
            records = _records(io.BufferedReader(log, 1 << 20), where)  # type: ignore[arg-type]
            write_samples(target, about.rate_hz, _samples(records, about, where))


def _about(archive: zipfile.ZipFile, where: str) -> _About:
    names = archive.namelist()
    if "activity.bin" in names and "log.bin" not in names:
        raise damaged("an older file, with activity.bin", where, "ActiGraph, firmware 3 or newer,")
    missing = [name for name in ("info.txt", "log.bin") if name not in names]
    if missing:
        raise damaged(f"no {' and no '.join(missing)} in it", where, FORMAT.device)
    lines = archive.read("info.txt").decode("utf-8-sig", errors="replace").splitlines()
    facts = {key.strip(): text.strip() for key, _, text in (one.partition(":") for one in lines)}
    rate_hz = _number(facts.get("Sample Rate", ""))
    if rate_hz is None or not 1 <= rate_hz <= 1000:
        stated = facts.get("Sample Rate")
        raise damaged(f"the sample rate in info.txt is {stated!r}", where, FORMAT.device)
    scale = _number(facts.get("Acceleration Scale", ""))
    return _About(rate_hz, scale, SCALES.get(facts.get("Serial Number", "")[:3]))


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))  # as the computer of the download writes it
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def _records(log: io.BufferedReader, where: str) -> Iterator[_Second]:
    """Yield type, time and content of every record, whose checksum is right."""
    place = 0
    while start := log.read(1):
        if start == b"\0":  # a few zeros may stand between records
            place += 1
            continue
        head = start + log.read(_HEADER.size - 1)
        here = f"{where}, byte {place} of log.bin"
        if len(head) < _HEADER.size:
            raise damaged("ends within a record", here, FORMAT.device)
        separator, kind, start_s, size = _HEADER.unpack(head)
        rest = log.read(size + 1)
        if separator != _SEPARATOR:
            raise damaged("no record begins here", here, FORMAT.device)
        if len(rest) <= size:
            raise damaged("ends within a record", here, FORMAT.device)
        if np.bitwise_xor.reduce(np.frombuffer(head + rest, np.uint8)) != 0xFF:
            raise damaged("the checksum of the record is wrong", here, FORMAT.device)
        yield _Second(kind, start_s, rest[:-1])
        place += len(head) + len(rest)


def _samples(records: Iterator[_Second], about: _About, where: str) -> Iterator[Samples]:
    scale = about.scale
    waiting: list[_Second] = []
    for one in records:
        if one.kind == PARAMETERS:
            scale = scale or _scale_of(one.content)
        # A record of one byte is written when the device is connected to a computer.
        if one.kind not in _BITS or len(one.content) <= 1:
            continue
        count = _count(one)
        if not count or count > about.rate_hz + 1:
            what = f"{count} samples in the second {one.start_s}, at {about.rate_hz:g} Hz"
            raise damaged(what, where, FORMAT.device)
        if len(waiting) == _TOGETHER or (waiting and not _alike(one, waiting[0])):
            yield _decoded(waiting, about.rate_hz, scale or about.usual_scale, where)
            waiting = []
        waiting.append(one)
    if waiting:
        yield _decoded(waiting, about.rate_hz, scale or about.usual_scale, where)


def _alike(one: _Second, other: _Second) -> bool:
    return (one.kind, len(one.content)) == (other.kind, len(other.content))


def _count(second: _Second) -> int:
    return len(second.content) * 8 // (3 * _BITS[second.kind])


def _decoded(seconds: list[_Second], rate_hz: float, scale: float | None, where: str) -> Samples:
    """Return the samples of seconds of one type and size."""
    if scale is None:
        raise damaged("nothing in it states how many counts are one g", where, FORMAT.device)
    count = _count(seconds[0])
    content = np.frombuffer(b"".join(one.content for one in seconds), np.uint8)
    content = content.reshape(len(seconds), -1)
    counts = _DECODE[seconds[0].kind](content, count)
    start_ns = np.array([one.start_s for one in seconds], np.int64) * SECOND_NS
    within_ns = np.rint(np.arange(count) * (SECOND_NS / max(rate_hz, count))).astype(np.int64)
    time_ns = (start_ns[:, None] + within_ns).reshape(-1)
    return time_ns, counts.reshape(-1, 3) / np.float32(scale)


def _packed(content: NDArray[np.uint8], count: int) -> NDArray[np.int16]:
    """Return 12-bit values in the order y, x, z, two in three bytes, as x, y, z."""
    pairs = -(-count * 3 // 2)
    padded = np.zeros((len(content), 3 * pairs), np.int16)
    padded[:, : content.shape[1]] = content[:, : 3 * pairs]
    first, middle, last = (padded[:, place::3] for place in range(3))
    values = np.stack([first << 4 | middle >> 4, (middle & 15) << 8 | last], axis=-1)
    values = (values << 4) >> 4  # the sign
    yxz = values.reshape(len(content), -1)[:, : 3 * count].reshape(-1, 3)
    return np.asarray(yxz[:, [1, 0, 2]])


def _plain(content: NDArray[np.uint8], count: int) -> NDArray[np.int16]:
    """Return 16-bit values in the order x, y, z."""
    return np.ascontiguousarray(content[:, : 6 * count]).view("<i2").reshape(-1, 3)


def _scale_of(parameters: bytes) -> float | None:
    """Return the counts in a g, if a record of parameters states them."""
    for space, identifier, value in struct.iter_unpack(
        "<HHI", parameters[: len(parameters) // 8 * 8]
    ):
        if (space, identifier) == (0, ACCEL_SCALE):
            fraction = (value & 0xFFFFFF ^ 0x800000) - 0x800000
            exponent = (value >> 24 ^ 0x80) - 0x80
            scale = float(fraction / 2**23 * 2.0**exponent)
            return scale if scale > 0 else None
    return None


_DECODE = {ACTIVITY: _packed, ACTIVITY2: _plain}
FORMAT = DeviceFormat("ActiGraph", ".gt3x", b"PK\x03\x04", convert)
