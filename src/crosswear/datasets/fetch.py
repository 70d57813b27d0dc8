"""Downloads: a dataset's archive, as its publisher gives it out.

What a broken download has brought is kept under the archive's name and ``.partial``, and the next
one goes on from there. An archive gets its own name only once its sha256 is the published one or,
where none is published, once every member of it can be read.

Source: RFC 9110, HTTP Semantics, section 14, for ranges.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock
import pooch
import requests

from crosswear.core.errors import (
    DataFormatError,
    DiskError,
    FetchError,
    MissingDataError,
    UsageError,
)
from crosswear.datasets.archive import open_archive
from crosswear.datasets.roots import locate
from crosswear.datasets.spec import DatasetSpec, Download
from crosswear.datasets.tree import FolderTree, reading

Progress = Callable[[int, int | None], None]
"""Takes how many bytes of an archive are there, and how many it has, if the server says so."""

PARTIAL = ".partial"
TIMEOUT_S = 30.0
"""Longest time that a server may be silent."""

_BLOCK = 2**16
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.ASCII)
_UNSATISFIED = re.compile(r"bytes \*/(\d+)", re.ASCII)


def fetch(
    spec: DatasetSpec, data: Path, report: Progress, timeout_s: float = TIMEOUT_S
) -> tuple[Path, ...]:
    """Download a dataset to the folder `data` / name.

    Args:
        spec: the dataset.
        data: folder with one folder per dataset.
        report: takes the progress.
        timeout_s: how long a server may be silent.

    Returns:
        The archives that were downloaded; none if the dataset was there already.

    Raises:
        UsageError: if the dataset has no files, or is of own recordings.
        FetchError: if no mirror gives out the archive; says how to get it by hand.
        MissingDataError: if the archive does not hold the dataset.
        DataFormatError: if an archive that exists is damaged.
        DiskError: if a file cannot be written.
    """
    if not spec.patterns or spec.root:
        raise UsageError(
            "own recordings are where they are" if spec.root else "simulated: it has no files",
            where=spec.name,
            expected="a dataset with files that its publisher gives out",
            todo="use it as it is",
        )
    if _is_there(spec, data):
        return ()
    if not spec.downloads:
        raise FetchError(
            "no address is known from which it can be downloaded without a person at hand",
            where=spec.name,
            expected="a dataset whose archive has an address of its own",
            todo=by_hand(spec, data),
        )
    pooch.get_logger().setLevel(logging.WARNING)  # it would report every step
    folder = data / spec.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".fetch.lock", timeout=0):
            archives = tuple(
                _from_mirrors(spec, data, download, report, timeout_s)
                for download in spec.downloads
            )
    except filelock.Timeout as error:
        raise FetchError(
            "another download is at work in this folder",
            where=str(folder),
            expected="one download at a time",
            todo="wait for it to end",
        ) from error
    except OSError as error:
        raise DiskError(
            f"cannot write: {error.strerror or error}",
            where=str(error.filename or folder),
            expected="a writable folder with space left",
            todo="free some space or choose another folder, then run the same command again: "
            "what has come is kept",
        ) from error
    locate(spec, data)
    return archives


def by_hand(spec: DatasetSpec, data: Path) -> str:
    """Return how a person gets a dataset: which page, which file, where to put it."""
    if spec.own_layout:
        where = data / spec.name
        return f"ask its authors ({spec.citation}), then, in {where}, {spec.own_layout}"
    archives = [download.file for download in spec.downloads] or list(spec.archives[:1])
    page = f"open {spec.home}" if "://" in spec.home else f"ask its authors: {spec.citation}"
    what = " and ".join(archives or spec.patterns)
    how = "without unpacking" if archives else "with the folders that they are in"
    return (
        f"get it by hand ({page}): {what}, to be put into {data / spec.name} {how}; then "
        f"`crosswear data verify {spec.name} --data {data}` checks it"
    )


def _is_there(spec: DatasetSpec, data: Path) -> bool:
    try:
        locate(spec, data)
    except MissingDataError:
        return False
    except DataFormatError as error:
        raise DataFormatError(
            error.what,
            where=error.where,
            expected=error.expected,
            todo="take it away, and run the same command again",
        ) from error
    return True


def _from_mirrors(
    spec: DatasetSpec, data: Path, download: Download, report: Progress, timeout_s: float
) -> Path:
    folder = data / spec.name
    failures = []
    for url in download.urls:
        resume = _Resume(download, report, timeout_s)
        try:
            path = pooch.retrieve(
                url, download.sha256, fname=download.file, path=folder, downloader=resume
            )
        except requests.RequestException as error:
            failures.append(f"{url}: {_reason(error, timeout_s)}")
        except _UnfitError as error:
            failures.append(f"{url}: {error}")
        except ValueError:  # of pooch
            failures.append(f"{url}: its sha256 is not the published one; it was deleted")
        else:
            return Path(path)
    partial = folder / f"{download.file}{PARTIAL}"
    size = partial.stat().st_size if partial.exists() else 0
    kept = f"; {size:,} bytes are kept" if size else ""
    again = "run the same command again to go on from there" if kept else "try again later"
    raise FetchError(
        "; ".join(failures) + kept,
        where=download.file,
        expected="the archive, as its publisher gives it out",
        todo=f"{again}, or {by_hand(spec, data)}",
    )


class _UnfitError(Exception):
    """A server gives out something else than what was asked for."""


@dataclass(frozen=True)
class _Resume:
    """A downloader for pooch that goes on where an earlier one broke off."""

    download: Download
    report: Progress
    timeout_s: float

    def __call__(self, url: str, output_file: str, caller: object) -> None:
        """Download to `output_file`, which pooch then compares with the sha256 and moves."""
        partial = Path(output_file).with_name(f"{self.download.file}{PARTIAL}")
        self._fill(url, partial)
        if self.download.sha256 is None:
            _read_through(partial)
        partial.replace(output_file)

    def _fill(self, url: str, partial: Path) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout_s) as answer:
            is_past_end = have > 0 and answer.status_code == requests.codes.range_not_satisfiable
            if not is_past_end:
                answer.raise_for_status()
                start, total = self._extent(answer, have)
                done = start
                self.report(done, total)
                with partial.open("ab" if start else "wb") as file:
                    for block in answer.iter_content(_BLOCK):
                        file.write(block)
                        done += len(block)
                        self.report(done, total)
                if total is not None and done < total:
                    raise _UnfitError(f"broke off after {done:,} of {total:,} bytes")
                return
            whole = _UNSATISFIED.fullmatch(answer.headers.get("Content-Range", ""))
        if whole is None or int(whole[1]) != have:
            partial.unlink()
            self._fill(url, partial)

    def _extent(self, answer: requests.Response, have: int) -> tuple[int, int | None]:
        """Return where the answer starts and the archive's length, before anything is written."""
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise _UnfitError("gives out a web page instead of an archive")
        start, length = 0, answer.headers.get("Content-Length", "*")
        if answer.status_code == requests.codes.partial_content:
            part = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if part is None or int(part[1]) != have:
                raise _UnfitError("gives out another part than the one that was asked for")
            start, length = have, part[2]
        total = int(length) if length.isdecimal() else None
        size = self.download.size
        if size is not None and total not in (None, size):
            raise _UnfitError(f"has {total:,} bytes; the published file has {size:,}")
        return start, total


def _read_through(archive: Path) -> None:
    """Hold every member of an archive against its checksum; deletes what fails."""
    try:
        tree = open_archive(FolderTree(archive.parent), archive.name)
        for name in tree.members:
            with reading(tree, name) as member:
                while member.read(_BLOCK):
                    pass
    except DataFormatError as error:
        archive.unlink()
        raise _UnfitError(
            f"what came is no sound archive ({error.what}); it was deleted"
        ) from error


def _reason(error: requests.RequestException, timeout_s: float) -> str:
    match error:
        case requests.HTTPError(response=requests.Response() as answer):
            return f"the server answers {answer.status_code} {answer.reason}"
        case requests.exceptions.SSLError():
            return "the server's certificate is not trusted"
        case requests.Timeout():
            return f"no answer within {timeout_s:g} s"
        case requests.exceptions.ChunkedEncodingError():
            return "the connection broke off"
        case requests.ConnectionError() if "Read timed out" in str(error):
            return f"the server fell silent for {timeout_s:g} s"
        case requests.ConnectionError():
            return "cannot be reached: no network, or the server is down"
    return f"{type(error).__name__}: {error}"
