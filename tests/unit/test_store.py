"""Records on disk: whole or not at all, and set aside when damaged."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from crosswear.core.config import ModelConfig, TrainConfig, TransferConfig
from crosswear.core.errors import DiskError, StoreError
from crosswear.core.files import new_folder, remove_leftovers, write_bytes
from crosswear.grid.experiment import Cell
from crosswear.grid.result import CellResult, EpochScore, Timing
from crosswear.grid.store import Record, Store
from crosswear.grid.study_file import parse_study
from crosswear.networks.transfer_report import TransferReport

TEXT = 'name = "one"\n[domains]\na = "x"\nb = "y"\n[grid]\nsizes = [20]\nblocks = [1]\n'
STUDY = parse_study(TEXT, "one.toml")
RECORD = Record(
    key="k" * 64,
    cell=Cell(
        "network",
        "a",
        1,
        20,
        sources=("b",),
        blocks=1,
        model=ModelConfig(),
        train=TrainConfig(),
        transfer=TransferConfig(),
        source_train=TrainConfig(),
    ),
    result=CellResult(
        classes=2,
        counts=((0, 0, 0, 3), (0, 0, 1, 1), (1, 1, 1, 4)),
        history=(EpochScore(1.25, 0.1, 1 / 3), EpochScore(0.5)),
        epoch=1,
        transferred=TransferReport(("w",), ("head",), ("blocks.block1",)),
    ),
    timing=Timing(1.5, 0.25),
    provenance={"host": "somewhere"},
)


def test_round_trip(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(RECORD)
    assert store.read(RECORD.key) == RECORD
    assert store.done([RECORD.key, "other"]) == {RECORD.key}


@pytest.mark.parametrize(
    ("old", "new"),
    [('"size":20', '"size":21'), ("[0,0,1,1]", "[0,0,1,2]"), ("}}", "}"), ("0.5", "NaN")],
)
def test_any_change_is_found(tmp_path: Path, old: str, new: str) -> None:
    store = Store(tmp_path)
    store.write(RECORD)
    path = tmp_path / "cells" / f"{RECORD.key}.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(StoreError, match=RECORD.key):
        store.read(RECORD.key)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"\xff\xfe", b'{"content": {}}'])
def test_what_is_no_record_is_an_error(tmp_path: Path, content: bytes) -> None:
    store = Store(tmp_path)
    store.write(RECORD)
    (tmp_path / "cells" / f"{RECORD.key}.json").write_bytes(content)
    with pytest.raises(StoreError, match="delete"):
        store.read(RECORD.key)


def test_failures_are_kept_and_are_not_done(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_failure(RECORD.key, RECORD.cell, "Traceback: <out of memory>")
    assert store.done([RECORD.key]) == set()
    assert store.failed([RECORD.key]) == {RECORD.key}
    assert store.traceback(RECORD.key) == "Traceback: <out of memory>"
    store.write(RECORD)
    assert store.failed([RECORD.key]) == set()


def test_a_folder_belongs_to_one_study(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.owned_by(STUDY, TEXT):
        pass
    larger = TEXT.replace("[20]", "[20, 40]")
    with store.owned_by(parse_study(larger, "one.toml"), larger):
        pass
    other = TEXT.replace('"one"', '"two"')
    with (
        pytest.raises(StoreError, match="belongs to the study 'one'"),
        store.owned_by(parse_study(other, "two.toml"), other),
    ):
        pass


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with (
        pytest.raises(StoreError, match=r"holiday\.jpg"),
        Store(tmp_path).owned_by(STUDY, TEXT),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        Store(tmp_path).owned_by(STUDY, TEXT),
        pytest.raises(StoreError, match="another run"),
        Store(tmp_path).owned_by(STUDY, TEXT),
    ):
        pass


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text("old")
    with pytest.raises(DiskError, match=r"No space left.*\n.*\n.*free some space"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "domain"

    def fill_and_fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError

    with pytest.raises(RuntimeError), new_folder(target) as folder:
        fill_and_fail(folder)
    assert list(tmp_path.iterdir()) == []
    with new_folder(target) as folder:
        (folder / "whole").write_text("")
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_leftovers_of_killed_runs_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".partial-1").write_text("half a record")
    (tmp_path / "cells.json").write_text(json.dumps({}))
    assert remove_leftovers(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cells.json"]
