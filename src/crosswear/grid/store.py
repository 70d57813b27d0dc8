"""Records on disk: one JSON file a cell, whole or not at all.

    OUT/study.toml       the study that the folder belongs to
    OUT/folders.json     where the study's own recordings and encoders are, as seen from OUT
    OUT/precision.json   the precisions of its networks, as decided when the run began
    OUT/cells/KEY.json   a finished cell
    OUT/failed/KEY.json  a cell that raised, with its traceback; it counts as not done
    OUT/sources/KEY.*    source networks

The report lies beside them.

A record carries the sha256 of its own content: this shows a damaged one.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import filelock
import pydantic

from crosswear.core.config import Precisions
from crosswear.core.errors import StoreError
from crosswear.core.files import as_disk_error, expect_writable, remove_leftovers, write_text
from crosswear.core.keys import canonical_json, digest, to_json
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.grid.result import CellResult, Timing
from crosswear.grid.study_file import parse_study, precisions_of

RECORD_SCHEMA = 2
COPY = "study.toml"
PRECISION = "precision.json"
FOLDERS = "folders.json"


@dataclass(frozen=True)
class Record:
    """A finished cell.

    Attributes:
        key: the key of the cell.
        cell: what was done.
        result: the numbers; equal for equal cells.
        timing: how long it took there.
        provenance: versions, host and time; for people, never compared.
    """

    key: str
    cell: Cell
    result: CellResult
    timing: Timing
    provenance: Mapping[str, str]


class Store:
    """The output folder of one study.

    Args:
        folder: made on the first write.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @contextlib.contextmanager
    def owned_by(self, study: StudyDesign, text: str) -> Iterator[None]:
        """Hold the folder for a run of the study; no one else can run there meanwhile.

        Args:
            study: its name must be the one that the folder belongs to, if it belongs to any.
            text: the study file, kept beside the records.

        Raises:
            StoreError: if the folder belongs to another study, or another run holds it.
            DiskError: if the folder cannot be written.
        """
        self.check_owner(study)
        lock = filelock.FileLock(self.folder / ".lock", timeout=0)
        with as_disk_error(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except filelock.Timeout as error:
                raise StoreError(
                    "another run is at work in this folder",
                    where=str(self.folder),
                    todo="wait for it to end, or choose another --out",
                ) from error
        try:
            for folder in (self.folder, *(self.folder / name for name in ("cells", "sources"))):
                remove_leftovers(folder)
            write_text(self.folder / COPY, text)
            folders = {
                name: self._seen_from_here(path) for name, path in _named(study, text).items()
            }
            if folders:
                write_text(self.folder / FOLDERS, canonical_json(folders) + "\n")
            write_text(self.folder / PRECISION, canonical_json(precisions_of(study)) + "\n")
            yield
        finally:
            lock.release()

    def folders(self) -> Mapping[str, str]:
        """Return the paths of own recordings and encoders, by their names in the study file.

        Names in the copy of a study file are relative to the folder of the original. Runs of
        versions that did not keep the paths have none.

        Raises:
            StoreError: if they cannot be read.
        """
        path = self.folder / FOLDERS
        if not path.exists():
            return {}
        found = _validated(
            path,
            _PATHS,
            what="does not name the folders of the run",
            expected='{"name in study.toml": "path from this folder"}',
            todo="run the study again from its own file: finished cells are kept",
        )
        return {name: os.path.normpath(self.folder / one) for name, one in found.items()}

    def _seen_from_here(self, path: str) -> str:
        """Return a path from this folder, which stays right where both are moved together."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # another drive
            return str(Path(path).absolute())

    def precisions(self) -> Precisions | None:
        """Return the precisions of the run in this folder; None before one has begun.

        A run of a version without `auto` has those of its study file, which were float32 where the
        file named none.

        Raises:
            StoreError: if they cannot be read.
        """
        path, owner = self.folder / PRECISION, self.folder / COPY
        if path.exists():
            return _validated(
                path,
                _PRECISIONS,
                what="does not name the precisions of the run",
                expected='{"adaptation": "float32", "source": "float32"}, or "bfloat16" in it',
                todo="correct it by the records in cells/, which name theirs",
            )
        if owner.exists():
            return precisions_of(parse_study(owner.read_text("utf-8"), str(owner)))
        return None

    def checkpoint(self, key: str) -> Path:
        """Return the path at which the network of a source cell is kept."""
        return self.folder / "sources" / f"{key}.safetensors"

    def done(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that have a record, damaged or not."""
        return self.keys().intersection(keys)

    def keys(self) -> set[str]:
        """The keys of all records, damaged or not."""
        return {path.stem for path in (self.folder / "cells").glob("*.json")}

    def failed(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys whose cell raised the last time it was tried."""
        names = {path.stem for path in (self.folder / "failed").glob("*.json")}
        return names.intersection(keys)

    def write(self, record: Record) -> None:
        """Keep a finished cell, and forget that it ever failed.

        Raises:
            DiskError: if it cannot be written; nothing is left half-written.
        """
        content = to_json(
            {"schema": RECORD_SCHEMA, **{name: getattr(record, name) for name in _RECORD_FIELDS}}
        )
        text = canonical_json({"sha256": digest(content), "content": content})
        write_text(self.folder / "cells" / f"{record.key}.json", text + "\n")
        (self.folder / "failed" / f"{record.key}.json").unlink(missing_ok=True)

    def write_failure(self, key: str, cell: Cell, traceback: str) -> None:
        """Keep why a cell failed."""
        text = json.dumps({"key": key, "cell": to_json(cell), "traceback": traceback}, indent=1)
        write_text(self.folder / "failed" / f"{key}.json", text + "\n")

    def traceback(self, key: str) -> str:
        """Return the traceback of a cell that failed."""
        path = self.folder / "failed" / f"{key}.json"
        return str(json.loads(path.read_text("utf-8"))["traceback"])

    def read(self, key: str) -> Record:
        """A finished cell.

        Raises:
            StoreError: if the record is missing, damaged or of another schema.
        """
        path = self.folder / "cells" / f"{key}.json"
        todo = f"delete {path.name} and run the study again: only this cell is computed anew"
        try:
            envelope = json.loads(path.read_text("utf-8"))
            content, expected = envelope["content"], envelope["sha256"]
            found = digest(content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"cannot be read ({error})", where=str(path), todo=todo) from error
        if found != expected:
            raise StoreError(
                "damaged: its content is not what was written",
                where=str(path),
                expected=f"sha256 {expected}",
                todo=todo,
            )
        return _parse_record(content, path, todo)

    def set_aside(self, key: str) -> Path:
        """Rename a damaged record, so that its cell counts as missing; returns the new name."""
        path = self.folder / "cells" / f"{key}.json"
        return path.replace(path.with_suffix(".damaged"))

    def check_owner(self, study: StudyDesign) -> None:
        """Refuse a folder that holds another study, or other things.

        Raises:
            StoreError: naming the study, or what else is there.
            DiskError: if it is no folder.
        """
        if self.folder.exists() and not self.folder.is_dir():
            expect_writable(folder=self.folder)
        path = self.folder / COPY
        if not path.exists():
            names = {p.name for p in self.folder.glob("*")} if self.folder.is_dir() else set()
            foreign = sorted(names - _OWN)
            if foreign:
                raise StoreError(
                    f"the folder is not empty and not a study's: {', '.join(foreign[:3])}",
                    where=str(self.folder),
                    todo="choose another --out",
                )
            return
        owner = parse_study(path.read_text("utf-8"), str(path))
        if (owner.name, owner.seed) != (study.name, study.seed):
            raise StoreError(
                f"the folder belongs to the study {owner.name!r} (seed {owner.seed})",
                where=str(self.folder),
                expected=f"{study.name!r} (seed {study.seed})",
                todo="choose another --out",
            )


_FIGURES = ("heatmaps", "curves")
_TABLES = (
    *("results", "scores", "verdicts", "findings", "similarities", "per_class"),
    *("source_networks", "zero_label", "encoders"),
)
_REPORT = (
    *("index.html", "report.md", "records.parquet"),
    *(f"{name}.{kind}" for name in _FIGURES for kind in ("png", "svg", "pdf")),
    *(f"{name}.{kind}" for name in _TABLES for kind in ("csv", "parquet", "tex")),
)
_OWN = {".lock", FOLDERS, PRECISION, "cells", "failed", "sources", *_REPORT}
Value = TypeVar("Value")
_PATHS = pydantic.TypeAdapter(dict[str, str])
_PRECISIONS = pydantic.TypeAdapter(Precisions)
_RECORD = pydantic.TypeAdapter(Record)  # made once: that takes longer than to read a record
_RECORD_FIELDS = ("key", "cell", "result", "timing", "provenance")


def _validated(
    path: Path, adapter: pydantic.TypeAdapter[Value], *, what: str, expected: str, todo: str
) -> Value:
    """Read a JSON file; raise a StoreError of these words if it does not hold what it should."""
    try:
        return adapter.validate_json(path.read_bytes())
    except (OSError, pydantic.ValidationError) as error:
        raise StoreError(what, where=str(path), expected=expected, todo=todo) from error


def _named(study: StudyDesign, text: str) -> dict[str, str]:
    """Return the paths of own recordings and encoders, by their relative names in the file."""
    written = parse_study(text, study.name)
    own = {
        reference: study.domains[name]
        for name, reference in written.domains.items()
        if reference.endswith(".toml")
    }
    own |= {folder: study.encoders[name] for name, folder in written.encoders.items()}
    return {name: path for name, path in own.items() if not Path(name).is_absolute()}


def _parse_record(content: dict[str, Any], path: Path, todo: str) -> Record:
    schema = content.get("schema")
    if schema != RECORD_SCHEMA:
        raise StoreError(
            f"a record of schema {schema}",
            where=str(path),
            expected=f"schema {RECORD_SCHEMA}",
            todo="read it with the crosswear that wrote it, or run the study in a new --out",
        )
    fields = {name: content.get(name) for name in _RECORD_FIELDS}
    try:
        return _RECORD.validate_json(json.dumps(fields))
    except pydantic.ValidationError as error:
        raise StoreError(f"not a record: {error}", where=str(path), todo=todo) from error
