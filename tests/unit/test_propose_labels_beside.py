"""Labels in files beside the recordings: offered by name, described once they are named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, motion, put

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets import lookup
from crosswear.datasets.propose import write_proposal
from crosswear.datasets.tree import FolderTree

START = datetime(2026, 3, 14, 10, 0, 0, tzinfo=UTC)
PEOPLE = ("anna", "ben")
PARTS = ("sitting", "walking")
PART_S = 10


def recording(path: Path, stamps: str = "%Y-%m-%d %H:%M:%S.%f", zone: str = "") -> None:
    """Write two activities of ten seconds each, at 50 Hz."""
    signal = np.concatenate([motion(kind, 50, PART_S) for kind in PARTS])
    rows = []
    for i, (x, y, z) in enumerate(signal):
        at = START + timedelta(seconds=i / 50)
        ns = round(START.timestamp() * 1e9) + 20_000_000 * i
        time = {"ns": f"{ns}", "s": f"{i / 50:.2f}"}.get(stamps) or at.strftime(stamps)
        rows.append(f"{time}{zone},{x:.4f},{y:.4f},{z:.4f}")
    put(path, "time,x,y,z", rows)


def labels(cells: str, form: str = "") -> list[str]:
    """Return two rows in which {a} and {b} are start and stop, {k} is the label."""
    rows = []
    for number, kind in enumerate(PARTS):
        ends = [PART_S * number, PART_S * (number + 1)]
        shown = [
            (START + timedelta(seconds=end)).strftime(form) if form else f"{end:.1f}"
            for end in ends
        ]
        rows.append(cells.format(a=shown[0], b=shown[1], k=kind))
    return rows


def expect_labels(root: Path, **answers: object) -> dict[str, object]:
    """Write the proposal, and expect half of each recording sitting and half walking."""
    who = {"path": r"(?P<subject>[a-z]+).*"}
    found, asked, proposal = guessed(root, **who, **answers)
    assert not asked
    spec, options = lookup(str(write_proposal(proposal, force=True)))
    recordings = list(spec.read(FolderTree(root), options, lambda _: None))
    assert len(recordings) == len(PEOPLE)
    for one in recordings:
        np.testing.assert_array_equal(np.bincount(one.labels + 1), [0, 500, 500])
    return found


def test_one_table_for_all_is_offered_and_described(tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv")
    rows = [
        row for name in PEOPLE for row in labels(name + ".csv,{a},{b},{k}", "%Y-%m-%d %H:%M:%S")
    ]
    put(tmp_path / "notes.csv", "file,start,end,activity", rows)
    _, asked, _ = guessed(tmp_path)
    assert "Perhaps labels.file=notes.csv." in asked["columns.label"]
    found = expect_labels(tmp_path, labels__file="notes.csv")
    assert found["labels.recording"] == "file"
    assert (found["labels.stop"], found["labels.label"]) == ("end", "activity")
    assert (found["labels.times"], found["labels.time_unit"]) == ("absolute", "datetime")


@pytest.mark.parametrize(
    ("header", "cells", "extra"),
    [
        ("start;stop;label", "{a};{b};{k}", {"labels.separator": ";"}),
        ("Begin_Time,End_Time,Task", "{a},{b},{k}", {"labels.start": "Begin_Time"}),
        ("von\tbis\tAktivität", "{a}\t{b}\t{k}", {"labels.label": "Aktivität"}),
        (None, "{a}\t{b}\t{k}", {"labels.format": "audacity"}),
    ],
)
def test_a_file_for_each_recording(
    header: str | None, cells: str, extra: dict[str, str], tmp_path: Path
) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", "s")
        put(tmp_path / "labels" / f"{name}_labels.txt", header, labels(cells))
    _, asked, _ = guessed(tmp_path, files=["*.csv"])
    assert "labels.file=labels/{name}_labels.txt" not in asked["columns.label"]
    _, asked, _ = guessed(tmp_path)
    assert "Perhaps labels.file=labels/{name}_labels.txt." in asked["columns.label"]
    found = expect_labels(tmp_path, labels__file="labels/{name}_labels.txt")
    assert extra.items() <= found.items()


def test_annotations_of_sensor_logger(tmp_path: Path) -> None:
    begin = round(START.timestamp() * 1e9)
    for name in PEOPLE:
        recording(tmp_path / f"{name}-2026-03-14" / "TotalAcceleration.csv", "ns")
        rows = [f"{begin + i * 10**10},{10 * i}.0,{kind},0" for i, kind in enumerate(PARTS)]
        header = "time,seconds_elapsed,text,millisecond_press_duration"
        put(tmp_path / f"{name}-2026-03-14" / "Annotation.csv", header, rows)
    _, asked, _ = guessed(tmp_path)
    assert "Perhaps labels.file={folder}/Annotation.csv." in asked["columns.label"]
    found = expect_labels(tmp_path, labels__file="{folder}/Annotation.csv")
    assert found["labels.format"] == "sensor-logger"


def test_whole_numbers_may_be_anything(tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", "s")
        rows = ["0,500,sitting", "500,1000,walking"]
        put(tmp_path / f"{name}_labels.csv", "start,stop,label", rows)
    file = {"labels__file": "{name}_labels.csv"}
    _, asked, _ = guessed(tmp_path, subject="me", **file)
    assert "labels.times=samples" in asked["labels.time_unit"]
    expect_labels(tmp_path, **file, labels__times="samples")


@pytest.mark.parametrize(("stamps", "zone"), [("ns", ""), ("%Y-%m-%dT%H:%M:%S.%f", "+00:00")])
def test_local_labels_of_recordings_in_utc_are_asked_for(
    stamps: str, zone: str, tmp_path: Path
) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", stamps, zone)
        rows = labels("{a},{b},{k}", "%Y-%m-%d %H:%M:%S")
        put(tmp_path / f"{name}_labels.csv", "start,stop,label", rows)
    file = {"labels__file": "{name}_labels.csv"}
    _, asked, _ = guessed(tmp_path, subject="me", **file)
    assert "have no time zone" in asked["labels.offset_s"]
    expect_labels(tmp_path, **file, labels__offset_s=0)
    with pytest.raises(DataFormatError, match="none of its 2 labels is within"):
        expect_labels(tmp_path, **file, labels__offset_s=3600)


def test_an_open_order_of_day_and_month_is_asked_for(tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv")
        rows = ["03/04/2026 10:00:00,03/04/2026 10:00:10,sitting"]
        put(tmp_path / f"{name}_labels.csv", "start,stop,label", rows)
    _, asked, _ = guessed(tmp_path, subject="me", labels__file="{name}_labels.csv")
    assert "day-first or month-first" in asked["labels.time_unit"]


def test_folders_of_archives_are_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "walking-2026-03-14.zip").write_bytes(b"PK")
    with pytest.raises(MissingDataError, match=r"unpack the \.zip files"):
        guessed(tmp_path)


def test_dates_that_all_names_share_are_no_condition(tmp_path: Path) -> None:
    for name in PEOPLE:
        for kind in PARTS:
            folder = tmp_path / name / f"{kind}-2026-03-14_10-00-00"
            put(folder / "data.csv", "time,x,y,z", ["0.00,0,0,1", "0.02,0,0,1"] * 30)
    _, asked, _ = guessed(tmp_path, rate_hz=50, unit="g", columns__time="")
    assert "2026" not in asked["subject"]


def test_numbers_of_devices_are_offered_as_people(tmp_path: Path) -> None:
    for number in ("39434", "39435"):
        recording(tmp_path / f"CWA-DATA_{number}.csv")
    _, asked, _ = guessed(tmp_path)
    assert r"path=CWA-DATA_(?P<subject>[^/._-]+)\.csv for 39434, 39435" in asked["subject"]


@pytest.mark.parametrize(
    "header", [None, "Tier\tParticipant\tBegin Time\tEnd Time\tDuration\tAnnotation"]
)
def test_elan_is_offered_and_described(header: str | None, tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", "s")
        rows = [
            f"default\t\t00:00:{10 * i:02d}.000\t00:00:{10 * i + 10:02d}.000\t00:00:10.000\t{kind}"
            for i, kind in enumerate(PARTS)
        ]
        put(tmp_path / f"{name}.txt", header, rows)
    _, asked, _ = guessed(tmp_path)
    assert "Perhaps labels.file={name}.txt." in asked["columns.label"]
    found = expect_labels(tmp_path, labels__file="{name}.txt")
    assert found["labels.format"] == "elan"


def test_a_file_of_one_recording_is_not_offered_for_all(tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", "s")
        put(tmp_path / f"{name}_labels.csv", "start,stop,label", labels("{a},{b},{k}"))
    _, asked, _ = guessed(tmp_path)
    assert "Perhaps labels.file={name}_labels.csv. Columns" in asked["columns.label"]


def test_one_table_for_all_names_the_recordings_in_any_column(tmp_path: Path) -> None:
    for name in PEOPLE:
        recording(tmp_path / f"{name}.csv", "s")
    rows = [row for name in PEOPLE for row in labels(name + ",{a},{b},{k}")]
    put(tmp_path / "notes.csv", "person,start,stop,label", rows)
    assert expect_labels(tmp_path, labels__file="notes.csv")["labels.recording"] == "person"
    put(tmp_path / "notes.csv", "person,start,stop,label", [f"x{row}" for row in rows])
    _, asked, _ = guessed(tmp_path, labels__file="notes.csv", subject="me")
    assert "Columns: person, start, stop, label" in asked["labels.recording"]
