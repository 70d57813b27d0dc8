"""Recordings of any rate become uninterrupted stretches at one common rate.

The way of a recording: lost samples are bridged or split it; time stamps that are not even are put
on an even grid by a cubic spline; a polyphase low-pass filter changes the rate by an exact ratio.
Every output sample keeps the interval of raw samples that it was made from, so that a split can be
audited on what was really measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import firwin, kaiser_beta, kaiserord, upfirdn

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording

COMMON_RATE_HZ = 25.0
"""The rate of every domain."""

_ATTENUATION_DB = 50.0
_PASS, _STOP = 0.44, 0.56  # of the lower rate: 11 Hz and 14 Hz at 25 Hz
_LARGEST_TERM = 20_000  # of the ratio: beyond it the filter has millions of taps
_EVEN = 1e-6  # in sampling periods: what rounding alone does to even time stamps
# A spline's memory fades by 2 - √3 with every knot: after 16 knots 7e-10 of a sample is left, less
# than float32 can hold.
_SPLINE_REACH = 16


@dataclass(frozen=True, eq=False)
class Segment:
    """An uninterrupted piece of a recording at the common rate.

    Sample i was measured i / rate seconds after the first raw sample of the stretch.

    Attributes:
        channels: float32 [T, 3·sensors], as of the recording, finite.
        labels: int16 [T], the label of the raw sample that is nearest in time.
        raw_first: int64 [T], first raw sample of the recording that has a part in the sample.
        raw_last: int64 [T], last raw sample of the recording that has a part in the sample.
        repaired: how many lost raw samples were bridged.
    """

    channels: NDArray[np.float32]
    labels: NDArray[np.int16]
    raw_first: NDArray[np.int64]
    raw_last: NDArray[np.int64]
    repaired: int

    def __len__(self) -> int:
        return len(self.labels)

    def raw_interval(
        self, start: NDArray[np.int64], stop: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The raw samples [first, one past last) that have a part in samples [start, stop).

        The reach of filter, spline and bridges is included. `start` and `stop` may be arrays of
        any one shape, with 0 <= start < stop <= T.
        """
        return self.raw_first[start], self.raw_last[stop - 1] + 1


def stretches(
    recording: Recording, target_hz: float = COMMON_RATE_HZ, bridge_s: float = 0.2
) -> list[Segment]:
    """Resample a recording and split it at its gaps.

    A gap is where samples are lost, be it by rows of NaN (of any sensor) or by a jump in the time
    stamps. Gaps of
    at most `bridge_s` seconds are bridged by straight lines, longer ones split the recording.
    Pieces of a single sample are dropped. All instants i / `target_hz` after the first raw sample
    of a piece, up to its last one, become samples. A recording that is at `target_hz` already
    passes unchanged.

    Content up to 0.44 of the lower of both rates passes within 1 %, content that would fold back
    below that is attenuated by at least 40 dB (11 Hz and 14 Hz at 25 Hz). Where time stamps
    scatter, the spline holds this from 50 Hz on; at 30 Hz it damps 11 Hz by some per cent.

    Raises:
        DataFormatError: on infinite measurements, and on time stamps that do not increase.
    """
    position = _positions(recording)
    rows = np.flatnonzero(_measured(recording))
    longest = max(bridge_s * recording.rate_hz, 0.5) + _EVEN
    splits = np.flatnonzero(np.diff(position[rows]) - 1 > longest) + 1
    filter_ = design_low_pass(recording.rate_hz, target_hz)
    pieces = (piece for piece in np.split(rows, splits) if len(piece) >= 2)
    return [_resample(recording, position, piece, filter_) for piece in pieces]


@dataclass(frozen=True, eq=False)
class LowPass:
    """Change of rate by `up` / `down` from an even grid of `grid_hz`.

    `taps` low-pass the grid raised `up` times; they reach `half` grid samples to either side.
    """

    grid_hz: float
    up: int
    down: int
    taps: NDArray[np.float64]
    half: int


def _where(recording: Recording, sample: int) -> str:
    return f"subject {recording.subject}, session {recording.session}, sample {sample}"


def _measured(recording: Recording) -> NDArray[np.bool_]:
    """Which rows hold a measurement."""
    channels = recording.channels
    infinite = np.isinf(channels).any(axis=1)
    if infinite.any():
        raise DataFormatError(
            "a measurement is infinite",
            where=_where(recording, int(infinite.argmax())),
            expected="finite values, or NaN where a sample was lost",
            todo="correct the sample, or replace it by NaN",
        )
    return np.asarray(~np.isnan(channels).any(axis=1))


def _positions(recording: Recording) -> NDArray[np.float64]:
    """When each raw sample was taken, in nominal sampling periods after the first."""
    if recording.time_s is None:
        return np.arange(len(recording.labels), dtype=np.float64)
    # Written so that NaN stamps count as wrong, too.
    wrong = ~(np.diff(recording.time_s) > 0)
    if wrong.any() or not np.isfinite(recording.time_s).all():
        sample = int(wrong.argmax()) + 1 if wrong.any() else len(wrong)
        raise DataFormatError(
            "the time stamp is missing, repeats the one before it or runs backwards",
            where=_where(recording, sample),
            expected="time stamps that increase from sample to sample",
            todo="sort the samples by time and drop repeated ones, or leave the time stamps out",
        )
    position: NDArray[np.float64] = (recording.time_s - recording.time_s[:1]) * recording.rate_hz
    return position


def design_low_pass(rate_hz: float, target_hz: float) -> LowPass:
    """A Kaiser low-pass for the exact ratio of the rates as they are written in decimals."""
    grid_hz = float(rate_hz)
    ratio = Fraction(str(float(target_hz))) / Fraction(str(grid_hz))
    if max(ratio.numerator, ratio.denominator) > _LARGEST_TERM:
        grid_hz = float(max(round(grid_hz), 1))
        ratio = Fraction(str(float(target_hz))) / Fraction(str(grid_hz))
    up, down = ratio.numerator, ratio.denominator
    if up == down:
        return LowPass(grid_hz, 1, 1, np.ones(1), 0)
    lower = 1 / max(up, down)  # the lower rate, where the grid raised `up` times has rate 1
    length, _ = kaiserord(_ATTENUATION_DB, 2 * (_STOP - _PASS) * lower)
    half = -(-length // (2 * up))
    window = ("kaiser", kaiser_beta(_ATTENUATION_DB))
    taps = firwin(2 * half * up + 1, (_PASS + _STOP) / 2 * lower, window=window, fs=1.0)
    # Every phase on its own has to keep a constant: gravity must not ripple.
    phases = np.append(taps, np.zeros(up - 1)).reshape(-1, up)
    phases /= phases.sum(axis=0)
    return LowPass(grid_hz, up, down, phases.ravel()[: len(taps)], half)


def _resample(
    recording: Recording,
    position: NDArray[np.float64],
    rows: NDArray[np.int64],
    filter_: LowPass,
) -> Segment:
    """Resample one piece, given the raw rows of it that hold a measurement."""
    first = rows[0]
    knots = position[rows] - position[first]
    lost = np.diff(knots) - 1
    even = bool(np.abs(knots - np.rint(knots)).max() <= _EVEN)
    scale = filter_.grid_hz / recording.rate_hz
    splined = not even or scale != 1
    knots = knots * scale if splined else np.rint(knots)
    values = recording.channels[rows].astype(np.float64)
    grid = np.arange(int(knots[-1] + _EVEN) + 1)
    values = _on_grid(grid, knots, values, lost > 0.5, splined)

    up, down, half = filter_.up, filter_.down, filter_.half
    samples = np.arange(int((knots[-1] + _EVEN) * up / down) + 1)
    if up != down:
        values = _change_rate(values, len(samples), filter_)

    low = -(-samples * down // up) - half
    high = samples * down // up + half
    spline_reach = _SPLINE_REACH if splined else 0
    before = np.searchsorted(knots, low.clip(0), side="right") - 1 - spline_reach
    after = np.searchsorted(knots, high.clip(max=grid[-1]), side="left") + spline_reach

    raw = (position[first : rows[-1] + 1] - position[first]) * scale
    nearest = np.searchsorted((raw[1:] + raw[:-1]) / 2, samples * (down / up))
    return Segment(
        channels=values.astype(np.float32),
        labels=recording.labels[first + nearest],
        raw_first=rows[before.clip(0)],
        raw_last=rows[after.clip(max=len(rows) - 1)],
        repaired=int(np.rint(lost[lost > 0.5]).sum()),
    )


def _on_grid(
    grid: NDArray[np.int64],
    knots: NDArray[np.float64],
    values: NDArray[np.float64],
    bridged: NDArray[np.bool_],
    splined: bool,
) -> NDArray[np.float64]:
    """Values at the grid's points: by cubic spline, but by straight lines where samples are lost.

    Straight lines alone would damp 11 Hz by several per cent, a spline alone would overshoot
    where it has nothing to hold on to.
    """
    if not splined and len(grid) == len(knots):
        return values
    result: NDArray[np.float64] = (
        CubicSpline(knots, values)(grid) if splined else np.empty((len(grid), values.shape[1]))
    )
    knot = np.searchsorted(knots, grid, side="right") - 1
    straight = bridged[knot.clip(max=len(bridged) - 1)] if splined else np.ones(len(grid), bool)
    for axis in range(values.shape[1]):
        result[straight, axis] = np.interp(grid[straight], knots, values[:, axis])
    return result


def _change_rate(
    values: NDArray[np.float64], samples: int, filter_: LowPass
) -> NDArray[np.float64]:
    """Filter and resample so that sample i lies at grid position i · down / up.

    The signal is mirrored at its ends: with zeros there, gravity would look like a jump.
    """
    up, down = filter_.up, filter_.down
    pad = filter_.half + 1
    padded = np.pad(values, ((pad, pad), (0, 0)), mode="reflect")
    delay = (pad + filter_.half) * up
    shift = -delay % down
    taps = np.concatenate([np.zeros(shift), filter_.taps])
    first = (delay + shift) // down
    result: NDArray[np.float64] = upfirdn(taps, padded.T, up, down)[:, first : first + samples].T
    return result
