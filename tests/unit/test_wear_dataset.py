"""WEAR: people who were recorded twice, empty cells, and faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import change_cell, fails, read_with_notes

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.tree import FolderTree
from generators import wear

FILE = "raw/inertial/50hz/sbj_18.csv"


def read(root: Path, reference: str = "wear") -> tuple[list[Recording], list[str]]:
    return read_with_notes(FolderTree(root), reference)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    wear.write(tmp_path, np.random.default_rng(5))
    return tmp_path


def test_two_files_of_one_person_are_of_one_person(root: Path) -> None:
    recordings, notes = read(root)
    assert [(one.subject, one.session) for one in recordings] == [
        ("sbj_0", "sbj_0"),
        ("sbj_0", "sbj_18"),
        ("sbj_5", "sbj_5"),
    ]
    assert notes == ["3 of 24 files are there."]


def test_empty_cells_are_lost_samples_and_no_activity(root: Path) -> None:
    (left, *_), _ = read(root, "wear:placement=left_wrist")
    lost = np.flatnonzero(np.isnan(left.acceleration).all(axis=1))
    assert lost.tolist() == [90, 91, 92]
    labelled = [wear.LABELS.index(label) for label in wear.LABELS if label not in ("null", "")]
    fifth = len(left.labels) // len(wear.LABELS) + 1
    found = [int(left.labels[place * fifth]) for place in range(len(wear.LABELS))]
    assert [place for place, label in enumerate(found) if label != NO_LABEL] == labelled


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (1, b"0", ["line 30, column 1", "another person", "18, as in the name"]),
        (1, b"", ["line 30, column 1", "another person"]),
        (14, b"Jogging", ["line 30, column 14", "'Jogging' is not a class", "'bench-dips'"]),
        (2, b"off", ["line 30, column 2", "'off' is not a number"]),
        (4, b"1e30", ["sample 29", "1e+30 is not"]),
    ],
)
def test_a_cell_that_cannot_be(column: int, cell: bytes, said: list[str], root: Path) -> None:
    change_cell(root / FILE, b",", 30, column, cell)
    fails(DataFormatError, lambda: read(root), root / FILE, *said)


@pytest.mark.parametrize("name", ["sbj_24.csv", "sbj_01.csv", "sbj_0_labels.csv"])
def test_another_name(name: str, root: Path) -> None:
    other = (root / FILE).rename((root / FILE).with_name(name))
    fails(DataFormatError, lambda: read(root), other, "sbj_0.csv to sbj_23.csv")
