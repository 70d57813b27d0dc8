"""Local clocks that are put forward or back within a recording: named, never silently a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import motion, put
from own_helpers import describe, read
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, input_files

FORM = "%Y-%m-%d %H:%M:%S.%f"


def write(
    path: Path, start: str, jump: timedelta, form: str = FORM, rate_hz: int = 50, zone: str = ""
) -> Path:
    """Write 20 s of somebody who sits; the clock is changed after 10 s."""
    begin = datetime.strptime(start, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    rows = []
    for i, (x, y, z) in enumerate(motion("sitting", rate_hz, 20)):
        at = begin + timedelta(seconds=i / rate_hz) + jump * (i >= 10 * rate_hz)
        rows.append(f"{at.strftime(form)}{zone},{x:.4f},{y:.4f},{z:.4f}")
    return put(path, "time,x,y,z", rows)


def noted(path: Path) -> list[str]:
    """Return the notes of prediction on a file, read a few rows at a time or at once."""
    notes: list[str] = []
    [source] = input_files(path, Overrides(), None, BUNDLE.manifest)
    list(read_chunks(source, notes.append))
    return notes


@pytest.mark.parametrize(
    ("start", "minutes", "when"),
    [
        ("2026-03-29 01:59:50", 60, "2026-03-29 01:59:59"),  # Berlin
        ("2026-03-29 00:59:50", 60, "2026-03-29 00:59:59"),  # London
        ("2026-03-08 01:59:50", 60, "2026-03-08 01:59:59"),  # New York
        ("2026-10-04 01:59:50", 60, "2026-10-04 01:59:59"),  # Sydney
        ("2026-10-04 01:59:50", 30, "2026-10-04 01:59:59"),  # Lord Howe Island
        ("2026-09-05 23:59:50", 60, "2026-09-05 23:59:59"),  # Santiago
        ("2026-03-29 14:10:00", 60, "2026-03-29 14:10:09"),  # a logger that takes it over later
    ],
)
def test_a_clock_that_is_put_forward_is_named(
    start: str, minutes: int, when: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", start, timedelta(minutes=minutes))
    [note] = noted(path)
    length = {60: "an hour", 30: "half an hour"}[minutes]
    assert f"jump by {length} after {when}, as local time does" in note
    assert "in UTC" in note


@pytest.mark.parametrize(
    ("start", "jump_s", "zone"),
    [
        ("2026-05-05 01:59:50", 3600, ""),  # no clock is changed in May
        ("2026-03-29 01:59:50", 3000, ""),
        ("2026-03-29 01:59:50", 3600, "Z"),
        ("2026-03-29 01:59:50", 3600, "+01:00"),
        ("2026-03-29 01:59:50", 0, ""),
    ],
)
def test_other_gaps_and_stamps_with_a_zone_are_no_changes(
    start: str, jump_s: int, zone: str, tmp_path: Path
) -> None:
    assert noted(write(tmp_path / "a.csv", start, timedelta(seconds=jump_s), zone=zone)) == []


@pytest.mark.parametrize(("start", "named"), [("01:59:50", 1), ("14:10:00", 0)])
def test_times_of_day_may_be_changed_at_night(start: str, named: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f"2026-05-05 {start}", timedelta(hours=1), "%H:%M:%S.%f")
    assert len(noted(path)) == named


def test_whole_seconds_show_it_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "2026-03-29 01:59:50", timedelta(hours=1), "%Y-%m-%d %H:%M:%S")
    assert any("jump by an hour" in note for note in noted(path))


def test_own_recordings_name_the_file(tmp_path: Path) -> None:
    write(tmp_path / "anna_sit.csv", "2026-03-29 01:59:50", timedelta(hours=1))
    write(tmp_path / "ben_walk.csv", "2026-04-01 01:59:50", timedelta(hours=1))
    toml = describe(
        tmp_path,
        ('time_unit = "s"', 'time_unit = "datetime"'),
        ('time = "t"', 'time = "time"'),
        ('label = "what"\n', ""),
        ("(?P<subject>[^/]+)", "(?P<subject>[^/]+)_(?P<label>[^/]+)"),
    )
    notes: list[str] = []
    recordings = read(toml, notes)
    [note] = [one for one in notes if "jump" in one]
    assert "anna_sit.csv, the time stamps jump by an hour" in note
    for one in recordings:
        assert one.time_s is not None
        assert np.diff(one.time_s).max() == pytest.approx(3600.02)


@pytest.mark.parametrize(("minutes", "length"), [(60, "an hour"), (30, "half an hour")])
def test_a_clock_that_is_put_back_is_refused_with_the_line(
    minutes: int, length: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "2026-04-05 01:59:50", -timedelta(minutes=minutes))
    what = f"line 502: the time runs back by {length}, as local time does"
    with pytest.raises(DataFormatError, match=what) as caught:
        noted(path)
    assert "in UTC" in str(caught.value.todo)
