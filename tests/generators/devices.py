"""Files of research devices, as the devices write them."""

from __future__ import annotations

import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

START_S = 1_700_000_000
"""2023-11-14 22:13:20, on the clock of the device."""
GT3X_SCALE = 256
_TICKS = 621_355_968_000_000_000  # of 100 ns, from the year 1 to 1970


def gt3x_record(kind: int, time_s: int, content: bytes) -> bytes:
    """Return a record of `log.bin`, with its checksum."""
    record = struct.pack("<BBIH", 0x1E, kind, time_s, len(content)) + content
    return record + bytes([~int(np.bitwise_xor.reduce(np.frombuffer(record, np.uint8))) & 0xFF])


def packed(counts: NDArray[np.int64]) -> bytes:
    """Return samples [n, 3] as 12-bit values in the order y, x, z."""
    digits = "".join(f"{value & 0xFFF:03x}" for value in counts[:, [1, 0, 2]].reshape(-1).tolist())
    return bytes.fromhex(digits + "0" * (len(digits) % 2))


def write_gt3x(
    path: Path,
    acceleration: NDArray[np.float64],
    rate_hz: int = 30,
    kind: int = 0,
    asleep: range = range(0),
    info: str = f"Acceleration Scale: {GT3X_SCALE}.0\r\n",
    extra: bytes = b"",
) -> None:
    """Write whole seconds of acceleration in g.

    Args:
        path: of the file.
        acceleration: [T, 3].
        rate_hz: samples in a second.
        kind: of the records: 0 packs 12 bits, 26 writes 16.
        asleep: seconds that are left out.
        info: lines of `info.txt` after the first ones.
        extra: records before the others.
    """
    counts = np.rint(acceleration * GT3X_SCALE).astype(np.int64)
    log = gt3x_record(6, START_S, b'{"MetadataType":"Bio"}') + extra
    for second in range(len(counts) // rate_hz):
        if second not in asleep:
            piece = counts[second * rate_hz : (second + 1) * rate_hz]
            content = packed(piece) if kind == 0 else piece.astype("<i2").tobytes()
            log += gt3x_record(kind, START_S + second, content) + b"\0" * (second == 1)
    log += gt3x_record(kind, START_S + len(counts) // rate_hz, b"\x02")  # plugged in
    start = _TICKS + START_S * 10_000_000
    about = f"Serial Number: MOS2E12345678\r\nBattery Voltage: 4,03\r\nSample Rate: {rate_hz}\r\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.bin", log)
        archive.writestr("info.txt", f"{about}Start Date: {start}\r\n{info}")


def write_cwa(
    path: Path, acceleration: NDArray[np.float64], rate_hz: int = 100, gyroscope: bool = False
) -> None:
    """Write full blocks of an AX3 (packed in 4 bytes), or of an AX6 with its gyroscope.

    Args:
        path: of the file.
        acceleration: [T, 3] in g.
        rate_hz: 25, 50, 100 or 200.
        gyroscope: whether the gyroscope measures, too.
    """
    code = 15 - int(np.log2(3200 / rate_hz)) + 0x40  # ±8 g
    full, packing = (40, 0x62) if gyroscope else (120, 0x30)
    header = struct.pack("<2sHBHI", b"MD", 1020, 0x64 if gyroscope else 0x17, 39434, 26)
    header = header.ljust(35, b"\xff") + bytes([0x02 if gyroscope else 0, code])
    blocks = [header.ljust(1024, b"\xff")]
    for number in range(len(acceleration) // full):
        piece = acceleration[number * full : (number + 1) * full]
        if gyroscope:
            counts = np.concatenate([np.full_like(piece, 77), np.rint(piece * 4096)], axis=1)
            light, content = 0x8000 | 2 << 10, counts.astype("<i2").tobytes()
        else:
            counts = np.rint(piece * 256).astype(np.int64) & 0x3FF
            words = counts[:, 0] | counts[:, 1] << 10 | counts[:, 2] << 20
            light, content = 0, words.astype("<u4").tobytes()
        time_s = START_S + number * full / rate_hz
        at = datetime.fromtimestamp(int(time_s), UTC)
        stamp = (at.year - 2000) << 26 | at.month << 22 | at.day << 17
        stamp |= at.hour << 12 | at.minute << 6 | at.second
        offset = -round((time_s - int(time_s)) * rate_hz)
        block = struct.pack("<2sHHIIIHH", b"AX", 508, 0, 26, number, stamp, light, 200)
        block += struct.pack("<BBBBhH", 0, 190, code, packing, offset, full) + content
        check = -int(np.frombuffer(block, "<u2").sum(dtype=np.uint16)) & 0xFFFF
        blocks.append(block + struct.pack("<H", check))
    path.write_bytes(b"".join(blocks))


def write_geneactiv(path: Path, acceleration: NDArray[np.float64], rate_hz: float = 100.0) -> None:
    """Write pages of 300 samples of acceleration [T, 3] in g."""
    pages = len(acceleration) // 300
    lines = [
        "Device Identity",
        "Device Unique Serial Code:012967",
        "Device Type:GENEActiv",
        "Device Model:1.1",
        "Device Firmware Version:Ver1.30 date 05Aug11",
        "Calibration Date:2012-04-03 11:08:52:000",
        "",
        "Device Capabilities",
        "Accelerometer Range:-8 to 8",
        "Accelerometer Resolution:0.0039",
        "Accelerometer Units:g",
        "Light Meter Range:0 to 5000",
        "Light Meter Resolution:5",
        "Light Meter Units:lux",
        "Temperature Sensor Range:0 to 70",
        "Temperature Sensor Resolution:0.1",
        "Temperature Sensor Units:deg. C",
        "",
        "Configuration Info",
        f"Measurement Frequency:{rate_hz:g} Hz",
        "Measurement Period:216 Hours",
        "Start Time:2023-11-14 22:13:20:000",
        "Time Zone:GMT +01:00",
        "",
        "Trial Info",
        *("Study Centre:", "Study Code:", "Investigator ID:", "Exercise Type:"),
        *("Config Operator ID:2", "Config Time:2013-05-23 14:02:12:642", "Config Notes:Notes"),
        *("Extract Operator ID:", "Extract Time:2013-6-11 17:25:40:479", "Extract Notes:", ""),
        "Subject Info",
        *("Device Location Code:", "Subject Code:", "Date of Birth:1800-1-1", "Sex:", "Height:"),
        *("Weight:", "Handedness Code:", "Subject Notes:", ""),
        "Calibration Data",
        *("x gain:25600", "x offset:0", "y gain:25600", "y offset:0", "z gain:25600", "z offset:0"),
        *("Volts:300", "Lux:800", ""),
        "Memory Status",
        f"Number of Pages:{pages}",
        "",
    ]
    counts = np.rint(acceleration * 256).astype(np.int64) & 0xFFF
    for page in range(pages):
        time_s = START_S + page * 300 / rate_hz
        at = datetime.fromtimestamp(int(time_s), UTC)
        samples = counts[page * 300 : (page + 1) * 300].tolist()
        lines += [
            "Recorded Data",
            "Device Unique Serial Code:012967",
            f"Sequence Number:{page}",
            f"Page Time:{at:%Y-%m-%d %H:%M:%S}:{round(time_s % 1 * 1000):03d}",
            "Unassigned:",
            "Temperature:24.1",
            "Battery voltage:4.0923",
            "Device Status:Recording",
            f"Measurement Frequency:{rate_hz:g}",
            "".join(f"{x:03X}{y:03X}{z:03X}000" for x, y, z in samples),
        ]
    path.write_bytes("\r\n".join([*lines, ""]).encode())


EMPATICA_SCHEMA = """{"type": "record", "name": "Root", "fields": [
 {"name": "timezone", "type": "int"},
 {"name": "rawData", "type": {"type": "record", "name": "RawData", "fields": [
  {"name": "accelerometer", "type": {"type": "record", "name": "Accelerometer", "fields": [
   {"name": "timestampStart", "type": "long"}, {"name": "samplingFrequency", "type": "float"},
   {"name": "imuParams", "type": {"type": "record", "name": "ImuParams", "fields": [
    {"name": "physicalMin", "type": "int"}, {"name": "physicalMax", "type": "int"},
    {"name": "digitalMin", "type": "int"}, {"name": "digitalMax", "type": "int"}]}},
   {"name": "x", "type": {"type": "array", "items": "int"}},
   {"name": "y", "type": {"type": "array", "items": "int"}},
   {"name": "z", "type": {"type": "array", "items": "int"}}]}}]}}]}"""


def write_empatica(path: Path, acceleration: NDArray[np.float64], rate_hz: float = 64.0) -> None:
    """Write acceleration [T, 3] in g, two hours east of Greenwich; the other sensors are left out.

    Needs the extra `devices`.
    """
    import avro.datafile
    import avro.io
    import avro.schema

    counts = np.rint(acceleration * 2048).astype(int)
    axes = {axis: counts[:, place].tolist() for place, axis in enumerate("xyz")}
    limits = {"physicalMin": -16, "physicalMax": 16, "digitalMin": -32768, "digitalMax": 32768}
    accelerometer = {
        "timestampStart": (START_S - 7200) * 1_000_000,
        "samplingFrequency": rate_hz,
        "imuParams": limits,
        **axes,
    }
    schema = avro.schema.parse(EMPATICA_SCHEMA)
    with (
        path.open("wb") as file,
        avro.datafile.DataFileWriter(file, avro.io.DatumWriter(), schema) as writer,
    ):
        writer.append({"timezone": 7200, "rawData": {"accelerometer": accelerometer}})
