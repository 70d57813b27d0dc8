"""Checks of prepared windows: constant, without gravity, or of a rotated sensor.

Gravity shows the orientation of a sensor: the mean of a window points down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.texts import counted
from crosswear.signal.gravity import RESTING_G, described, directions, strengths, turns
from crosswear.signal.quality import CONSTANT_G, constant

FEWEST = 20
TURNED_DEG = 60.0
"""Mean angle between directions of gravity from which on a turn is searched."""

Floats = NDArray[np.float64]


def check_signals(x: NDArray[np.float32]) -> Iterator[str]:
    """Yield sentences about suspicious windows [N, 3, L] in g.

    Raises:
        DataFormatError: if the unit is not g: there is no gravity of 1 g.
    """
    gravity = float(np.median(strengths(x)))
    if not RESTING_G[0] <= gravity <= RESTING_G[1]:
        raise DataFormatError(
            f"at rest the sensor measures {gravity:.3g} g",
            expected="about 1 g: acceleration with gravity",
            todo="check the unit in dataset.toml; recordings without gravity cannot be used",
        )
    still = int(constant(x).sum())
    if still:
        of = f"of {len(x)} windows"
        stuck = counted(still, f"{of} is constant", f"{of} are constant")
        yield f"{stuck}: a sensor that was stuck, or filled gaps"
    for axis, name in enumerate("xyz"):
        if np.ptp(x[:, axis]) < CONSTANT_G:
            yield f"axis {name} is constant"


def find_turn(
    ours: Floats, our_y: Sequence[str], theirs: Floats, their_y: Sequence[str]
) -> Floats | None:
    """Return the turn [3, 3] from directions of gravity to those of others in equal activities.

    Args:
        ours: unit vectors [n, 3].
        our_y: class name of each.
        theirs: [m, 3].
        their_y: likewise.

    Returns:
        None if they fit without a turn, no turn fits much better, or they share too few activities.
    """
    means = []
    for name in dict.fromkeys(our_y):
        a = ours[[one == name for one in our_y]]
        b = theirs[[one == name for one in their_y]]
        if len(a) and len(b):
            means.append((a.mean(axis=0), b.mean(axis=0), min(len(a), len(b))))
    if sum(weight for *_, weight in means) < FEWEST or len(means) < 2:
        return None
    a, b, weight = (np.array(part) for part in zip(*means, strict=True))
    every = turns()
    turned = np.einsum("tij,cj->tci", every, a)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    # Means of activities in which the wrist points everywhere are short and count little.
    cosines = (turned * b).sum(axis=2)
    angles = np.degrees(np.arccos(np.clip((cosines @ weight) / (norms @ weight), -1, 1)))
    best = int(angles.argmin())
    clear = angles[0] > TURNED_DEG and angles[best] < angles[0] / 2
    return every[best] if best and clear else None


def turned_people(
    x: NDArray[np.float32], names: Sequence[str], people: NDArray[np.integer]
) -> Iterator[tuple[int, str]]:
    """Yield people whose sensor is turned compared with the others', and its turn in words.

    Args:
        x: windows [N, 3, L] in g.
        names: class name of each window.
        people: [N], number of the person.
    """
    down = directions(x)
    labels = np.array(names)
    everyone = np.unique(people)
    if len(everyone) < 3:
        return  # of two, it is unknown which one is turned
    for person in everyone.tolist():
        mine = people == person
        turn = find_turn(down[mine], labels[mine].tolist(), down[~mine], labels[~mine].tolist())
        if turn is not None:
            yield person, described(turn)
