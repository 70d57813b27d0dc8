"""A study that overlaps with a run takes its records."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from study_helpers import smallest_study

from crosswear.api.studies import Study
from crosswear.core.errors import StoreError
from crosswear.grid.methods import Role

FLOAT32 = 'precision = "float32"'


@pytest.fixture
def first(cache: Path, tmp_path: Path) -> Path:
    """A finished run: a source, and three networks with 20 windows."""
    study = Study.load(smallest_study("first", [20], FLOAT32), None, cache)
    return study.run(tmp_path / "first", workers=1).folder


@pytest.mark.slow
def test_a_second_study_trains_only_what_the_first_has_not(
    first: Path, cache: Path, tmp_path: Path
) -> None:
    study = Study.load(smallest_study("second", [20, 40], FLOAT32), None, cache)
    before = {path: path.read_bytes() for path in first.rglob("*.*")}
    run = study.run(tmp_path / "second", workers=1, reuse=first)
    assert run.summary.reused is not None
    assert (run.summary.reused.taken, run.summary.reused.ignored) == (4, 0)
    assert (run.summary.found, run.summary.trained) == (0, 3)  # the networks with 40 windows
    assert run.status.missing == 0
    assert before == {path: path.read_bytes() for path in first.rglob("*.*")}

    alone = study.run(tmp_path / "alone", workers=1)
    assert alone.summary.trained == 7
    for key in study.loaded.cells:
        taken, made = run.store.read(key), alone.store.read(key)
        assert (taken.cell, taken.result) == (made.cell, made.result)

    again = study.run(tmp_path / "second", workers=1, reuse=first)
    assert (again.summary.found, again.summary.trained) == (7, 0)
    assert again.summary.reused == replace(run.summary.reused, taken=0)


@pytest.mark.slow
def test_records_of_other_cells_and_damaged_ones_are_ignored(
    first: Path, cache: Path, tmp_path: Path
) -> None:
    other = smallest_study("other", [20], FLOAT32).replace("[2, 2, 2]", "[2, 2, 3]")
    run = Study.load(other, None, cache).run(tmp_path / "other", workers=1, reuse=first)
    assert run.summary.trained == 4
    assert run.summary.reused is not None
    assert (run.summary.reused.taken, run.summary.reused.ignored) == (0, 4)

    study = Study.load(smallest_study("second", [20], FLOAT32), None, cache)
    cells = study.loaded.cells
    source = next(key for key, cell in cells.items() if cell.role is Role.SOURCE)
    shutil.rmtree(first / "sources")
    assert source in study.run(tmp_path / "second", workers=1, reuse=first).store.done(cells)
    path = next(path for path in (first / "cells").iterdir() if path.stem != source)
    path.write_text(path.read_text().replace("confusion", "confused").replace("0", "1"))
    run = study.run(tmp_path / "third", workers=1, reuse=first)
    assert (run.summary.trained, run.status.missing) == (2, 0)  # the source, and the damaged one
    assert run.summary.reused is not None
    assert (run.summary.reused.taken, run.summary.reused.ignored) == (2, 2)


def test_a_folder_without_a_run_is_refused(cache: Path, tmp_path: Path) -> None:
    study = Study.load(smallest_study("second", [20], FLOAT32), None, cache)
    with pytest.raises(StoreError, match="no such run"):
        study.run(tmp_path / "second", workers=1, reuse=tmp_path / "nothing")


def test_a_new_run_begins_in_the_precision_of_the_other(
    first: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("crosswear.study.precision.time_precisions")  # nothing is measured
    text = smallest_study("second", [20], FLOAT32).replace('"float32"', '"auto"')
    run = Study.load(text, None, cache).run(tmp_path / "second", workers=1, reuse=first)
    assert run.summary.trained == 0
    assert str(run.precision) == f"precision: float32 (as the run in {first} began)"
