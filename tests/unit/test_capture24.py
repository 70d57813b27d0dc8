"""CAPTURE-24: annotations letter by letter, an hour at a time, and faults."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import change_cell, fails, read_with_notes

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets import REGISTRY
from crosswear.datasets import capture24 as reader
from crosswear.datasets.tree import FolderTree
from generators import capture24
from generators.planted import movement

FILE = "P151.csv.gz"
SLEEP = "7030 sleeping;MET 0.95"


def read(root: Path, reference: str = "capture24") -> tuple[list[Recording], list[str]]:
    return read_with_notes(FolderTree(root), reference)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    capture24.write(tmp_path, np.random.default_rng(5))
    return tmp_path


def sleeping(root: Path, samples: int, first_row: int = 0) -> tuple[list[str], np.ndarray]:
    """Put one file in place of all; returns its lines and the signal."""
    signal = movement(np.random.default_rng(2), samples, 100.0)
    text, _ = capture24.lines(signal, [SLEEP] * samples, first_row)
    for path in root.glob("P*.gz"):
        path.unlink()
    capture24.pack(root / FILE, text)
    return text, signal


@pytest.mark.parametrize("scheme", capture24.SCHEMES)
def test_every_scheme_of_the_publisher_is_a_class_table(scheme: str, root: Path) -> None:
    (recording, _), notes = read(root, f"capture24:variant={scheme}")
    table = REGISTRY["capture24"].variants[scheme]
    column = capture24.SCHEMES.index(scheme)
    found = {table[label].code for label in recording.labels if label != NO_LABEL}
    assert found == {labels[column] for labels in capture24.DICTIONARY.values()}
    assert notes == ["2 of 151 people are there."]


def test_a_double_space_makes_another_annotation(root: Path) -> None:
    (recording, _), _ = read(root)
    table = REGISTRY["capture24"].variants["WillettsSpecific2018"]
    part = len(recording.labels) // 5
    codes = [table[recording.labels[place * part + part // 2]].code for place in (2, 3)]
    assert codes == ["mixed-activity", "sitting"]
    assert recording.labels[-1] == NO_LABEL


def test_time_without_an_annotation_is_of_no_class(root: Path) -> None:
    for recording in read(root, "capture24:variant=Walmsley2020")[0]:
        assert 0.1 < (recording.labels == NO_LABEL).mean() < 0.25


def test_a_file_is_read_an_hour_at_a_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SAMPLES_OF_A_RECORDING", 128)
    _, signal = sleeping(root, 3 * 128 + 7)
    recordings, _ = read(root)
    assert [len(one.labels) for one in recordings] == [128, 128, 128, 7]
    assert [one.session for one in recordings] == ["000", "001", "002", "003"]
    whole = np.concatenate([one.acceleration for one in recordings])
    np.testing.assert_allclose(whole, signal, atol=1e-6)
    assert all(one.time_s is not None and one.time_s[0] == 0 for one in recordings)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SAMPLES_OF_A_RECORDING", 1000)
    monkeypatch.setattr("crosswear.tables.reader.BLOCK_BYTES", 1 << 14)
    spec = REGISTRY["capture24"]
    peaks = []
    for samples in (5_000, 20_000):
        sleeping(root, samples)
        tracemalloc.start()
        tree, options = FolderTree(root), spec.default_options
        assert sum(1 for _ in spec.read(tree, options, lambda _: None)) == samples // 1000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_rows_that_repeat_a_time_are_left_out(root: Path) -> None:
    text, signal = sleeping(root, 200)
    capture24.pack(root / FILE, [*text[:50], *text[49:]])
    (recording,), _ = read(root)
    np.testing.assert_allclose(recording.acceleration, signal, atol=1e-6)


@pytest.mark.parametrize("batch", [1 << 19, 2000])
def test_time_that_runs_backwards_begins_another_recording(
    batch: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosswear.tables.reader.BLOCK_BYTES", batch)
    text, signal = sleeping(root, 300)
    capture24.pack(root / FILE, [*text[100:], *text[:100]])
    recordings, notes = read(root)
    assert [len(one.labels) for one in recordings] == [200, 100]
    np.testing.assert_allclose(recordings[1].acceleration, signal[:100], atol=1e-6)
    assert notes[-1] == "The time runs backwards 1 times; another recording begins there."


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda line: line.replace(SLEEP, SLEEP + " "), ["line 31, column 5", "not in annotation"]),
        (lambda line: line.replace(SLEEP, "nap"), ["line 31, column 5", "'nap'"]),
        (lambda line: line.replace("2016-11-13", "13.11.2016"), ["line 31, column 1"]),
        (lambda line: line.replace("2016-11-13 02:18:00", ""), ["line 31, column 1"]),
        (lambda line: line.replace(",", ",off,", 1), ["line 31: 6 columns"]),
        (lambda line: ",".join([line[:26], "1e30", "0", "0", SLEEP + "\n"]), ["sample 30"]),
        (lambda line: line.replace(".", ","), ["line 31: 10 columns"]),
    ],
)
def test_a_line_that_cannot_be(alter: Callable[[str], str], said: list[str], root: Path) -> None:
    text, _ = sleeping(root, 100)
    capture24.pack(root / FILE, [*text[:29], alter(text[29]), *text[30:]])
    fails(DataFormatError, lambda: read(root), root / FILE, *said)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (2, b"nap", ["line 3, column 2", "'nap' is not a class"]),
        (1, SLEEP.encode(), ["an annotation stands there twice"]),
        (1, b"a,b", ["line 3: 8 columns"]),
        (1, b"\xff", ["not UTF-8"]),
    ],
)
def test_a_dictionary_that_cannot_be(column: int, cell: bytes, said: list[str], root: Path) -> None:
    path = root / "annotation-label-dictionary.csv"
    change_cell(path, b",", 3, column, cell)
    fails(DataFormatError, lambda: read(root), path, *said)


def test_without_the_dictionary_nothing_is_read(root: Path) -> None:
    (root / "annotation-label-dictionary.csv").unlink()
    fails(MissingDataError, lambda: read(root), "annotation-label-dictionary.csv")


def test_a_packed_file_that_is_cut_off(root: Path) -> None:
    content = (root / FILE).read_bytes()
    (root / FILE).write_bytes(content[: len(content) // 2])
    fails(DataFormatError, lambda: read(root), root / FILE)


def test_another_name(root: Path) -> None:
    other = (root / FILE).rename(root / "P152.csv.gz")
    fails(DataFormatError, lambda: read(root), other, "P001.csv.gz to P151.csv.gz")
