"""Windows: the right samples, label and occurrence."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crosswear.core.recording import NO_LABEL, Windows
from crosswear.signal.resample import Segment
from crosswear.signal.windows import cut, cut_recordings


def segment_of(labels: list[int] | NDArray[np.integer], raw_start: int = 0) -> Segment:
    samples = len(labels)
    raw = raw_start + np.arange(samples, dtype=np.int64)
    return Segment(
        channels=np.random.default_rng(samples).normal(size=(samples, 3)).astype(np.float32),
        labels=np.asarray(labels, dtype=np.int16),
        raw_first=np.maximum(raw - 2, raw_start),
        raw_last=np.minimum(raw + 2, raw_start + samples - 1),
        bridged=0,
    )


def test_windows_hold_the_samples_of_the_segment() -> None:
    segment = segment_of([3] * 260, raw_start=1000)
    pieces = cut(segment)
    assert pieces.x.shape == (4, 3, 100)
    assert pieces.x.dtype == np.float32
    for number, start in enumerate(range(0, 200, 50)):
        np.testing.assert_array_equal(pieces.x[number], segment.channels[start : start + 100].T)
    # The reach of the filter, two samples here, counts.
    np.testing.assert_array_equal(pieces.start, [1000, 1048, 1098, 1148])
    np.testing.assert_array_equal(pieces.stop, [1102, 1152, 1202, 1252])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0] * 6 + [1] * 4, 0),
        ([1] * 5 + [0] * 5, 0),  # a tie of classes: the lowest
        ([4] * 5 + [NO_LABEL] * 5, None),  # a tie with null: null
        ([4] * 4 + [NO_LABEL] * 3 + [2] * 3, 4),  # null is one competitor among others
        ([4] * 3 + [NO_LABEL] * 4 + [2] * 3, None),
        ([2, 7] * 5, 2),
    ],
)
def test_the_majority_names_the_window(labels: list[int], expected: int | None) -> None:
    pieces = cut(segment_of(labels), window=10, hop=5)
    assert pieces.y.tolist() == ([] if expected is None else [expected])
    assert pieces.null == (expected is None)


def test_an_occurrence_is_a_run_without_interruption() -> None:
    labels = [0] * 200 + [NO_LABEL] * 200 + [0] * 200 + [1] * 200
    pieces = cut(segment_of(labels))
    # Half null is null; half 0 and half 1 is 0.
    assert pieces.y.tolist() == [0] * 7 + [1] * 3
    numbers = [len(list(same)) for _, same in groupby(pieces.occurrence.tolist())]
    assert numbers == [3, 4, 3]


def test_a_segment_shorter_than_a_window_gives_none() -> None:
    pieces = cut(segment_of([1] * 99))
    assert pieces.x.shape == (0, 3, 100)
    assert len(pieces.start) == len(pieces.occurrence) == pieces.null == 0


@settings(max_examples=80, deadline=None)
@given(
    runs=st.lists(st.tuples(st.integers(-1, 4), st.integers(1, 30)), min_size=1, max_size=25),
    window=st.integers(1, 20),
    hop=st.integers(1, 20),
)
def test_the_plain_loop_says_the_same(runs: list[tuple[int, int]], window: int, hop: int) -> None:
    labels = [label for label, length in runs for _ in range(length)]
    run_of = [n for n, (_, run) in enumerate(groupby(labels)) for _ in run]
    expected = []
    null = 0
    for start in range(0, len(labels) - window + 1, hop):
        inside = labels[start : start + window]
        winner = min(set(inside), key=lambda label: (-inside.count(label), label))
        if winner == NO_LABEL:
            null += 1
            continue
        own = [r for r, label in zip(run_of[start:], inside, strict=False) if label == winner]
        expected.append((winner, min(set(own), key=lambda run: (-own.count(run), run))))
    pieces = cut(segment_of(labels), window, hop)
    assert list(zip(pieces.y.tolist(), pieces.occurrence.tolist(), strict=True)) == expected
    assert pieces.null == null
    assert (pieces.start < pieces.stop).all()


def test_assembling_numbers_recordings_and_occurrences() -> None:
    recordings = [
        (4, [segment_of([0] * 100 + [2] * 100), segment_of([2] * 100, raw_start=300)]),
        (4, [segment_of([NO_LABEL] * 150)]),
        (9, [segment_of([1] * 30), segment_of([0] * 150, raw_start=50)]),
    ]
    pieces = list(cut_recordings(iter(recordings)))
    windows = Windows.joined([piece for piece, _ in pieces])
    assert [null for _, null in pieces] == [0, 0, 2, 0, 0]
    assert windows.y.tolist() == [0, 0, 2, 2, 0, 0]
    assert windows.subject.tolist() == [4, 4, 4, 4, 9, 9]
    assert windows.recording.tolist() == [0, 0, 0, 0, 2, 2]
    assert windows.occurrence.tolist() == [0, 0, 1, 2, 3, 3]
    assert windows.start.tolist() == [0, 48, 98, 300, 50, 98]
    assert windows.x.shape == (6, 3, 100)
    kinds = [windows.x, windows.y, windows.subject, windows.recording, windows.occurrence]
    assert [array.dtype.name for array in kinds] == ["float32", "int16", "int16", "int32", "int32"]
    assert windows.start.dtype == windows.stop.dtype == np.int64
