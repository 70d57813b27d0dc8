"""Features of windows: formulas, and finite for any signal."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from crosswear.signal.features import feature_names, window_features

RATE = 25.0


def column(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, feature_names().index(name)]


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.just(3), st.sampled_from([9, 50, 100])),
        elements=st.floats(-16, 16, width=32) | st.sampled_from([0.0, 1.0, -1.0]),
    ),
    st.sampled_from([10.0, 25.0, 100.0]),
)
def test_features_are_finite_and_of_each_window_alone(x: np.ndarray, rate_hz: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = window_features(x, rate_hz)
    assert features.shape == (len(x), len(feature_names()))
    assert np.isfinite(features).all()
    np.testing.assert_allclose(window_features(x[:1], rate_hz)[0], features[0], atol=1e-9)


@given(st.floats(-16, 16, width=32))
def test_a_constant_signal_has_no_spread(value: float) -> None:
    features = window_features(np.full((1, 3, 100), value, np.float32), RATE)
    for name in ("x_std", "x_kurtosis", "x_mean_hz", "x_spectral_entropy", "correlation_xy", "sma"):
        assert column(features, name) == pytest.approx(0, abs=1e-6)
    assert column(features, "magnitude_mean") == pytest.approx(np.sqrt(3) * abs(value), abs=1e-5)


@pytest.mark.parametrize("hz", [1.5, 3.25, 5.0])
def test_a_sine_is_found_at_its_frequency(hz: float) -> None:
    time = np.arange(100) / RATE
    wave = np.sin(2 * np.pi * hz * time)
    x = np.stack([wave, np.zeros(100), -wave])[None].astype(np.float32)
    features = window_features(x, RATE)
    assert column(features, "x_dominant_hz") == pytest.approx(hz, abs=0.01)
    assert column(features, "x_mean_hz") == pytest.approx(hz, abs=0.3)
    assert column(features, "x_mean_crossings") == pytest.approx(2 * hz, abs=0.6)
    assert column(features, "x_rms") == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert column(features, "correlation_xz") == pytest.approx(-1)
    bands = [name for name in feature_names() if name.startswith("x_band")]
    loudest = max(bands, key=lambda name: column(features, name)[0])
    low, high = loudest.removeprefix("x_band_").removesuffix("hz").split("_")
    assert float(low) < hz <= float(high)


def test_moments_are_the_textbooks() -> None:
    x = np.random.default_rng(0).gamma(2.0, size=(5, 3, 100)).astype(np.float32)
    features = window_features(x, RATE)
    y = x[:, 1].astype(float)
    for name, expected in (
        ("skewness", stats.skew(y, axis=1)),
        ("kurtosis", stats.kurtosis(y, axis=1, fisher=False)),
        ("mad", stats.median_abs_deviation(y, axis=1)),
        ("iqr", stats.iqr(y, axis=1)),
    ):
        np.testing.assert_allclose(column(features, f"y_{name}"), expected, rtol=1e-9)
    noise = np.random.default_rng(1).normal(size=(1, 3, 100)).astype(np.float32)
    assert column(window_features(noise, RATE), "x_spectral_entropy")[0] > 0.7
