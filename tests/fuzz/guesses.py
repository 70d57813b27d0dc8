"""Guesses about changed layouts of the registry, judged by what the generator knows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from crosswear.core.errors import CrosswearError, UsageError
from crosswear.datasets.propose import propose
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files
from generators.changes import CHANGES
from generators.layouts import LAYOUTS
from generators.tables import Session, Table

EXPORTS = {name: one.export for name, one in LAYOUTS.items() if one.export and not one.refused}
RATES_HZ = (20, 25, 31.25, 32, 50, 52, 60, 64, 100, 104)
SECONDS = 16
UNIT_TOLERANCE, RATE_TOLERANCE = 0.06, 0.03
READING = (
    "columns.x",
    "columns.y",
    "columns.time",
    "unit",
    "zero",
    "rate_hz",
    "time_unit",
    "files",
)
READING += ("columns.gravity_x",)
ABOUT: Any = SimpleNamespace(placement="left_wrist", classes=("a", "b"))
FIRST, LAST = ("no header", "time", "packets"), ("permuted",)


@dataclass(frozen=True)
class Outcome:
    """The outcome of one case.

    Attributes:
        layout, changes: the case.
        verdict: right, asked, refused, noted (the unit is off where nobody rests, and a note says
            that it is unchecked) or wrong.
        why: what was asked, refused or wrong.
    """

    layout: str
    changes: tuple[str, ...]
    verdict: str
    why: str = ""


def run_case(seed: int, number: int, folder: Path) -> Outcome:
    """Write two files of a changed layout into an empty folder, guess, and judge."""
    rng = np.random.default_rng([seed, number])
    layout = str(rng.choice(list(EXPORTS)))
    chosen = set(rng.choice(list(CHANGES), rng.integers(1, 5), replace=False).tolist())
    if "unit wrong" in chosen:
        chosen -= {"unit unsaid"}  # a wrong unit that fits the numbers is unknown to everyone
    changes = [one for one in FIRST if one in chosen]
    changes += [one for one in CHANGES if one in chosen - {*FIRST, *LAST}]
    changes += [one for one in LAST if one in chosen]
    rate_hz = float(rng.choice(RATES_HZ)) if layout not in ("empatica", "actigraph") else 0.0
    export = EXPORTS[layout]
    rate_hz = rate_hz or export.rate_hz
    if layout in ("geneactiv", "actigraph_stamps", "movella_dot"):
        rate_hz = export.rate_hz  # their heads state it
    truth: dict[str, tuple[Session, Table]] = {}
    state = rng.integers(1 << 31)
    for name in ("walking_1.csv", "sitting_2.csv"):
        rng = np.random.default_rng([seed, number, int(state)])  # the same changes to both
        session = _session(np.random.default_rng([seed, number, len(truth)]), rate_hz)
        table = export.table(session)
        for change in changes:
            table = CHANGES[change](rng, session, table)
        table.write(folder / name)
        truth[name] = session, table
    verdict, why = _judge(folder, truth, rate_hz)
    return Outcome(layout, tuple(changes), verdict, why)


def _session(rng: np.random.Generator, rate_hz: float) -> Session:
    """A limb that rests in some postures and moves between them, or only one of the two."""
    rows = round(SECONDS * rate_hz)
    time_s = np.arange(rows) / rate_hz
    postures = rng.normal(size=(3, 3))
    postures /= np.linalg.norm(postures, axis=1, keepdims=True)
    piece = np.minimum(np.arange(rows) * 3 // rows, 2)
    kind = rng.choice(["both", "both", "rest", "moves"])
    moving = {"both": piece != 1, "rest": piece < 0, "moves": piece >= 0}[str(kind)]
    wave = 0.5 * np.sin(2 * np.pi * rng.uniform(0.8, 2.5, 3) * time_s[:, None] + rng.normal(size=3))
    slow = np.ones(round(rate_hz)) / round(rate_hz)
    edges = [(round(rate_hz), round(rate_hz))]
    turned = np.stack(
        [
            np.convolve(np.pad(one, edges, "edge"), slow, "same")[edges[0][0] : -edges[0][0]]
            for one in postures[piece].T
        ],
        axis=1,
    )
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    values = turned + wave * moving[:, None] + rng.normal(scale=0.006, size=(rows, 3))
    values *= rng.uniform(0.97, 1.03)
    codes = tuple("walk" if one else "sit" for one in moving)
    return Session("me", codes, values, time_s, rng)


def _judge(
    folder: Path, truth: dict[str, tuple[Session, Table]], rate_hz: float
) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            proposal = propose(folder, {"placement": "left_wrist"})
        except CrosswearError as error:
            proposal, refusal = None, str(error.what)
    guesses = {one.key: one.value for one in proposal.guesses} if proposal else {}
    asked = [one.key for one in proposal.questions] if proposal else []
    asked = [key for key in asked if key in READING or key.startswith("rows.")]
    labels = [one.name for one in truth["sitting_2.csv"][1].columns if one.role == "label"]
    label = guesses.get("columns.label")
    if isinstance(label, str) and label not in labels:
        return "wrong", f"label is {label!r}"
    found: list[str] = []
    for name, (session, table) in truth.items():
        try:
            [source] = input_files(folder / name, Overrides(), None, ABOUT)
            wrong = _differs(source, session, table, rate_hz)
        except UsageError as error:
            found.append(f"predict asks: {error.what}")
        except CrosswearError as error:
            found.append(f"predict refuses: {error.what}")
        else:
            if wrong and _is_noted(source, session):
                return "noted", wrong
            if wrong:
                return "wrong", f"predict: {wrong}"
            if not asked and proposal:
                wrong = _disagrees(source, guesses)
            if wrong:
                return "wrong", wrong
    if proposal is None:
        return "refused", refusal
    if asked:
        return "asked", ", ".join(asked)
    if found:
        # Both files lie in one folder, and one of them alone may be unclear.
        return ("right", "") if len(found) < len(truth) else ("asked", found[0])
    return "right", ""


def _is_noted(source: RecordingFile, session: Session) -> bool:
    """Return whether only the unit is off, and a note says that nothing at rest shows it."""
    if not any("no second at rest" in note for note in source.notes):
        return False
    values = np.concatenate([piece for piece, _ in read_chunks(source, lambda _: None)])
    factor = np.linalg.norm(values) / np.linalg.norm(session.acceleration)
    return bool(np.abs(values / factor - session.acceleration).max() < 0.05)


def _disagrees(source: RecordingFile, guesses: dict[str, Any]) -> str:
    """Return where `data new` and `predict` differ."""
    layout = source.layout
    used = layout.columns.used()
    pairs = [(f"columns.{role}", used.get(role)) for role in ("x", "y", "z", "time", "gravity_x")]
    pairs += [("unit", layout.unit), ("rate_hz", layout.rate_hz), ("time_unit", layout.time_unit)]
    found = [f"{key} is {guesses.get(key)!r} and {value!r}" for key, value in pairs
             if guesses.get(key) != value]  # fmt: skip
    return "data new and predict differ: " + "; ".join(found) if found else ""


def _differs(source: RecordingFile, session: Session, table: Table, rate_hz: float) -> str:
    """Return what is not as the generator wrote it."""
    layout = source.layout
    if abs(layout.rate_hz / rate_hz - 1) > RATE_TOLERANCE:
        return f"rate is {layout.rate_hz:g} Hz, not {rate_hz:g}"
    pieces = list(read_chunks(source, lambda _: None))
    values = np.concatenate([piece for piece, _ in pieces]) / layout.units_per_g
    if len(values) != len(session.time_s):
        return f"{len(values)} rows, not {len(session.time_s)}"
    allowed = UNIT_TOLERANCE * np.linalg.norm(session.acceleration, axis=1, keepdims=True) + 0.03
    if (np.abs(values - session.acceleration) > allowed).any():
        ratio = np.median(np.linalg.norm(values, axis=1))
        used = layout.columns
        return f"acceleration: {used.x}, {used.y}, {used.z} in {layout.unit!r}, |a| {ratio:.3g}"
    if layout.columns.time is not None:
        time_s = np.concatenate([time for _, time in pieces if time is not None])
        # From the first sample on: whole seconds leave open when it was taken.
        elapsed_s = session.time_s - session.time_s[0]
        off_s = np.abs(time_s - time_s[0] - elapsed_s).max()
        if off_s > max(3 / rate_hz, 0.2):
            return f"time {layout.columns.time!r} is off by {off_s:.3g} s"
    return ""
