"""HHAR: rows out of order, clocks that stop or start again, and faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import change_cell, fails
from test_archives import pack

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets import REGISTRY
from crosswear.datasets.roots import locate
from crosswear.datasets.tree import FileTree, FolderTree
from crosswear.signal.resample import resample
from generators import hhar

FILE = "Watch_accelerometer.csv"
SPEC = REGISTRY["hhar"]


def read(tree: FileTree) -> tuple[list[Recording], list[str]]:
    notes: list[str] = []
    return list(SPEC.read(tree, SPEC.default_options, notes.append)), notes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    hhar.write(tmp_path, np.random.default_rng(5))
    return tmp_path


def test_each_watch_is_a_recording_at_its_own_rate(root: Path) -> None:
    recordings, notes = read(FolderTree(root))
    assert [(one.subject, one.session, one.rate_hz) for one in recordings] == [
        ("a", "gear_1", 100.0),
        ("a", "lgwatch_2", 200.0),
        ("i", "gear_1", 100.0),
    ]
    assert notes == [
        "2 of 9 people are there.",
        "3 rows repeat a time stamp of their watch and are left out.",
        "Watches slept 4 times, 80 s in all; there are gaps.",
    ]


def test_a_sleep_is_a_gap_although_the_clock_stood_still(root: Path) -> None:
    gear, other, _ = read(FolderTree(root))[0]
    assert gear.time_s is not None
    assert np.diff(gear.time_s).max() == pytest.approx(37.03, abs=0.2)
    assert [len(resample(one)) for one in (gear, other)] == [3, 1]


def test_a_clock_that_starts_again_begins_another_recording(root: Path) -> None:
    lines, _, _ = hhar.stream(np.random.default_rng(1), "b", "lgwatch_1")
    cells = [line.split(",") for line in lines]
    again = [[*one[:2], str(int(one[2]) - 20_000 * 10**9), *one[3:]] for one in cells]
    text = [hhar.HEADER, *lines, *(",".join(one) for one in again)]
    (root / FILE).write_text("".join(text))
    recordings, _ = read(FolderTree(root))
    assert [one.session for one in recordings] == ["lgwatch_1", "lgwatch_1-2"]
    np.testing.assert_array_equal(recordings[0].acceleration, recordings[1].acceleration)


def test_a_clock_of_another_unit(root: Path) -> None:
    lines, _, _ = hhar.stream(np.random.default_rng(1), "b", "lgwatch_1")
    cells = [line.split(",") for line in lines]
    millis = [",".join([*one[:2], str(int(one[2]) // 1000), *one[3:]]) for one in cells]
    (root / FILE).write_text("".join([hhar.HEADER, *millis]))
    said = ["user b, device lgwatch_1", "2e+05 Hz", "200 Hz within 20%"]
    fails(DataFormatError, lambda: read(FolderTree(root)), root / FILE, *said)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (2, b"NaN", "no time stamp"),
        (3, b"NaN", "no time stamp"),
        (7, b"j", "'j' is not a person"),
        (9, b"nexus4_1", "'nexus4_1' is not a watch"),
        (10, b"nap", "'nap' is not a class"),
        (6, b"1e30", "1e+30 is not"),
    ],
)
def test_a_cell_that_cannot_be(column: int, cell: bytes, said: str, root: Path) -> None:
    change_cell(root / FILE, b",", 30, column, cell)
    place = "sample 29" if column == 6 else "line 30"
    fails(DataFormatError, lambda: read(FolderTree(root)), f"{root / FILE}, {place}", said)


def test_the_archive_in_the_archive_is_found_beside_another_one(root: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    folder = tmp_path / "inner" / "Activity recognition exp"
    folder.mkdir(parents=True)
    (root / FILE).rename(folder / FILE)
    pack(folder.parent, outer / "Activity recognition exp.zip")
    pack(folder.parent, outer / "Still exp.zip")
    pack(outer, tmp_path / "data" / SPEC.archives[0])
    recordings, _ = read(locate(SPEC, tmp_path / "data"))
    assert len(recordings) == len(hhar.STREAMS)
