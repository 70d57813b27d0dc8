"""Look at a folder of unknown recordings and propose its `dataset.toml`, with reasons.

Nothing is taken for granted silently: what the files do not show clearly becomes a question, and a
proposal with open questions is never written.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.core.errors import UsageError
from crosswear.core.files import write_text
from crosswear.datasets.own import own_spec
from crosswear.datasets.own.layout import FILE_NAME, KEYS, parse_layout
from crosswear.datasets.propose.draft import Draft
from crosswear.datasets.propose.proposal import Proposal
from crosswear.datasets.tree import FolderTree


@dataclass(frozen=True)
class Tried:
    """Reading of a complete proposal: minutes by class, people, recordings, and the notes."""

    minutes: dict[str, float]
    subjects: tuple[str, ...]
    recordings: int
    notes: tuple[str, ...]


def parse_answer(text: str, key: str = "") -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value is TOML of the key's type, or else a text.

    Args:
        text: the answer.
        key: what was asked for, if ``KEY=`` may be left out.

    Raises:
        UsageError: if there is no such key.
    """
    found, equals, value = text.partition("=")
    found = found.strip()
    if key and (not equals or not _is_key(found)):
        found, value = key, text
    elif not equals or not _is_key(found):
        raise UsageError(
            f"{text!r} is not an answer",
            where="--set",
            expected="KEY=VALUE with a key of dataset.toml: " + ", ".join(KEYS),
        )
    if found in _TABLES and (found != "rows" or value.strip()):
        raise UsageError(
            f"{found} is a table, and takes one answer a key",
            where="--set",
            expected=f"{found}.{_TABLES[found]}",
            todo="give --set once for each",
        )
    if found == "subject" and value.strip().casefold() in _YES_OR_NO:
        raise UsageError(
            f"subject={value.strip()} names no person",
            where="--set" if equals else "",
            expected="subject=NAME, if one person wore the sensor in all files",
            todo="name the person, or say where the names are: columns.subject=… or path=…",
        )
    return found, _typed(found, value.strip())


def propose(folder: Path, answers: Mapping[str, Any]) -> Proposal:
    """Look at the files of a folder and propose what `dataset.toml` should say.

    Args:
        folder: with CSV, Parquet or device files, also in folders of it.
        answers: values by key, as in ``{"placement": "right_wrist", "columns.label": "task"}``;
            they go before every guess. An empty text leaves a key out.

    Raises:
        MissingDataError: if there is no such folder, or no file.
        DataFormatError: if no file looks like a table of acceleration, or two differ in unit.
    """
    return Draft(folder, answers).proposal()


def try_out(proposal: Proposal) -> Tried:
    """Read everything as a complete proposal says.

    Raises:
        DataFormatError: naming file and line, if something does not fit.
    """
    path = proposal.folder / FILE_NAME
    spec = own_spec(parse_layout(proposal.toml(), str(path)), path)
    notes: list[str] = []
    table = spec.variants["default"]
    minutes = dict.fromkeys([row.name for row in table], 0.0)
    subjects: dict[str, None] = {}
    recordings = 0
    tree = FolderTree(spec.root or proposal.folder)
    for recording in spec.read(tree, spec.default_options, notes.append):
        subjects[recording.subject] = None
        recordings += 1
        counts = np.bincount(recording.labels + 1, minlength=len(table) + 1)[1:]
        for row, count in zip(table, counts, strict=True):
            minutes[row.name] += float(count) / recording.rate_hz / 60
    return Tried(minutes, tuple(subjects), recordings, tuple(notes))


def write_proposal(proposal: Proposal, force: bool, out: Path | None = None) -> Path:
    """Write `dataset.toml` into the folder, or to `out`, whole or not at all.

    Raises:
        UsageError: if there are open questions, or a file that must not be overwritten.
        DiskError: if it cannot be written.
    """
    path = out or proposal.folder / FILE_NAME
    if proposal.questions:
        keys = [question.key for question in proposal.questions]
        likely = [question.likely or f"{question.key}=…" for question in proposal.questions]
        raise UsageError(
            f"the files do not contain {', '.join(keys)}: nothing was written",
            where=str(proposal.folder),
            expected="an answer to every question",
            todo=f"add {' '.join(f'--set {_quoted(one)}' for one in likely)}",
        )
    refuse_to_overwrite(path, force)
    write_text(path, proposal.toml())
    return path


def refuse_to_overwrite(path: Path, force: bool) -> None:
    """Raise a UsageError if there is a `dataset.toml` already, and `force` is not set."""
    if path.exists() and not force:
        raise UsageError(
            f"a {path.name} already exists",
            where=str(path),
            expected="a folder without a dataset.toml",
            todo="edit it, or replace it with --force",
        )


_TABLES = {
    "columns": "x=COLUMN",
    "labels": "file=PATTERN",
    "classes": "CODE=NAME",
    "rows": "COLUMN=VALUE",
}
_YES_OR_NO = {"yes", "no", "y", "n", "true", "false"}
_UNLISTED = {
    *("columns.y", "columns.z", "columns.gravity_y", "columns.gravity_z"),
    *("labels.stop", "labels.label"),
}


def _quoted(answer: str) -> str:
    """Return an answer as a shell takes it; ``…`` stands for what the user puts there."""
    return answer if answer.endswith("=…") else shlex.quote(answer)


def _is_key(key: str) -> bool:
    known = {*KEYS, *_UNLISTED} - {"columns", "labels", "class_patterns", "class_file"}
    return key in known or key.startswith(("classes.", "rows."))


def _typed(key: str, text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    if key in ("files", "null"):
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if key == "names" and text:
        listed = value if isinstance(value, list) else text.split(",")
        return [str(one).strip() for one in listed]
    if key in ("unit", "zero") and isinstance(value, list) and len(value) == 3:
        return value
    numbers = ("rate_hz", "skip_lines", "skip_after_header", "unit", "zero", "labels.offset_s")
    if key in numbers or key.startswith("columns."):
        return value if isinstance(value, int | float) else str(value)
    if key == "placement":
        return "_".join(str(value).split())  # "left wrist" is a name, too
    return value if isinstance(value, str) else text
