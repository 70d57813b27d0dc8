"""Time and frequency features of windows, as activity recognition has long computed them.

The set follows Anguita et al., "A Public Domain Dataset for Human Activity Recognition Using
Smartphones", ESANN 2013, and Bao and Intille, "Activity Recognition from User-Annotated
Acceleration Data", Pervasive 2004. Every feature is finite for every finite window: where a signal
is constant, ratios that its spread would divide are 0.
"""

from __future__ import annotations

import itertools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import AXES

Floats: TypeAlias = NDArray[np.float64]

SIGNALS = ("x", "y", "z", "magnitude")
PAIRS = ((0, 1), (0, 2), (1, 2))
LAGS_S = (0.04, 0.08, 0.16, 0.32, 0.64, 1.28)
BANDS_HZ = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.5)
ALIKE = 1 - 2.0**-20
"""Powers that differ by less are equal: those of a single step in a still window are, but for
rounding, which is not the same everywhere. A number that float32 has, as graphs may hold it so."""
FLOOR = 1e-9
"""A spread of this many g, and a power of this many g², is none: float32 holds no finer ones."""
QUIET_G = 0.02
"""Deviation of a sensor that hardly moves."""


def feature_names() -> tuple[str, ...]:
    """Names of the columns of `window_features`, in their order."""
    of_signals = (
        *("mean", "std", "mad", "min", "max", "iqr", "rms", "skewness", "kurtosis"),
        *("mean_crossings", "step_std"),
        *(f"autocorrelation_{lag:g}s" for lag in LAGS_S),
        *("spectral_entropy", "dominant_hz", "mean_hz"),
        *(f"band_{low:g}_{high:g}hz" for low, high in itertools.pairwise(BANDS_HZ)),
    )
    return (
        *(f"{signal}_{name}" for name in of_signals for signal in SIGNALS),
        *(f"correlation_{SIGNALS[a]}{SIGNALS[b]}" for a, b in PAIRS),
        "sma",
    )


def window_features(x: NDArray[np.float32], rate_hz: float) -> Floats:
    """Features float64 [N, F] of windows [N, 3, L] in g, named by `feature_names`.

    Of windows [N, 3·sensors, L], those of each sensor one after another: [N, sensors·F].

    With s one of the three axes or their magnitude |a|, s' = s - mean(s), σ = std(s):

    - mean, std, min, max; mad: median of |s - median(s)|; iqr: between the quartiles; rms;
    - skewness: mean(s'³) / σ³; kurtosis: mean(s'⁴) / σ⁴;
    - mean_crossings: per second; step_std: std of the differences of neighbouring samples;
    - autocorrelation at a lag: Σ s'(t) s'(t + lag) / Σ s'(t)²;
    - from the periodogram P of s' (Hann window): spectral_entropy: -Σ p log p / log(bins) of
      p = P / ΣP; dominant_hz: the lowest where P is largest; mean_hz: Σ f p; band: log10 of the
      mean power in a band (the bands above half the rate hold the floor);
    - correlation: of two axes; sma, the signal magnitude area: mean(|x'| + |y'| + |z'|).

    Args:
        x: windows.
        rate_hz: their sampling rate.
    """
    sensors = np.split(x, x.shape[1] // len(AXES), axis=1)
    return np.column_stack([_of_sensor(one, rate_hz) for one in sensors])


def bounded_features(x: NDArray[np.float32], rate_hz: float) -> Floats:
    """Features float64 [N, F] of windows [N, 3, L] in g whose distributions have short tails.

    Of the three axes and the magnitude: mean, logarithms of std and step_std, autocorrelations,
    and the powers in bands. What is below `QUIET_G` is all alike: it is the noise of sensors, which
    differ in it.
    """
    signal = _with_magnitude(x)
    mean, std = signal.mean(axis=2), signal.std(axis=2)
    centred = signal - mean[:, :, None]
    bands = _spectral(centred, rate_hz)[-len(BANDS_HZ) + 1 :]
    return np.column_stack(
        [
            mean,
            np.log(std + QUIET_G),
            np.log(np.diff(signal, axis=2).std(axis=2) + QUIET_G),
            *_autocorrelations(centred, np.where(std > FLOOR, std, np.inf), rate_hz),
            *(np.maximum(one, np.log10(QUIET_G**2 / 10)) for one in bands),
        ]
    )


def _with_magnitude(x: NDArray[np.float32]) -> Floats:
    signal = x.astype(np.float64)
    return np.concatenate([signal, np.linalg.norm(signal, axis=1, keepdims=True)], axis=1)


def _of_sensor(x: NDArray[np.float32], rate_hz: float) -> Floats:
    signal = _with_magnitude(x)
    mean, std = signal.mean(axis=2), signal.std(axis=2)
    centred = signal - mean[:, :, None]
    low, median, high = np.percentile(signal, (25, 50, 75), axis=2)
    spread = np.where(std > FLOOR, std, np.inf)
    by_signal = [
        mean,
        std,
        np.median(np.abs(signal - median[:, :, None]), axis=2),
        signal.min(axis=2),
        signal.max(axis=2),
        high - low,
        np.sqrt(np.square(signal).mean(axis=2)),
        (centred**3).mean(axis=2) / spread**3,
        (centred**4).mean(axis=2) / spread**4,
        (np.diff(centred > 0, axis=2)).mean(axis=2) * rate_hz,
        np.diff(signal, axis=2).std(axis=2),
        *_autocorrelations(centred, spread, rate_hz),
        *_spectral(centred, rate_hz),
    ]
    correlations = [
        (centred[:, a] * centred[:, b]).mean(axis=1) / spread[:, a] / spread[:, b] for a, b in PAIRS
    ]
    area = np.abs(centred[:, :3]).sum(axis=1).mean(axis=1)
    return np.column_stack([*by_signal, *correlations, area])


def _autocorrelations(centred: Floats, spread: Floats, rate_hz: float) -> list[Floats]:
    samples = centred.shape[2]
    energy = np.square(spread) * samples
    found = []
    for seconds in LAGS_S:
        lag = max(1, round(seconds * rate_hz))
        products = centred[:, :, :-lag] * centred[:, :, lag:]
        found.append(products.sum(axis=2) / energy)
    return found


def _spectral(centred: Floats, rate_hz: float) -> list[Floats]:
    samples = centred.shape[2]
    hann = np.hanning(samples + 1)[:-1]
    power = np.square(np.abs(np.fft.rfft(centred * hann, axis=2)))[:, :, 1:] / samples
    hz = np.fft.rfftfreq(samples, 1 / rate_hz)[1:]
    total = power.sum(axis=2, keepdims=True)
    share = power / np.where(total > FLOOR, total, np.inf)
    surprise = share * np.log(np.where(share > 0, share, 1.0))
    bands = []
    for low, high in itertools.pairwise(BANDS_HZ):
        inside = (hz > low) & (hz <= high)
        bands.append(np.log10(power[:, :, inside].sum(axis=2) / max(inside.sum(), 1) + FLOOR))
    return [
        -surprise.sum(axis=2) / np.log(max(len(hz), 2)),
        hz[(power >= ALIKE * power.max(axis=2, keepdims=True)).argmax(axis=2)],
        share @ hz,
        *bands,
    ]
