"""Small recordings as people have them, for the tests of the guesser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.datasets.propose import propose, write_proposal
from crosswear.datasets.propose.proposal import Proposal
from generators.layouts import LAYOUTS
from generators.own import BY_FILE
from generators.planted import Planted

POSE = np.array([-0.36, -0.85, 0.38]) / np.linalg.norm([-0.36, -0.85, 0.38])
SWING = np.array([0.9, 0.35, 0.25])
NOISE = {"sitting": 0.004, "walking": 0.04, "jogging": 0.12}
KINDS = tuple(NOISE)


def motion(kind: str, rate_hz: float = 25, seconds: float = 8, seed: int = 0) -> np.ndarray:
    """Acceleration [T, 3] in g of somebody who sits, walks or jogs; only those who sit rest."""
    rng = np.random.default_rng([seed, len(kind)])
    time_s = np.arange(round(rate_hz * seconds)) / rate_hz
    swing = {"sitting": 0.0, "walking": 0.3, "jogging": 1.2}[kind]
    wave = np.sin(2 * np.pi * 1.7 * time_s) + 0.5 * np.sin(2 * np.pi * 3.4 * time_s + 1)
    noise = rng.normal(size=(len(time_s), 3)) * NOISE[kind]
    return np.asarray(POSE + swing * wave[:, None] * SWING + noise)


def put(path: Path, header: str | None, rows: Iterable[str]) -> Path:
    """Write lines below a header, if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [*([] if header is None else [header]), *rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def put_plain(path: Path, kind: str, rate_hz: float = 25, seed: int = 0, **columns: Any) -> Path:
    """Write time, x, y, z and more columns, each one value or one for each row."""
    values = motion(kind, rate_hz, seed=seed)
    more = [np.broadcast_to(column, len(values)).astype(str) for column in columns.values()]
    rows = (
        ",".join([f"{i / rate_hz:.3f}", *(f"{v:.4f}" for v in row), *(one[i] for one in more)])
        for i, row in enumerate(values)
    )
    return put(path, ",".join(["time", "x", "y", "z", *columns]), rows)


def guessed(folder: Path, **answers: Any) -> tuple[dict[str, Any], Mapping[str, str], Proposal]:
    """Return the values and the questions of a proposal, by key, and all of it."""
    given = {key.replace("__", "."): value for key, value in answers.items()}
    proposal = propose(folder, {"placement": "right_wrist", **given})
    values = {guess.key: guess.value for guess in proposal.guesses}
    return values, {one.key: one.text for one in proposal.questions}, proposal


def write_layout(name: str, root: Path) -> list[Planted]:
    """Write the files of a layout of the registry."""
    return LAYOUTS[name].write(root, np.random.default_rng(11))


def answered(name: str) -> dict[str, Any]:
    """Return the answers to all that a layout of the registry asks."""
    answers = {key: value for key, value in LAYOUTS[name].asked.items() if value}
    if "subject" in LAYOUTS[name].asked:
        answers["path"] = BY_FILE.removeprefix("path=")
    return answers


def complete(name: str, root: Path) -> Path:
    """Answer as a user would, and write."""
    return write_proposal(LAYOUTS[name].answered(root)[0], force=False)
