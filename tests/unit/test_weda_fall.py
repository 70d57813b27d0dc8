"""WEDA-FALL: trials put together from two files, falls labelled by a table, and their faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import change_cell, fails, read_with_notes

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.tree import FolderTree
from crosswear.signal.resample import resample
from generators import weda_fall

FORTY = "dataset/40Hz/F01/U01_R02_accel.csv"
TEN = FORTY.replace("40Hz", "10Hz")
TIMES = "dataset/fall_timestamps.csv"


def read(root: Path, reference: str = "weda_fall") -> tuple[list[Recording], list[str]]:
    return read_with_notes(FolderTree(root), reference)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    weda_fall.write(tmp_path, np.random.default_rng(5))
    return tmp_path


def test_missing_and_sorted_recordings_are_reported(root: Path) -> None:
    _, notes = read(root)
    assert notes == [
        "964 of 969 recordings are not there.",
        "The rows of 1 recordings are out of order and were sorted by time.",
    ]


def test_falls_have_the_rate_of_the_other_movements(root: Path) -> None:
    recordings, _ = read(root)
    for one in recordings:
        stamps = weda_fall.stamps(np.random.default_rng(0), len(one.labels))
        (piece,) = resample(one)
        assert len(piece) == pytest.approx(stamps[-1] / 1000 * 25, abs=4)


def test_a_fall_is_labelled_while_it_lasts(root: Path) -> None:
    recordings, _ = read(root, "weda_fall:variant=one-fall")
    fall = next(one for one in recordings if one.session.startswith("F01"))
    falling = fall.labels != NO_LABEL
    assert np.unique(fall.labels).tolist() == [NO_LABEL, 11]
    start, stop = weda_fall.FALL_S
    assert falling.sum() / 49.7 == pytest.approx(stop - start, abs=0.2)
    assert np.diff(falling.astype(int)).tolist().count(1) == 1


def test_without_falls_their_times_are_not_needed(root: Path) -> None:
    (root / TIMES).unlink()
    fails(MissingDataError, lambda: read(root), TIMES)
    for path in root.glob("dataset/40Hz/F*/*_accel.csv"):
        path.unlink()
    assert len(read(root)[0]) == 3


def test_a_part_that_is_missing(root: Path) -> None:
    (root / TEN).unlink()
    fails(MissingDataError, lambda: read(root), root / TEN)


def test_a_part_of_another_length(root: Path) -> None:
    lines = (root / TEN).read_text().splitlines(keepends=True)
    (root / TEN).write_text("".join(lines[:-3]))
    fails(DataFormatError, lambda: read(root), root / TEN, "one row for every four")


def test_a_copy_at_another_rate(root: Path) -> None:
    header, *rows = (root / FORTY).read_text().splitlines(keepends=True)
    fifth = rows[4::5]
    (root / TEN).write_text(header + "".join(fifth))
    (root / FORTY).write_text(header + "".join(row for row in rows if row not in fifth))
    fails(DataFormatError, lambda: read(root), root / FORTY, "45 to 55 rows a second")


@pytest.mark.parametrize("stamp", [b"NaN", b"900"])
def test_a_stamp_that_cannot_be(stamp: bytes, root: Path) -> None:
    change_cell(root / FORTY, b",", 12, 1, stamp)
    said = "line 12, column 1" if stamp == b"NaN" else "45 to 55 rows a second"
    fails(DataFormatError, lambda: read(root), root / FORTY, said)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({2: b"5.0"}, ["line 2", "no start before an end"]),
        ({3: b"NaN"}, ["line 2", "no start before an end"]),
        ({1: b"F08/U02_R04"}, ["line 3", "'F08/U02_R04' has two lines"]),
        ({1: b"F01/U01_R03"}, ["no line of F01/U01_R02"]),
    ],
)
def test_times_of_a_fall_that_cannot_be(
    cells: dict[int, bytes], said: list[str], root: Path
) -> None:
    for column, cell in cells.items():
        change_cell(root / TIMES, b",", 2, column, cell)
    fails(DataFormatError, lambda: read(root), root / TIMES, *said)


@pytest.mark.parametrize("name", ["D12/U01_R01", "F09/U01_R01", "D01/Uaa_R01"])
def test_another_name(name: str, root: Path) -> None:
    other = root / f"dataset/40Hz/{name}_accel.csv"
    other.parent.mkdir(exist_ok=True)
    (root / FORTY).rename(other)
    fails(DataFormatError, lambda: read(root), other, "D01 to D11 or F01 to F08")
