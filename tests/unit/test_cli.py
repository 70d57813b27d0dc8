"""The command line as a user meets it: output, JSON, exit codes, one clear error."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosswear.api.studies import Study
from crosswear.cli import main
from crosswear.engine.precision_timing import StepTimes
from crosswear.evidence.power import detectable_mean
from crosswear.grid.store import Store
from crosswear.study.detectable import Power, target_power
from crosswear.study.plan import Plan

STUDY = """
name = "tiny"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
[grid]
sizes = [20]
blocks = [0, 2]
[model]
filters = [2, 2, 2]
[source]
epochs = 1
precision = "float32"
[adaptation]
epochs = 1
precision = "float32"
"""
WRIST = str(Path(__file__).parents[2] / "docs" / "records" / "wrist.parquet")
CELLS = 2 + 2 + 2 + 2 + 4
RUN = [sys.executable, "-m", "crosswear", "study", "run", "tiny.toml"]


class CommandLine:
    """Calls `crosswear` in a folder of its own."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def __call__(self, *arguments: str, exit_code: int = 0) -> str:
        self.monkeypatch.setattr(sys, "argv", ["crosswear", *arguments])
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = self.capsys.readouterr()
        assert code == exit_code, out + err
        assert "Traceback" not in err
        return out if exit_code == 0 else err

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def crosswear(
    tmp_path: Path,
    cache: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> CommandLine:
    (tmp_path / "tiny.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSWEAR_DATA", raising=False)
    monkeypatch.setenv("CROSSWEAR_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "200")
    return CommandLine(tmp_path, capsys, monkeypatch)


def test_help_and_version(crosswear: CommandLine) -> None:
    assert "study" in crosswear("--help")
    assert crosswear("--version").strip()


def test_data_list(crosswear: CommandLine) -> None:
    assert "wharf" in crosswear("data", "list")
    listed = {entry["name"]: entry for entry in crosswear.json("data", "list")}
    assert listed["dsads"]["licence"]
    assert len(listed["simulated-gestures"]["variants"]["default"]) == 10


def test_data_describe(crosswear: CommandLine) -> None:
    text = crosswear("data", "describe", "simulated-gestures", "simulated-daily")
    assert "majority" in text
    (domain,) = crosswear.json("data", "describe", "simulated-gestures")
    assert sum(map(sum, domain["windows"].values())) == sum(domain["summary"]["split"]["windows"])


def test_model_summary(crosswear: CommandLine) -> None:
    assert "block5" in crosswear("model", "summary")
    counted = crosswear.json("model", "summary", "--classes", "12")
    assert counted["parameters"][""] > 100_000


@pytest.mark.slow
def test_a_study_from_plan_to_report(crosswear: CommandLine) -> None:
    planned = crosswear.json("study", "plan", "tiny.toml", "--workers", "1")
    assert planned["missing"] == CELLS
    assert set(planned["power"]["targets"]) == {"gestures", "daily"}
    assert crosswear.json("study", "status", "tiny.toml")["done"] == 0
    run = crosswear.json("study", "run", "tiny.toml", "--workers", "1")
    assert run["run"] == {"found": 0, "trained": CELLS, "failed": [], "reused": None}
    names = {Path(path).name for path in run["report"]}
    assert {"index.html", "report.md", "results.csv", "results.parquet", "heatmaps.png"} <= names
    assert all((crosswear.folder / path).stat().st_size > 0 for path in run["report"])
    assert crosswear.json("study", "status", "tiny.toml")["missing"] == 0
    again = crosswear("study", "run", "tiny.toml", "--workers", "1")
    assert "The data are simulated: " in again
    assert f"0 cells trained, {CELLS} found" in again
    assert crosswear.json("study", "report", "tiny.toml")["done"] == CELLS


@pytest.mark.slow
def test_a_plan_says_where_compiled_blocks_are_missing(
    crosswear: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosswear.study.plan.implementation", lambda: "torch")
    slow = StepTimes(float32_s=1.0, bfloat16_s=9.0)
    monkeypatch.setattr("crosswear.study.precision.time_precisions", lambda *_: slow)
    study = crosswear.folder / "tiny.toml"
    study.write_text(STUDY.replace('precision = "float32"\n', ""))
    plain = crosswear("study", "plan", "tiny.toml", "--workers", "1")
    assert "precision: float32 (a step in bfloat16 takes 9.0 times as long" in plain
    assert "compiled code would" in plain
    lstm = STUDY.replace("[model]", '[model]\nname = "deep-conv-lstm"')
    study.write_text(lstm)
    assert crosswear.json("study", "plan", "tiny.toml", "--workers", "1")["blocks"] is None


@pytest.mark.parametrize(
    ("windows", "targets", "lines"),
    [
        ((1, 1), 2, ["1 person", "can detect no gain", "of this draw alone"]),
        (
            (5, 8),
            3,
            ["8 people", " 4.7 │", " repetitions │", "mean gain over 3 targets: 4.6 points"],
        ),
        ((50, 50), 3, ["50 people", "7 people or 50 repetitions"]),
    ],
)
def test_a_plan_says_what_can_be_detected(
    windows: tuple[int, int],
    targets: int,
    lines: list[str],
    crosswear: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = target_power(np.full(windows, 100), "subject", 12)
    power = Power(12, dict.fromkeys("abc"[:targets], one), detectable_mean(targets), 4)
    plan = Plan({"forest": 2}, (20,), 10**9, 2, 1, 1.0, 100.0, None, None, None, power)
    monkeypatch.setattr(Study, "plan", lambda *_: plan)
    printed = crosswear("study", "plan", "tiny.toml")
    assert all(line in printed for line in lines), printed
    assert crosswear.json("study", "plan", "tiny.toml")["power"]["comparisons"] == 12


@pytest.mark.slow
def test_a_partial_report_is_asked_for(crosswear: CommandLine) -> None:
    message = crosswear("study", "report", "tiny.toml", exit_code=12)
    assert f"0 of {CELLS}" in message
    made = crosswear.json("study", "report", "tiny.toml", "--allow-partial")
    assert made["done"] == 0


@pytest.mark.slow
def test_damaged_records_count_as_missing(crosswear: CommandLine) -> None:
    crosswear("study", "run", "tiny.toml", "--workers", "1")
    paths = sorted((crosswear.folder / "runs" / "tiny" / "cells").glob("*.json"))
    paths[0].write_bytes(paths[0].read_bytes()[:-40])
    paths[1].write_text("")
    status = crosswear.json("study", "status", "tiny.toml")
    assert (status["done"], status["missing"], status["damaged"]) == (CELLS - 2, 2, 2)
    message = crosswear("study", "report", "tiny.toml", exit_code=12)
    assert f"{CELLS - 2} of {CELLS} cells are done" in message
    assert "2 records are left out" in message
    assert "`crosswear study run`" in message
    assert crosswear.json("study", "report", "tiny.toml", "--allow-partial")["done"] == CELLS - 2
    assert crosswear.json("study", "run", "tiny.toml", "--workers", "1")["run"]["trained"] == 2
    assert crosswear.json("study", "status", "tiny.toml")["damaged"] == 0


@pytest.mark.slow
def test_a_report_is_not_written_into_foreign_folders(crosswear: CommandLine) -> None:
    crosswear("study", "report", "tiny.toml", "--allow-partial")
    other = STUDY.replace('"tiny"', '"other"')
    (crosswear.folder / "other.toml").write_text(other)
    crosswear("study", "run", "other.toml", "--workers", "1")
    foreign = ("--out", "runs/other", "--allow-partial")
    assert "'other'" in crosswear("study", "report", "tiny.toml", *foreign, exit_code=8)
    (crosswear.folder / "recordings").mkdir()
    (crosswear.folder / "recordings" / "walk.csv").write_text("")
    foreign = ("--out", "recordings", "--allow-partial")
    assert "walk.csv" in crosswear("study", "report", "tiny.toml", *foreign, exit_code=8)
    assert len(list((crosswear.folder / "recordings").iterdir())) == 1
    done = crosswear.json("study", "run", "tiny.toml", "--workers", "1")
    assert done["run"]["trained"] == CELLS


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["data", "describe", "wahrf"], 2, "wharf"),
        (["data", "describe", "dsads:placement=nose"], 2, "right_arm"),
        (["data", "describe", "wharf"], 3, "--data"),
        (["data", "describe", "wharf", "--data", "nowhere"], 3, "nowhere"),
        (["model", "summary", "--samples", "40"], 2, "too short"),
        (["study", "run", "missing.toml"], 5, "missing.toml"),
        (["study", "run", "bad.toml"], 5, "grid.sizez: unknown key"),
        (["study", "run", "large.toml"], 5, "grid.sizes"),
        (["study", "run", "tiny.toml", "--out", "foreign"], 8, "not a study's"),
        (["study", "run", "tiny.toml", "--out", "file"], 11, "cannot write"),
        (["study", "run", "tiny.toml", "--workers", "0"], 2, "workers"),
        (["study", "run", "tiny.toml", "--out", "file/out"], 11, "cannot write"),
        (["study", "status", "tiny.toml", "--out", "file"], 11, "a file, not a folder"),
        (["study", "status", "tiny.toml", "--out", "no/such"], 8, "there is no such run"),
        (["study", "status", "lonely.toml"], 5, "2 entries or more"),
        (["study", "plan", "short.toml"], 2, "preparation.window_s: windows of 25 samples"),
        (["study", "run", "short.toml"], 2, "preparation.window_s: windows of 25 samples"),
        (["study", "fly"], 2, "fly"),
        (["data", "describe", "simulated-daily", "--split", "9999"], 2, "--split"),
        (["data", "describe", "simulated-daily", "--csv", "foreign"], 11, "a folder is there"),
        (["data", "describe", "simulated-daily", "--plot", "file"], 11, "a file, not a folder"),
        (["predict", "bundle", "file", "--out", "foreign"], 11, "a folder is there"),
        (["predict", "bundle", "file", "--out", "."], 11, "a folder is there"),
        (["predict", "bundle", "file", "--out", "pipe"], 11, "a device or pipe is there"),
        (["predict", "bundle", "file", "--out", "-"], 2, "nothing is written to standard output"),
        (["data", "describe", "simulated-daily", "--csv", "pipe"], 11, "a device or pipe"),
        (["data", "describe", "simulated-daily", "--csv", "-"], 2, "standard output"),
        (["adapt", "simulated-daily", "--out", "-"], 2, "standard output"),
        (["export", "bundle", "--out", "file/x.onnx"], 11, "a file, not a folder"),
        (["export", "bundle", "--out", "x", "--examples", "foreign"], 11, "a folder is there"),
        (["adapt", "simulated-daily", "--out", "file/x"], 11, "a file, not a folder"),
        (["adapt", "simulated-daily", "--out", "x", "--report", "file"], 11, "a file, not a"),
        (["study", "report", "--records", "nowhere", "--out", "x"], 8, "no such file"),
        (["study", "report", "--records", "foreign", "--out", "x"], 8, "a folder, not a file"),
        (["study", "compare", "foreign", "foreign"], 8, "no such file"),
        (["study", "report", "--records", WRIST, "--out", "foreign"], 8, "not a study's"),
        (["study", "report", "--records", WRIST, "--out", "file"], 11, "a file, not a folder"),
        (["adapt", "simulated-daily", "--out", "x", "--hop", "0.001"], 2, "--hop: found 0.001"),
        (["adapt", "mine", "--out", "x"], 2, "name mine/dataset.toml"),
        (["recommend", "simulated-daily", "--data", "nowhere"], 3, "no such folder"),
    ],
)
def test_bad_input_is_told_in_one_message(
    crosswear: CommandLine, arguments: list[str], exit_code: int, said: str
) -> None:
    folder = crosswear.folder
    (folder / "bad.toml").write_text(STUDY.replace("sizes", "sizez"))
    (folder / "large.toml").write_text(STUDY.replace("[20]", "[20000]"))
    (folder / "short.toml").write_text(STUDY + "[preparation]\nwindow_s = 1.0\n")
    (folder / "lonely.toml").write_text(STUDY.replace('daily = "simulated-daily"', ""))
    os.mkfifo(folder / "pipe")
    (folder / "mine").mkdir()
    (folder / "mine" / "dataset.toml").write_text("")
    (folder / "foreign").mkdir()
    (folder / "foreign" / "thesis.tex").write_text("")
    (folder / "file").write_text("")
    before = sorted(path.name for path in folder.rglob("*"))
    assert said in crosswear(*arguments, exit_code=exit_code)
    assert sorted(path.name for path in folder.rglob("*")) == before


@pytest.mark.slow
def test_a_failed_cell_has_an_exit_code(crosswear: CommandLine) -> None:
    crosswear("study", "run", "tiny.toml", "--workers", "1")
    for path in (crosswear.folder / "runs" / "tiny" / "sources").iterdir():
        path.unlink()
        path.mkdir()  # a network cannot be saved where a folder is
    again = ("study", "run", "tiny.toml", "--workers", "1")
    assert "cannot write" in crosswear(*again, exit_code=11)


@pytest.mark.slow
def test_killed_at_any_moment_a_study_ends_as_if_it_had_not_been(
    crosswear: CommandLine, tmp_path: Path
) -> None:
    crosswear("study", "run", "tiny.toml", "--out", "whole", "--workers", "1")
    chance = random.Random(2019)  # noqa: S311
    kept: dict[str, int] = {}
    for _ in range(3):
        process = subprocess.Popen(
            [*RUN, "--out", "killed", "--workers", "2"], stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(3, 9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        cells = tmp_path / "killed" / "cells"
        now = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.json")}
        assert kept.items() <= now.items(), "a finished cell was trained again"
        kept = now
    crosswear("study", "run", "tiny.toml", "--out", "killed", "--workers", "1")
    whole, killed = Store(tmp_path / "whole"), Store(tmp_path / "killed")
    keys = [path.stem for path in (tmp_path / "whole" / "cells").iterdir()]
    assert len(keys) == CELLS
    assert killed.done(keys) == set(keys)
    assert all(whole.read(key).result == killed.read(key).result for key in keys)
