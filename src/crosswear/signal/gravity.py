"""Orientation of a sensor: where gravity points in its windows, and how one would turn it."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPOTS = np.array([one for one in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(one)])
SPOTS /= np.linalg.norm(SPOTS, axis=1, keepdims=True)
"""[26, 3]: towards the faces, edges and corners of a box; each of its turns permutes them."""
RESTING_G = (0.5, 2.0)
"""The mean of a window is gravity, for any activity: in g, never far from 1."""
SHARPNESS = 8.0
"""Speed at which a direction ceases to count for a spot; spots are 35 to 55 degrees apart."""
STRANGE, FAMILIAR = 0.55, 0.75
"""Overlap below which a sensor sits unlike others, and from which on it sits as they do."""


def directions(x: NDArray[np.float32]) -> Floats:
    """Unit vectors [N, 3] of gravity in windows [N, 3, L]: their means."""
    means = x.mean(axis=2, dtype=np.float64)
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9))


def strengths(x: NDArray[np.float32]) -> Floats:
    """Return what gravity measures [N] in windows [N, 3, L]: the lengths of their means."""
    return np.asarray(np.linalg.norm(x.mean(axis=2, dtype=np.float64), axis=1))


def turns() -> Floats:
    """The 24 ways [24, 3, 3] in which a box can be put; the first is as it is."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    found.sort(key=lambda one: -np.trace(one))
    return np.array(found)


def described(turn: Floats) -> str:
    """Return which measured axis is which: ``x is -x, y is -y, z is z``."""
    parts = []
    for row, name in zip(turn, "xyz", strict=True):
        axis = int(np.abs(row).argmax())
        parts.append(f"{name} is {'-' if row[axis] < 0 else ''}{'xyz'[axis]}")
    return ", ".join(parts)


def spread(down: Floats) -> Floats:
    """Shares [26] of the `SPOTS` in directions [N, 3]; each direction counts for those near it."""
    near = np.exp(SHARPNESS * (down @ SPOTS.T - 1))
    return np.asarray((near / near.sum(axis=1, keepdims=True)).mean(axis=0))


def overlap(ours: Floats, theirs: Floats) -> float:
    """Return the likeness of two shares [26], from 0 to 1: Bhattacharyya's coefficient."""
    return float(np.sqrt(ours * theirs).sum())


def turn_between(ours: Floats, theirs: Floats) -> Floats | None:
    """The turn [3, 3] that brings a sensor with shares [26] to sit as others do.

    Returns:
        None if it sits as they do, or no turn makes it.
    """
    if overlap(ours, theirs) >= STRANGE:
        return None
    every = turns()
    found = [overlap(_turned(ours, turn), theirs) for turn in every]
    best = int(np.argmax(found))
    return every[best] if found[best] >= FAMILIAR else None


def _turned(shares: Floats, turn: Floats) -> Floats:
    """The shares [26] after all directions are turned."""
    turned = np.empty_like(shares)
    turned[(SPOTS @ turn.T @ SPOTS.T).argmax(axis=1)] = shares
    return turned
