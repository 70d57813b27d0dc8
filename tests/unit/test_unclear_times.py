"""Columns of time that count something else than they seem to: asked for, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files

RATE_HZ = 50
EVEN = np.arange(32 * RATE_HZ) / RATE_HZ


def moving() -> np.ndarray:
    """A limb that rests, then walks."""
    return np.concatenate([motion(kind, RATE_HZ, 16) for kind in ("sitting", "walking")])


def source(path: Path, **stated: float) -> RecordingFile:
    [found] = input_files(path, Overrides(**stated), None, BUNDLE.manifest)
    return found


def write(path: Path, header: str | None, *times: Sequence[object]) -> Path:
    """Write some columns of time before x, y and z."""
    rows = [
        ",".join([*map(str, stamps), *(f"{v:.4f}" for v in row)])
        for *stamps, row in zip(*times, moving(), strict=True)
    ]
    return put(path, header, rows)


def ticks(in_a_second: float, start: int = 0) -> list[int]:
    return [start + round(t * in_a_second) for t in EVEN]


TICKS = {
    "samples": ("time,x,y,z", range(len(EVEN))),
    "samples from 1": ("Timestamp,x,y,z", range(1, len(EVEN) + 1)),
    "hundredths": ("t,x,y,z", ticks(100)),
    "hundredths without names": (None, ticks(100)),
    "tenths of a millisecond": ("SampleTimeFine,Acc_X,Acc_Y,Acc_Z", ticks(1e4, 5000)),
    "a clock of 32768 Hz": ("timestamp,x,y,z", ticks(32768)),
}


@pytest.mark.parametrize("case", TICKS)
def test_ticks_of_unknown_length_are_asked_for(case: str, tmp_path: Path) -> None:
    header, times = TICKS[case]
    path = write(tmp_path / "a.csv", header, times)
    with pytest.raises(UsageError, match="it may count samples or other ticks"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "it may count samples or other ticks" in asked["rate_hz"]


@pytest.mark.parametrize("case", TICKS)
def test_with_the_rate_they_are_not_used_and_that_is_said(case: str, tmp_path: Path) -> None:
    header, times = TICKS[case]
    found = source(write(tmp_path / "a.csv", header, times), rate_hz=RATE_HZ)
    assert found.layout.columns.time is None
    assert "it is not known what it counts" in found.notes[0]
    assert sum(len(piece) for piece, _ in read_chunks(found, lambda _: None)) == len(EVEN)
    values, asked, _ = guessed(tmp_path, subject="me", rate_hz=RATE_HZ, columns__label="")
    assert not asked
    assert "columns.time" not in values


@pytest.mark.parametrize(
    ("name", "in_a_second", "start", "rate_hz"),
    [
        ("time_ms", 1e3, 0, 10),
        ("millis", 1e3, 77, 250),
        ("timestamp", 1e3, 1_795_961_106_000, 10),
        ("time", 1e6, 1_795_961_106_000_000, 500),
        ("t", 1e3, 0, 50),
    ],
)
def test_numbers_whose_unit_shows_are_read_at_any_rate(
    name: str, in_a_second: float, start: int, rate_hz: float, tmp_path: Path
) -> None:
    times = [start + round(i / rate_hz * in_a_second) for i in range(len(EVEN))]
    assert source(write(tmp_path / "a.csv", f"{name},x,y,z", times)).layout.rate_hz == rate_hz


class TestTwoColumns:
    def test_that_contradict_each_other_are_asked_for(self, tmp_path: Path) -> None:
        slow = ticks(1e3, 1_795_961_106_000)
        path = write(tmp_path / "a.csv", "timestamp,time_ms,x,y,z", slow, ticks(500))
        with pytest.raises(UsageError, match="'timestamp' gives 50 Hz, and column 'time_ms' 100"):
            source(path)
        _, asked, _ = guessed(tmp_path, subject="me")
        assert "column 'time_ms' 100 Hz" in asked["rate_hz"]

    @pytest.mark.parametrize(("rate_hz", "column"), [(50, "timestamp"), (100, "time_ms")])
    def test_the_one_that_has_the_stated_rate_is_read(
        self, rate_hz: float, column: str, tmp_path: Path
    ) -> None:
        slow = ticks(1e3, 1_795_961_106_000)
        path = write(tmp_path / "a.csv", "timestamp,time_ms,x,y,z", slow, ticks(500))
        assert source(path, rate_hz=rate_hz).layout.columns.time == column

    @pytest.mark.parametrize("header", ["timestamp,t,x,y,z", "t,timestamp,x,y,z"])
    def test_the_one_whose_unit_shows_goes_before_ticks(self, header: str, tmp_path: Path) -> None:
        times = [ticks(1e3, 1_795_961_106_000), ticks(32768)]
        ordered = times if header.startswith("timestamp") else times[::-1]
        found = source(write(tmp_path / "a.csv", header, *ordered))
        assert (found.layout.columns.time, found.layout.rate_hz) == ("timestamp", RATE_HZ)


@pytest.mark.parametrize(("form", "asked"), [("%M:%S", True), ("%H:%M:%S", False)])
def test_minutes_and_seconds_are_not_taken_for_hours_and_minutes(
    form: str, asked: bool, tmp_path: Path
) -> None:
    start = datetime(2026, 3, 5, 12, 9, 20)
    clock = [f"{start + timedelta(seconds=float(t)):{form}}" for t in EVEN]
    path = write(tmp_path / "a.csv", "time,x,y,z", clock)
    if not asked:
        assert source(path).layout.rate_hz == RATE_HZ
        return
    with pytest.raises(UsageError, match="it may be minutes and seconds"):
        source(path)


@pytest.mark.parametrize(
    ("form", "digits"), [("%Y%m%d%H%M%S", 3), ("%H%M%S", 3), ("%H%M%S.", 2), ("%Y%m%d%H%M%S", 0)]
)
@pytest.mark.parametrize("begin", [(9, 59, 40), (23, 12, 50)])
def test_clock_times_in_a_row_are_no_seconds(
    form: str, digits: int, begin: tuple[int, int, int], tmp_path: Path
) -> None:
    start = datetime(2026, 3, 5, *begin)
    clock = [start + timedelta(seconds=float(t)) for t in EVEN]
    cells = [f"{at:{form}}{f'{at.microsecond:06d}'[:digits]}" for at in clock]
    found = source(write(tmp_path / "a.csv", "time,x,y,z", cells))
    assert found.layout.columns.time is None
    assert "hours, minutes and seconds in a row" in found.notes[0]
    assert found.layout.rate_hz == pytest.approx(RATE_HZ)


def test_seconds_with_a_gap_of_a_minute_are_read(tmp_path: Path) -> None:
    times = np.where(EVEN > 20, EVEN + 60, EVEN)
    assert source(write(tmp_path / "a.csv", "time,x,y,z", times.round(2))).notes == ()


def test_stamps_that_lost_their_digits_give_no_rate(tmp_path: Path) -> None:
    stamps = [f"{np.float32(1_795_961_140 + t):.3f}" for t in EVEN]
    assert 1 < len(set(stamps)) < 4
    with pytest.raises(UsageError, match="the sampling rate is unknown"):
        source(write(tmp_path / "a.csv", "time,x,y,z", stamps))


@pytest.mark.parametrize("stated", [{}, {"rate_hz": RATE_HZ}])
def test_the_newest_row_first_is_refused(stated: dict[str, float], tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time,x,y,z", ticks(1e3, 1_795_961_106_000)[::-1])
    with pytest.raises(DataFormatError, match="'time' runs backwards throughout"):
        source(path, **stated)


@pytest.mark.parametrize("start", [133_500_000_000_000_000, 638_400_000_000_000_000])
def test_tenths_of_microseconds_since_another_year_are_not_taken_for_microseconds(
    start: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "time,x,y,z", ticks(2.5e6, start))  # as if at 200 Hz
    with pytest.raises(UsageError, match="the sampling rate is unknown"):
        source(path)


def test_a_countdown_beside_the_time_does_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time_left,time,x,y,z", ticks(1e3)[::-1], EVEN)
    assert source(path).layout.columns.time == "time"


class TestTimeThatBeginsAnew:
    """In one file, two sensors or two recordings follow each other."""

    HALVES = tuple(EVEN[: len(EVEN) // 2]) * 2

    @pytest.mark.parametrize(
        ("name", "values"), [("pos", ("L", "R")), ("k", (1, 2)), ("capteur_no", ("un", "deux"))]
    )
    def test_with_a_column_that_changes_there_is_asked_for(
        self, name: str, values: tuple[object, object], tmp_path: Path
    ) -> None:
        which = [values[i >= len(EVEN) // 2] for i in range(len(EVEN))]
        path = write(tmp_path / "a.csv", f"time,{name},x,y,z", self.HALVES, which)
        with pytest.raises(UsageError, match=f"column '{name}' holds"):
            source(path)
        _, asked, _ = guessed(tmp_path, subject="me")
        assert set(asked) == {f"rows.{name}"}
        _, asked, _ = guessed(tmp_path, subject="me", columns__label="", columns__session=name)
        assert not asked

    def test_with_labels_that_change_there_is_only_said(self, tmp_path: Path) -> None:
        which = [("sit", "walk")[i >= len(EVEN) // 2] for i in range(len(EVEN))]
        path = write(tmp_path / "a.csv", "time,activity,x,y,z", self.HALVES, which)
        assert "it runs backwards 1 time" in source(path).notes[0]

    def test_at_another_rate_is_refused(self, tmp_path: Path) -> None:
        half = len(EVEN) // 2
        path = write(tmp_path / "a.csv", "time,x,y,z", [*EVEN[:half], *(EVEN[:half] / 2)])
        with pytest.raises(DataFormatError, match="the rate changes from 50 Hz to 100 Hz"):
            source(path)
