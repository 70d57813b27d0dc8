"""Labels are smoothed over as many windows as pay, and short activities are not wiped out."""

from __future__ import annotations

import numpy as np

from crosswear.adaptation.smooth import choose_smoothing, runs_of
from crosswear.core.recording import Windows


def answers(y: np.ndarray, wrong: float) -> np.ndarray:
    """Probabilities [n, 3] of which a share says another class, for a window at a time."""
    rng = np.random.default_rng(0)
    said = np.where(rng.random(len(y)) < wrong, rng.integers(0, 3, len(y)), y)
    return np.full((len(y), 3), 0.1) + 0.7 * np.eye(3)[said]


def test_long_activities_are_smoothed() -> None:
    y = np.repeat(np.arange(30) % 3, 20)
    assert choose_smoothing(answers(y, 0.3), y, [np.arange(600)]) == 5


def test_short_activities_are_kept_although_they_are_rare() -> None:
    y = np.tile(np.repeat([0, 2, 1], [20, 1, 20]), 15)
    assert choose_smoothing(answers(y, 0.05), y, [np.arange(len(y))]) == 1


def test_what_brings_nothing_is_not_done() -> None:
    y = np.repeat(np.arange(30) % 3, 20)
    rows = np.split(np.arange(600), 30)
    assert choose_smoothing(answers(y, 0.0), y, rows) == 1


def test_windows_are_neighbours_within_a_recording_and_without_a_gap() -> None:
    recording = np.array([0, 0, 0, 0, 1, 1], np.int32)
    start = np.array([0, 50, 100, 400, 0, 50])
    of_no_account = np.zeros(6, np.int32)
    windows = Windows(
        x=np.zeros((6, 3, 100), np.float32),
        y=of_no_account.astype(np.int16),
        subject=of_no_account.astype(np.int16),
        recording=recording,
        occurrence=of_no_account,
        start=start,
        stop=start + 100,
    )
    assert [run.tolist() for run in runs_of(windows, np.arange(6), 50)] == [[0, 1, 2], [3], [4, 5]]
    assert [run.tolist() for run in runs_of(windows, np.array([0, 2, 3]), 50)] == [[0], [1], [2]]
