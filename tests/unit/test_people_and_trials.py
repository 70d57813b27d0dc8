"""People whose codes stand beside, or within, those of trials: a trial is never a person."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, put_plain

LABELS = ("walk", "sit", "jog")
SPEED = {"walk": "walking", "sit": "sitting", "jog": "jogging"}
TRIALS = ("1", "2")


def write(
    root: Path, pattern: str, people: tuple[str, ...], trials: tuple[str, ...] = TRIALS
) -> list[str]:
    """Write the files of a pattern; without a label in it, each holds all of them."""
    names: dict[str, str] = {}
    for person in people:
        for trial in trials:
            names |= {pattern.format(p=person, t=trial, k=label): label for label in LABELS}
    for seed, (name, label) in enumerate(names.items()):
        if "{k}" in pattern:
            put_plain(root / f"{name}.csv", SPEED[label], seed=seed)
        else:
            labels = np.resize(np.repeat(LABELS, 30), 200)
            put_plain(root / f"{name}.csv", "walking", seed=seed, label=labels)
    return [f"{name}.csv" for name in names]


def groups(path: str, names: list[str], role: str = "subject") -> set[str]:
    return {match[role] for name in names if (match := re.fullmatch(path, name))}


def options(question: str) -> list[str]:
    """Return the expressions that a question offers."""
    return re.findall(r"path=(\S*\(\?P<subject>\S*) for ", question)


@pytest.mark.parametrize(
    ("pattern", "people"),
    [
        ("S{p}_{k}_0{t}", ("10", "11")),
        ("S{p}_{k}", ("10", "11")),
        ("s{p}_{k}_{t}", ("1", "2", "3")),
        ("{k}_S{p}", ("1", "2", "3")),
        ("{k}_s{p}", ("01", "02", "03")),
        ("{k}/p{p}", ("1", "2", "3")),
        ("S{p}/{k}_{t}", ("1", "2")),
        ("P{p}{t}_{k}", ("1", "2")),
        ("S{p}{t}", ("1", "2", "3")),
        ("subject{p}{t}", ("1", "2", "3")),
        ("S{p}", ("1", "2", "3")),
        ("s{p}", ("01", "02", "03")),
        ("p{p}_r{t}", ("1", "2", "3")),
        ("p{p}s{t}", ("1", "2", "3")),
        ("P{p}S{t}_{k}", ("01", "02")),
        ("u{p}/{k}", ("1", "2")),
        ("id{p}_{k}", ("01", "02", "03")),
        ("user_trial{p}", ("1", "2", "3")),
        ("user_{p}", ("left", "right")),
        ("{p}_{k}", ("s1", "S2", "s3")),
        ("user_{p}_{k}", ("20240305", "20240306")),
    ],
)
def test_codes_that_may_be_trials_are_asked_for(
    pattern: str, people: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path, pattern, people)
    found, asked, _ = guessed(tmp_path)
    assert "subject" in asked
    assert "(?P<subject>" not in str(found.get("path"))


@pytest.mark.parametrize(
    ("pattern", "people"),
    [
        ("subject{p}-trial{t}", ("1", "2", "3")),
        ("subject{p}-trial{t}-{k}", ("1", "2", "3")),
        ("Subject{p}_{k}_0{t}", ("10", "11")),
        ("SUBJECT{p}trial{t}", ("1", "2", "3")),
        ("sub-{p}_ses-{t}_{k}", ("01", "02")),
        ("sub-{p}/ses-{t}/{k}", ("01", "02")),
        ("exp{t}_user{p}_{k}", ("01", "02")),
        ("s{p}_{k}", ("01", "02", "03")),
        ("p{p}_{k}", ("1", "2", "3")),
        ("S{p}/{k}_{t}", ("001", "002")),
        ("P{p}/{t}", ("01", "02", "11")),
    ],
)
def test_people_beside_trials_are_found(
    pattern: str, people: tuple[str, ...], tmp_path: Path
) -> None:
    names = write(tmp_path, pattern, people)
    found, asked, proposal = guessed(tmp_path)
    assert not asked
    who = groups(found["path"], names)
    assert {one[-len(people[0]) :] for one in who} == set(people)
    is_brief = pattern[0] in "sSpP" and not pattern.lower().startswith("sub")
    assert is_brief == any("are taken for people" in note for note in proposal.notes)


@pytest.mark.parametrize("pattern", ["p{p}s{t}", "P{p}T{t}_{k}", "{k}/s{p}e{t}", "Anna{p}{t}"])
def test_no_option_takes_trials_for_people(pattern: str, tmp_path: Path) -> None:
    names = write(tmp_path, pattern.replace("Anna{p}", "{p}"), ("1", "2"))
    if "Anna" in pattern:
        names = write(tmp_path / "more", "{p}{t}", ("Anna", "Ben"))
        tmp_path = tmp_path / "more"
    _, asked, _ = guessed(tmp_path)
    offered = [groups(one, names) for one in options(asked["subject"])]
    assert offered
    assert all(len(one) == 2 for one in offered)
    assert any({name.strip("pPs") for name in one} <= {"1", "2", "Anna", "Ben"} for one in offered)


def test_two_numbers_in_one_are_explained(tmp_path: Path) -> None:
    write(tmp_path, "S{p}{t}", ("1", "2"))
    _, asked, _ = guessed(tmp_path)
    assert "Their digits may be two numbers" in asked["subject"]
    names = write(tmp_path, "S{p}{t}", ("1", "2"))
    found, asked, _ = guessed(tmp_path, path=r"(?P<subject>S\d)\d\.csv")
    assert not asked
    assert groups(found["path"], names) == {"S1", "S2"}


@pytest.mark.parametrize("pattern", ["s{p}{k}{t}", "{k}{t}_s{p}", "{p}-{k}{t}"])
def test_a_counter_at_a_label_is_no_part_of_it(pattern: str, tmp_path: Path) -> None:
    names = write(tmp_path, pattern, ("1", "2"))
    found, _, _ = guessed(tmp_path, subject="me")
    assert groups(found["path"], names, "label") == set(LABELS)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("subject", ("Anna_trial1", "Anna_trial2", "Ben_trial1")),
        ("participant", ("S1T1", "S1T2", "S2T1")),
        ("user", ("p1s1", "p1s2", "p2s1")),
        ("user_age", ("23", "31", "44")),
        ("subject_weight", ("60", "71", "80")),
        ("participant_sex", ("f", "m", "f")),
    ],
)
def test_columns_of_trials_and_traits_are_no_people(
    column: str, values: tuple[str, ...], tmp_path: Path
) -> None:
    for number, value in enumerate(values):
        labels = np.resize(np.repeat(LABELS, 30), 200)
        cells = {column: np.repeat(value, 200), "label": labels}
        put_plain(tmp_path / f"{number}.csv", "walking", seed=number, **cells)
    found, asked, _ = guessed(tmp_path)
    assert "columns.subject" not in found
    assert "subject" in asked
    assert f"columns.subject={column}" not in asked["subject"]


@pytest.mark.parametrize(
    "values", [("1", "2", "3"), ("user_1", "user_2"), ("S01", "S02"), ("A", "B")]
)
def test_columns_of_people_are_found(values: tuple[str, ...], tmp_path: Path) -> None:
    for number, value in enumerate(values):
        labels = np.resize(np.repeat(LABELS, 30), 200)
        cells = {"participant": np.repeat(value, 200), "label": labels}
        put_plain(tmp_path / f"{number}.csv", "walking", seed=number, **cells)
    found, asked, _ = guessed(tmp_path)
    assert not asked
    assert found["columns.subject"] == "participant"
