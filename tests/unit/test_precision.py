"""The precision `auto`: decided by a measurement, once for each run, before cells have keys."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from study_helpers import smallest_study

from crosswear.api.studies import Run, Study
from crosswear.core.config import Precisions
from crosswear.core.errors import StoreError, StudyFileError
from crosswear.engine.precision_timing import StepTimes, time_precisions
from crosswear.evidence.records import read_records
from crosswear.grid.experiment import enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.study_file import parse_study

pytestmark = pytest.mark.usefixtures("few_trees")

TEXT = smallest_study()
FACTS = {(name, 0): DomainFacts(name, name, 50) for name in "ab"}
FAST, SLOW = StepTimes(1.0, 0.6), StepTimes(1.0, 9.0)


def measured(monkeypatch: pytest.MonkeyPatch, times: StepTimes | None) -> None:
    """Let this machine be one with these times, or one that must not be measured."""

    def take(network: str, device: str) -> StepTimes:
        assert times is not None, "measured again"
        return times

    monkeypatch.setattr("crosswear.study.precision.time_precisions", take)


@pytest.fixture
def study(cache: Path) -> Study:
    return Study.load(TEXT, None, cache)


def in_use(run: Run) -> set[str]:
    """The precisions of a run's finished networks."""
    observed = run.records().observed.values()
    return {one.cell.train.precision for one in observed if one.cell.train is not None}


def keys(text: str, precisions: Precisions) -> list[str]:
    design = parse_study(text, "s").decided(precisions)
    return [cell.key(FACTS) for cell in enumerate_cells(design, FACTS)]


def test_auto_is_the_default_and_gives_the_cells_of_what_it_stands_for() -> None:
    assert parse_study(TEXT, "s").source.precision == "auto"
    asked = TEXT.replace("epochs = 1\n", 'epochs = 1\nprecision = "auto"\n')
    assert parse_study(asked, "s") == parse_study(TEXT, "s")
    for name in ("float32", "bfloat16"):
        explicit = asked.replace('"auto"', f'"{name}"')
        both = Precisions(name, name)  # type: ignore[arg-type]
        assert keys(TEXT, both) == keys(explicit, Precisions())
    assert keys(TEXT, Precisions()) != keys(TEXT, Precisions("bfloat16", "bfloat16"))
    with pytest.raises(StudyFileError, match="'auto', 'float32' or 'bfloat16'"):
        parse_study(asked.replace('"auto"', '"half"'), "s")


def test_close_times_mean_float32() -> None:
    found = [StepTimes(1.0, bfloat16_s).faster for bfloat16_s in (0.6, 0.92, 1.0, 1.08, 9.0)]
    assert found == ["bfloat16", "float32", "float32", "float32", "float32"]
    assert not StepTimes(1.0, 1.08).bfloat16_is_slower
    assert SLOW.bfloat16_is_slower


def test_the_measurement_times_both() -> None:
    found = time_precisions("shared-resnet", "cpu")
    assert found.float32_s > 0
    assert found.bfloat16_s > 0
    assert time_precisions("shared-resnet", "cpu") is found  # once in a process


@pytest.mark.slow
def test_a_run_keeps_the_precision_that_it_began_with(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "crosswear")
    out = tmp_path / "run"
    measured(monkeypatch, FAST)
    run = study.run(out, workers=1)
    assert in_use(run) == {"bfloat16"}
    assert "precision: bfloat16 (a step in bfloat16 takes 0.6 times as long" in caplog.text
    assert run.status.missing == 0
    caplog.clear()

    measured(monkeypatch, SLOW)  # on another machine
    again = study.run(out, workers=1)
    assert (again.summary.found, again.summary.trained) == (4, 0)
    assert f"precision: bfloat16 (as the run in {out} began)" in caplog.text
    assert "takes 9.0 times as long as in float32" in caplog.text
    report = run.report()
    records = read_records(report.folder / "records.parquet")
    assert {key for key, _ in records.cells()} == records.observed.keys()

    (out / "precision.json").write_text('{"source": "half"}')
    with pytest.raises(StoreError, match="precisions"):
        study.run(out, workers=1)


@pytest.mark.slow
def test_a_run_of_a_version_without_auto_goes_on_in_its_precision(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, SLOW)
    run = study.run(tmp_path, workers=1)
    assert in_use(run) == {"float32"}
    (tmp_path / "precision.json").unlink()
    measured(monkeypatch, None)
    assert study.run(tmp_path, workers=1).summary.trained == 0
    assert json.loads((tmp_path / "precision.json").read_text())["source"] == "float32"


@pytest.mark.slow
def test_bfloat16_that_is_asked_for_and_slower_is_noted(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    measured(monkeypatch, SLOW)
    text = TEXT.replace("epochs = 1\n", 'epochs = 1\nprecision = "bfloat16"\n')
    run = Study.load(text, None, cache).run(tmp_path, workers=1)
    assert in_use(run) == {"bfloat16"}
    assert caplog.text.count("takes 9.0 times as long as in float32") == 1


@pytest.mark.slow
def test_a_study_without_networks_measures_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, None)
    text = TEXT.replace("blocks = [1]", "blocks = []\nnetworks = false").replace(
        "baselines = []", 'baselines = ["majority", "forest"]'
    )
    text = text.replace('sources = ["a"]\n', "")
    run = Study.load(text, None, cache).run(tmp_path, workers=1)
    assert run.precision is None
    assert run.status.missing == 0
