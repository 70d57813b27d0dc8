"""Writers of folders of recordings, for the reader of own recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from crosswear.datasets.propose import parse_answer, propose
from crosswear.datasets.propose.proposal import Proposal
from generators.planted import Planted, movement
from generators.tables import EPOCH_S, Session, Table

Rng = np.random.Generator
BY_FILE = r"path=(?P<subject>[^/.]+)\..+"
"""The answer where the name of each file is that of a person."""
BY_NAME = "subject_{person}_{activity}"


def time_from(column: str | int, unit: str, rate_hz: float, of_axes: str | float) -> dict[str, Any]:
    """Return what must be proposed for a time column, and the unit of acceleration."""
    return {"columns.time": column, "time_unit": unit, "rate_hz": rate_hz, "unit": of_axes}


@dataclass(frozen=True)
class OwnLayout:
    """An export, what `data new` must find out by itself, and what it must ask.

    Attributes:
        device, file, read, caution: its row in docs/own-data.md.
        write: writes the files below a folder; returns the recordings in the order of their names.
        told: some values that must be proposed.
        asked: keys that must be asked for, no others, with the answers.
        refused: part of the error, if the files must not be read at all.
        export: how it writes, if its files are texts of one recording each.
    """

    device: str
    file: str
    read: str
    caution: str
    write: Callable[[Path, Rng], list[Planted]]
    told: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    export: Export | None = None

    def answered(self, root: Path) -> tuple[Proposal, set[str]]:
        """Return the proposal after each question was answered in turn, and all that was asked."""
        answers: dict[str, Any] = {}
        keys: set[str] = set()
        while (proposal := propose(root, answers)).questions:
            keys |= {question.key for question in proposal.questions}
            key = proposal.questions[0].key
            answer = self.asked[key]
            key, value = parse_answer(f"{key}={json.dumps(answer)}" if answer else BY_FILE, key)
            answers[key] = value
        return proposal, keys


@dataclass(frozen=True)
class Export:
    """Files of one kind, one recording each.

    Attributes:
        table: writes a recording.
        path: of a file, with ``{person}`` and ``{activity}``.
        rate_hz, samples, jitter_ms: of the sensor and its clock.
        people, pieces: who, and the activities of each file; None is no activity.
        placement, resolution_g: where the sensor is, and half of the smallest step.
        beside: other files in the folder of each recording.
    """

    table: Callable[[Session], Table]
    path: str
    rate_hz: float
    samples: int = 600
    jitter_ms: int = 0
    people: Sequence[str] = ("P03", "P11")
    pieces: Sequence[Sequence[str | None]] = (("sitting",), ("walking",))
    placement: str = "left_wrist"
    resolution_g: float = 1e-4
    beside: Mapping[str, Callable[[Session], Table | str]] = field(default_factory=dict)

    def session(self, rng: Rng, person: str, pieces: Sequence[str | None]) -> Session:
        """Return what one file holds."""
        jitter = rng.integers(-self.jitter_ms, self.jitter_ms + 1, self.samples) / 1000
        jitter[0] = 0
        time_s = np.round(np.arange(self.samples) / self.rate_hz + jitter, 3 if jitter.any() else 6)
        signal = movement(rng, self.samples, self.rate_hz)
        ends = np.linspace(0, self.samples, len(pieces) + 1).astype(int)
        codes = [piece or "" for piece, rows in zip(pieces, np.diff(ends), strict=True)
                 for _ in range(rows)]  # fmt: skip
        return Session(person, tuple(codes), signal, time_s, rng)

    def write(self, root: Path, rng: Rng) -> list[Planted]:
        """Write the files; return the recordings in the order of their names."""
        planted = {}
        for person in self.people:
            for pieces in self.pieces:
                session = self.session(rng, person, pieces)
                name = self.path.format(person=person, activity=pieces[0])
                table = self.table(session)
                table.write(root / name)
                for other, make in self.beside.items():
                    content = make(session)
                    path = (root / name).with_name(other)
                    if isinstance(content, Table):
                        content.write(path)
                    else:
                        path.write_text(content, "utf-8")
                timed = table.position("time") is not None
                planted[name] = Planted(
                    subject=person,
                    placement=self.placement,
                    codes=tuple(None if code in ("", "0") else code for code in session.codes),
                    acceleration=session.acceleration,
                    resolution_g=self.resolution_g,
                    time_s=session.time_s if timed else None,
                )
        return [planted[name] for name in sorted(planted)]

    def layout(self, about: Sequence[str], **facts: Any) -> OwnLayout:
        """Return the entry of these files in the registry; the placement is asked for."""
        asked = {"placement": self.placement, **facts.pop("asked", {})}
        return OwnLayout(*about, write=self.write, asked=asked, export=self, **facts)


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
    root.mkdir(parents=True, exist_ok=True)
    (root / "all.csv").write_text("".join(rows), "utf-8")
    return planted


def parquet_files(root: Path, rng: Rng) -> list[Planted]:
    """Parquet: time stamps with a zone, whole milli-g, a lost sample."""
    planted = []
    for subject in ("user1", "user2"):
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


@dataclass(frozen=True)
class Binary:
    """Files in a device's own format, in g: a file for each of two people and activities.

    Attributes:
        writer: writes a file of acceleration [T, 3].
        ending: of the files.
        rate_hz, samples: of the sensor; samples fill whole blocks.
        resolution_g: half of the smallest step.
    """

    writer: Callable[[Path, NDArray[np.float64]], None]
    ending: str
    rate_hz: float
    samples: int
    resolution_g: float = 1 / 512

    def write(self, root: Path, rng: Rng) -> list[Planted]:
        """Write the files; return the recordings in the order of their names."""
        root.mkdir(parents=True, exist_ok=True)
        planted = []
        for person in ("12", "7"):
            for activity in ("running", "standing"):
                signal = movement(rng, self.samples, self.rate_hz)
                self.writer(root / f"subject_{person}_{activity}{self.ending}", signal)
                time_s = np.arange(self.samples) / self.rate_hz
                codes = (activity,) * self.samples
                step = self.resolution_g
                planted.append(Planted(person, "left_wrist", codes, signal, step, time_s))
        return planted

    def layout(self, about: Sequence[str], **told: Any) -> OwnLayout:
        """Return the entry of these files in the registry."""
        told = {"columns.x": "x", "rate_hz": self.rate_hz, "unit": "g", **told}
        return OwnLayout(*about, self.write, told, {"placement": "left_wrist"})
