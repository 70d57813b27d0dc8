"""Tables as devices and apps write them, with the role of each column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import STANDARD_GRAVITY

EPOCH_S = 1_795_961_106
"""2026-11-29 14:05:06 UTC."""
ONE_G = {"g": 1.0, "mg": 1000.0, "m/s2": STANDARD_GRAVITY}


def _clock(form: str) -> Callable[[datetime], str]:
    return lambda at: at.strftime(form)


def _milliseconds(at: datetime) -> str:
    return f"{at.microsecond // 1000:03d}"


STAMPS: Mapping[str, Callable[[datetime], str]] = {
    "iso": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{_milliseconds(at)}",
    "iso-T": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{_milliseconds(at)}Z",
    "zone": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{_milliseconds(at)} +0100",
    "colon": lambda at: f"{at:%Y-%m-%d %H:%M:%S}:{_milliseconds(at)}",
    "year": lambda at: f"{at:%Y/%m/%d %H:%M:%S}.{_milliseconds(at)}",
    "us-12": lambda at: f"{at.month}/{at.day}/{at:%Y} {at:%I:%M:%S}.{_milliseconds(at)} {at:%p}",
    "us-24": lambda at: f"{at.month}/{at.day}/{at:%Y} {at:%H:%M:%S}.{_milliseconds(at)}",
    "european": lambda at: f"{at:%d.%m.%Y %H:%M:%S},{_milliseconds(at)}",
    "british": lambda at: f"{at:%d/%m/%Y %H:%M:%S}.{_milliseconds(at)}",
    "time of day": lambda at: f"{at:%H:%M:%S}.{_milliseconds(at)}",
    "whole seconds": _clock("%Y-%m-%d %H:%M:%S"),
}
"""Forms of time stamps that are no numbers."""
TICKS = {
    "s": (1.0, ".4f"),
    "ms": (1e3, ".0f"),
    "ms.": (1e3, ".3f"),
    "us": (1e6, ".0f"),
    "ns": (1e9, ".0f"),
}


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Attributes:
        role: time, x, y, z, gravity_x …, gyro_x …, label, subject; empty for anything else.
        name: in the header.
        values: numbers, seconds after the start, or texts.
        form: how numbers are written; of a time, one of `STAMPS`, or a unit of `TICKS`, with
            ``since 1970`` behind it where they count from then.
        unit: in the header or in a row of units.
    """

    role: str
    name: str
    values: NDArray[Any] | Sequence[str]
    form: str = ".4f"
    unit: str = ""

    def cells(self, decimal: str, start_s: float) -> list[str]:
        """Return the column as texts."""
        if self.role == "time" and self.form in STAMPS:
            start = datetime.fromtimestamp(start_s, UTC)
            write = STAMPS[self.form]
            return [write(start + timedelta(microseconds=round(t * 1e6))) for t in self.values]
        if self.role == "time":
            unit, _, since = self.form.partition(" ")
            factor, form = TICKS[unit]
            first = round(start_s * factor) if since else 0
            if form == ".0f":
                return [str(first + round(t * factor)) for t in self.values]
            return [format(first + t * factor, form).replace(".", decimal) for t in self.values]
        if isinstance(self.values, np.ndarray):
            return [format(one, self.form).replace(".", decimal) for one in self.values.tolist()]
        return list(self.values)


@dataclass(frozen=True, eq=False)
class Table:
    """A text as a device or an app writes it.

    Attributes:
        columns: from left to right.
        unit: of x, y and z: units in one g.
        above: lines above the header.
        separator, decimal: between columns, and in numbers.
        header: whether there are names; `quoted`: whether they stand in quotation marks.
        units: where the units stand: nowhere, in the header behind the name in such a form as
            ``" ({})"``, or ``"row"``.
        ending, encoding: of lines, of the text.
        start_s: instant of the first row.
    """

    columns: tuple[Column, ...]
    unit: float = 1.0
    above: str = ""
    separator: str = ","
    decimal: str = "."
    header: bool = True
    quoted: bool = False
    units: str = ""
    ending: str = "\n"
    encoding: str = "utf-8"
    start_s: float = EPOCH_S

    def text(self) -> str:
        """Return the content of the file."""
        rows: list[Sequence[str]] = []
        if self.header and self.units == "row":
            rows = [[one.name for one in self.columns], [one.unit for one in self.columns]]
        elif self.header:
            form = self.units or "{}"
            rows = [[one.name + (form.format(one.unit) if self.units and one.unit else "")
                     for one in self.columns]]  # fmt: skip
        cells = [one.cells(self.decimal, self.start_s) for one in self.columns]
        text = io.StringIO()
        style: dict[str, Any] = {"delimiter": self.separator, "lineterminator": self.ending}
        csv.writer(text, quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL, **style
                   ).writerows(rows)  # fmt: skip
        csv.writer(text, **style).writerows(zip(*cells, strict=True))
        return self.above + text.getvalue()

    def position(self, role: str) -> int | None:
        """Return where the first column of a role stands."""
        return next((i for i, one in enumerate(self.columns) if one.role == role), None)

    def write(self, path: Path) -> None:
        """Write the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.text().encode(self.encoding))


@dataclass(frozen=True, eq=False)
class Session:
    """Activities of one person while a sensor measured.

    Attributes:
        person: who.
        codes: the label of every sample.
        acceleration: [T, 3] in g.
        time_s: [T] seconds after the start.
        rng: for the other sensors.
    """

    person: str
    codes: tuple[str, ...]
    acceleration: NDArray[np.float64]
    time_s: NDArray[np.float64]
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def axes(
        self, names: Sequence[str], one_g: float = 1.0, form: str = ".4f", unit: str = ""
    ) -> tuple[Column, ...]:
        """Return x, y and z under their names."""
        values = self.acceleration * one_g
        return tuple(
            Column(axis, name, values[:, i], form, unit)
            for i, (axis, name) in enumerate(zip("xyz", names, strict=True))
        )

    def turn_rate(
        self, names: Sequence[str], one: float = 60.0, form: str = ".4f", unit: str = ""
    ) -> tuple[Column, ...]:
        """Return a gyroscope's columns: with an offset at rest, and turning with the movement."""
        moving = np.gradient(self.acceleration, axis=0)[:, [1, 2, 0]] * 25
        offset = self.rng.normal(size=3) * 0.02
        values = (moving + offset + self.rng.normal(size=moving.shape) * 0.003) * one
        return tuple(
            Column(f"gyro_{axis}", name, values[:, i], form, unit)
            for i, (axis, name) in enumerate(zip("xyz", names, strict=True))
        )

    def field(
        self, names: Sequence[str], one: float = 48.0, form: str = ".3f", unit: str = ""
    ) -> tuple[Column, ...]:
        """Return a magnetometer's columns: a vector of one length that turns with the limb."""
        down = self.gravity()
        north = np.cross(down, [0.3, 0.9, -0.2]) + 1.2 * down
        north /= np.linalg.norm(north, axis=1, keepdims=True)
        values = (north + self.rng.normal(size=north.shape) * 0.005) * one
        return tuple(
            Column(f"field_{axis}", name, values[:, i], form, unit)
            for i, (axis, name) in enumerate(zip("xyz", names, strict=True))
        )

    def gravity(self) -> NDArray[np.float64]:
        """Return the slow part of the acceleration, [T, 3], of length 1."""
        window = np.ones(min(25, len(self.acceleration))) / min(25, len(self.acceleration))
        smooth = np.stack([np.convolve(one, window, "same") for one in self.acceleration.T], axis=1)
        return np.asarray(smooth / np.linalg.norm(smooth, axis=1, keepdims=True))

    def noise(self, name: str, mean: float, deviation: float, form: str = ".2f") -> Column:
        """Return a column that is nothing of interest."""
        return Column("", name, self.rng.normal(mean, deviation, len(self.time_s)), form)
