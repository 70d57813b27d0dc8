"""Downloads: resumed, from mirrors, and with instructions where they fail; over a local server."""

from __future__ import annotations

import hashlib
import http.server
import io
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np
import pytest
import typer
from dataset_helpers import fails
from download_server import Server, serving
from typer.testing import CliRunner

from crosswear.cli.data_fetch import fetch as command
from crosswear.core.errors import (
    CrosswearError,
    DataFormatError,
    DiskError,
    FetchError,
    MissingDataError,
    UsageError,
)
from crosswear.datasets import REGISTRY
from crosswear.datasets import fetch as module
from crosswear.datasets.fetch import fetch
from crosswear.datasets.roots import locate
from crosswear.datasets.spec import DatasetSpec, Download
from generators import GENERATORS

FILE = "mhealth+dataset.zip"


def archive_of(name: str, folder: Path) -> bytes:
    """An archive with a dataset, larger than one block of a download."""
    GENERATORS[name](folder, np.random.default_rng(5))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return archive_of("mhealth", tmp_path_factory.mktemp("mhealth"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as state:
        yield state


def spec_of(server: Server, *paths: str, sha256: str | None = None, size: int | None = None):
    """mHealth, at the server's addresses."""
    urls = tuple(f"{server.url}/{path}" for path in paths or ("a.zip",))
    return replace(REGISTRY["mhealth"], downloads=(Download(FILE, urls, sha256, size),))


def quiet(done: int, total: int | None) -> None:
    pass


def failing(spec: DatasetSpec, data: Path, *said: object) -> CrosswearError:
    """Fails to fetch; the error ends in what a person can do."""
    told = fails(FetchError, lambda: fetch(spec, data, quiet, 0.3), *said)
    assert told.exit_code == 14
    for part in (spec.home, FILE, data / "mhealth", "crosswear data verify mhealth"):
        assert str(part) in told.todo
    assert not (data / "mhealth" / FILE).exists()
    return told


def partial_of(data: Path) -> Path:
    return data / "mhealth" / f"{FILE}.partial"


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TestWhatComes:
    @pytest.mark.parametrize("length", [True, False])
    def test_the_archive_reads_as_the_dataset(
        self, server: Server, content: bytes, length: bool, tmp_path: Path
    ) -> None:
        server.files["/a.zip"], server.length = content, length
        seen: list[tuple[int, int | None]] = []
        spec = spec_of(server)
        paths = fetch(spec, tmp_path, lambda done, total: seen.append((done, total)))
        assert paths == (tmp_path / "mhealth" / FILE,)
        assert paths[0].read_bytes() == content
        assert paths[0].stat().st_mode & 0o444 == 0o444
        assert locate(spec, tmp_path).glob("*.log")
        assert seen[0][0] == 0
        assert seen[-1] == (len(content), len(content) if length else None)
        assert [path.name for path in (tmp_path / "mhealth").iterdir() if path.name[0] != "."] == [
            FILE
        ]

    def test_with_its_checksum(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"] = content
        spec = spec_of(server, sha256=sha256_of(content), size=len(content))
        assert fetch(spec, tmp_path, quiet)[0].read_bytes() == content

    def test_what_is_there_is_not_fetched_again(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"] = content
        fetch(spec_of(server), tmp_path, quiet)
        assert fetch(spec_of(server), tmp_path, quiet) == ()
        GENERATORS["mhealth"](tmp_path / "other" / "mhealth", np.random.default_rng(5))
        assert fetch(spec_of(server), tmp_path / "other", quiet) == ()
        assert len(server.asked) == 1

    def test_what_is_there_and_damaged_is_left_to_its_owner(
        self, server: Server, tmp_path: Path
    ) -> None:
        path = tmp_path / "mhealth" / FILE
        path.parent.mkdir()
        path.write_bytes(b"PK")
        fails(
            DataFormatError, lambda: fetch(spec_of(server), tmp_path, quiet), path, "take it away"
        )
        assert path.read_bytes() == b"PK"

    def test_an_archive_of_something_else(self, server: Server, tmp_path: Path) -> None:
        server.files["/a.zip"] = archive_of("skoda", tmp_path / "skoda")
        data = tmp_path / "data"
        fails(MissingDataError, lambda: fetch(spec_of(server), data, quiet), "of skoda are here")


class TestBrokenDownloads:
    @pytest.mark.parametrize("length", [True, False])
    @pytest.mark.parametrize("known", [True, False])
    def test_goes_on_where_it_broke_off(
        self, server: Server, content: bytes, known: bool, length: bool, tmp_path: Path
    ) -> None:
        spec = spec_of(server, sha256=sha256_of(content) if known else None)
        server.files["/a.zip"], server.stop_after = content, 200_000
        told = failing(spec, tmp_path, "broke off", "bytes are kept", "go on from there")
        have = partial_of(tmp_path).stat().st_size
        assert 100_000 <= have <= 200_000
        assert f"{have:,} bytes" in str(told)
        server.stop_after, server.length = None, length
        seen: list[int] = []
        path = fetch(spec, tmp_path, lambda done, total: seen.append(done))[0]
        assert path.read_bytes() == content
        assert server.asked == [("/a.zip", ""), ("/a.zip", f"bytes={have}-")]
        assert seen[0] == have
        assert not partial_of(tmp_path).exists()

    def test_a_killed_download_is_gone_on_with(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"] = content

        def interrupt(done: int, total: int | None) -> None:
            if done > 100_000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fetch(spec_of(server), tmp_path, interrupt)
        have = partial_of(tmp_path).stat().st_size
        assert have > 100_000
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content
        assert server.asked[-1] == ("/a.zip", f"bytes={have}-")

    def test_killed_between_the_last_byte_and_the_name(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"] = content
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(content)
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content
        assert len(server.asked) == 1

    @pytest.mark.parametrize("ranges", [True, False])
    def test_more_is_there_than_the_server_has(
        self, server: Server, content: bytes, ranges: bool, tmp_path: Path
    ) -> None:
        server.files["/a.zip"], server.ranges = content, ranges
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(bytes(len(content) + 1))
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content

    def test_a_server_that_knows_no_ranges(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"], server.ranges = content, False
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(content[:1000])
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content

    def test_a_server_that_sends_another_part(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"], server.shift = content, 3
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(content[:1000])
        failing(spec_of(server), tmp_path, "another part")
        assert partial_of(tmp_path).read_bytes() == content[:1000]

    def test_parts_of_two_archives_are_noticed(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"] = content
        for sha256 in (None, sha256_of(content)):
            partial_of(tmp_path).parent.mkdir(exist_ok=True)
            partial_of(tmp_path).write_bytes(bytes(1000))
            failing(spec_of(server, sha256=sha256), tmp_path, "it was deleted")
            assert not partial_of(tmp_path).exists()
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content


class TestDeadLinks:
    def test_offline(self, server: Server, tmp_path: Path) -> None:
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
            port = other.server_address[1]
        spec = spec_of(replace(server, url=f"http://127.0.0.1:{port}"))
        failing(spec, tmp_path, f"http://127.0.0.1:{port}/a.zip", "cannot be reached", "no network")

    def test_no_such_page(self, server: Server, tmp_path: Path) -> None:
        failing(spec_of(server), tmp_path, "/a.zip: the server answers 404 Not Found", "try again")
        assert not partial_of(tmp_path).exists()

    @pytest.mark.parametrize("sent", [None, 70_000])
    def test_a_silent_server(
        self, server: Server, content: bytes, sent: int | None, tmp_path: Path
    ) -> None:
        server.silent, server.files["/a.zip"] = True, content
        server.stop_after = sent or 0
        failing(spec_of(server), tmp_path, "the server fell silent for 0.3 s")
        server.silent, server.stop_after = False, None
        assert fetch(spec_of(server), tmp_path, quiet)[0].read_bytes() == content

    def test_a_server_that_never_answers(self, server: Server, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            spec = spec_of(replace(server, url=f"http://127.0.0.1:{deaf.getsockname()[1]}"))
            failing(spec, tmp_path, "no answer within 0.3 s")

    def test_a_slow_server_is_waited_for(
        self, server: Server, content: bytes, tmp_path: Path
    ) -> None:
        server.files["/a.zip"], server.pause_s = content, 0.2
        assert fetch(spec_of(server), tmp_path, quiet, 0.3)[0].read_bytes() == content

    def test_a_web_page_instead(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"], server.kind = b"<html>please log in</html>", "text/html; charset=x"
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(content[:1000])
        server.ranges = False
        failing(spec_of(server), tmp_path, "a web page", "1,000 bytes are kept")

    @pytest.mark.parametrize("body", [b"<html>please log in</html>", b"", b"PK"])
    def test_no_archive(self, server: Server, body: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"] = body
        failing(spec_of(server), tmp_path, "no sound archive", "it was deleted")
        assert not partial_of(tmp_path).exists()

    def test_a_damaged_archive(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"] = content.replace(content[5000:5100], bytes(100))
        failing(spec_of(server), tmp_path, "no sound archive", "CRC")

    def test_another_checksum(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"] = content
        spec = spec_of(server, sha256="0" * 64)
        failing(spec, tmp_path, "sha256 is not the published one", "deleted")
        assert not list(tmp_path.glob("mhealth/[!.]*"))

    def test_another_size(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/a.zip"] = content
        spec = spec_of(server, size=12)
        failing(spec, tmp_path, f"has {len(content):,} bytes; the published file has 12")

    def test_the_next_mirror_goes_on(self, server: Server, content: bytes, tmp_path: Path) -> None:
        server.files["/c.zip"] = content
        partial_of(tmp_path).parent.mkdir()
        partial_of(tmp_path).write_bytes(content[:1000])
        spec = spec_of(server, "a.zip", "b.zip", "c.zip", "d.zip")
        assert fetch(spec, tmp_path, quiet)[0].read_bytes() == content
        assert server.asked == [(f"/{name}.zip", "bytes=1000-") for name in "abc"]

    def test_every_mirror_is_named(self, server: Server, tmp_path: Path) -> None:
        server.files["/b.zip"] = b""
        spec = spec_of(server, "a.zip", "b.zip")
        failing(spec, tmp_path, "/a.zip: the server answers 404", "/b.zip: what came is no sound")


class TestThisSide:
    def test_two_downloads_at_once(self, server: Server, tmp_path: Path) -> None:
        folder = tmp_path / "mhealth"
        folder.mkdir()
        with filelock.FileLock(folder / ".fetch.lock"):
            told = "another download is at work"
            fails(FetchError, lambda: fetch(spec_of(server), tmp_path, quiet), folder, told)

    def test_no_folder_can_be_made(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")
        data = tmp_path / "data"
        fails(DiskError, lambda: fetch(spec_of(server), data, quiet), data, "choose another folder")

    def test_a_full_disk(
        self, server: Server, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.files["/a.zip"] = content

        def full(done: int, total: int | None) -> None:
            raise OSError(28, "No space left on device")

        fails(DiskError, lambda: fetch(spec_of(server), tmp_path, full), "No space left", "is kept")

    @pytest.mark.parametrize("name", ["simulated-gestures"])
    def test_nothing_to_fetch(self, name: str, tmp_path: Path) -> None:
        fails(UsageError, lambda: fetch(REGISTRY[name], tmp_path, quiet), name, "simulated")

    def test_own_recordings(self, tmp_path: Path) -> None:
        spec = replace(REGISTRY["mhealth"], root=tmp_path)
        fails(UsageError, lambda: fetch(spec, tmp_path, quiet), "own recordings")

    @pytest.mark.parametrize(
        "name", sorted(n for n, spec in REGISTRY.items() if spec.patterns and not spec.downloads)
    )
    def test_what_only_a_person_can_get(self, name: str, tmp_path: Path) -> None:
        spec = REGISTRY[name]
        page = spec.home if "://" in spec.home else spec.citation
        fails(FetchError, lambda: fetch(spec, tmp_path, quiet), page, tmp_path / name)


WITHOUT_HTTPS = ("http://har-dataset", "http://wifo5-14.informatik.uni-mannheim.de")
"""Servers of publishers that are not known to answer on https."""


class TestDeclarations:
    @pytest.mark.parametrize("name", sorted(n for n, spec in REGISTRY.items() if spec.downloads))
    def test_downloads_are_found_where_they_are_put(self, name: str) -> None:
        for download in REGISTRY[name].downloads:
            assert download.file in REGISTRY[name].archives
            assert download.urls
            # An address that does not name its file is known by the checksum.
            assert download.sha256 or all(url.endswith(download.file) for url in download.urls)
            assert all(url.startswith(("https://", *WITHOUT_HTTPS)) for url in download.urls)


class TestCommand:
    def test_the_licence_comes_before_the_first_byte(
        self,
        server: Server,
        content: bytes,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        server.files["/a.zip"] = content
        spec = spec_of(server)
        monkeypatch.setattr("crosswear.datasets.lookup", lambda name: (spec, None))
        lines: list[str] = []
        monkeypatch.setattr(typer, "echo", lambda text, **_: lines.append(text))
        before: list[str] = []
        real = module._Resume.__call__

        def spy(self, url: str, output_file: str, caller: object) -> None:
            before.extend(lines)
            real(self, url, output_file, caller)

        monkeypatch.setattr(module._Resume, "__call__", spy)
        command("mhealth", tmp_path)
        assert f"licence: {spec.licence}" in before
        assert f"to cite: {spec.citation}" in before
        assert f"wrote {tmp_path / 'mhealth' / FILE}" in lines
        command("mhealth", tmp_path)
        assert "mhealth already exists" in lines
        out, err = capfd.readouterr()
        assert "Downloading" not in out + err

    def test_json(
        self, server: Server, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.files["/a.zip"] = content
        monkeypatch.setattr("crosswear.datasets.lookup", lambda name: (spec_of(server), None))
        app = typer.Typer()
        app.command()(command)
        result = CliRunner().invoke(app, ["mhealth", "--data", str(tmp_path), "--json"])
        assert result.exit_code == 0
        assert str(tmp_path / "mhealth" / FILE) in result.stdout
        assert "licence" in result.stderr
        assert "licence" not in result.stdout

    def test_without_a_folder(self) -> None:
        fails(UsageError, lambda: command("mhealth"), "--data")
