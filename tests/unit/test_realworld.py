"""RealWorld: parts in archives in archives, names that vary, and faults."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import fails, read_with_notes
from test_archives import pack

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets import lookup
from crosswear.datasets.roots import locate
from crosswear.datasets.tree import FileTree, FolderTree
from generators import realworld

WALKING = "proband1/data/acc_walking_csv.zip"
MEMBER = "acc_walking_forearm.csv"


def read(tree: FileTree, reference: str = "realworld") -> tuple[list[Recording], list[str]]:
    return read_with_notes(tree, reference)


def change(path: Path, member: str, alter: Callable[[list[str]], list[str]]) -> None:
    """Pack a table anew, with its lines altered."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != "readMe"}
    lines = members[member].decode().splitlines(keepends=True)
    members[member] = "".join(alter(lines)).encode()
    path.write_bytes(realworld.packed(members))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    realworld.write(tmp_path / "realworld", np.random.default_rng(5))
    return tmp_path / "realworld"


def test_every_part_is_a_recording(root: Path) -> None:
    recordings, notes = read(FolderTree(root))
    assert [(one.subject, one.session) for one in recordings] == [
        ("proband1", "sitting_1"),
        ("proband1", "walking_1"),
        ("proband4", "climbingup_1"),
        ("proband4", "climbingup_2"),
        ("proband4", "climbingup_3"),
        ("proband4", "walking_2"),
    ]
    assert notes == [
        "3 of 15 people are there, with 5 of 24 activities.",
        "No recording of the forearm in proband2/climbingup.",
    ]
    assert len(read(FolderTree(root), "realworld:placement=chest")[0]) == 7


def test_three_archives_deep_it_is_the_same(root: Path, tmp_path: Path) -> None:
    pack(root, tmp_path / "data" / "realworld2016_dataset.zip")
    spec, _ = lookup("realworld")
    again, _ = read(locate(spec, tmp_path / "data"))
    for one, other in zip(read(FolderTree(root))[0], again, strict=True):
        np.testing.assert_array_equal(one.acceleration, other.acceleration)


def test_time_that_runs_backwards_begins_another_recording(root: Path) -> None:
    change(root / WALKING, MEMBER, lambda lines: [lines[0], *lines[101:], *lines[1:101]])
    recordings, notes = read(FolderTree(root))
    sessions = [one.session for one in recordings if one.subject == "proband1"]
    assert sessions == ["sitting_1", "walking_1", "walking_1-2"]
    assert notes[-1] == "The time runs backwards 1 times; another recording begins there."


def as_seconds(line: str) -> str:
    number, stamp, *values = line.split(",")
    return ",".join([number, str(float(stamp) / 1000), *values])


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda lines: [*lines[:9], lines[8], *lines[9:]], ["line 10, column 2", "repeats"]),
        (lambda lines: [*lines[:9], "9,NaN,1,2,3\n", *lines[9:]], ["line 10, column 2", "missing"]),
        (lambda lines: [lines[0], *map(as_seconds, lines[1:])], ["5e+04 Hz", "50 Hz within 20%"]),
        (lambda lines: [*lines[:9], "9,1435991779160,1,2\n"], ["line 10: ", "4 columns"]),
        (lambda lines: ["id,time,x,y,z\n", *lines[1:]], ["line 1", "attr_time"]),
        (lambda lines: [], ["the file is empty"]),
    ],
)
def test_a_table_that_cannot_be(
    alter: Callable[[list[str]], list[str]], said: list[str], root: Path
) -> None:
    change(root / WALKING, MEMBER, alter)
    fails(DataFormatError, lambda: read(FolderTree(root)), f"{root / WALKING}/{MEMBER}", *said)


@pytest.mark.parametrize(
    "members",
    [
        {"acc_running_forearm.csv": b""},
        {"acc_walking_wrist.csv": b""},
        {"acc_running_1_csv.zip": b""},
        {"acc_walking_1_csv.zip": b"PK"},
    ],
)
def test_another_member(members: dict[str, bytes], root: Path) -> None:
    (root / WALKING).write_bytes(realworld.packed(members))
    (name,) = members
    fails(DataFormatError, lambda: read(FolderTree(root)), f"{root / WALKING}/{name}")


def test_a_part_that_is_there_twice(root: Path) -> None:
    with zipfile.ZipFile(root / WALKING) as archive:
        text = archive.read(MEMBER)
    inner = realworld.packed({MEMBER: text})
    (root / WALKING).write_bytes(realworld.packed({MEMBER: text, "acc_walking_1_csv.zip": inner}))
    fails(DataFormatError, lambda: read(FolderTree(root)), "part 1 of the forearm is there twice")


@pytest.mark.parametrize("name", ["proband16/data/acc_walking", "proband1/data/acc_hopping"])
def test_another_name(name: str, root: Path) -> None:
    other = root / f"{name}_csv.zip"
    other.parent.mkdir(parents=True, exist_ok=True)
    (root / WALKING).rename(other)
    fails(DataFormatError, lambda: read(FolderTree(root)), other, "proband1 to proband15")
