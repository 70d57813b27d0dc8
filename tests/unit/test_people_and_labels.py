"""Who wore the sensor, and what the labels are: asked wherever names may mean something else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import KINDS, guessed, put_plain


def files(
    root: Path, pattern: str, people: tuple[str, ...], kinds: tuple[str, ...] = KINDS
) -> None:
    for seed, person in enumerate(people):
        for kind, name in zip(KINDS, kinds, strict=True):
            put_plain(root / pattern.format(who=person, what=name), kind, seed=seed)


@pytest.mark.parametrize(
    ("pattern", "people"),
    [
        ("{what}_{who}.csv", ("1", "2", "3")),
        ("{what}_{who}.csv", ("mon", "tue", "fri")),
        ("{who}_{what}.csv", ("Montag", "Dienstag")),
        ("{what}/2024-03-{who}.csv", ("05", "06")),
        ("{what}/{who}.csv", ("20240305", "20240306")),
        ("{what}-trial{who}.csv", ("1", "2")),
        ("{what}_take{who}.csv", ("1", "2")),
        ("session_{who}/{what}.csv", ("1", "2")),
        ("{what}_{who}.csv", ("a", "b")),
        ("{what} ({who}).csv", ("1", "2")),
        ("{who}_{what}.csv", ("morning", "evening")),
        ("{what}_run{who}.csv", ("01", "02")),
    ],
)
def test_counters_and_dates_are_never_proposed_as_people(
    pattern: str, people: tuple[str, ...], tmp_path: Path
) -> None:
    files(tmp_path, pattern, people)
    found, asked, _proposal = guessed(tmp_path)
    assert "subject" in asked
    assert "(?P<subject>" not in str(found.get("path"))
    assert asked["subject"].startswith("Who wore the sensor?")
    assert "Perhaps people" not in asked["subject"]


@pytest.mark.parametrize(
    ("pattern", "people", "kinds"),
    [
        ("{who}_{what}.csv", ("P01", "P02"), KINDS),
        ("{what}/subject_{who}.csv", ("7", "12"), KINDS),
        ("{what}_{who}.csv", ("proband1", "proband2"), ("sitzen", "gehen", "laufen")),
        ("{who}/{what}.csv", ("user1", "user2"), ("assis", "marcher", "courir")),
    ],
)
def test_people_who_are_called_so_are_proposed(
    pattern: str, people: tuple[str, ...], kinds: tuple[str, ...], tmp_path: Path
) -> None:
    files(tmp_path, pattern, people, kinds)
    found, asked, _ = guessed(tmp_path)
    assert not asked
    assert set(found["classes"]) == set(kinds)
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.csv")]
    matches = [re.fullmatch(found["path"], name) for name in names]
    assert {match["subject"] for match in matches if match} == set(people)


def test_names_may_be_people_but_are_asked_for(tmp_path: Path) -> None:
    files(tmp_path, "{what}_{who}.csv", ("Anna", "Ben"))
    _, asked, _proposal = guessed(tmp_path)
    assert "for Anna, Ben" in asked["subject"]


def test_sessions_beside_people_are_asked_for(tmp_path: Path) -> None:
    for person in ("P01", "P02"):
        files(tmp_path, f"{person}_{{who}}_{{what}}.csv", ("S1", "S2"))
    _, asked, _ = guessed(tmp_path)
    assert "for P01, P02" in asked["subject"]
    assert "for S1, S2" in asked["subject"]


def test_a_brief_code_that_occurs_with_one_label_is_asked_for(tmp_path: Path) -> None:
    for number, kind in enumerate(KINDS * 2):
        put_plain(tmp_path / f"{kind}_s{number}.csv", kind, seed=number)
    _, asked, _ = guessed(tmp_path)
    assert "subject" in asked


@pytest.mark.parametrize("codes", [("A", "B", "C"), ("sit", "walk", "jog")])
def test_a_name_that_says_the_label_is_no_person(codes: tuple[str, ...], tmp_path: Path) -> None:
    for person in ("1600", "1601", "1602"):
        for code, kind in zip(codes, KINDS, strict=True):
            put_plain(tmp_path / person / f"{code}.csv", kind, activity=code)
    found, asked, _ = guessed(tmp_path)
    assert found["columns.label"] == "activity"
    assert "for 1600, 1601, 1602" in asked["subject"]
    assert codes[0] not in asked["subject"].partition("Perhaps people")[2].split()


def test_people_called_like_parts_of_activities_are_no_labels(tmp_path: Path) -> None:
    for name in ("Bruno", "Julie", "Beate", "Constanze"):
        put_plain(tmp_path / f"{name}.csv", "walking")
    _, asked, _ = guessed(tmp_path)
    assert "columns.label" in asked


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("walking_fast_01", "walking_fast_02", "sitting_01", "sitting_02"),
            "walking_fast sitting",
        ),
        (("p1_walk_up_1", "p1_sit_1", "p2_walk_up_1", "p2_sit_1"), "walk_up sit"),
        (("gehen-schnell-1", "gehen-schnell-2", "sitzen-1", "sitzen-2"), "gehen-schnell sitzen"),
    ],
)
def test_a_running_number_is_no_part_of_the_label(
    names: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    for name in names:
        put_plain(tmp_path / f"{name}.csv", "sitting" if "si" in name else "walking")
    found, asked, _ = guessed(tmp_path, subject="me")
    assert not asked
    assert set(found["classes"]) == set(expected.split())


def test_recordings_that_are_classes_of_their_own_are_noted(tmp_path: Path) -> None:
    for kind in KINDS:
        put_plain(tmp_path / f"{kind}.csv", kind)
    _, _, proposal = guessed(tmp_path, subject="me")
    assert any(note.startswith("Every recording is a class") for note in proposal.notes)


def test_minus_one_is_asked_for_and_people_who_differ_in_case_are_noted(tmp_path: Path) -> None:
    codes = np.repeat([-1, 1, 2, 1], 50)
    for name, person in (("a", "Anna"), ("b", "anna"), ("c", "Ben")):
        put_plain(tmp_path / f"{name}.csv", "walking", subject=person, label=codes)
    _, asked, _ = guessed(tmp_path)
    assert asked == {"null": 'Does label -1 mean no activity? null=["-1"], or null=[] if not.'}
    found, asked, proposal = guessed(tmp_path, null=["-1"])
    assert not asked
    assert set(found["classes"]) == {"1", "2"}
    assert any("'Anna' and 'anna' are read as different people" in one for one in proposal.notes)
    assert not any("labels" in one for one in guessed(tmp_path, null=[])[2].notes)


@pytest.mark.parametrize("labels", [["1", "2"], ["sitting", "walking"], ["1.0", "2.0"]])
def test_a_label_column_with_empty_cells_is_found(labels: list[str], tmp_path: Path) -> None:
    column = np.repeat([labels[0], "", labels[1], ""], 50)
    column[7::50] = ""
    for person in ("S01", "S02"):
        put_plain(tmp_path / f"{person}.csv", "walking", label=column)
    found, asked, _ = guessed(tmp_path, subject="me")
    assert not asked
    assert found["columns.label"] == "label"
    assert found["null"] == [""]
    assert set(found["classes"]) == set(labels)


@pytest.mark.parametrize("column", ["id", "name"])
def test_a_column_that_need_not_be_people_is_asked_for(column: str, tmp_path: Path) -> None:
    for name in ("x1", "x2"):
        codes = np.repeat(["101", "102"], 100)
        put_plain(tmp_path / f"{name}.csv", "walking", activity="walk", **{column: codes})
    _, asked, _ = guessed(tmp_path)
    assert f"columns.subject={column}" in asked["subject"]


def test_sides_in_names_are_sensors_that_are_asked_for(tmp_path: Path) -> None:
    files(tmp_path, "P01_{who}_{what}.csv", ("left", "right"))
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "differ in left, right" in asked["files"]
