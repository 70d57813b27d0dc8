"""Answers that `data new` suggests: taken by Enter, or copied into a shell."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from layout_helpers import guessed, motion, put
from typer.testing import CliRunner

from crosswear.cli import app
from crosswear.core.errors import UsageError
from crosswear.datasets.propose import parse_answer, propose, write_proposal

PEOPLE = ("anna", "ben", "carla")
KINDS = ("sitting", "walking")


def write(root: Path, name: str = "{who}_{kind}-2026-05-04/WristMotion.csv") -> Path:
    for who in PEOPLE:
        for kind in KINDS:
            rows = [f"{i * 20},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(motion(kind))]
            put(root / name.format(who=who, kind=kind), "ms,x,y,z", rows)
    return root


def run(root: Path, *answers: str, typed: str | None = None) -> str:
    command = ["data", "new", str(root), *(part for one in answers for part in ("--set", one))]
    return CliRunner().invoke(app, command, input=typed).output


def test_the_command_that_is_printed_works_in_a_shell(tmp_path: Path) -> None:
    command = ["data", "new", str(write(tmp_path)), "--set", "placement=left_wrist"]
    error = CliRunner().invoke(app, command).exception
    assert isinstance(error, UsageError)
    _, _, rest = error.todo.partition("add --set ")
    [answer] = shlex.split(rest)
    assert answer.startswith("path=(?P<subject>")
    assert "wrote" in run(tmp_path, "placement=left_wrist", answer)


def test_a_terminal_takes_enter_and_no_is_no_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosswear.cli.data_new._is_terminal", lambda: True)
    output = run(write(tmp_path), typed="left wrist\nno\n\n")
    assert "subject=no names no person" in output
    written = (tmp_path / "dataset.toml").read_text()
    assert 'placement = "left_wrist"' in written
    assert "(?P<subject>" in written
    assert "\nsubject" not in written


@pytest.mark.parametrize("answer", ["subject=yes", "subject=No"])
def test_yes_and_no_are_no_people(answer: str) -> None:
    with pytest.raises(UsageError, match="names no person"):
        parse_answer(answer)


def test_several_likely_answers_are_not_chosen_from(tmp_path: Path) -> None:
    for who, dog in zip(PEOPLE, ("rex", "bello", "luna"), strict=True):
        write(tmp_path, f"{who}/{dog}_{{kind}}.csv")
    proposal = propose(tmp_path, {"placement": "wrist"})
    [question] = proposal.questions
    assert question.text.count("; path=") == 1
    with pytest.raises(UsageError, match="--set subject=…"):
        write_proposal(proposal, force=False)


def test_people_are_asked_for_once_the_files_are_known(tmp_path: Path) -> None:
    for name in ("TotalAcceleration.csv", "WristMotion.csv"):
        write(tmp_path, "{who}_{kind}-2026-05-04/" + name)
    asked = {question.key for question in propose(tmp_path, {}).questions}
    assert asked == {"files", "placement"}
    _, asked, _ = guessed(tmp_path, placement="left_wrist")
    assert "WristMotion" in asked["subject"]
