"""What tests of whole studies share."""

from __future__ import annotations

from pathlib import Path

from crosswear.grid.result import CellResult
from crosswear.grid.store import Store
from crosswear.study.load import LoadedStudy


def ignore(*_: object) -> None:
    """A callback that nobody listens to."""


def results(opened: LoadedStudy, out: Path) -> dict[str, CellResult]:
    """The numbers of every finished cell, by key."""
    store = Store(out)
    return {key: store.read(key).result for key in store.done(opened.cells)}
