"""Time stamps in the forms that people have: the day or month first, times of day, zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from layout_helpers import guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.datasets import lookup
from crosswear.datasets.propose import write_proposal
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files
from crosswear.tables.instants import Order, instants, is_instant

NOON = 1_795_953_600
RATE_HZ = 50


@pytest.mark.parametrize(
    ("text", "order", "seconds"),
    [
        ("2026-11-29 12:00:00.250", "datetime", NOON + 0.25),
        ("2026-11-29T13:00:00,250+01:00", "datetime", NOON + 0.25),
        ("2026-11-29 13:00:00.250 +0100", "datetime", NOON + 0.25),
        ("2026-11-29 08:30:00.5 -0330", "datetime", NOON + 0.5),
        ("2026/11/29 12:00:00 UTC", "datetime", NOON),
        ("2012-05-23 16:47:50:500", "datetime", 1_337_791_670.5),
        ("11/29/2026 12:00:00 PM", "month-first", NOON),
        ("11/29/2026 12:00:00.5 a.m.", "month-first", NOON - 43_200 + 0.5),
        ("29.11.2026 12:00:00,123", "day-first", NOON + 0.123),
        ("29/11/2026, 12:00", "day-first", NOON),
        ("4:05:06 PM", "time-of-day", 57_906),
        ("30/02/2026 12:00:00", "day-first", None),
        ("11/29/2026 13:00:00 PM", "month-first", None),
        ("29.11.2026 24:00:00", "day-first", None),
        ("29.11.2026", "day-first", None),
        ("", "datetime", None),
    ],
)
def test_texts_are_instants(text: str, order: Order, seconds: float | None) -> None:
    ticks, _ = instants(pa.array([text]), order)
    found = ticks[0].as_py()
    assert (found is None) == (seconds is None)
    assert found is None or abs(found - seconds * 1e9) < 1000
    assert (seconds is not None) == any(
        is_instant(text, order, zone=zone) for zone in (True, False)
    )


def stamped(path: Path, form: str, start: datetime, back: range = range(0)) -> RecordingFile:
    """Write 20 s of somebody who sits; one hour is taken off the stamps of some rows."""
    rows = []
    for i, (x, y, z) in enumerate(motion("sitting", RATE_HZ, 20)):
        at = start + timedelta(seconds=i / RATE_HZ) - timedelta(hours=i in back)
        stamp = at.strftime(form).replace("~", f"{at.microsecond // 1000:03d}")
        rows.append(f"{stamp};{x:.4f};{y:.4f};{z:.4f}")
    [found] = input_files(put(path, "when;x;y;z", rows), Overrides(), None, BUNDLE.manifest)
    return found


@pytest.mark.parametrize(
    ("form", "unit"),
    [
        ("%m/%d/%Y %I:%M:%S.~ %p", "month-first"),
        ("%d.%m.%Y %H:%M:%S,~", "day-first"),
        ("%d-%m-%Y %H:%M:%S.~", "day-first"),
        ("%H:%M:%S.~", "time-of-day"),
        ("%Y-%m-%d %H:%M:%S.~ +0100", "datetime"),
    ],
)
def test_they_are_read_through_midnight(form: str, unit: str, tmp_path: Path) -> None:
    found = stamped(tmp_path / "a.csv", form, datetime(2026, 11, 29, 23, 59, 50, tzinfo=UTC))
    assert (found.layout.time_unit, found.layout.rate_hz) == (unit, RATE_HZ)
    time_s = np.concatenate([time for _, time in read_chunks(found, print) if time is not None])
    np.testing.assert_allclose(time_s, np.arange(1000) / RATE_HZ, atol=1e-9)


def test_an_open_order_of_day_and_month_is_a_question(tmp_path: Path) -> None:
    start = datetime(2026, 3, 4, 10, tzinfo=UTC)
    with pytest.raises(UsageError, match="which number is the day, which the month") as caught:
        stamped(tmp_path / "sitting.csv", "%m/%d/%Y %H:%M:%S.~", start)
    assert caught.value.expected == "one of day-first, month-first"
    labels = {"columns.label": "", "subject": "me"}
    _, asked, _ = guessed(tmp_path, **labels)
    assert "Which: day-first or month-first?" in asked["time_unit"]
    found, asked, proposal = guessed(tmp_path, **labels, time_unit="month-first")
    assert not asked
    assert found["time_unit"] == "month-first"
    write_proposal(proposal, force=False)
    [one] = input_files(tmp_path, Overrides(), None, BUNDLE.manifest)
    time_s = np.concatenate([time for _, time in read_chunks(one, print) if time is not None])
    np.testing.assert_allclose(time_s, np.arange(1000) / RATE_HZ, atol=1e-9)


def test_a_file_with_a_day_beyond_12_shows_the_order_of_all(tmp_path: Path) -> None:
    for day in (4, 29):
        for name in (f"P0{day % 4 + 1}_sitting", f"P0{day % 4 + 1}_walking"):
            rows = [
                f"{day:02d}/03/2026 10:00:{i // 50:02d}.{i % 50 * 20:03d},{x},{y},{z}"
                for i, (x, y, z) in enumerate(motion(name[4:], RATE_HZ))
            ]
            put(tmp_path / f"{name}.csv", "time,x,y,z", rows)
    found, asked, proposal = guessed(tmp_path)
    assert not asked
    assert found["time_unit"] == "day-first"
    spec, options = lookup(str(write_proposal(proposal, force=False)))
    for one in spec.read(FolderTree(tmp_path), options, lambda _: None):
        assert one.time_s is not None
        np.testing.assert_allclose(one.time_s, np.arange(400) / RATE_HZ, atol=1e-9)


def test_a_clock_that_is_put_back_is_named(tmp_path: Path) -> None:
    start = datetime(2026, 10, 25, 2, 59, 50, tzinfo=UTC)
    for form in ("%d.%m.%Y %H:%M:%S,~", "%H:%M:%S.~"):
        with pytest.raises(DataFormatError, match="line 502: the time runs back by an hour"):
            stamped(tmp_path / "a.csv", form, start, back=range(500, 1000))


def test_a_cell_that_is_no_instant_is_named_with_its_line(tmp_path: Path) -> None:
    found = stamped(tmp_path / "a.csv", "%d.%m.%Y %H:%M:%S,~", datetime(2026, 11, 29, tzinfo=UTC))
    path = tmp_path / "a.csv"
    path.write_text(path.read_text("utf-8").replace("00:00:10,000", "00:61:10,000"), "utf-8")
    with pytest.raises(DataFormatError, match=r"line 502: time is '29.11.2026 00:61:10,000'"):
        list(read_chunks(found, print))
