"""PAMAP2: activities of each class table, dropouts, and what is wrong with a file."""

from __future__ import annotations

import itertools
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
from generators import pamap2

SPEC = REGISTRY["pamap2"]
NAME = "Protocol/subject104.dat"
EVERY_CODE = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24)


def write(root: Path, codes: tuple[int, ...] = EVERY_CODE) -> Path:
    pamap2.write_file(root / NAME, np.random.default_rng(3), np.repeat(codes, 10))
    return root / NAME


def read(
    root: Path, variant: str = "merged-sitting", placement: str = "dominant_wrist"
) -> Recording:
    options = ReadOptions(placement, variant)
    return next(SPEC.read(FolderTree(root), options, lambda sentence: None))


@pytest.mark.parametrize(
    ("variant", "null"),
    [
        ("merged-sitting", ()),
        ("three-people", (9, 11, 20)),
        ("protocol12", (9, 10, 11, 18, 19, 20)),
    ],
)
def test_every_code_has_its_class(variant: str, null: tuple[int, ...], tmp_path: Path) -> None:
    write(tmp_path)
    labels = read(tmp_path, variant).labels.reshape(len(EVERY_CODE), 10)
    assert (labels == labels[:, :1]).all()
    names = [activity.name for activity in SPEC.variants[variant]]
    found = {
        code: names[label] if label != NO_LABEL else None
        for code, label in zip(EVERY_CODE, labels[:, 0], strict=True)
    }
    assert [code for code, name in found.items() if name is None] == [0, *null]
    assert (found[1], found[7], found[24]) == ("lying", "Nordic walking", "rope jumping")
    desk = "sitting" if variant == "merged-sitting" else "computer work"
    assert found[10] == (None if variant == "protocol12" else desk)
    assert len(names) == (12 if variant == "protocol12" else 15)


def shares_of_majority(variant: str) -> tuple[int, list[float], list[float]]:
    """Number of test sets of whole people with 45 to 55 % of the time, and the least and largest
    share of the class that is most frequent in the rest, and in the test set itself.
    """
    seconds = {code: np.array(row) for code, row in SPEC.counts.expected.items()}
    table = {row.code: seconds[row.code].copy() for row in SPEC.variants[variant]}
    if variant == "merged-sitting":
        table["2"] += seconds["9"] + seconds["10"] + seconds["11"]
    times = np.array(list(table.values()))
    guessed, largest = [], []
    for people in range(1, 9):
        for chosen in itertools.combinations(range(9), people):
            test = times[:, list(chosen)].sum(axis=1)
            if abs(test.sum() / times.sum() - 0.5) <= 0.05:
                guessed.append(test[(times.sum(axis=1) - test).argmax()] / test.sum())
                largest.append(test.max() / test.sum())
    return len(guessed), [min(guessed), max(guessed)], [min(largest), max(largest)]


@pytest.mark.parametrize("variant", ["merged-sitting", "three-people"])
def test_the_shares_of_the_majority_class_in_the_documentation(variant: str) -> None:
    row = next(line for line in SPEC.details.splitlines() if line.startswith(f"| `{variant}`"))
    sets, *ranges = shares_of_majority(variant)
    assert f"| {sets} |" in row
    told = [f"{100 * low:.1f} to {100 * high:.1f} %" for low, high in ranges]
    assert row.endswith(f"| {told[0]} | {told[1]} |")


def test_the_default_alone_reaches_the_studys_majority_share() -> None:
    assert SPEC.default_options.variant == "merged-sitting"
    reached = {one: shares_of_majority(one)[2][1] for one in SPEC.variants}
    assert [one for one, share in reached.items() if share >= 0.26] == ["merged-sitting"]


def test_a_recording_is_one_file_of_one_person(tmp_path: Path) -> None:
    pamap2.write(tmp_path, np.random.default_rng(0))
    notes: list[str] = []
    found = list(SPEC.read(FolderTree(tmp_path), SPEC.default_options, notes.append))
    assert [(one.subject, one.session) for one in found] == [
        ("101", "optional"),
        ("101", "protocol"),
        ("108", "protocol"),
    ]
    assert notes == ["3 of 14 files were found."]


def test_the_published_files_are_the_ones_that_are_read() -> None:
    assert len(SPEC.files) == 14
    assert sum(file.size or 0 for file in SPEC.files) == 1_732_579_778
    assert all(any(fnmatch(file.path, p) for p in SPEC.patterns) for file in SPEC.files)
    assert len({file.sha256 for file in SPEC.files}) == 14


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.rstrip(b"\n"),
        lambda content: content.replace(b"NaN", b"nan"),
    ],
)
def test_what_other_systems_do_to_text(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = write(tmp_path / "Dáta sets" / "№ 2")
    before = read(tmp_path / "Dáta sets" / "№ 2")
    path.write_bytes(change(path.read_bytes()))
    after = read(tmp_path / "Dáta sets" / "№ 2")
    np.testing.assert_array_equal(before.acceleration, after.acceleration)
    np.testing.assert_array_equal(before.labels, after.labels)
    np.testing.assert_array_equal(before.time_s, after.time_s)


@pytest.mark.parametrize(
    ("line", "column", "cell", "said"),
    [
        (9, 2, b"8", "column 2: 8 is not an activity"),
        (9, 2, b"25", "column 2: 25 is not an activity"),
        (9, 2, b"-1", "column 2: -1 is not an activity"),
        (9, 2, b"1.5", "column 2: 1.5 is not an activity"),
        (9, 2, b"NaN", "column 2: nan is not an activity"),
        (9, 1, b"8.45", "the time does not go on"),
        (9, 1, b"1.2", "the time does not go on"),
        (9, 1, b"NaN", "the time does not go on"),
        (1, 1, b"NaN", "the time does not go on"),
        (9, 6, b"9,81", "column 6: '9,81' is not a number: it has a decimal comma"),
        (9, 6, b"walking", "column 6: 'walking' is not a number"),
        (9, 6, b"-inf", "column 6: '-inf' is not a number"),
        (9, 54, b"1 2", "55 columns"),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(
    line: int, column: int, cell: bytes, said: str, tmp_path: Path
) -> None:
    path = write(tmp_path)
    change_cell(path, b" ", line, column, cell)
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, line {line}", said)


def test_another_layout(tmp_path: Path) -> None:
    path = write(tmp_path)
    sound = path.read_text()
    path.write_text(sound.replace(" ", ","))
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, line 1", "54 columns", "single spaces")
    path.write_text("".join(line.partition(" ")[2] for line in sound.splitlines(keepends=True)))
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, line 1: 53 columns")


def test_the_wrong_unit(tmp_path: Path) -> None:
    path = write(tmp_path)
    change_cell(path, b" ", 50, 5, b"9806650")
    fails(DataFormatError, lambda: read(tmp_path), f"{path}, sample 50, axis x")


def test_a_dropout_of_one_unit_leaves_the_others(tmp_path: Path) -> None:
    path = write(tmp_path)
    for line, column in itertools.product(range(20, 30), range(4, 21)):
        change_cell(path, b" ", line, column, b"NaN")
    assert np.isnan(read(tmp_path).acceleration[19:29]).all()
    whole = [read(tmp_path, placement=unit).acceleration for unit in ("chest", "ankle")]
    pamap2.write_file(path, np.random.default_rng(3), np.repeat(EVERY_CODE, 10))
    for unit, acceleration in zip(("chest", "ankle"), whole, strict=True):
        np.testing.assert_array_equal(read(tmp_path, placement=unit).acceleration, acceleration)
