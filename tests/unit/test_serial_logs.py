"""Logs of a serial port: broken lines, and names of the columns in some files only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import KINDS, guessed, motion, put
from predict_helpers import BUNDLE, movement, write_csv

from crosswear.core.errors import CrosswearError, DataFormatError
from crosswear.datasets import lookup
from crosswear.datasets.propose import parse_answer, try_out, write_proposal
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.inputs import Overrides
from crosswear.deploy.recognise.recognised import recognise_files
from crosswear.tables.broken import place, whole_rows
from crosswear.tables.reader import Wanted, read_batches
from crosswear.tables.text import Dialect, TableFile

NAMES = "millis,ax,ay,az"
BY_FILE = r"(?P<subject>[a-z]+)_(?P<label>[a-z]+)\.csv"
BROKEN = {100: "2020,0.1", 150: "3020,0.1,0.23040,0.1,0.2,0.3", 160: "3220,0.1,0.-12,0.3"}


def log(path: Path, kind: str, header: str | None, broken: Mapping[int, str] = {}) -> None:
    """Write ten seconds at 50 Hz; `broken` has other lines in place of some."""
    rows = [
        f"{20 * i},{x:.2f},{y:.2f},{z:.2f}"
        for i, (x, y, z) in enumerate(motion(kind, 50, 10, len(path.stem)))
    ]
    put(path, header, [broken.get(i, row) for i, row in enumerate(rows)])


def folder(root: Path, broken: Mapping[int, str] = {}) -> None:
    """Write logs of two people, the names of the columns in those of one of them only."""
    for kind in KINDS:
        log(root / f"tom_{kind}.csv", kind, NAMES, broken)
        log(root / f"lisa_{kind}.csv", kind, None, broken)


def test_files_without_names_are_read_with_the_names_of_the_others(tmp_path: Path) -> None:
    folder(tmp_path)
    found, asked, proposal = guessed(tmp_path, path=BY_FILE)
    assert not asked
    assert (found["files"], found["names"]) == (["*.csv"], NAMES.split(","))
    spec, options = lookup(str(write_proposal(proposal, force=True)))
    read = {
        (one.subject, one.labels[0]): one
        for one in spec.read(FolderTree(tmp_path), options, lambda _: None)
    }
    assert len(read) == 2 * len(KINDS)
    assert {len(one.acceleration) for one in read.values()} == {500}
    wanted = np.round(motion("sitting", 50, 10, len("lisa_sitting")), 2)
    classes = sorted(KINDS)
    sitting = read["lisa", classes.index("sitting")].acceleration
    np.testing.assert_allclose(sitting, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("millis", "ax", "ay"), r"a\.csv, which has no line of names: no column 'az'"),
        (("millis", "ax", "ay", "az", "t"), "line 1: 4 columns where names has 5"),
    ],
)
def test_names_that_do_not_fit_a_file_are_said_to(
    names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    log(tmp_path / "a.csv", "walking", None)
    dialect = Dialect(has_header=True, names=names)
    with pytest.raises(DataFormatError, match=said):
        list(read_batches(table(tmp_path / "a.csv"), dialect, {"z": Wanted("az", "number")}))


@pytest.mark.parametrize("text", ["millis, ax, ay, az", '["millis", "ax", "ay", "az"]'])
def test_names_are_an_answer(text: str, tmp_path: Path) -> None:
    folder(tmp_path)
    answers = dict([parse_answer(f"names={text}")])
    found, asked, proposal = guessed(tmp_path, path=BY_FILE, **answers)
    assert not asked
    assert found["names"] == NAMES.split(",")
    assert try_out(proposal).recordings == 2 * len(KINDS)


def test_a_line_of_other_names_is_no_line_of_values(tmp_path: Path) -> None:
    folder(tmp_path)
    _, _, proposal = guessed(tmp_path, path=BY_FILE, broken_lines="leave-out")
    log(tmp_path / "lisa_sitting.csv", "sitting", "ms,gx,gy,gz")
    with pytest.raises(DataFormatError, match=r"lisa_sitting\.csv, line 1: no column 'ax'"):
        try_out(proposal)


def test_files_without_names_are_looked_at_before_they_take_them(tmp_path: Path) -> None:
    folder(tmp_path)
    rng = np.random.default_rng(0)
    for kind in KINDS:  # as a gyroscope turns
        rows = [",".join(f"{v:.2f}" for v in row) for row in rng.normal(size=(500, 3)) * 50]
        rows = [f"{20 * i},{row}" for i, row in enumerate(rows)]
        put(tmp_path / f"lisa_{kind}.csv", None, rows)
    assert "Gravity is not in x, y and z" in guessed(tmp_path, path=BY_FILE)[1]["unit"]


def test_files_of_another_width_stay_a_kind_of_their_own(tmp_path: Path) -> None:
    folder(tmp_path)
    for kind in KINDS:
        rows = [f"{x:.2f},{y:.2f},{z:.2f}" for x, y, z in motion(kind, 50, 10)]
        put(tmp_path / f"lisa_{kind}.csv", None, rows)
    found, _, _ = guessed(tmp_path, path=BY_FILE)
    assert "names" not in found


def test_a_broken_line_is_refused_with_the_way_out(tmp_path: Path) -> None:
    folder(tmp_path, BROKEN)
    _, _, proposal = guessed(tmp_path, path=BY_FILE)
    with pytest.raises(DataFormatError, match=r"--set broken_lines=leave-out") as caught:
        try_out(proposal)
    assert "line 101: 2 columns where names has 4" in str(caught.value)


def test_broken_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    folder(tmp_path, BROKEN)
    _, _, proposal = guessed(tmp_path, path=BY_FILE, broken_lines="leave-out")
    tried = try_out(proposal)
    assert any("18 broken lines are left out of 6 files" in one for one in tried.notes)
    path = write_proposal(proposal, force=True)
    spec, options = lookup(str(path))
    for one in spec.read(FolderTree(tmp_path), options, lambda _: None):
        assert len(one.acceleration) == 500 - len(BROKEN)


@pytest.mark.parametrize("header", [NAMES, None])
def test_a_first_line_that_is_cut_is_left_out(header: str | None, tmp_path: Path) -> None:
    for kind in KINDS:
        log(tmp_path / f"tom_{kind}.csv", kind, header)
        log(tmp_path / f"lisa_{kind}.csv", kind, None, {0: "4,0.3"} if kind == "walking" else {})
    _, asked, proposal = guessed(tmp_path, path=BY_FILE, broken_lines="leave-out")
    assert not asked
    assert any("1 broken line is left out" in one for one in try_out(proposal).notes)


def table(path: Path) -> TableFile:
    return TableFile(str(path), lambda: path.open("rb"))


def test_lines_after_a_broken_one_keep_their_number(tmp_path: Path) -> None:
    log(tmp_path / "a.csv", "walking", NAMES, BROKEN)
    dialect = Dialect(has_header=True, without_broken=True)
    assert place(table(tmp_path / "a.csv"), dialect, 99).endswith("line 101")
    assert place(table(tmp_path / "a.csv"), dialect, 100).endswith("line 103")


def with_notes(root: Path, broken: Mapping[int, str] = {}) -> None:
    """Write logs with a column of text at the end, which is not read."""
    for who in ("tom", "lisa"):
        for kind in KINDS:
            rows = [
                f"{20 * i},{x:.2f},{y:.2f},{z:.2f},ok"
                for i, (x, y, z) in enumerate(motion(kind, 50, 10, len(who)))
            ]
            rows = [broken.get(i, row) for i, row in enumerate(rows)]
            put(root / f"{who}_{kind}.csv", f"{NAMES},note", rows)


ONE_QUOTE = {100: '2000,0.1,0.2,0.3,"ok'}
TWO_QUOTES = ONE_QUOTE | {104: '2080,0.1,0.2,0.3,"ok'}


@pytest.mark.parametrize("broken", [ONE_QUOTE, TWO_QUOTES])
def test_a_quote_that_is_not_closed_swallows_no_lines(
    broken: Mapping[int, str], tmp_path: Path
) -> None:
    with_notes(tmp_path, broken)
    with pytest.raises(DataFormatError, match="line 102: a quote is not closed") as caught:
        try_out(guessed(tmp_path, path=BY_FILE)[2])
    assert "broken_lines=leave-out" in str(caught.value)
    _, _, proposal = guessed(tmp_path, path=BY_FILE, broken_lines="leave-out")
    count = 6 * len(broken)
    assert any(f"{count} broken lines are left out" in one for one in try_out(proposal).notes)


def test_a_quoted_cell_may_have_several_lines(tmp_path: Path) -> None:
    with_notes(tmp_path, {100: '2000,0.1,0.2,0.3,"one\n\nthree"'})
    _, _, proposal = guessed(tmp_path, path=BY_FILE)
    spec, options = lookup(str(write_proposal(proposal, force=True)))
    read = spec.read(FolderTree(tmp_path), options, lambda _: None)
    assert {len(one.acceleration) for one in read} == {500}


def test_half_of_the_end_of_a_line_may_be_lost(tmp_path: Path) -> None:
    folder(tmp_path)
    for path in tmp_path.glob("*.csv"):
        lines = path.read_bytes().split(b"\n")
        lines[300] += b"\r" + lines.pop(301)
        path.write_bytes(b"\r\n".join(lines))
    _, asked, proposal = guessed(tmp_path, path=BY_FILE, broken_lines="leave-out")
    assert not asked
    assert any("6 broken lines are left out" in one for one in try_out(proposal).notes)


def test_lines_that_cannot_be_split_are_never_whole(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", NAMES, ['0,"0.1,0.2,0.3'] * 50)
    with pytest.raises(DataFormatError, match="50 of 50 lines are broken"):
        list(whole_rows(table(path), Dialect(has_header=True, without_broken=True)))


@pytest.mark.parametrize("zone", ["", "Z"])
def test_a_time_stamp_that_is_cut_is_broken(zone: str, tmp_path: Path) -> None:
    rows = [
        f"2026-03-01 10:00:{i / 50:06.3f}{zone},{x:.2f},{y:.2f},{z:.2f}"
        for i, (x, y, z) in enumerate(motion("walking", 50, 10))
    ]
    rows[300] = rows[300].replace("2026", "2o26")
    rows[400] = rows[400].replace("10:00:08", "10:0")
    path = put(tmp_path / "a.csv", NAMES, rows)
    left = whole_rows(table(path), Dialect(has_header=True, without_broken=True))
    assert {number for number, _ in left} == {*range(2, 502)} - {302, 402}


def test_a_file_that_is_broken_in_many_lines_is_refused(tmp_path: Path) -> None:
    log(tmp_path / "a.csv", "walking", NAMES, dict.fromkeys(range(100, 130), "1,2"))
    dialect = Dialect(has_header=True, without_broken=True)
    with pytest.raises(DataFormatError, match="line 102: 30 of 500 lines are broken"):
        list(whole_rows(table(tmp_path / "a.csv"), dialect))


def test_predict_reads_a_folder_of_logs_as_layout_says(tmp_path: Path) -> None:
    folder(tmp_path / "mine")
    _, _, proposal = guessed(tmp_path / "mine", path=BY_FILE, broken_lines="leave-out")
    toml = write_proposal(proposal, force=True)
    log(tmp_path / "new" / "ida_walking.csv", "walking", None, BROKEN)
    with pytest.raises(CrosswearError, match="--layout"):
        recognise_files(BUNDLE, [tmp_path / "new"])
    [found] = recognise_files(BUNDLE, [tmp_path / "new"], Overrides(), toml)
    assert found.rate_hz == 50
    assert "3 broken lines are left out" in found.notes


def test_predict_says_that_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "walk.csv", movement()).rename(tmp_path / "walk.zip")
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 8)
    with pytest.raises(DataFormatError, match="unpack it"):
        recognise_files(BUNDLE, [path])
