"""Stretches become labelled windows.

A window is labelled with the label that most of its samples carry. Null (`NO_LABEL`) competes and
wins ties, then the lowest class index; windows of null are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crosswear.core.errors import UsageError
from crosswear.core.recording import NO_LABEL, Windows
from crosswear.signal.resample import Segment

WINDOW = 100
"""Samples of a window: 4 s at 25 Hz."""

HOP = 50
"""Samples from one window's start to the next one's: 2 s at 25 Hz."""


def as_windows(values: ArrayLike, samples: int | None = None) -> NDArray[np.float32]:
    """Windows float32 [n, 3, L] in g, from anything that numpy makes an array of.

    Args:
        values: [n, 3, L].
        samples: the L that is wanted; any without.

    Raises:
        UsageError: if they are no numbers, not of this shape or length, or hold NaN or infinity.
    """
    try:
        x = np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"no array of numbers ({error})", expected="windows [n, 3, L]: x, y and z in g"
        ) from error
    if x.ndim != 3 or x.shape[1] != 3:
        raise UsageError(
            f"an array of shape {x.shape}", expected="windows [n, 3, L]: x, y and z in g"
        )
    if samples is not None and x.shape[2] != samples:
        raise UsageError(
            f"windows of {x.shape[2]} samples",
            expected=f"{samples} samples, as the model has learned from",
            todo="cut windows of window_s seconds at rate_hz, or let a Recognizer do it",
        )
    if not np.isfinite(x).all():
        raise UsageError("a window holds NaN or infinity", expected="finite numbers")
    return x


STEPS_PER_G = 4096
"""Steps of a sample's value in models that are handed on; finer than the noise of any wearable."""


def in_steps(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return windows [n, 3, L] in g with each sample rounded to a step.

    Then the sums of MiniRocket's kernels are exact in float32, in any order of additions, up to
    100 g: which samples lie above a bias is the same everywhere.
    """
    rounded: NDArray[np.float32] = np.rint(x * np.float32(STEPS_PER_G)) / np.float32(STEPS_PER_G)
    return rounded


@dataclass(frozen=True, eq=False)
class Cut:
    """The labelled windows of one segment.

    Attributes:
        x: float32 [N, 3·sensors, L], see `crosswear.core.recording.Windows`.
        y: int16 [N], class index.
        occurrence: int32 [N], number of the activity's performance within the segment.
        start: int64 [N], first raw sample of the recording that has a part in the window.
        stop: int64 [N], one past the last raw sample that has a part in the window.
        null: how many windows were dropped because most of their samples are null.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int16]
    occurrence: NDArray[np.int32]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    null: int


def cut(segment: Segment, window: int = WINDOW, hop: int = HOP) -> Cut:
    """Cut a segment into windows of `window` samples, one every `hop` samples.

    An occurrence is a run of one label without interruption; a window belongs to the run of its
    own label that covers most of it, to the earlier one where two cover the same.
    """
    starts = np.arange(0, len(segment) - window + 1, hop)
    y, occurrence = _majority(segment.labels, starts, window)
    kept = y != NO_LABEL
    starts = starts[kept]
    start, stop = segment.raw_interval(starts, starts + window)
    if len(starts):
        views = np.lib.stride_tricks.sliding_window_view(segment.channels, window, axis=0)
        x = np.ascontiguousarray(views[starts])
    else:
        x = np.empty((0, segment.channels.shape[1], window), np.float32)
    return Cut(x, y[kept], occurrence[kept], start, stop, null=int((~kept).sum()))


def cut_recordings(
    recordings: Iterable[tuple[int, Sequence[Segment]]], window: int = WINDOW, hop: int = HOP
) -> Iterator[tuple[Windows, int]]:
    """Yield the windows of each segment, and how many windows were dropped as null.

    Occurrences are numbered through the whole domain.

    Args:
        recordings: for every recording of the dataset, in order: the index of its subject among
            the domain's subjects, and its segments. Consumed one at a time. The recording's
            number is its place here.
        window: samples of a window.
        hop: samples from one window's start to the next one's.
    """
    occurrences = 0
    for number, (subject, segments) in enumerate(recordings):
        for segment in segments:
            piece = cut(segment, window, hop)
            of_segment, occurrence = np.unique(piece.occurrence, return_inverse=True)
            windows = Windows(
                x=piece.x,
                y=piece.y,
                subject=np.full(len(piece.y), subject, np.int16),
                recording=np.full(len(piece.y), number, np.int32),
                occurrence=(occurrences + occurrence).astype(np.int32),
                start=piece.start,
                stop=piece.stop,
            )
            yield windows, piece.null
            occurrences += len(of_segment)
            del segment, piece, windows
        del segments  # not in memory while the next recording is read


def _majority(
    labels: NDArray[np.int16], starts: NDArray[np.int64], window: int
) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Return label and run of every window [start, start + window)."""
    if not len(starts):
        return np.empty(0, np.int16), np.empty(0, np.int32)
    begins = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
    ends = np.append(begins[1:], len(labels))
    run = np.repeat(np.arange(len(begins)), ends - begins)

    # One entry for every pair of a window and a run that share samples.
    first, last = run[starts], run[starts + window - 1]
    runs = last - first + 1
    owner = np.repeat(np.arange(len(starts)), runs)
    pair = np.arange(len(owner)) - np.repeat(np.cumsum(runs) - runs, runs) + first[owner]
    begin = np.maximum(begins[pair], starts[owner])
    cover = np.minimum(ends[pair], starts[owner] + window) - begin

    # Sorted, null (-1) comes before every class, and argmax takes the first of equals.
    names, code = np.unique(labels[begins], return_inverse=True)
    key = owner * len(names) + code[pair]
    shares = np.bincount(key, weights=cover, minlength=len(starts) * len(names))
    winner = shares.reshape(len(starts), len(names)).argmax(axis=1)

    cover = np.where(code[pair] == winner[owner], cover, 0)
    order = np.lexsort((pair, -cover, owner))
    best = pair[order[np.cumsum(runs) - runs]]
    return names[winner].astype(np.int16), best.astype(np.int32)
