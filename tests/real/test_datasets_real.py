"""Contents of the published files; every number was counted or measured on them.

The recordings at hand are parts of what is published (see `missing`), so that counts are theirs.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.signal import butter, filtfilt

from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets import lookup, sp_sw_har
from crosswear.datasets.matlab import read_matrices
from crosswear.datasets.published_text import read_numbers
from crosswear.datasets.tree import FolderTree
from crosswear.signal.resample import resample
from crosswear.signal.windows import cut
from generators.planted import resting_g

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Facts:
    recordings: int
    subjects: int
    classes: int
    samples: int
    resting_g: float
    notes: int


FACTS = {
    "dsads": Facts(456, 8, 19, 380_000, 0.998, 2),
    "dsads:placement=torso": Facts(456, 8, 19, 380_000, 1.001, 2),
    "dsads:placement=left_arm": Facts(456, 8, 19, 380_000, 1.002, 2),
    "dsads:sensors=accelerometer+gyroscope": Facts(456, 8, 19, 380_000, 0.998, 2),
    "selfback": Facts(180, 20, 9, 2_453_253, 0.971, 1),
    "wharf": Facts(892, 17, 14, 452_381, 1.028, 0),
    "actrectut": Facts(2, 2, 11, 133_258, 1.000, 0),
    "actrectut:placement=right_lower_arm": Facts(2, 2, 11, 133_258, 1.012, 0),
    "actrectut:placement=right_upper_arm": Facts(2, 2, 11, 133_258, 1.005, 0),
    "sp_sw_har": Facts(223, 23, 5, 262_553, 0.998, 1),
    "sp_sw_har:sensors=accelerometer+gyroscope": Facts(223, 23, 5, 262_553, 0.998, 1),
}


@functools.cache
def read(root: Path, reference: str) -> tuple[list[Recording], list[str]]:
    spec, options = lookup(reference)
    notes: list[str] = []
    return list(spec.read(FolderTree(root / spec.name), options, notes.append)), notes


def by_class(recordings: list[Recording]) -> dict[int, list[Recording]]:
    classes: dict[int, list[Recording]] = {}
    for recording in recordings:
        classes.setdefault(int(recording.labels[0]), []).append(recording)
    return classes


@pytest.mark.parametrize("reference", sorted(FACTS))
def test_counts_and_resting_acceleration(real_data: Path, reference: str) -> None:
    facts = FACTS[reference]
    recordings, notes = read(real_data, reference)
    labels = np.concatenate([recording.labels for recording in recordings])
    assert len(recordings) == facts.recordings
    assert len({recording.subject for recording in recordings}) == facts.subjects
    assert len(set(labels.tolist()) - {NO_LABEL}) == facts.classes
    assert len(labels) == facts.samples
    assert resting_g(recordings) == pytest.approx(facts.resting_g, abs=0.002)
    assert len(notes) == facts.notes
    names = [(recording.subject, recording.session) for recording in recordings]
    assert len(set(names)) == len(names)


def test_dsads_segments_are_contiguous_but_on_the_stairs(real_data: Path) -> None:
    recordings, notes = read(real_data, "dsads")
    assert notes[0].startswith("6080 of 9120 segments")
    classes = by_class(recordings)
    assert {label: len(found) for label, found in classes.items()} == {
        label: 160 if label in (4, 5) else 8 for label in range(19)
    }
    lost = Counter(
        recording.subject
        for recording in recordings
        for _ in range(int(np.isnan(recording.acceleration[:, 0]).sum()))
    )
    assert lost == {"p1": 1000, "p6": 1000}
    for label, found in classes.items():
        if label in (4, 5):
            continue
        steps = [np.linalg.norm(np.diff(one.acceleration, axis=0), axis=1) for one in found]
        joint = np.median(np.concatenate([step[124::125] for step in steps]))
        inner = np.median(np.concatenate([np.delete(step, np.s_[124::125]) for step in steps]))
        # A few joints of the stepper and of jumping are breaks as well.
        assert joint < 1.5 * inner


def test_dsads_gyroscopes_are_in_radians(real_data: Path) -> None:
    reference = "dsads:placement=torso,sensors=accelerometer+gyroscope"
    low_pass = butter(2, 0.7, fs=25.0)
    turned, told = [], []
    for one in read(real_data, reference)[0]:
        if len(one.labels) > 1000 and not np.isnan(one.channels).any():
            gravity, rotation = np.split(
                filtfilt(*low_pass, one.channels.astype(float), axis=0), 2, 1
            )
            turned.append(np.gradient(gravity, 1 / 25, axis=0).ravel())
            told.append(-np.cross(rotation, gravity).ravel())
    x, y = np.concatenate(told), np.concatenate(turned)
    assert (x @ y) / (x @ x) == pytest.approx(1, abs=0.25)  # in degrees it would be 0.017


def test_dsads_stairs_jump_from_segment_to_segment(real_data: Path) -> None:
    classes = by_class(read(real_data, "dsads")[0])
    for label in (4, 5):
        runs = [one.acceleration for one in classes[label] if one.subject in ("p2", "p4", "p7")]
        inner = np.median(np.concatenate([np.abs(np.diff(run, axis=0)).sum(1) for run in runs]))
        pairs = itertools.pairwise(runs)
        joint = np.median([np.abs(second[0] - first[-1]).sum() for first, second in pairs])
        assert joint > 2 * inner


def test_selfback_time_stamps(real_data: Path) -> None:
    recordings, notes = read(real_data, "selfback")
    assert notes == ["20 of 50 subjects are there, with 180 of 180 recordings."]
    rates = []
    for recording in recordings:
        assert recording.time_s is not None
        steps = np.diff(recording.time_s)
        assert steps.min() == pytest.approx(0.009, abs=1e-6) or steps.min() > 0.009
        assert steps.max() < 0.011001
        rates.append(1 / steps.mean())
    assert min(rates) == pytest.approx(97.29, abs=0.01)
    assert max(rates) == pytest.approx(102.57, abs=0.01)
    assert sum(one.time_s[-1] for one in recordings if one.time_s is not None) / 3600 == (
        pytest.approx(6.815, abs=0.001)
    )
    largest = max(float(np.abs(recording.acceleration).max()) for recording in recordings)
    assert largest == pytest.approx(8.0, abs=0.02)


def test_wharf_has_the_trials_that_its_manual_counts(real_data: Path) -> None:
    recordings, _ = read(real_data, "wharf")
    trials = {label: len(found) for label, found in by_class(recordings).items()}
    manual = (12, 112, 31, 51, 115, 5, 3, 101, 28, 100, 109, 112, 13, 100)
    assert trials == dict(enumerate(manual))
    lengths = [len(recording.labels) for recording in recordings]
    assert min(lengths) == 82
    assert max(lengths) == 9318


def test_actrectut_gestures_look_like_their_names(real_data: Path) -> None:
    recordings, _ = read(real_data, "actrectut")
    classes = lookup("actrectut")[0].variants["default"]
    for recording in recordings:
        edges = np.flatnonzero(np.diff(recording.labels)) + 1
        bouts: dict[str, list[np.ndarray]] = {}
        starts = [0, *edges.tolist()]
        for start, stop in zip(starts, [*edges.tolist(), len(recording.labels)], strict=True):
            label = recording.labels[start]
            name = "null" if label == NO_LABEL else classes[label].name
            bouts.setdefault(name, []).append(recording.acceleration[start:stop].astype(float))
        assert {len(found) for name, found in bouts.items() if name != "null"} == {26}
        # Drinking tips the hand over in the middle: the y axis turns towards the ceiling.
        middle = [bout[len(bout) // 3 : -len(bout) // 3].mean(axis=0) for bout in bouts["drinking"]]
        assert np.mean(middle, axis=0)[1] > 0.5
        # Cutting and chopping go to and fro about four times a second.
        for name in ("cutting with a knife", "chopping with a knife"):
            assert 3.0 < np.median([main_frequency(bout, 32.0) for bout in bouts[name]]) < 6.0
        for name in ("opening a window", "closing a window", "drinking", "watering a plant"):
            assert np.median([main_frequency(bout, 32.0) for bout in bouts[name]]) < 1.5
    frozen = recordings[1].acceleration[:252]
    assert np.all(frozen[:251] == frozen[0])
    assert np.any(frozen[251] != frozen[0])
    assert set(recordings[1].labels[:251].tolist()) == {NO_LABEL}


def test_sp_sw_har_stamps_are_late_and_its_samples_even(real_data: Path) -> None:
    recordings, notes = read(real_data, "sp_sw_har")
    assert notes[0].startswith("1362 time stamps repeat the one before.")
    rates, spread, between, jumps = [], [], [], []
    for recording in recordings:
        name = f"DATA/{recording.subject}/{recording.subject}_{recording.session}_sw.csv"
        stamps = read_numbers(FolderTree(real_data / "sp_sw_har"), name, sp_sw_har.LAYOUT, [6])[
            :, 0
        ]
        samples = np.arange(len(stamps))
        slope, start = np.polyfit(samples, stamps - stamps[0], 1)
        rates.append(1000 / slope)
        late = stamps - stamps[0] - slope * samples - start
        spread.append(late.std())
        gaps = np.flatnonzero(np.diff(stamps) > 28)
        between += np.diff(gaps).tolist()
        inner = gaps[(gaps > 60) & (gaps < len(stamps) - 70)]
        jumps += [late[gap + 12 : gap + 60].mean() - late[gap - 50 : gap].mean() for gap in inner]
    assert min(rates) > 104.26
    assert max(rates) < 104.32
    assert np.mean(rates) == pytest.approx(sp_sw_har.RATE_HZ, abs=0.005)
    assert np.mean(spread) < 3
    # Late stamps come every 480 samples on one unchanged grid: nothing was lost at them.
    assert np.mean(np.array(between) == 480) > 0.99
    assert abs(np.median(jumps)) < 0.2
    assert np.abs(jumps).max() < 1000 / sp_sw_har.RATE_HZ / 2


def test_sp_sw_har_is_a_sequence_of_short_activities(real_data: Path) -> None:
    recordings, _ = read(real_data, "sp_sw_har")
    seconds = [len(recording.labels) / recording.rate_hz for recording in recordings]
    assert min(seconds) == pytest.approx(8.58, abs=0.02)
    assert max(seconds) == pytest.approx(14.78, abs=0.02)
    labels = np.concatenate([recording.labels for recording in recordings])
    assert np.bincount(labels).tolist() == [32_025, 27_765, 117_126, 53_180, 32_457]
    pieces = [piece for recording in recordings for piece in resample(recording)]
    assert len(pieces) == len(recordings)
    windows = np.concatenate([cut(piece).y for piece in pieces])
    assert np.bincount(windows).tolist() == [19, 5, 846, 7, 51]


def test_matrices_equal_those_of_scipy(real_data: Path) -> None:
    root = real_data / "actrectut"
    for name in ("Data/subject1_gesture/data.mat", "Data/subject2_gesture/data.mat"):
        expected = loadmat(root / name)
        found = read_matrices(FolderTree(root), name, {"data": 15, "labels": 1})
        for variable, values in found.items():
            np.testing.assert_array_equal(values, expected[variable])


def main_frequency(bout: np.ndarray, rate_hz: float) -> float:
    tapered = (bout - bout.mean(axis=0)) * np.hanning(len(bout))[:, None]
    power = (np.abs(np.fft.rfft(tapered, n=1024, axis=0)) ** 2).sum(axis=1)
    frequency = np.fft.rfftfreq(1024, 1 / rate_hz)
    return float(frequency[np.argmax(np.where(frequency > 0.5, power, 0.0))])
