"""Resampling: the right length, the right spectrum, and an honest account of raw samples."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.signal.resample import Segment, resample

RATES = [30, 32, 50, 98, 99.63, 100, 104.2]


def record(
    acceleration: NDArray[np.floating],
    rate_hz: float,
    labels: NDArray[np.integer] | None = None,
    time_s: NDArray[np.float64] | None = None,
) -> Recording:
    if acceleration.ndim == 1:
        acceleration = np.stack([acceleration, -acceleration, acceleration / 2], axis=1)
    if labels is None:
        labels = np.zeros(len(acceleration))
    return Recording(
        acceleration=acceleration.astype(np.float32),
        rate_hz=rate_hz,
        labels=labels.astype(np.int16),
        subject="7",
        session="b",
        placement="right_wrist",
        time_s=time_s,
    )


def covered(segment: Segment) -> tuple[int, int]:
    """The first raw sample of a segment, and one past its last."""
    return int(segment.raw_first[0]), int(segment.raw_last[-1]) + 1


def amplitude(signal: NDArray[np.floating], frequency: float) -> float:
    """Amplitude of a sine at 25 Hz, by least squares; a frequency beyond 12.5 Hz folds back."""
    phase = 2 * np.pi * frequency * np.arange(len(signal)) / 25
    basis = np.stack([np.sin(phase), np.cos(phase), np.ones(len(phase))], axis=1)
    fit = np.linalg.lstsq(basis, signal, rcond=None)[0]
    return float(np.hypot(fit[0], fit[1]))


def jittered(samples: int, rate_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True instants, and what a device that rounds to milliseconds writes down."""
    rng = np.random.default_rng(5)
    true = (np.arange(samples) + rng.uniform(-0.2, 0.2, samples)) / rate_hz
    return true, true.round(3)


@pytest.mark.parametrize("rate", RATES)
def test_movement_passes_and_what_would_fold_back_is_removed(rate: float) -> None:
    time = np.arange(int(20 * rate)) / rate
    (kept,) = resample(record(np.sin(2 * np.pi * 11 * time), rate))
    (removed,) = resample(record(np.sin(2 * np.pi * 14 * time), rate))
    inside = slice(25, -25)
    assert amplitude(kept.channels[inside, 0], 11) == pytest.approx(1, abs=0.01)
    assert np.abs(removed.channels[inside, 0]).max() < 0.01


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate >= 98])
def test_scattered_time_stamps_keep_the_spectrum(rate: float) -> None:
    true, written = jittered(int(60 * rate), rate)
    (kept,) = resample(record(np.sin(2 * np.pi * 11 * true), rate, time_s=written))
    (removed,) = resample(record(np.sin(2 * np.pi * 14 * true), rate, time_s=written))
    inside = slice(25, -25)
    assert amplitude(kept.channels[inside, 0], 11) == pytest.approx(1, abs=0.01)
    assert amplitude(removed.channels[inside, 0], 14) < 0.01
    assert np.std(removed.channels[inside, 0]) < 0.03  # the rounding itself is noise


@pytest.mark.parametrize("rate", [12.5, 20])
def test_slow_recordings_are_raised(rate: float) -> None:
    time = np.arange(int(20 * rate)) / rate
    (segment,) = resample(record(np.sin(2 * np.pi * 0.44 * rate * time), rate))
    assert amplitude(segment.channels[40:-40, 0], 0.44 * rate) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rate", [10, 20, *RATES, 99.6312345])
@pytest.mark.parametrize("stamps", [False, True])
def test_gravity_stays_constant_up_to_the_edges(rate: float, stamps: bool) -> None:
    samples = int(3 * rate)
    time = jittered(samples, rate)[1] if stamps else None
    (segment,) = resample(record(np.full(samples, 0.98), rate, time_s=time))
    np.testing.assert_allclose(segment.channels[:, 0], 0.98, atol=1e-6)


def test_sample_i_lies_at_i_over_the_rate() -> None:
    # A slow sine shows where in time each sample lies: drift would show at the end.
    time = np.arange(int(1200 * 99.63)) / 99.63
    (segment,) = resample(record(np.sin(2 * np.pi * 0.5 * time), 99.63))
    expected = np.sin(2 * np.pi * 0.5 * np.arange(len(segment)) / 25)
    np.testing.assert_allclose(segment.channels[25:-25, 0], expected[25:-25], atol=3e-3)


def test_stamps_that_drift_from_the_nominal_rate_rule() -> None:
    time = np.arange(6000) / 97.9  # a device that says 100 Hz and means 97.9
    (segment,) = resample(record(np.sin(2 * np.pi * time), 100, time_s=time + 1.6e9))
    assert len(segment) == int(time[-1] * 25) + 1
    expected = np.sin(2 * np.pi * np.arange(len(segment)) / 25)
    np.testing.assert_allclose(segment.channels[25:-25, 0], expected[25:-25], atol=4e-3)


@pytest.mark.parametrize("stamps", [False, True])
def test_the_common_rate_passes_bit_by_bit(stamps: bool) -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(300, 3)).astype(np.float32)
    labels = rng.integers(-1, 4, 300)
    time = 3 + np.arange(300) * 0.04 if stamps else None
    (segment,) = resample(record(raw, 25, labels, time))
    np.testing.assert_array_equal(segment.channels, raw)
    np.testing.assert_array_equal(segment.labels, labels)
    np.testing.assert_array_equal(segment.raw_first, np.arange(300))
    np.testing.assert_array_equal(segment.raw_last, np.arange(300))
    assert segment.channels.dtype == np.float32
    assert (*covered(segment), segment.bridged) == (0, 300, 0)


def test_labels_come_from_the_nearest_raw_sample() -> None:
    (segment,) = resample(record(np.zeros(400), 100, np.arange(400)))
    np.testing.assert_array_equal(segment.labels, np.arange(0, 400, 4))


def test_short_dropouts_are_bridged_and_long_ones_split() -> None:
    signal = np.linspace(0, 1, 1000)
    signal[100:120] = np.nan  # 0.2 s
    signal[500:521] = np.nan  # 0.21 s
    first, second = resample(record(signal, 100))
    assert (*covered(first), first.bridged) == (0, 500, 20)
    assert (*covered(second), second.bridged) == (521, 1000, 0)
    straight = np.linspace(0, 1, 1000)[: 4 * len(first) : 4]
    np.testing.assert_allclose(first.channels[15:-15, 0], straight[15:-15], atol=1e-5)


def test_a_bridge_depends_on_the_samples_at_both_of_its_ends() -> None:
    signal = np.zeros(100)
    signal[40:44] = np.nan
    (segment,) = resample(record(signal, 25))
    assert segment.raw_first[41] == 39
    assert segment.raw_last[41] == 44
    signal[44] = 1
    (other,) = resample(record(signal, 25))
    changed = np.flatnonzero(other.channels[:, 0] != segment.channels[:, 0])
    assert changed.tolist() == [40, 41, 42, 43, 44]


@pytest.mark.parametrize("scatter", [0, 0.001])
def test_a_jump_in_time_splits(scatter: float) -> None:
    time = np.arange(600) / 100 + np.random.default_rng(1).uniform(0, scatter, 600)
    time[300:] += 0.5
    time[450:] += 0.1  # short enough to be bridged
    first, second = resample(record(np.ones(600), 100, time_s=time))
    assert covered(first) == (0, 300)
    assert (*covered(second), second.bridged) == (300, 600, 10)


def test_a_bridge_in_scattered_stamps_does_not_overshoot() -> None:
    true, written = jittered(1000, 100)
    signal = np.sin(2 * np.pi * 9 * true)
    signal[500:518] = np.nan
    (segment,) = resample(record(signal, 100, time_s=written))
    assert np.abs(segment.channels[:, 0]).max() < 1.1


def test_lonely_samples_and_empty_recordings_give_nothing() -> None:
    signal = np.full(100, np.nan)
    signal[50] = 1
    assert resample(record(signal, 100)) == []
    assert resample(record(np.empty(0), 100)) == []


@pytest.mark.parametrize("wrong", [0.02, 0.01, np.nan, np.inf])
def test_stamps_that_do_not_increase_are_refused(wrong: float) -> None:
    time = np.arange(10) / 100
    time[3] = wrong
    with pytest.raises(DataFormatError, match=r"subject 7, session b, sample [34]"):
        resample(record(np.zeros(10), 100, time_s=time))


def test_infinite_acceleration_is_refused() -> None:
    signal = np.zeros(10)
    signal[6] = -np.inf
    with pytest.raises(DataFormatError, match=r"sample 6: a measurement is infinite"):
        resample(record(signal, 100))


def test_what_the_interval_leaves_out_has_no_part_in_the_samples() -> None:
    rng = np.random.default_rng(2)
    signal = rng.normal(size=2000)
    time = jittered(2000, 100)[1]
    for stamps in (None, time):
        (segment,) = resample(record(signal, 100, time_s=stamps))
        low, high = segment.raw_interval(np.array([200]), np.array([300]))
        outside = np.full(2000, True)
        outside[low[0] : high[0]] = False
        other = np.where(outside, rng.normal(size=2000), signal)
        (changed,) = resample(record(other, 100, time_s=stamps))
        np.testing.assert_allclose(changed.channels[200:300], segment.channels[200:300], atol=1e-6)
        # And it is not much wider than that: a second on either side would be too much.
        assert 400 < high[0] - low[0] < 600


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(2, 400),
    rate=st.sampled_from([10, 20, 25, 31.25, 99.63, 100, 104.2, 99.6312345]),
    stamps=st.booleans(),
    lost=st.lists(st.integers(0, 399), max_size=40),
    seed=st.integers(0, 1000),
)
def test_every_segment_keeps_the_laws(
    samples: int, rate: float, stamps: bool, lost: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(samples, 3))
    raw[[i for i in lost if i < samples]] = np.nan
    labels = rng.integers(NO_LABEL, 5, samples)
    true = (np.arange(samples) + rng.uniform(-0.3, 0.3, samples)) / rate
    before = -1
    for segment in resample(record(raw, rate, labels, true if stamps else None)):
        start, stop = covered(segment)
        assert np.isfinite(segment.channels).all()
        assert segment.channels.shape == (len(segment), 3)
        assert set(segment.labels.tolist()) <= set(labels[start:stop].tolist())
        assert start > before
        assert not np.isnan(raw[[start, stop - 1]]).any()
        before = stop - 1
        if stamps:
            assert len(segment) == int((true[stop - 1] - true[start]) * 25 + 1e-6) + 1
        else:
            duration = (stop - 1 - start) / Fraction(str(rate))
            assert len(segment) == duration * 25 // 1 + 1
        first, last = segment.raw_interval(np.arange(len(segment)), np.arange(len(segment)) + 1)
        assert (np.diff(first) >= 0).all()
        assert (np.diff(last) >= 0).all()
        assert (first < last).all()
        assert (first[0], last[-1]) == (start, stop)
        assert (first[1:] <= last[:-1]).all() or rate == 25  # nothing is skipped
