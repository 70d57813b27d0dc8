"""Files of research devices and of spreadsheets: read like text, refused where damaged."""

from __future__ import annotations

import gzip
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from predict_helpers import BUNDLE, movement

from crosswear.core.errors import CrosswearError, DataFormatError, UsageError
from crosswear.core.recording import Recording
from crosswear.datasets import lookup
from crosswear.datasets.propose import propose, write_proposal
from crosswear.datasets.tree import FolderTree, table_file
from crosswear.deploy.recognise.inputs import Overrides, input_files
from crosswear.deploy.recognise.recognised import recognise_files
from crosswear.tables.sniffing import read_head
from generators import devices

GENUINE = Path(__file__).parents[3] / "shared" / "devices"
ANSWERS: dict[str, Any] = {"placement": "left_wrist"}


def write_xlsx(path: Path, acceleration: np.ndarray, rate_hz: int) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Recording")
    sheet.append(["My recording"])
    sheet.append(["time", "x", "y", "z"])
    for number, row in enumerate(acceleration.round(4).tolist()):
        sheet.append([number / rate_hz, *row])
    book.save(path)


WRITERS: dict[str, tuple[Callable[[Path, np.ndarray], None], int, float]] = {
    "ax3.cwa": (devices.write_cwa, 100, 1 / 256),
    "ax6.cwa": (lambda path, values: devices.write_cwa(path, values, 50, True), 50, 1 / 4096),
    "activity.gt3x": (devices.write_gt3x, 30, 1 / 256),
    "activity2.gt3x": (lambda path, values: devices.write_gt3x(path, values, 90, 26), 90, 1 / 256),
    "geneactiv.bin": (devices.write_geneactiv, 100, 1 / 256),
    "embrace.avro": (devices.write_empatica, 64, 1 / 2048),
    "sheet.xlsx": (lambda path, values: write_xlsx(path, values, 50), 50, 1e-4),
}


def write(folder: Path, kind: str, name: str = "") -> tuple[Path, np.ndarray]:
    """Write 40 s of a sensor, half of them at rest, in whole blocks, pages and seconds."""
    writer, rate_hz, _ = WRITERS[kind]
    values = movement(48, rate_hz=rate_hz)[: 1200 * (rate_hz // 30)]
    path = folder / (name or kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer(path, values)
    return path, values


def own(folder: Path, labels: str = "(sit|walk)") -> list[Recording]:
    """Describe a folder by what `data new` finds, and read it."""
    path = rf"(?P<subject>[^/]+)/(?P<label>{labels})\..+"
    toml = write_proposal(propose(folder, {**ANSWERS, "path": path}), force=False)
    spec, options = lookup(str(toml))
    return list(spec.read(FolderTree(folder), options, lambda _sentence: None))


def fails(path: Path, *fragments: str, kind: type[CrosswearError] = DataFormatError) -> None:
    with pytest.raises(CrosswearError) as caught:
        input_files(path, Overrides(), None, BUNDLE.manifest)
    assert type(caught.value) is kind or kind is DataFormatError
    assert caught.value.where.startswith(str(path))
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(WRITERS))
def test_a_folder_of_device_files_is_read_as_one_of_text(kind: str, tmp_path: Path) -> None:
    ending = Path(kind).suffix
    _, values = write(tmp_path, kind, f"s01/sit{ending}")
    write(tmp_path, kind, f"s01/walk{ending}")
    recordings = own(tmp_path)
    _, rate_hz, step = WRITERS[kind]
    assert [one.rate_hz for one in recordings] == [rate_hz] * 2
    for one in recordings:
        assert one.acceleration.shape == values.shape
        np.testing.assert_allclose(one.acceleration, values, atol=0.51 * step)
        assert one.time_s is not None
        np.testing.assert_allclose(one.time_s, np.arange(len(values)) / rate_hz, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ax6.cwa", "activity.gt3x", "sheet.xlsx"])
def test_activities_are_recognised_in_device_files(kind: str, tmp_path: Path) -> None:
    path, _ = write(tmp_path, kind)
    packed = tmp_path / f"packed{path.suffix}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    plain, unpacked = recognise_files(BUNDLE, [path, packed])
    assert (plain.rate_hz, plain.unit) == (WRITERS[kind][1], "g")
    assert plain.events
    assert plain.events == unpacked.events


def test_a_sleeping_actigraph_leaves_a_gap(tmp_path: Path) -> None:
    for name in ("sit", "walk"):
        (tmp_path / "s01").mkdir(exist_ok=True)
        devices.write_gt3x(
            tmp_path / f"s01/{name}.gt3x", movement(40, rate_hz=30), 30, 0, range(5, 20)
        )
    one = own(tmp_path)[0]
    assert one.time_s is not None
    assert len(one.time_s) == 25 * 30
    assert np.diff(one.time_s).max() == pytest.approx(15 + 1 / 30)


def test_counts_in_a_g_come_from_info_then_parameters_then_the_serial_number(
    tmp_path: Path,
) -> None:
    values = movement(40, rate_hz=30)
    # A battery voltage, and 1024 counts in a g: 0.5 times 2 to the power of 11.
    parameters = struct.pack("<HHIHHI", 0, 7, 0x03419581, 0, 55, 0x0B400000)
    record = devices.gt3x_record(0x15, devices.START_S, parameters)
    for info, extra, factor in (
        ("Acceleration Scale: 256,0\r\n", record, 1),
        ("", record, 4),
        ("", b"", 1),
    ):
        devices.write_gt3x(tmp_path / "a.gt3x", values, info=info, extra=extra)
        table = read_head(table_file(FolderTree(tmp_path), "a.gt3x"), rows=True).rows
        np.testing.assert_allclose(
            np.stack([table.column(axis).to_numpy() for axis in "xyz"], axis=1),
            values / factor,
            atol=0.51 / 256 / factor,
        )


def test_damage_is_named_with_its_place(tmp_path: Path) -> None:
    path, _ = write(tmp_path, "ax3.cwa")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    fails(path, "ends within a block")
    path.write_bytes(whole[: 1024 + 512 * 3] + whole[1024 + 512 * 5 :])
    fails(path, "block 4: blocks before it are missing")
    changed = bytearray(whole)
    changed[1024 + 512 * 7 + 99] ^= 4
    path.write_bytes(changed)
    fails(path, "block 8: its checksum is wrong", "to do:")
    path, _ = write(tmp_path, "geneactiv.bin")
    path.write_bytes(path.read_bytes()[:-2000])
    fails(path, "whole pages of samples where its header says")


def test_a_wrong_checksum_in_a_sound_zip_is_found(tmp_path: Path) -> None:
    path, _ = write(tmp_path, "activity.gt3x")
    with zipfile.ZipFile(path) as archive:
        log, info = bytearray(archive.read("log.bin")), archive.read("info.txt")
    log[200] ^= 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("log.bin", log)
        archive.writestr("info.txt", info)
    fails(path, "of log.bin: the checksum of the record is wrong")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("activity.bin", b"")
        archive.writestr("info.txt", info)
    fails(path, "an older file, with activity.bin", "firmware 3 or newer")


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(WRITERS))
def test_damaged_and_foreign_files_end_in_one_clear_error(kind: str, tmp_path: Path) -> None:
    path, _ = write(tmp_path, kind)
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    fragments = [
        b"",
        whole[: len(whole) // 2 + 77],
        whole[: int(rng.integers(20, 900))],
        whole[:1500] + whole[2300:],
        whole[:100] + rng.bytes(3000),
        b"time,x,y,z\n" + b"0,0,0,1\n" * 500,
    ]
    for content in fragments:
        path.write_bytes(content)
        fails(path, "expected:")


def test_files_of_another_kind_are_left_out_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "activity.gt3x", "s01/sit.gt3x")
    write(tmp_path, "activity.gt3x", "s01/walk.gt3x")
    (tmp_path / "weights.bin").write_bytes(b"\x00\x01" * 4000)
    assert len(own(tmp_path)) == 2
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "weights.bin").write_bytes(b"\x00\x01" * 4000)
    with pytest.raises(DataFormatError, match="not a file of GENEActiv"):
        propose(alone, ANSWERS)


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = write(tmp_path, "ax3.cwa")
    (tmp_path / "skdh").mkdir()
    (tmp_path / "skdh" / "__init__.py").write_text("", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    fails(path, "pip install '.[devices]'", kind=UsageError)


def test_a_crash_of_the_reader_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = write(tmp_path, "embrace.avro")
    (tmp_path / "avro").mkdir()
    crash = "import os\nos.abort()\n"
    (tmp_path / "avro" / "__init__.py").write_text(crash, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    fails(path, "its reader crashed")


@pytest.fixture
def genuine() -> Path:
    """Genuine files beside the checkout."""
    if not GENUINE.is_dir():
        pytest.skip("there is no ../shared/devices beside the checkout")
    return GENUINE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "samples", "rate_hz", "median_g"),
    [("ax3_testfile.cwa", 17_400, 100, 0.957), ("actigraph_testfile.gt3x", 17_640, 30, 1.010)],
)
def test_genuine_files(
    name: str, samples: int, rate_hz: float, median_g: float, genuine: Path, tmp_path: Path
) -> None:
    for label in ("sit", "walk"):
        path = tmp_path / "s01" / f"{label}{Path(name).suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((genuine / name).read_bytes())
    one = own(tmp_path)[0]
    assert (len(one.acceleration), one.rate_hz) == (samples, rate_hz)
    length = np.linalg.norm(one.acceleration, axis=1)
    assert np.median(length) == pytest.approx(median_g, abs=5e-4)


def test_a_genuine_file_that_is_cut_short(genuine: Path) -> None:
    fails(genuine / "GENEActiv_testfile.bin", "16 whole pages", "222048")
