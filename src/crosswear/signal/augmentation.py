"""Windows changed at random, as the same movement might have been recorded another time.

After Um et al., "Data augmentation of wearable sensor data for Parkinson's disease monitoring using
convolutional neural networks" (ICMI 2017). What differs from their code: axes share one warp of
time, as one clock has sampled them, and the speed of time is the exponential of their curve, less
its 1, so that time never runs backwards.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import Augmentation

Windows = NDArray[np.float32]
Floats = NDArray[np.float64]

HALF_TURNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)
"""Signs of the axes: as they are, and turned by 180° about each."""
KNOTS = 6
"""Of the curve that bends time, evenly over a window: its ends, and four between."""


def augment(x: Windows, strengths: Augmentation, rng: np.random.Generator) -> Windows:
    """Change each window by itself: its time, then how the sensor sat, its gain, its noise.

    Args:
        x: float32 [N, 3·sensors, L], three axes of each sensor; left as they are.
        strengths: of every change; none is made at strength 0.
        rng: what decides.
    """
    if strengths.time_warp:
        x = warp(x, warped_times(len(x), x.shape[2], strengths.time_warp, rng))
    if strengths.half_turns:
        x = turn_half(x, strengths.half_turns, rng)
    if strengths.rotation:
        x = rotate(x, strengths.rotation, rng)
    if strengths.scaling:
        x = scale(x, strengths.scaling, rng)
    if strengths.jitter:
        x = jitter(x, strengths.jitter, rng)
    return x


def turn_half(x: Windows, share: float, rng: np.random.Generator) -> Windows:
    """Turn a share of windows [N, 3·sensors, L] by 180° about x, y or z, all sensors alike."""
    kinds = np.where(rng.random(len(x)) < share, rng.integers(1, len(HALF_TURNS), len(x)), 0)
    signs = np.tile(HALF_TURNS[kinds], x.shape[1] // 3)
    turned: Windows = x * signs[:, :, None]
    return turned


def rotate(x: Windows, degrees: float, rng: np.random.Generator) -> Windows:
    """Turn each window [N, 3·sensors, L] by an angle of up to so many degrees, either way.

    About an axis that may point anywhere, and the axes of all sensors alike.
    """
    from scipy.spatial.transform import Rotation  # slow to import, needless to train without it

    axes = rng.standard_normal((len(x), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = rng.uniform(-degrees, degrees, (len(x), 1))
    turns = Rotation.from_rotvec(axes * angles, degrees=True).as_matrix().astype(np.float32)
    sensors = x.reshape(len(x), -1, 3, x.shape[2])
    turned: Windows = np.matmul(turns[:, None], sensors).reshape(x.shape)
    return turned


def scale(x: Windows, deviation: float, rng: np.random.Generator) -> Windows:
    """Multiply each channel of each window [N, C, L] by a normal number about 1."""
    factors = 1 + deviation * rng.standard_normal((*x.shape[:2], 1), dtype=np.float32)
    return x * factors.astype(np.float32)


def jitter(x: Windows, deviation: float, rng: np.random.Generator) -> Windows:
    """Add white Gaussian noise to windows [N, C, L]; its standard deviation is in their unit."""
    return x + np.float32(deviation) * rng.standard_normal(x.shape, dtype=np.float32)


def warped_times(count: int, samples: int, deviation: float, rng: np.random.Generator) -> Floats:
    """Return times at which to take the samples of windows: float64 [count, samples], in samples.

    They rise from 0 to `samples - 1`. The logarithm of the speed of time is a cubic spline through
    `KNOTS` normal numbers with this standard deviation.
    """
    curve = deviation * rng.standard_normal((count, KNOTS)) @ _spline(samples).T
    speed = np.exp(curve)
    steps = (speed[:, 1:] + speed[:, :-1]) / 2
    times = np.concatenate([np.zeros((count, 1)), np.cumsum(steps, axis=1)], axis=1)
    warped: Floats = (samples - 1) * (times / times[:, -1:])
    return warped


def warp(x: Windows, times: Floats) -> Windows:
    """Windows [N, C, L] as they are at times [N, L], in samples, by straight lines between them."""
    before = np.clip(times.astype(np.int64), 0, x.shape[2] - 2)[:, None]
    share = (times[:, None] - before).astype(np.float32)
    first, second = (np.take_along_axis(x, before + step, axis=2) for step in (0, 1))
    return first + share * (second - first)


@cache
def _spline(samples: int) -> Floats:
    """Return each knot's part of curves [samples, KNOTS]: a spline is linear in what it meets."""
    from scipy.interpolate import CubicSpline  # slow to import, needless to train without it

    places = np.linspace(0, samples - 1, KNOTS)
    curve: Floats = CubicSpline(places, np.eye(KNOTS))(np.arange(samples))
    return curve
