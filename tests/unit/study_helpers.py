"""Helpers that tests of whole studies share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crosswear.grid.result import CellResult
from crosswear.grid.store import Store
from crosswear.study.load import LoadedStudy


def ignore(*_: object) -> None:
    """A callback that does nothing."""


def results(opened: LoadedStudy, out: Path) -> dict[str, CellResult]:
    """The numbers of every finished cell, by key."""
    store = Store(out)
    return {key: store.read(key).result for key in store.done(opened.cells)}


def smallest_study(name: str = "tiny", sizes: Sequence[int] = (20,), training: str = "") -> str:
    """A study file with one source; `training` is a line of its source and adaptation."""
    return f"""
name = "{name}"
[domains]
a = "simulated-gestures"
b = "simulated-daily"
[grid]
sizes = {[*sizes]}
blocks = [1]
sources = ["a"]
baselines = []
[preparation]
hop_s = 4.0
[model]
filters = [2, 2, 2]
[source]
epochs = 1
{training}
[adaptation]
epochs = 1
{training}
"""
