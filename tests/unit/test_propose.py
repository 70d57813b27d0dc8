"""`crosswear data new`: what it finds by itself, what it asks, and that it keeps its hands off."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from layout_helpers import answered, complete, write_layout
from typer.testing import CliRunner, Result

from crosswear.cli.data_new import new
from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError, UsageError
from crosswear.datasets import lookup
from crosswear.datasets.propose import parse_answer, propose, try_out, write_proposal
from crosswear.datasets.tree import FolderTree


def run(*arguments: object, typed: str | None = None) -> Result:
    app = typer.Typer()
    app.command()(new)
    return CliRunner().invoke(app, [str(one) for one in arguments], input=typed)


@pytest.mark.parametrize("name", ["omgui", "phyphox", "one_table", "parquet_files"])
def test_the_proposal_reads_without_a_remark(name: str, tmp_path: Path) -> None:
    planted = write_layout(name, tmp_path)
    settings = [f"--set={key}={json.dumps(value)}" for key, value in answered(name).items()]
    result = run(tmp_path, "--json", *settings)
    assert result.exit_code == 0, result.output
    reads = json.loads(result.stdout)["reads"]
    assert reads["recordings"] == len(planted)
    assert reads["notes"] == []


@pytest.mark.parametrize("name", ["omgui", "phone_app", "one_table"])
def test_packed_recordings_come_back(name: str, tmp_path: Path) -> None:
    planted = write_layout(name, tmp_path)
    for path in tmp_path.rglob("*.csv"):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    spec, options = lookup(str(complete(name, tmp_path)))
    recordings = list(spec.read(FolderTree(tmp_path), options, lambda sentence: None))
    assert [one.subject for one in recordings] == [one.subject for one in planted]
    for one, want in zip(recordings, planted, strict=True):
        np.testing.assert_allclose(one.acceleration, want.acceleration, atol=want.resolution_g)


class TestQuestions:
    def test_nothing_is_written_while_there_are_questions(self, tmp_path: Path) -> None:
        write_layout("omgui", tmp_path)
        result = run(tmp_path)
        assert isinstance(result.exception, UsageError)
        assert "--set placement=" in str(result.exception)
        assert "placement: Where was the sensor" in result.stdout
        assert not (tmp_path / "dataset.toml").exists()

    def test_a_terminal_is_asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_layout("phone_app", tmp_path)
        typed = iter(["left wrist", r"path=(?P<subject>.+)\.csv"])
        monkeypatch.setattr("crosswear.cli.data_new._is_terminal", lambda: True)
        result = run(tmp_path, typed="\n".join(typed) + "\n")
        assert result.exit_code == 0, result.output
        assert 'placement = "left_wrist"' in (tmp_path / "dataset.toml").read_text()

    def test_label_0_is_asked_for(self, tmp_path: Path) -> None:
        write_layout("phyphox", tmp_path)
        (question,) = propose(tmp_path, {"placement": "chest"}).questions
        assert question.key == "null"
        kept = propose(tmp_path, {"placement": "chest", "null": []})
        assert kept.questions == ()
        assert set(try_out(kept).minutes) == {"0", "3", "12"}

    def test_a_folder_without_people_or_labels_in_names(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        for number in range(3):
            lines = [f"{x},{y},{z}\n" for x, y, z in rng.normal((0, 0, 1), 0.004, (300, 3))]
            (tmp_path / f"{number}.csv").write_text("ax,ay,az\n" + "".join(lines))
        proposal = propose(tmp_path, {})
        asked = {question.key for question in proposal.questions}
        assert asked == {"rate_hz", "placement", "columns.label", "subject"}

    def test_gravity_taken_away_leaves_the_unit_open(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        lines = [f"{i / 50},{x},{y},{z}\n" for i, (x, y, z) in enumerate(rng.normal(size=(300, 3)))]
        (tmp_path / "a.csv").write_text("time,x,y,z\n" + "".join(lines))
        assert "unit" in {question.key for question in propose(tmp_path, {}).questions}

    def test_two_sensors_in_one_file(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        names = [f"{side}_acc_{axis}" for side in ("left", "right") for axis in "xyz"]
        values = rng.normal((0, 0, 1, 0, 1, 0), 0.004, (300, 6))
        lines = [",".join(map(str, row)) + "\n" for row in values.tolist()]
        (tmp_path / "a.csv").write_text(",".join(names) + "\n" + "".join(lines))
        (question,) = (one for one in propose(tmp_path, {}).questions if one.key == "columns.x")
        assert "right_acc_x, right_acc_y, right_acc_z" in question.text
        chosen = propose(tmp_path, {"columns.x": "right_acc_x"})
        found = {guess.key: guess.value for guess in chosen.guesses}
        assert found["columns.z"] == "right_acc_z"
        assert found["unit"] == "g"

    def test_answers_go_before_guesses(self, tmp_path: Path) -> None:
        write_layout("parquet_files", tmp_path)
        answers = {"placement": "ankle", "rate_hz": 49.5, "classes.run": "running"}
        proposal = propose(tmp_path, answers)
        assert proposal.questions == ()
        assert "rate_hz = 49.5" in proposal.toml()
        assert '"run" = "running"' in proposal.toml()

    @pytest.mark.parametrize(
        ("period", "late_ms", "used"), [(100, 0, True), (5, 0, True), (5, 15, False)]
    )
    def test_time_stamps_that_repeat(
        self, tmp_path: Path, period: int, late_ms: int, used: bool
    ) -> None:
        write_layout("phone_app", tmp_path)
        for path in tmp_path.glob("*.csv"):
            lines = path.read_text("utf-8").split("\n")
            for row in range(10, len(lines) - 2, period):
                stamp = lines[row - 1].split(";")[0]
                lines[row] = ";".join([stamp, *lines[row].split(";")[1:]])
                stamp, *rest = lines[row + 1].split(";")
                lines[row + 1] = ";".join([str(int(stamp) + late_ms), *rest])
            path.write_text("\n".join(lines), "utf-8")
        proposal = propose(tmp_path, {})
        found = {guess.key: guess.value for guess in proposal.guesses}
        assert ("columns.time" in found) == used
        assert found["rate_hz"] == 50.0
        assert any("repeats" in note for note in proposal.notes) != used

    def test_mixed_rates_of_stamps_that_are_not_used(self, tmp_path: Path) -> None:
        for name, rate in (("anna", 50), ("bo", 100), ("cy", 50)):
            lines = [
                f"{i // rate + i // rate % 2 / 3:.3f},0,0.0{i % 7},1,{'ab'[i // 300]}"
                for i in range(600)
            ]
            text = "time,x,y,z,label\n" + "\n".join(lines) + "\n"
            (tmp_path / f"{name}.csv").write_text(text, "utf-8")
        with pytest.raises(DataFormatError, match="mixed rates: column 'time' has 50 Hz"):
            propose(tmp_path, {"placement": "ankle"})
        assert propose(tmp_path, {"placement": "ankle", "rate_hz": 50}).guesses

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("rate_hz", "fast"),
            ("unit", "stone"),
            ("columns.label", "nothing"),
            ("columns.x", 99),
            ("path", "("),
            ("files", ["*.xyz"]),
            ("skip_lines", -1),
        ],
    )
    def test_a_wrong_answer(self, tmp_path: Path, key: str, value: Any) -> None:
        write_layout("parquet_files", tmp_path)
        with pytest.raises(CrosswearError):
            write_proposal(propose(tmp_path, {"placement": "ankle", key: value}), force=False)
        assert not (tmp_path / "dataset.toml").exists()

    @pytest.mark.parametrize("text", ["placement", "colour=red", "columns=x"])
    def test_an_answer_without_a_key(self, text: str) -> None:
        with pytest.raises(UsageError, match="not an answer"):
            parse_answer(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("rate_hz=50", ("rate_hz", 50)),
            ("null=['0']", ("null", ["0"])),
            ("placement=right_wrist", ("placement", "right_wrist")),
            ("path=(?P<subject>.+)", ("path", "(?P<subject>.+)")),
            ("right_wrist", ("placement", "right_wrist")),
            ("a=b", ("placement", "a=b")),
            ("subject=7", ("subject", "7")),
            ("null=0", ("null", ["0"])),
            ("files=*.csv", ("files", ["*.csv"])),
            ("columns.x=3", ("columns.x", 3)),
            ("columns.time=", ("columns.time", "")),
            ("unit=[1]", ("unit", "[1]")),
            ("classes.1=sit", ("classes.1", "sit")),
        ],
    )
    def test_answers(self, text: str, expected: tuple[str, Any]) -> None:
        assert parse_answer(text, "placement") == expected


class TestCare:
    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        write_layout("parquet_files", tmp_path)
        (tmp_path / "dataset.toml").write_text("mine")
        result = run(tmp_path, "--set=placement=wrist")
        assert isinstance(result.exception, UsageError)
        assert "--force" in str(result.exception)
        assert (tmp_path / "dataset.toml").read_text() == "mine"
        assert run(tmp_path, "--set=placement=wrist", "--force").exit_code == 0
        assert (tmp_path / "dataset.toml").read_text() != "mine"

    def test_only_the_toml_is_new(self, tmp_path: Path) -> None:
        write_layout("parquet_files", tmp_path)
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert run(tmp_path, "--set=placement=wrist").exit_code == 0
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert after.pop(tmp_path / "dataset.toml")
        assert after == before

    def test_nothing_is_written_that_does_not_read(self, tmp_path: Path) -> None:
        write_layout("phone_app", tmp_path)
        path = tmp_path / "Zoë.csv"
        content = path.read_text("utf-8").split("\n")
        content[500] = content[400]
        path.write_text("\n".join(content), "utf-8")
        settings = [f"--set={key}={value}" for key, value in answered("phone_app").items()]
        result = run(tmp_path, *settings, "--set=columns.time=timestamp")
        assert isinstance(result.exception, DataFormatError)
        assert "line 501" in str(result.exception)
        assert not (tmp_path / "dataset.toml").exists()

    @pytest.mark.parametrize("line", [60, 500])
    @pytest.mark.parametrize(
        ("damaged", "what"),
        [("oops", "'oops'"), ("1;2", "columns where the file begins with")],
    )
    def test_a_damaged_row_is_told_and_no_other_file(
        self, tmp_path: Path, line: int, damaged: str, what: str
    ) -> None:
        write_layout("phone_app", tmp_path)
        path = tmp_path / "Zoë.csv"
        content = path.read_text("utf-8").split("\n")
        stamp, _, *rest = content[line - 1].split(";")
        content[line - 1] = damaged if ";" in damaged else ";".join([stamp, damaged, *rest])
        path.write_text("\n".join(content), "utf-8")
        settings = [f"--set={key}={value}" for key, value in answered("phone_app").items()]
        result = run(tmp_path, *settings)
        assert isinstance(result.exception, DataFormatError)
        assert what in str(result.exception)
        assert result.exception.where == f"{path}, line {line}"

    def test_files_of_people_who_come_later_are_meant_too(self, tmp_path: Path) -> None:
        rows = [f"{i / 50},0,0.0{i % 7},1,{'ab'[i // 200]}" for i in range(400)]
        for person in ("s01", "s02"):
            for name in ("acc_1", "acc_2", "gyr_1"):
                header = "time,x,y,z,label" if name[0] == "a" else "time,gx,gy,gz,label"
                (tmp_path / person).mkdir(exist_ok=True)
                text = "\n".join([header, *rows]) + "\n"
                (tmp_path / person / f"{name}.csv").write_text(text, "utf-8")
        found = {guess.key: guess.value for guess in propose(tmp_path, {}).guesses}
        assert found["files"] == ["*/acc_*.csv"]
        for path in tmp_path.glob("*/gyr*"):
            path.unlink()
        found = {guess.key: guess.value for guess in propose(tmp_path, {}).guesses}
        assert found["files"] == ["*/*.csv"]

    def test_a_text_that_is_not_utf8(self, tmp_path: Path) -> None:
        write_layout("phone_app", tmp_path)
        path = tmp_path / "Zoë.csv"
        content = path.read_text("utf-8").split("\n")
        content[500] = content[500].replace("sit", "müde").replace("walk", "müde")
        path.write_bytes("\n".join(content).lstrip("\ufeff").encode("latin-1"))
        settings = [f"--set={key}={value}" for key, value in answered("phone_app").items()]
        result = run(tmp_path, *settings)
        assert isinstance(result.exception, DataFormatError)
        assert "not text in UTF-8" in str(result.exception)
        assert result.exception.todo == "save the file as UTF-8"

    def test_mixed_units(self, tmp_path: Path) -> None:
        write_layout("actigraph", tmp_path)
        path = tmp_path / "subject_7_running RAW.csv"
        lines = path.read_text().split("\n")
        rows = [
            ",".join(f"{float(cell) * 9.80665:.3f}" for cell in line.split(","))
            for line in lines[11:]
            if line.strip()
        ]
        path.write_text("\n".join([*lines[:11], *rows]) + "\n")
        with pytest.raises(DataFormatError, match="mixed units") as caught:
            propose(tmp_path, {})
        assert "subject_7_running" in str(caught.value)
        assert str(caught.value).count(".csv") == 2

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.csv", b""),
            ("a.csv", b"hello\n"),
            ("a.csv", bytes(range(256)) * 9),
            ("a.csv", b"a,b,c\nx,y,z\nu,v,w\n"),
            ("a.parquet", b"PAR1"),
            ("a.csv", b'"' + b"a" * 200_000),
        ],
    )
    def test_no_table_of_acceleration(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataFormatError, match="none of 1 files"):
            propose(tmp_path, {})

    def test_no_files(self, tmp_path: Path) -> None:
        with pytest.raises(MissingDataError):
            propose(tmp_path, {})
        with pytest.raises(MissingDataError):
            propose(tmp_path / "nowhere", {})

    def test_as_json(self, tmp_path: Path) -> None:
        write_layout("parquet_files", tmp_path)
        result = run(tmp_path, "--json")
        told = json.loads(result.stdout)
        assert [question["key"] for question in told["questions"]] == ["placement"]
        assert told["reads"] is None
        assert isinstance(result.exception, CrosswearError)


@pytest.mark.real
@pytest.mark.parametrize(
    ("dataset", "unit", "rate_hz", "asked"),
    [("selfback", "g", 100.0, {"subject"}), ("sp_sw_har", "m/s2", 104.0, {"placement"})],
)
def test_published_folders(
    real_data: Path, dataset: str, unit: str, rate_hz: float, asked: set[str]
) -> None:
    proposal = propose(real_data / dataset, {})
    found = {guess.key: guess.value for guess in proposal.guesses}
    assert found["unit"] == unit
    assert abs(found["rate_hz"] / rate_hz - 1) < 0.001
    assert {question.key for question in proposal.questions} == asked


def test_a_column_that_is_none_is_asked_again(tmp_path: Path) -> None:
    write_layout("phone_app", tmp_path)
    asked = propose(tmp_path, {"columns.x": "nonsense"}).questions
    (again,) = [question for question in asked if question.key == "columns.x"]
    assert again.text.startswith("There is no column 'nonsense'. Columns: ")


def test_an_axis_that_begins_no_triple_leads_to_a_question_about_the_next(tmp_path: Path) -> None:
    write_layout("phone_app", tmp_path)
    proposal = propose(tmp_path, {})
    axes = {guess.key: guess.value for guess in proposal.guesses}
    keys = {
        question.key for question in propose(tmp_path, {"columns.x": axes["columns.y"]}).questions
    }
    assert "columns.y" in keys
    assert "columns.x" not in keys
