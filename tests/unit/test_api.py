"""The public interface: its page runs as it stands, and agrees with the command line."""

from __future__ import annotations

import importlib.util
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_helpers import describe, put
from study_helpers import smallest_study

import crosswear
from crosswear.api.display import LOG
from crosswear.cli import main
from crosswear.core.errors import StoreError, UsageError

pytestmark = pytest.mark.usefixtures("few_trees")

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
STUDY = """
name = "new"
[domains]
a = "simulated-gestures"
b = "simulated-daily"
[grid]
sizes = [20]
blocks = [0]
"""
WITHOUT_GUARD = """
import crosswear
study = crosswear.Study.load({study!r}, cache="cache")
for call in (lambda: study.run(cluster="local"), lambda: study.plan(workers=2)):
    try: call()
    except crosswear.CrosswearError as error:
        print(error)
study.run(workers=2)
"""
WITH_GUARD = """
import crosswear
if __name__ == "__main__":
    crosswear.Study.load({study!r}, cache="cache").run("out", workers=2)
"""


def write_recordings(folder: Path) -> None:
    """Four people who sit and walk, at 50 Hz."""
    rng = np.random.default_rng(0)
    time_s = np.arange(3000) / 50
    walking = np.arange(3000) // 500 % 2
    for person in range(1, 5):
        swing = 0.3 * walking * np.sin(2 * np.pi * rng.uniform(1.6, 2.0) * time_s)
        x = 0.8 * walking + rng.normal(0, 0.01, 3000)
        z = np.where(walking, 0.6, 1.0) + swing + rng.normal(0, 0.01, 3000)
        lines = [
            f"{t:.2f},{a:.4f},0.0,{c:.4f},{'walk' if walks else 'sit'}"
            for t, a, c, walks in zip(time_s, x, z, walking, strict=True)
        ]
        put(folder, f"p{person}.csv", lines)
    describe(folder, ('run = "walking"\n', ""))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names that the page leaves behind; its folder is the working directory meanwhile."""
    folder = tmp_path_factory.mktemp("page")
    write_recordings(folder / "my-watch")
    names: dict[str, Any] = {"folder": folder}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CROSSWEAR_CACHE", "")
        patch.delenv("CROSSWEAR_DATA", raising=False)
        for block in BLOCKS:
            if "crosswear.export(" in block and importlib.util.find_spec("onnxruntime") is None:
                continue
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
        yield names


@pytest.mark.slow
def test_the_page_runs_as_it_stands(page: dict[str, Any]) -> None:
    assert page["run"].status.missing == 0
    assert page["report"].page.is_file()
    assert page["compared"].text
    assert page["model"].candidates["name"].iloc[0] == page["model"].made.findings.chosen
    assert set(page["timeline"]["label"]) <= {"sitting", "walking"}


def test_the_page_names_all_that_is_public() -> None:
    text = PAGE.read_text("utf-8")
    elsewhere = {"AdaptedModel", "Bundle", "Domain", "PreparationConfig", "StudyComparison"}
    elsewhere |= {"find_sources", "load_bundle", "load_domain", "recommend"}
    assert [name for name in crosswear.__all__ if name not in elsewhere and name not in text] == []


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(crosswear, name) is not None for name in crosswear.__all__)
    assert not {"run_study", "load_study", "Store"} & set(dir(crosswear))


@pytest.mark.slow
def test_frames_hold_what_the_files_hold(page: dict[str, Any]) -> None:
    report = page["report"]
    for name in ("scores", "verdicts", "findings", "per_class"):
        frame = getattr(report, name)
        written = pd.read_csv(page["folder"] / report.folder / f"{name}.csv", keep_default_na=False)
        assert list(frame.columns) == list(written.columns)
        assert len(frame) == len(written)
    assert len(report.cells) == page["run"].status.cells
    with pytest.raises(UsageError, match=r"'verdict'(.|\n)*verdicts"):
        report.frame("verdict")


@pytest.mark.slow
def test_the_timeline_is_the_file(page: dict[str, Any]) -> None:
    frame = page["timeline"]
    written = pd.read_csv(page["folder"] / "timeline.csv")
    assert list(frame.columns) == list(written.columns)
    assert (frame["label"] == written["label"]).all()
    np.testing.assert_allclose(frame["probability"], written["probability"], atol=1e-4)


@pytest.mark.slow
def test_a_run_is_equal_to_itself(page: dict[str, Any]) -> None:
    run, report = page["run"], page["report"]
    compared = crosswear.compare(run, report)
    assert (compared.frame["difference"] == 0).all()
    assert "<table" in compared._repr_html_()
    assert str(report.page) in report._repr_markdown_()
    again = crosswear.compare(str(run.folder), run.folder / "records.parquet")
    assert again.frame.equals(compared.frame)


@pytest.mark.slow
def test_records_make_the_same_report(page: dict[str, Any], tmp_path: Path) -> None:
    report = page["report"]
    again = crosswear.StudyReport.write(report.folder / "records.parquet", tmp_path / "again")
    assert again.text == report.text
    pd.testing.assert_frame_equal(again.scores, report.scores)


@pytest.mark.slow
def test_the_command_line_goes_on_with_a_run(
    page: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(page["run"].folder)
    command = ["crosswear", "study", "run", f"{folder}/study.toml", "--out", folder]
    monkeypatch.setattr(sys, "argv", [*command, "--workers", "1"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    out, err = capsys.readouterr()
    assert f"0 cells trained, {page['run'].status.cells} found" in out
    assert "note: daily: x is clipped" in " ".join(err.split())
    assert not LOG.handlers  # what the command sets up ends with it
    assert LOG.level == logging.NOTSET


@pytest.mark.slow
def test_notes_are_warnings_and_progress_is_silent(
    page: dict[str, Any], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    again = crosswear.Study.load(page["study"].text).run(page["run"].folder, workers=1)
    assert again.summary.trained == 0
    assert any("x is clipped" in one.message for one in caplog.records)
    assert capsys.readouterr().out == ""
    with caplog.at_level(logging.INFO, logger="crosswear"):
        crosswear.Study.load(page["study"].text).run(page["run"].folder, workers=1)
    cells = again.status.cells
    assert any(f"{cells}/{cells} cells" in one.message for one in caplog.records)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such run"):
        crosswear.Run.open(tmp_path)


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_named_in_one_line(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WITHOUT_GUARD.format(study=STUDY))
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    said = [*done.stdout.splitlines(), done.stderr.splitlines()[-1]]
    assert len(said) == 3
    for line, one in zip((5, 5, 8), said, strict=True):
        assert f"{script}:{line}: worker processes would run this script again" in one
        assert 'put the call under `if __name__ == "__main__":`' in one
    assert done.stderr.count("Traceback") == 1  # of the call, and of no worker
    assert sorted(path.name for path in tmp_path.iterdir()) == ["script.py"]


@pytest.mark.slow
def test_a_script_with_a_main_guard_has_workers(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WITH_GUARD.format(study=smallest_study(training='precision = "float32"')))
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=400)
    run = crosswear.Run.open(tmp_path / "out", cache=tmp_path / "cache")
    assert run.status.missing == 0
