"""OPPORTUNITY: class tables, the sensor that stands in, even time, and the Challenge's files."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import change_cell, fails

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets import REGISTRY
from crosswear.datasets.spec import ReadOptions
from crosswear.datasets.tree import FolderTree
from crosswear.signal.resample import resample
from generators import opportunity

SPEC = REGISTRY["opportunity"]
NAME = "S2-ADL3.dat"
RWR, RLA = slice(22, 25), slice(63, 66)


def table(samples: int = 90) -> np.ndarray:
    """A person who stands, 30 samples a second."""
    rows = np.zeros((samples, 250))
    rows[:, 0] = np.round(np.arange(samples) * 1000 / 30)
    rows[:, RWR], rows[:, RLA] = (0, 0, 1000), (0, 1000, 0)
    rows[:, 243] = 1
    return rows


def write(root: Path, rows: np.ndarray, name: str = NAME) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    with (root / name).open("w") as file:
        for row in rows.tolist():
            cells = ("NaN" if cell != cell else f"{cell:.10g}" for cell in row)
            file.write(" ".join(cells) + "\n")
    return root / name


def read(
    root: Path, variant: str = "default", placement: str = "right_wrist"
) -> tuple[Recording, list[str]]:
    notes: list[str] = []
    options = ReadOptions(placement, variant)
    (recording,) = SPEC.read(FolderTree(root), options, notes.append)
    return recording, notes


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("default", [None, "stand", "open door 1", "drink from cup", "lie", "toggle switch"]),
        ("gestures", [None, None, "open door 1", "drink from cup", None, "toggle switch"]),
        ("locomotion", [None, "stand", "walk", None, "lie", "sit"]),
    ],
)
def test_gestures_come_before_modes_of_locomotion(
    variant: str, expected: list[str | None], tmp_path: Path
) -> None:
    rows = table(6)
    rows[:, 243] = 0, 1, 2, 0, 5, 4
    rows[:, 249] = 0, 0, 406516, 407521, 0, 405506
    rows[:, 244:249] = 101, 201, 301, 401, 501
    write(tmp_path, rows)
    names = [activity.name for activity in SPEC.variants[variant]]
    labels = read(tmp_path, variant)[0].labels
    assert [None if label == NO_LABEL else names[label] for label in labels] == expected


def test_the_class_tables_have_the_studys_sizes() -> None:
    sizes = {variant: len(classes) for variant, classes in SPEC.variants.items()}
    assert sizes == {"default": 21, "gestures": 17, "locomotion": 4}


def test_a_recording_is_one_file_of_one_person(tmp_path: Path) -> None:
    opportunity.write(tmp_path, np.random.default_rng(0))
    notes: list[str] = []
    found = list(SPEC.read(FolderTree(tmp_path), SPEC.default_options, notes.append))
    named = [(one.subject, one.session) for one in found]
    assert named == [("S1", "ADL1"), ("S1", "Drill"), ("S4", "ADL5")]
    assert notes[0] == "3 of 24 recordings were found."
    assert notes[1].startswith("S1-Drill: RWR lost ")
    assert len(notes) == 2


def test_the_published_files_are_the_ones_that_are_read() -> None:
    assert len(SPEC.files) == 24
    assert sum(file.size or 0 for file in SPEC.files) == 885_433_599
    assert all(any(fnmatch(file.path, p) for p in SPEC.patterns) for file in SPEC.files)
    assert len({file.sha256 for file in SPEC.files}) == 24


class TestTheWrist:
    @pytest.mark.parametrize(("lost", "axis"), [(0, 2), (45, 2), (46, 1), (90, 1)])
    def test_the_forearm_stands_in_where_more_than_half_is_lost(
        self, lost: int, axis: int, tmp_path: Path
    ) -> None:
        rows = table(90)
        rows[:lost, 23] = np.nan
        write(tmp_path, rows)
        recording, notes = read(tmp_path)
        assert recording.placement == "right_wrist"
        assert recording.acceleration[-1, axis] == 1.0
        told = f"S2-ADL3: RWR lost {lost / 90:.0%} of the labelled samples; RLA is read instead."
        assert (told in notes) == (axis == 1)

    def test_only_labelled_samples_count(self, tmp_path: Path) -> None:
        rows = table(90)
        rows[:80, 22] = np.nan
        rows[:80, 243] = 0
        write(tmp_path, rows)
        recording, notes = read(tmp_path)
        assert recording.acceleration[-1].tolist() == [0.0, 0.0, 1.0]
        assert len(notes) == 1
        rows[:, 243] = 0
        write(tmp_path, rows)
        assert read(tmp_path)[0].acceleration[-1].tolist() == [0.0, 1.0, 0.0]

    def test_the_better_of_two_bad_sensors(self, tmp_path: Path) -> None:
        rows = table(90)
        rows[:60, RWR] = np.nan
        rows[:70, RLA] = np.nan
        write(tmp_path, rows)
        recording, notes = read(tmp_path)
        assert recording.acceleration[-1].tolist() == [0.0, 0.0, 1.0]
        assert len(notes) == 1


class TestTime:
    def test_rounding_to_milliseconds_is_taken_back(self, tmp_path: Path) -> None:
        rows = table(120)
        rows[60:, 0] = np.round((np.arange(60, 120) + 300) * 1000 / 30)
        write(tmp_path, rows)
        recording, _ = read(tmp_path)
        ticks = np.arange(120) + 300 * (np.arange(120) >= 60)
        np.testing.assert_allclose(recording.time_s, ticks / 30, rtol=0, atol=1e-9)
        assert [len(piece) for piece in resample(recording)] == [50, 50]

    def test_another_clock_is_kept_as_it_is(self, tmp_path: Path) -> None:
        rows = table(120)
        rows[:, 0] = 7000 + np.arange(120) * 34
        write(tmp_path, rows)
        np.testing.assert_allclose(read(tmp_path)[0].time_s, np.arange(120) * 0.034)

    @pytest.mark.parametrize("stamp", [b"233", b"100", b"NaN"])
    def test_a_stamp_that_does_not_go_on(self, stamp: bytes, tmp_path: Path) -> None:
        path = write(tmp_path, table())
        change_cell(path, b" ", 9, 1, stamp)
        place = f"{path}, line 9, column 1: the time does not go on"
        fails(DataFormatError, lambda: read(tmp_path), place)

    def test_stamps_closer_than_the_rate_still_go_on(self, tmp_path: Path) -> None:
        rows = table(3)
        rows[:, 0] = 0, 33, 34
        write(tmp_path, rows)
        assert (np.diff(read(tmp_path)[0].time_s) > 0).all()


@pytest.mark.parametrize("columns", [114, 116, 48, 251])
def test_files_of_the_challenge(columns: int, tmp_path: Path) -> None:
    rows = np.resize(table(), (90, columns))
    path = write(tmp_path, rows)
    said = [f"{columns} columns", "Challenge", "opportunity+activity+recognition.zip", SPEC.home]
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, line 1", *said)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (244, b"3", "column 244: 3 is not a label"),
        (244, b"101", "column 244: 101 is not a label"),
        (244, b"NaN", "column 244: nan is not a label"),
        (250, b"506616", "column 250: 506616 is not a label"),
        (250, b"406516.5", "column 250: 406516.5 is not a label"),
        (250, b"-1", "column 250: -1 is not a label"),
        (24, b"12,5", "column 24: '12,5' is not a number: it has a decimal comma"),
        (24, b"1e", "column 24: '1e' is not a number"),
        (100, b"1 2", "251 columns"),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(
    column: int, cell: bytes, said: str, tmp_path: Path
) -> None:
    path = write(tmp_path, table())
    change_cell(path, b" ", 40, column, cell)
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, line 40", said)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.rstrip(b"\n"),
    ],
)
def test_what_other_systems_do_to_text(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    folder = tmp_path / "Größe 1" / "datasets"
    path = write(folder, table())
    before, _ = read(folder)
    path.write_bytes(change(path.read_bytes()))
    after, _ = read(folder)
    np.testing.assert_array_equal(before.acceleration, after.acceleration)
    np.testing.assert_array_equal(before.labels, after.labels)
    np.testing.assert_array_equal(before.time_s, after.time_s)
