"""A study from file to records: interrupted, resumed, reordered, spread over processes."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from study_helpers import ignore, results

from crosswear.api.studies import Run
from crosswear.core.errors import DiskError, DomainError, StoreError, StudyFileError
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.task import Cohort, Outcome
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.plan import plan_study
from crosswear.study.read import read_study
from crosswear.study.run import Progress, RunSummary, run_study

TEXT = """
name = "tiny"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
[grid]
sizes = [20, 40]
blocks = [0, 2]
seeds = 1
baselines = ["majority"]
[preparation]
hop_s = 6.0
[model]
filters = [2, 2, 2]
[source]
epochs = 1
[adaptation]
epochs = 2
"""
CELLS = 2 + 2 + 4 + 8


def backwards(opened: LoadedStudy) -> LoadedStudy:
    """The study with its cells in the opposite order."""
    cells = dict(reversed(opened.cells.items()))
    return LoadedStudy(opened.study, opened.text, opened.domains, cells)


@pytest.fixture(scope="session")
def opened(cache: Path) -> LoadedStudy:
    return load_study(parse_study(TEXT, "tiny.toml"), TEXT, None, cache, ignore)


def run(
    opened: LoadedStudy,
    out: Path,
    workers: int = 1,
    report: Callable[[Progress], None] = ignore,
    note: Callable[[str], None] = ignore,
) -> RunSummary:
    return run_study(opened, Store(out), ExecutionSettings(workers), report, note)


@pytest.fixture(scope="session")
def whole(opened: LoadedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of an uninterrupted run."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert run(opened, out) == RunSummary(found=0, trained=CELLS, failed=())
    return out


def written(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "cells").iterdir()}


def test_every_cell_has_a_record(opened: LoadedStudy, whole: Path) -> None:
    assert set(results(opened, whole)) == set(opened.cells)
    assert len(opened.cells) == CELLS


def test_a_finished_study_trains_nothing(opened: LoadedStudy, whole: Path) -> None:
    before = written(whole)
    assert run(opened, whole) == RunSummary(found=CELLS, trained=0, failed=())
    assert written(whole) == before


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 5, 11])
def test_an_interrupted_study_continues(
    opened: LoadedStudy, whole: Path, tmp_path: Path, after: int
) -> None:
    def interrupt(now: Progress) -> None:
        if now.done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(opened, tmp_path, report=interrupt)
    first = written(tmp_path)
    assert len(first) == after
    assert run(opened, tmp_path) == RunSummary(after, CELLS - after, ())
    assert first.items() <= written(tmp_path).items()
    assert results(opened, tmp_path) == results(opened, whole)


@pytest.mark.slow
def test_order_and_workers_change_nothing(opened: LoadedStudy, whole: Path, tmp_path: Path) -> None:
    run(backwards(opened), tmp_path, workers=2)
    assert results(opened, tmp_path) == results(opened, whole)


@pytest.mark.parametrize("damage", ["record", "source record", "checkpoint", "no checkpoint"])
def test_damage_is_noted_set_aside_and_mended(
    opened: LoadedStudy, whole: Path, tmp_path: Path, damage: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    method = "network" if damage == "record" else "source"
    key = next(key for key, cell in opened.cells.items() if cell.method == method)
    path = out / "cells" / f"{key}.json"
    if "checkpoint" in damage:
        path = out / "sources" / f"{key}.safetensors"
    if damage == "no checkpoint":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40])
    notes: list[str] = []
    assert run(opened, out, note=notes.append).trained == 1
    assert len(notes) == 1
    assert key in notes[0]
    assert results(opened, out) == results(opened, whole)


@pytest.mark.slow
def test_transfers_wait_for_a_source_that_is_trained_again(
    opened: LoadedStudy, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    source = next(key for key, cell in opened.cells.items() if cell.method == "source")
    path = out / "sources" / f"{source}.safetensors"
    path.write_bytes(path.read_bytes()[:-40])
    for key, cell in opened.cells.items():
        if cell.sources:
            (out / "cells" / f"{key}.json").unlink()
    assert run(opened, out, workers=2) == RunSummary(CELLS - 9, 9, ())
    assert results(opened, out) == results(opened, whole)


@pytest.mark.slow
def test_a_failed_cell_is_kept_as_failed_and_tried_again(
    opened: LoadedStudy, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unlucky(CohortTrainer):
        def __call__(self, cohort: Cohort) -> list[Outcome]:
            if any(task.cell.method == "network" and task.cell.size == 40 for task in cohort):
                raise RuntimeError("cosmic ray")
            return super().__call__(cohort)

    with monkeypatch.context() as patch:
        patch.setattr("crosswear.engine.cohort.CohortTrainer", Unlucky)
        done = run(opened, tmp_path)
    assert len(done.failed) == 6
    store = Store(tmp_path)
    assert store.failed(opened.cells) == set(done.failed)
    assert "cosmic ray" in store.traceback(done.failed[0])
    assert run(opened, tmp_path) == RunSummary(CELLS - 6, 6, ())
    assert store.failed(opened.cells) == set()
    assert results(opened, tmp_path) == results(opened, whole)


@pytest.mark.slow
def test_a_full_disk_ends_the_run_and_keeps_what_is_done(
    opened: LoadedStudy, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    fsync = os.fsync

    def fill_up(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(DiskError, match="No space left"):
            run(opened, tmp_path)
    kept = results(opened, tmp_path)
    assert 0 < len(kept) < CELLS
    assert not list(tmp_path.rglob(".partial-*"))
    assert run(opened, tmp_path).found == len(kept)
    assert results(opened, tmp_path) == results(opened, whole)


@pytest.mark.slow
def test_more_seeds_keep_the_cells_that_are_there(
    opened: LoadedStudy, whole: Path, tmp_path: Path, cache: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    text = TEXT.replace("seeds = 1", "seeds = 2")
    larger = load_study(parse_study(text, "tiny.toml"), text, None, cache, ignore)
    assert run(larger, out) == RunSummary(found=CELLS, trained=12, failed=())


@pytest.mark.slow
def test_the_plan_counts_what_is_missing(opened: LoadedStudy, whole: Path, tmp_path: Path) -> None:
    before = plan_study(opened, Store(tmp_path), ExecutionSettings(), MeasuringProcesses())
    assert before.cells == {"majority": 2, "source": 2, "scratch": 4, "transfer": 8}
    assert before.sizes == (20, 40)
    assert before.missing == CELLS
    assert before.multiply_adds > 0
    assert before.seconds > 0
    assert 100 < before.memory_mb < 3000
    after = plan_study(opened, Store(whole), ExecutionSettings(), MeasuringProcesses())
    assert (after.missing, after.multiply_adds, after.seconds) == (0, 0, 0)


BASELINES = """
sources = ["daily", "random"]
baselines = ["majority", "forest", "logistic"]
splits = 2
"""


@pytest.mark.slow
def test_baselines_and_splits_are_cells_like_others(cache: Path, tmp_path: Path) -> None:
    text = TEXT.replace('baselines = ["majority"]', BASELINES).replace("[20, 40]", "[20]")
    rich = load_study(parse_study(text, "rich.toml"), text, None, cache, ignore)
    once = 2 + 1 + 2 * (1 + 1) + 3 * (1 + 2)  # the source `daily` has one target, `random` two
    assert len(rich.cells) == 2 * once
    assert len({domain.folder for domain in rich.domains.values()}) == 4
    plan = plan_study(rich, Store(tmp_path / "one"), ExecutionSettings(), MeasuringProcesses())
    assert plan.cells["forest"] == 4
    assert plan.cells["logistic"] == 6
    assert plan.seconds > 1
    reported: list[Progress] = []
    done = run_study(rich, Store(tmp_path / "one"), ExecutionSettings(), reported.append, ignore)
    assert done == RunSummary(0, 2 * once, ())
    assert reported[-1].share == 1
    run(backwards(rich), tmp_path / "two")
    found = results(rich, tmp_path / "one")
    assert found == results(rich, tmp_path / "two")
    forests = [found[key].counts for key, cell in rich.cells.items() if cell.method == "forest"]
    assert len(set(forests)) == 4


def test_a_damaged_prepared_domain_is_prepared_anew(opened: LoadedStudy, cache: Path) -> None:
    folder = opened.domains["daily", 0].folder
    (folder / "y.npy").write_bytes(b"\x93NUMPY")
    again = load_study(opened.study, TEXT, None, cache, ignore)
    assert again.cells.keys() == opened.cells.keys()


def test_a_domain_that_cannot_carry_a_study(cache: Path) -> None:
    text = TEXT.replace("hop_s", "window_s = 500.0\nhop_s")
    with pytest.raises(DomainError, match="simulated-gestures"):
        load_study(parse_study(text, "t.toml"), text, None, cache, ignore)


def test_a_domain_is_not_its_own_source_under_another_name(cache: Path) -> None:
    text = TEXT.replace('"simulated-daily"', '"simulated-gestures:placement=right_wrist"')
    with pytest.raises(StudyFileError, match="'gestures' and 'daily' are the same"):
        load_study(parse_study(text, "t.toml"), text, None, cache, ignore)


def test_the_quickstart_is_a_study_of_simulated_domains() -> None:
    study, _ = read_study(None)
    assert all(reference.startswith("simulated-") for reference in study.domains.values())
    assert len(study.domains) == 4


def test_own_recordings_are_named_relative_to_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TEXT.replace('"simulated-daily"', '"own/dataset.toml"'))
    study, _ = read_study(tmp_path / "mine.toml")
    assert study.domains["daily"] == str(tmp_path / "own" / "dataset.toml")
    assert study.domains["gestures"] == "simulated-gestures"


def test_a_run_is_opened_where_its_recordings_are_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the study and its run were moved together, and from another working folder."""
    text = TEXT.replace('"simulated-daily"', '"../own/dataset.toml"')
    text += '[encoders]\nmine = "encoder"\n'
    before, after = tmp_path / "before", tmp_path / "after"
    (before / "studies").mkdir(parents=True)
    (before / "studies" / "mine.toml").write_text(text)
    monkeypatch.chdir(before)
    study, _ = read_study("studies/mine.toml")
    with Store("results/mine").owned_by(study, text):
        pass
    before.rename(after)
    monkeypatch.chdir(tmp_path)
    opened = Run.open("after/results/mine").study.design
    assert opened.domains["gestures"] == "simulated-gestures"
    assert Path(opened.domains["daily"]).resolve() == after / "own" / "dataset.toml"
    assert Path(opened.encoders["mine"]).resolve() == after / "studies" / "encoder"
    (after / "results" / "mine" / "folders.json").write_text("[]")
    with pytest.raises(StoreError, match="does not name the folders"):
        Run.open("after/results/mine")
