"""Damaged files are read or refused: no other exception, no hang, no hunger for memory.

``python benchmarks/fuzz_readers.py`` runs as many cases as one likes.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosswear.core.errors import DataFormatError
from crosswear.datasets.matlab import read_matrices
from crosswear.datasets.tree import FolderTree
from fuzz.cases import DATASETS, run_case, write_sound
from fuzz.damage import matrix_bomb

CASES = 20
LONGEST_S = 5.0
LARGEST_GROWTH = 2**30


@contextmanager
def little_memory() -> Iterator[None]:
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before < LARGEST_GROWTH


@pytest.mark.parametrize("dataset", DATASETS)
def test_damaged_files_are_read_or_refused(dataset: str, tmp_path: Path) -> None:
    write_sound(dataset, tmp_path / "sound")
    with little_memory():
        for number in range(CASES):
            outcome = run_case(dataset, number, tmp_path / "sound", tmp_path / "case")
            assert outcome.result != "failed", f"case {number}, {outcome.damage}: {outcome.said}"
            assert outcome.seconds < LONGEST_S, f"case {number}, {outcome.damage}"


def test_a_matrix_that_is_a_thousandfold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.mat").write_bytes(matrix_bomb("data", gigabytes=1.8))
    start = time.process_time()
    with little_memory(), pytest.raises(DataFormatError, match="packed too well"):
        read_matrices(FolderTree(tmp_path), "data.mat", {"data": 15})
    assert time.process_time() - start < LONGEST_S


def test_as_large_and_sound_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "data.mat").write_bytes(matrix_bomb("data", gigabytes=0.05))
    found = read_matrices(FolderTree(tmp_path), "data.mat", {"data": 15})["data"]
    assert not found.any()
    assert found.size > 6_000_000
