"""Windows changed at random: what a change keeps, and how strong it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswear.core.config import Augmentation
from crosswear.signal.augmentation import (
    Windows,
    augment,
    jitter,
    rotate,
    scale,
    turn_half,
    warp,
    warped_times,
)

seeds = st.integers(0, 2**32)
counts = st.integers(1, 20)
samples = st.integers(2, 150)
sensors = st.integers(1, 2)


def windows(count: int, sensors: int, samples: int, seed: int) -> Windows:
    shape = (count, 3 * sensors, samples)
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.slow
@given(counts, sensors, samples, st.floats(0.1, 180), seeds)
def test_a_rotation_keeps_lengths_and_angles_of_all_sensors(
    count: int, number: int, length: int, degrees: float, seed: int
) -> None:
    x = windows(count, number, length, seed)
    turned = rotate(x, degrees, np.random.default_rng(seed))
    before, after = (
        one.reshape(count, number, 3, length).transpose(0, 2, 1, 3).reshape(count, 3, -1)
        for one in (x, turned)
    )
    # Of all samples of all sensors with each other: one turn of the whole device.
    np.testing.assert_allclose(
        after.transpose(0, 2, 1) @ after, before.transpose(0, 2, 1) @ before, atol=1e-4
    )
    cosines = (before * after).sum(axis=1) / (before**2).sum(axis=1)
    assert (cosines >= np.cos(np.radians(degrees)) - 1e-3).all()
    assert turned.dtype == x.dtype


def test_half_turns_are_of_a_share_of_the_windows_and_about_every_axis() -> None:
    x = windows(4000, 2, 5, 0)
    turned = turn_half(x, 0.5, np.random.default_rng(0))
    signs = np.sign(turned * x)
    assert (signs == signs[:, :, :1]).all()
    kinds, counts = np.unique(signs[:, :, 0], axis=0, return_counts=True)
    np.testing.assert_array_equal(kinds[:, :3], kinds[:, 3:])  # both sensors alike
    assert (kinds[:, :3].prod(axis=1) == 1).all()  # none is mirrored
    assert dict(zip(map(tuple, kinds[:, :3]), counts / len(x), strict=True)) == pytest.approx(
        {(1, 1, 1): 1 / 2, (1, -1, -1): 1 / 6, (-1, 1, -1): 1 / 6, (-1, -1, 1): 1 / 6}, abs=0.03
    )
    assert turned.dtype == x.dtype


def test_rotations_go_every_way_and_never_mirror() -> None:
    x = np.tile(np.eye(3, dtype=np.float32), (4000, 1, 1))  # samples along x, y and z
    turned = rotate(x, 180, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.det(turned), 1, atol=1e-4)
    assert np.abs(turned.mean(axis=0) - turned.mean() * np.eye(3) * 3).max() < 0.05


@given(samples, st.floats(0.01, 1), seeds)
def test_time_goes_forward_from_the_first_sample_to_the_last(
    length: int, deviation: float, seed: int
) -> None:
    times = warped_times(5, length, deviation, np.random.default_rng(seed))
    assert (times[:, 0] == 0).all()
    np.testing.assert_allclose(times[:, -1], length - 1)
    assert (np.diff(times, axis=1) > 0).all()


@given(counts, sensors, samples, st.floats(0.01, 1), seeds)
def test_a_warp_keeps_end_points_and_makes_nothing_up(
    count: int, number: int, length: int, deviation: float, seed: int
) -> None:
    x = windows(count, number, length, seed)
    times = warped_times(count, length, deviation, np.random.default_rng(seed))
    bent = warp(x, times)
    np.testing.assert_allclose(bent[..., 0], x[..., 0], rtol=1e-6)
    np.testing.assert_allclose(bent[..., -1], x[..., -1], atol=1e-4)
    assert (bent.max(axis=2) <= x.max(axis=2) + 1e-5).all()
    assert (bent.min(axis=2) >= x.min(axis=2) - 1e-5).all()
    ramp = np.broadcast_to(np.arange(length, dtype=np.float32), x.shape)
    found = warp(ramp, times)
    np.testing.assert_allclose(found, np.broadcast_to(times[:, None], x.shape), atol=1e-3)
    as_it_was = np.tile(np.arange(float(length)), (count, 1))
    np.testing.assert_allclose(warp(x, as_it_was), x, atol=1e-6)


def test_the_speed_of_time_has_the_deviation_that_is_asked_for() -> None:
    times = warped_times(4000, 101, 0.2, np.random.default_rng(0))
    speed = np.log(np.diff(times, axis=1))
    assert np.std(speed[:, [0, 50, 99]]) == pytest.approx(0.2, rel=0.25)  # its mean is taken out


@given(seeds, st.floats(0.01, 1))
def test_noise_and_gains_have_their_deviation(seed: int, deviation: float) -> None:
    x = windows(200, 2, 100, seed)
    noise = jitter(x, deviation, np.random.default_rng(seed)) - x
    assert np.std(noise) == pytest.approx(deviation, rel=0.03)
    assert abs(noise.mean()) < 0.02 * deviation
    assert abs(np.mean(noise[..., 1:] * noise[..., :-1])) < 0.03 * deviation**2  # white
    gains = scale(np.ones_like(x), deviation, np.random.default_rng(seed))
    np.testing.assert_allclose(gains, np.broadcast_to(gains[..., :1], x.shape), rtol=1e-3)
    assert np.std(gains[..., 0]) == pytest.approx(deviation, rel=0.1)
    assert np.mean(gains[..., 0]) == pytest.approx(1, abs=0.2 * deviation)


@given(counts, sensors, samples, seeds)
def test_nothing_asked_for_changes_and_draws_nothing(
    count: int, number: int, length: int, seed: int
) -> None:
    x = windows(count, number, length, seed)
    rng = np.random.default_rng(seed)
    before = rng.bit_generator.state
    np.testing.assert_array_equal(augment(x, Augmentation(), rng), x)
    assert rng.bit_generator.state == before


@given(counts, sensors, samples, seeds)
def test_the_strongest_of_all_is_finite_and_leaves_the_recorded_windows_alone(
    count: int, number: int, length: int, seed: int
) -> None:
    x = windows(count, number, length, seed)
    kept = x.copy()
    strengths = Augmentation(rotation=180, jitter=10, scaling=1, time_warp=1)
    first, second = (augment(x, strengths, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == x.shape
    assert first.dtype == x.dtype
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(x, kept)
