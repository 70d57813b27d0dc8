"""Folders of recordings as devices and apps export them, for the reader of own recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from crosswear.core.recording import STANDARD_GRAVITY
from generators.planted import Planted, movement

Rng = np.random.Generator
EPOCH_S = 1_700_000_000

BY_FILE = r"path=(?P<subject>[^/.]+)\..+"
"""The answer where the name of each file is that of a person."""


@dataclass(frozen=True)
class OwnLayout:
    """An export, what `data new` must find out by itself, and what it must ask.

    Attributes:
        write: writes the files below a folder; returns the recordings in the order of their names.
        proposed: some values that must be proposed.
        asked: keys that must be asked for, no others, with the answers.
    """

    write: Callable[[Path, Rng], list[Planted]]
    proposed: Mapping[str, Any]
    asked: Mapping[str, Any] = field(default_factory=dict)


def _put(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def _jitter(rng: Rng, samples: int, low_ms: int, high_ms: int) -> NDArray[np.int64]:
    """Rising times in whole milliseconds."""
    return np.concatenate([[0], np.cumsum(rng.integers(low_ms, high_ms + 1, samples - 1))])


def omgui(root: Path, rng: Rng) -> list[Planted]:
    """Axivity, resampled by OmGui: date-time, x, y, z without a header; a folder a class."""
    planted = []
    for activity in ("Gehen auf Treppen (walking)", "sitting"):
        for subject in ("P03", "P11"):
            signal = movement(rng, 900, 100.0)
            time_ms = _jitter(rng, 900, 9, 11)
            stamps = np.datetime_as_string(np.datetime64(EPOCH_S * 1000, "ms") + time_ms)
            counts = np.round(signal * 64) / 64
            lines = [
                f"{str(stamp).replace('T', ' ')},{row[0]},{row[1]},{row[2]}\n"
                for stamp, row in zip(stamps, counts.tolist(), strict=True)
            ]
            _put(root / activity / f"{subject}.csv", "".join(lines))
            codes = (activity,) * 900
            planted.append(Planted(subject, "left_wrist", codes, signal, 1 / 128, time_ms / 1000))
    return planted


def empatica(root: Path, rng: Rng) -> list[Planted]:
    """Empatica E4: a folder of files a session; above the counts, start and rate."""
    planted = []
    for subject in ("S01", "S02"):
        for activity in ("resting", "walking"):
            folder = root / subject / activity
            signal = movement(rng, 400, 32.0)
            counts = np.round(signal * 64).astype(int)
            rows = "".join(f"{x},{y},{z}\n" for x, y, z in counts.tolist())
            start = ", ".join([f"{EPOCH_S}.000000"] * 3)
            _put(folder / "ACC.csv", f"{start}\n{', '.join(['32.000000'] * 3)}\n{rows}")
            _put(folder / "HR.csv", f"{EPOCH_S}.000000\n1.000000\n" + "71.50\n" * 12)
            _put(folder / "IBI.csv", f"{EPOCH_S}.000000, IBI\n" + "3.1,0.85\n" * 12)
            planted.append(Planted(subject, "wrist", (activity,) * 400, signal, 1 / 128))
    return planted


def actigraph(root: Path, rng: Rng) -> list[Planted]:
    """ActiGraph: ten lines about the device, then a header; a file a person and class."""
    about = (
        "------------ Data File Created By ActiGraph wGT3X-BT ActiLife v6.13.4 Firmware v1.9.2 "
        "date format M/d/yyyy at 30 Hz  Filter Normal -----------\r\n"
        "Serial Number: MOS2E12345678\r\nStart Time 10:00:00\r\nStart Date 3/1/2024\r\n"
        "Epoch Period (hh:mm:ss) 00:00:00\r\nDownload Time 11:00:00\r\nDownload Date 3/2/2024\r\n"
        "Current Memory Address: 0\r\nCurrent Battery Voltage: 4.12     Mode = 12\r\n"
        "--------------------------------------------------\r\n"
    )
    planted = []
    for subject in ("12", "7"):
        for activity in ("running", "standing"):
            signal = movement(rng, 300, 30.0)
            rows = "".join(f"{x:.3f},{y:.3f},{z:.3f}\r\n" for x, y, z in signal)
            header = "Accelerometer X,Accelerometer Y,Accelerometer Z\r\n"
            _put(root / f"subject_{subject}_{activity} RAW.csv", about + header + rows)
            planted.append(Planted(subject, "hip", (activity,) * 300, signal, 0.0006))
    return planted


def sensor_logger(root: Path, rng: Rng) -> list[Planted]:
    """Sensor Logger: a folder a session; nanoseconds, z before x; other sensors beside."""
    planted = []
    for subject in ("user1", "user2"):
        for activity in ("sit", "walk"):
            day, minute = rng.integers(10, 29), rng.integers(10, 60)
            folder = root / subject / f"{activity}-2024-01-{day}_10-{minute}-12"
            signal = movement(rng, 600, 50.0)
            time_s = _jitter(rng, 600, 19, 21) / 1000
            raw = signal * STANDARD_GRAVITY
            for file, values in (
                ("TotalAcceleration.csv", raw),
                ("Accelerometer.csv", raw - raw[:1]),
                ("Gyroscope.csv", rng.normal(size=raw.shape)),
            ):
                lines = [
                    f"{EPOCH_S * 10**9 + round(t * 1e9)},{t:.9f},{z:.6f},{y:.6f},{x:.6f}\n"
                    for t, (x, y, z) in zip(time_s.tolist(), values.tolist(), strict=True)
                ]
                _put(folder / file, "time,seconds_elapsed,z,y,x\n" + "".join(lines))
            _put(folder / "Metadata.csv", "version,device name,platform\n3,iPhone 12,ios\n")
            codes = (activity,) * 600
            planted.append(Planted(subject, "right_wrist", codes, signal, 1e-6, time_s))
    return planted


def phone_app(root: Path, rng: Rng) -> list[Planted]:
    """Semicolons, decimal commas, a byte-order mark, Windows line ends; a file a person."""
    planted = []
    for subject in ("Jörg Müller", "Zoë"):
        signal = movement(rng, 800, 50.0)
        time_ms = 20 * np.arange(800)
        codes = ("stehen",) * 300 + ("",) * 50 + ("gehen",) * 450
        lines = [
            f"{EPOCH_S * 1000 + t};{x:.4f};{y:.4f};{z:.4f};".replace(".", ",") + f"{code}\r\n"
            for t, (x, y, z), code in zip(
                time_ms.tolist(), (signal * STANDARD_GRAVITY).tolist(), codes, strict=True
            )
        ]
        text = "timestamp;x;y;z;Aktivität\r\n" + "".join(lines)
        _put(root / f"{subject}.csv", text, "utf-8-sig")
        labels = tuple(code or None for code in codes)
        planted.append(Planted(subject, "wrist", labels, signal, 1e-5, time_ms / 1000))
    return planted


def phyphox(root: Path, rng: Rng) -> list[Planted]:
    """Quoted headers with units, |a| beside x, y, z, numbered labels with 0 between them."""
    header = (
        '"Time (s)","Acceleration x (m/s^2)","Acceleration y (m/s^2)","Acceleration z (m/s^2)",'
        '"Absolute acceleration (m/s^2)","label"\n'
    )
    planted = []
    for subject in ("proband 1", "proband 2"):
        signal = movement(rng, 1000, 100.0)
        raw = signal * STANDARD_GRAVITY
        time_s = _jitter(rng, 1000, 9, 11) / 1000
        codes = np.repeat([0, 3, 0, 12], 250)
        lines = [
            f"{t:.9e},{x:.9e},{y:.9e},{z:.9e},{np.hypot(np.hypot(x, y), z):.9e},{code}\n"
            for t, (x, y, z), code in zip(time_s + 0.5, raw.tolist(), codes.tolist(), strict=True)
        ]
        _put(root / subject / "Raw Data.csv", header + "".join(lines))
        labels = tuple(str(code) if code else None for code in codes.tolist())
        planted.append(Planted(subject, "chest", labels, signal, 1e-6, time_s))
    return planted


def one_table(root: Path, rng: Rng) -> list[Planted]:
    """Everybody in one file, with columns for person and session."""
    rows, planted = ["subject,session,time_s,x_g,y_g,z_g,activity\n"], []
    for subject in ("01", "02"):
        for session in ("1", "2"):
            signal = movement(rng, 500, 25.0)
            time_s = np.arange(500) / 25
            codes = ("sitting",) * 200 + ("walking",) * 300
            rows += [
                f"{subject},{session},{t:.2f},{x:.5f},{y:.5f},{z:.5f},{code}\n"
                for t, (x, y, z), code in zip(time_s, signal.tolist(), codes, strict=True)
            ]
            planted.append(Planted(subject, "wrist", codes, signal, 1e-5, time_s))
    _put(root / "all.csv", "".join(rows))
    return planted


def parquet_files(root: Path, rng: Rng) -> list[Planted]:
    """Parquet: time stamps with a zone, whole milli-g, a lost sample."""
    planted = []
    for subject in ("p1", "p2"):
        signal = movement(rng, 700, 50.0)
        time_ms = 20 * np.arange(700)
        stamps = pa.array(EPOCH_S * 1000 + time_ms, pa.timestamp("ms", tz="Europe/Berlin"))
        codes = ("walk",) * 350 + ("run",) * 350
        milli_g = np.round(signal * 1000).astype(np.int32)
        lost = np.arange(700) == 123
        signal[lost] = np.nan
        axes = {f"acc_{axis}": pa.array(milli_g[:, i], mask=lost) for i, axis in enumerate("xyz")}
        gyro = {f"gyro_{axis}": rng.normal(size=700) for axis in "xyz"}
        path = root / f"{subject}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table({"ts": stamps, **axes, **gyro, "class": codes}), path)
        planted.append(Planted(subject, "left_wrist", codes, signal, 0.0006, time_ms / 1000))
    return planted


LAYOUTS: Mapping[str, OwnLayout] = {
    "omgui": OwnLayout(
        omgui,
        {"columns.time": 0, "columns.x": 1, "time_unit": "datetime", "rate_hz": 100, "unit": "g"},
        {"placement": "left_wrist"},
    ),
    "empatica": OwnLayout(
        empatica,
        {"files": ["*/*/ACC.csv"], "skip_lines": 2, "columns.x": 0, "rate_hz": 32, "unit": 64},
        {"placement": "wrist"},
    ),
    "actigraph": OwnLayout(
        actigraph,
        {"skip_lines": 10, "columns.x": "Accelerometer X", "rate_hz": 30, "unit": "g"},
        {"placement": "hip"},
    ),
    "sensor_logger": OwnLayout(
        sensor_logger,
        {"columns.z": "z", "time_unit": "ns", "rate_hz": 50, "unit": "m/s2"},
        {"placement": "right_wrist"},
    ),
    "phone_app": OwnLayout(
        phone_app,
        {"separator": ";", "decimal": ",", "time_unit": "ms", "rate_hz": 50, "null": [""]},
        {"placement": "wrist", "subject": ""},
    ),
    "phyphox": OwnLayout(
        phyphox,
        {"columns.time": "Time (s)", "time_unit": "s", "rate_hz": 100, "unit": "m/s2"},
        {"placement": "chest", "null": ["0"]},
    ),
    "one_table": OwnLayout(
        one_table,
        {"columns.subject": "subject", "columns.session": "session", "rate_hz": 25, "unit": "g"},
        {"placement": "wrist"},
    ),
    "parquet_files": OwnLayout(
        parquet_files,
        {"columns.x": "acc_x", "time_unit": "datetime", "rate_hz": 50, "unit": "mg"},
        {"placement": "left_wrist"},
    ),
}
