"""Predicting from packed and tabbed files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from predict_helpers import BUNDLE, movement, write_csv

from crosswear.core.errors import DataFormatError
from crosswear.deploy.recognise.recognised import recognise_files


def test_packed_files_and_tabs_give_the_same(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "walk.csv", movement())
    text = path.read_bytes()
    (tmp_path / "walk.csv.gz").write_bytes(gzip.compress(text))
    (tmp_path / "walk.tsv").write_bytes(text.replace(b",", b"\t"))
    (tmp_path / "walk.tsv.gz").write_bytes(gzip.compress(text.replace(b",", b"\t")))
    [plain] = recognise_files(BUNDLE, [path])
    for name in ("walk.csv.gz", "walk.tsv", "walk.tsv.gz"):
        [found] = recognise_files(BUNDLE, [tmp_path / name])
        assert found.events == plain.events
        assert found.columns == plain.columns


@pytest.mark.parametrize(
    "damage",
    [b"", b"no gzip", gzip.compress(b"time,x,y,z\n" * 999, mtime=0)[:-9]],
    ids=["empty", "text", "cut off"],
)
def test_a_damaged_packed_file_is_bad_input(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "walk.csv.gz").write_bytes(damage)
    with pytest.raises(DataFormatError, match=r"walk\.csv\.gz: (cannot be read|not a recording)"):
        recognise_files(BUNDLE, [tmp_path / "walk.csv.gz"])


@pytest.mark.slow
def test_a_packed_file_that_is_cut_off_further_down(tmp_path: Path) -> None:
    text = write_csv(tmp_path / "walk.csv", movement(2000)).read_bytes()
    whole = gzip.compress(text)
    (tmp_path / "walk.csv.gz").write_bytes(whole[: len(whole) * 4 // 5])
    with pytest.raises(DataFormatError, match=r"walk\.csv\.gz: cannot be read"):
        recognise_files(BUNDLE, [tmp_path / "walk.csv.gz"])
