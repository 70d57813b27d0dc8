"""Sensors that no one wears: on a table for minutes is doubtful, for an hour not worn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predict_helpers import BUNDLE

from crosswear.deploy.recognise import Event, Recognizer
from crosswear.deploy.recognise.inputs import Overrides
from crosswear.deploy.recognise.recognised import recognise_files
from crosswear.signal.nonwear import StillTime, longest, still

RATE_HZ = 25


def recording(*parts: tuple[float, float]) -> np.ndarray:
    """Parts of some seconds with a standard deviation, in g, about gravity on z."""
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(round(s * RATE_HZ), 3)) * deviation for s, deviation in parts]
    return np.concatenate(noise) + np.array([0, 0, 1])


def events_of(values: np.ndarray) -> list[Event]:
    recognizer = Recognizer(BUNDLE, RATE_HZ)
    return [*recognizer.push(values), *recognizer.flush()]


def test_a_window_is_still_if_no_axis_moves() -> None:
    x = np.random.default_rng(0).normal(size=(4, 3, 100)) * 0.005
    x[1, 2] *= 10
    x[2] *= 10
    assert still(x.astype(np.float32)).tolist() == [True, False, False, True]


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 60))
def test_still_time_does_not_depend_on_how_windows_come(at_rest: list[bool], cut: int) -> None:
    is_still, start_s = np.array(at_rest, np.bool_), np.arange(len(at_rest)) * 2.0
    whole = StillTime().push(start_s, 4.0, is_still)
    timer = StillTime()
    pieces = [timer.push(start_s[p], 4.0, is_still[p]) for p in (slice(cut), slice(cut, None))]
    assert whole.tolist() == np.concatenate(pieces).tolist()
    assert ((whole > 0) == is_still).all()
    assert (longest(whole) >= whole).all()


def test_a_gap_ends_a_stretch() -> None:
    start_s = np.array([0.0, 2.0, 4.0, 20.0, 22.0])
    still_s = StillTime().push(start_s, 4.0, np.ones(5, np.bool_))
    assert still_s.tolist() == [4, 6, 8, 4, 6]
    assert longest(still_s).tolist() == [8, 8, 8, 6, 6]


def test_a_stream_is_unsure_after_five_still_minutes() -> None:
    events = events_of(recording((120, 0.2), (400, 0.003), (60, 0.2)))
    doubtful = [one for one in events if one.still_s >= 300]
    assert doubtful
    assert all(one.unsure for one in doubtful)
    assert all(one.worn for one in events)
    assert 415 <= min(one.end_s for one in doubtful) <= 430
    assert events[-1].still_s == 0


@pytest.mark.parametrize(("minutes", "worn"), [(58, True), (63, False)])
def test_in_files_the_whole_stretch_is_marked(minutes: int, worn: bool, tmp_path: Path) -> None:
    values = recording((120, 0.2), (60 * minutes, 0.003), (120, 0.2))
    np.savetxt(tmp_path / "a.csv", values, "%.4f", ",", header="x,y,z", comments="")
    (found,) = recognise_files(BUNDLE, [tmp_path / "a.csv"], Overrides(rate_hz=RATE_HZ, unit="g"))
    table = [one for one in found.events if 130 < one.start_s < 60 * minutes + 110]
    assert all(one.unsure and one.worn == worn for one in table)
    moving = [one for one in found.events if one.start_s < 110]
    assert all(one.worn for one in moving)
    assert any("not worn" in note for note in found.notes) != worn
