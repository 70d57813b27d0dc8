"""A description of recordings in a folder that cannot be written to lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from predict_helpers import BUNDLE, RATE_HZ, movement, write_csv
from typer.testing import CliRunner

from crosswear.cli.data import data_app
from crosswear.core.config import PreparationConfig
from crosswear.core.errors import CrosswearError, MissingDataError
from crosswear.datasets.domain import same_dataset
from crosswear.datasets.own import load_own
from crosswear.datasets.prepare import prepare
from crosswear.deploy.recognise.recognised import recognise_files

LABELS = ("sitting", "walking")
KNOWN = (
    "placement=left_wrist",
    f"rate_hz={RATE_HZ}",
    r"path=(?P<subject>[^/]+)/(?P<label>[^/]+)\.csv",
)
FILES = [f"{name}/{label}.csv" for name in ("anna", "ben", "carl") for label in LABELS]
CONFIG = PreparationConfig(min_subjects=1)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "read only"
    for number, person in enumerate(("anna", "ben", "carl")):
        (folder / person).mkdir(parents=True)
        values = movement() + number * 0.001
        write_csv(folder / person / "sitting.csv", values[: 30 * RATE_HZ])
        write_csv(folder / person / "walking.csv", values[30 * RATE_HZ :])
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def described(folder: Path, out: Path) -> Path:
    """Write a description elsewhere."""
    answers = [f"--set={one}" for one in KNOWN]
    new(folder, "--out", str(out), *answers)
    return out


def new(folder: Path, *options: str) -> None:
    CliRunner().invoke(data_app, ["new", str(folder), *options], catch_exceptions=False)


def test_nothing_is_written_into_the_folder(folder: Path, tmp_path: Path) -> None:
    toml = described(folder, tmp_path / "mine" / "phone.toml")
    found = (path for path in folder.rglob("*") if path.is_file())
    assert sorted(path.relative_to(folder).as_posix() for path in found) == FILES
    assert load_own(toml).root == folder.resolve()
    domain = prepare(toml, None, CONFIG, tmp_path / "cache")
    assert domain.classes == LABELS


def test_predict_reads_the_folder(folder: Path, tmp_path: Path) -> None:
    toml = described(folder, tmp_path / "phone.toml")
    found = recognise_files(BUNDLE, [toml])
    assert [one.file for one in found] == [str(folder.resolve() / name) for name in FILES]


def test_a_relative_root_starts_at_the_description(folder: Path, tmp_path: Path) -> None:
    toml = described(folder, tmp_path / "phone.toml")
    moved = tmp_path / "other.toml"
    absolute = str(folder.resolve())
    moved.write_text(toml.read_text("utf-8").replace(absolute, folder.name), "utf-8")
    assert load_own(moved).root == folder.resolve()
    ours, theirs = (prepare(one, None, CONFIG, tmp_path / "cache") for one in (toml, moved))
    assert same_dataset(ours, theirs)


def test_another_description_gives_another_domain(folder: Path, tmp_path: Path) -> None:
    toml = described(folder, tmp_path / "phone.toml")
    before = prepare(toml, None, CONFIG, tmp_path / "cache")
    toml.write_text(toml.read_text("utf-8").replace('= "walking"', '= "strolling"'), "utf-8")
    after = prepare(toml, None, CONFIG, tmp_path / "cache")
    assert after.classes == ("sitting", "strolling")
    np.testing.assert_array_equal(before.windows.y, after.windows.y)


def test_a_folder_that_is_gone_is_named(folder: Path, tmp_path: Path) -> None:
    toml = described(folder, tmp_path / "phone.toml")
    gone = str(tmp_path / "gone")
    toml.write_text(toml.read_text("utf-8").replace(str(folder.resolve()), gone), "utf-8")
    with pytest.raises(MissingDataError, match="gone"):
        prepare(toml, None, CONFIG, tmp_path / "cache")
    with pytest.raises(MissingDataError, match="gone"):
        recognise_files(BUNDLE, [toml])


def test_another_ending_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CrosswearError, match=r"ends in \.toml"):
        described(folder, tmp_path / "phone.txt")


def test_without_out_the_way_on_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "os.access", lambda _, mode, **__: not mode & os.W_OK
    )  # a superuser may write everywhere
    with pytest.raises(CrosswearError, match="--out FILE"):
        new(folder)
