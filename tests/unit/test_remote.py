"""Datasets at a URL: found, read and prepared as in a folder; one clear error for each problem."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from dataset_helpers import fails
from test_archives import OUTER, PAMAP2, assert_same, pack_pamap2, read, write
from typer.testing import CliRunner

import crosswear
from crosswear.cli import app
from crosswear.core.config import PreparationConfig
from crosswear.core.data_place import data_place
from crosswear.core.errors import DataFormatError, MissingDataError, UsageError
from crosswear.datasets import REGISTRY
from crosswear.datasets.prepare import prepare
from crosswear.datasets.remote import RemoteTree
from crosswear.datasets.roots import locate
from crosswear.datasets.tree import fingerprint
from crosswear.engine.transfer_source import expect_data
from generators import GENERATORS

URL = "memory://datasets"
CONFIG = PreparationConfig(window_s=1.0, hop_s=0.5, min_subjects=1)


@pytest.fixture
def store() -> Iterator[Any]:
    """An object store in the memory of this process."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def upload(folder: Path, store: Any) -> None:
    store.put(f"{folder}/", "/datasets/", recursive=True)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_every_dataset_reads_as_in_a_folder(name: str, tmp_path: Path, store: Any) -> None:
    write(name, tmp_path / "data" / name)
    upload(tmp_path / "data", store)
    spec = REGISTRY[name]
    there, here = locate(spec, URL), locate(spec, tmp_path / "data")
    assert isinstance(there, RemoteTree)
    assert fingerprint(there, spec.patterns) == fingerprint(here, spec.patterns)
    assert_same(read(name, there), read(name, here))


@pytest.mark.parametrize("place", [OUTER, f"pamap2/{OUTER}", "pamap2/download (1).zip"])
def test_archives_in_archives(place: str, tmp_path: Path, store: Any) -> None:
    write("pamap2", tmp_path / "folder" / "pamap2")
    pack_pamap2(tmp_path / "zipped" / place)
    upload(tmp_path / "zipped", store)
    tree = locate(PAMAP2, URL)
    assert_same(read("pamap2", tree), read("pamap2", locate(PAMAP2, tmp_path / "folder")))
    assert tree.where("x").startswith(f"{URL}/")


def test_a_domain_is_the_one_of_a_folder(tmp_path: Path, store: Any) -> None:
    write("dsads", tmp_path / "data" / "dsads")
    upload(tmp_path / "data", store)
    there = prepare("dsads", URL, CONFIG, tmp_path / "there")
    here = prepare("dsads", tmp_path / "data", CONFIG, tmp_path / "here")
    assert there.summary == here.summary
    np.testing.assert_array_equal(there.windows.x, here.windows.x)


def test_an_archive_of_all_datasets(tmp_path: Path) -> None:
    write("dsads", tmp_path / "data" / "dsads")
    packed = shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "data")
    there, here = (
        locate(REGISTRY["dsads"], data) for data in (f"zip://::file://{packed}", tmp_path / "data")
    )
    assert_same(read("dsads", there), read("dsads", here))


@pytest.mark.slow
def test_several_processes_read_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosswear.datasets.parts.PART_BYTES", 0)
    write("dsads", tmp_path / "data" / "dsads")
    url = f"file://{tmp_path / 'data'}"
    there = crosswear.prepare("dsads", url, CONFIG, tmp_path / "there", workers=2)
    here = crosswear.prepare("dsads", tmp_path / "data", CONFIG, tmp_path / "here")
    assert there.summary.digest == here.summary.digest


def test_the_command_line_takes_a_url(tmp_path: Path, store: Any) -> None:
    write("dsads", tmp_path / "data" / "dsads")
    upload(tmp_path / "data", store)
    done = CliRunner().invoke(app, ["data", "verify", "dsads", "--data", URL, "--json"])
    assert f'"where": "{URL}/dsads"' in done.stdout


def test_a_download_needs_a_folder() -> None:
    done = CliRunner().invoke(app, ["data", "fetch", "pamap2", "--data", URL])
    assert isinstance(done.exception, UsageError)
    assert "a download goes into a folder" in str(done.exception)


class TestBadInput:
    def test_nothing_there(self, store: Any) -> None:
        fails(MissingDataError, lambda: locate(PAMAP2, URL), URL, "no such folder", "--data")

    def test_another_dataset_there(self, tmp_path: Path, store: Any) -> None:
        write("wharf", tmp_path / "data" / "pamap2")
        upload(tmp_path / "data", store)
        fails(MissingDataError, lambda: locate(PAMAP2, URL), f"{URL}/pamap2", "wharf are here")

    def test_an_unknown_protocol(self) -> None:
        fails(UsageError, lambda: locate(PAMAP2, "gopher://old/data"), "gopher", "Protocol not")

    def test_a_server_that_is_not_there(self) -> None:
        fails(MissingDataError, lambda: locate(PAMAP2, "ftp://127.0.0.1:9/data"), "refused", "keys")

    def test_a_protocol_that_needs_more(self) -> None:
        fails(MissingDataError, lambda: locate(PAMAP2, "reference://data"), "reference://data")

    def test_a_store_that_does_not_answer(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(*_: object, **__: object) -> None:
            raise RuntimeError("no answer")

        monkeypatch.setattr(type(store), "isdir", silent)
        fails(MissingDataError, lambda: locate(PAMAP2, URL), f"{URL}/pamap2", "no answer", "keys")

    @pytest.mark.parametrize("method", ["open", "read"])
    def test_a_file_that_breaks_off(
        self, method: str, tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("pamap2", tmp_path / "data" / "pamap2")
        upload(tmp_path / "data", store)
        tree = locate(PAMAP2, URL)

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("reset by peer")

        where = type(store) if method == "open" else fsspec.implementations.memory.MemoryFile
        monkeypatch.setattr(where, method, broken)
        fails(DataFormatError, lambda: read("pamap2", tree), f"{URL}/pamap2/", "reset by peer")

    def test_a_missing_file(self, store: Any) -> None:
        store.pipe("/datasets/a/b.txt", b"1")
        tree = locate(
            PAMAP2.__class__(**{**vars(PAMAP2), "patterns": ("b.txt",), "name": "a"}), URL
        )
        fails(MissingDataError, lambda: tree.open("c.txt"), f"{URL}/a/c.txt")

    @pytest.mark.parametrize(
        ("url", "said"), [(URL, "no such folder"), ("ftp://127.0.0.1:9/data", "refused")]
    )
    def test_sources_from_a_place_that_is_not_there(self, url: str, said: str, store: Any) -> None:
        fails(MissingDataError, lambda: expect_data(url), url, said)

    @pytest.mark.parametrize(
        "url", ["ftp://me:secret@host/data", "zip://a.csv::ftp://me:secret@host/data.zip"]
    )
    def test_a_password(self, url: str) -> None:
        error = fails(UsageError, lambda: data_place(url), "password")
        assert "secret" not in str(error)


@pytest.mark.parametrize("text", ["data", "C:\\data", "C://data", "/a//b", "a:b", "~/data"])
def test_other_texts_are_paths(text: str) -> None:
    assert data_place(text) == Path(text)


@pytest.mark.parametrize(
    "url", ["s3://bucket/x", "zip://a::s3://b/c.zip", "memory://", "s3://u@h/x"]
)
def test_urls_stay_texts(url: str) -> None:
    assert data_place(url) == url


def test_a_slash_at_the_end_means_nothing() -> None:
    assert data_place("s3://bucket/data/") == "s3://bucket/data"
