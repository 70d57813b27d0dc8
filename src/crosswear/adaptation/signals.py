"""What is wrong with windows that are whole: constant, without gravity, or turned round.

Gravity tells how a sensor sits on the wrist: the mean of a window points down.
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
"""Mean angle between directions of gravity from which on a turn is looked for."""

Floats = NDArray[np.float64]


def check_signals(x: NDArray[np.float32]) -> Iterator[str]:
    """Sentences about windows [N, 3, L] in g that no model should be learned from unseen.

    Raises:
        DataFormatError: if the unit cannot be g: gravity is not there.
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
            yield f"axis {name} is constant: it says nothing"


def find_turn(
    ours: Floats, our_y: Sequence[str], theirs: Floats, their_y: Sequence[str]
) -> Floats | None:
    """The turn [3, 3] that brings directions of gravity to those of others in the same activities.

    Args:
        ours: unit vectors [n, 3].
        our_y: class name of each.
        theirs: [m, 3].
        their_y: likewise.

    Returns:
        None if they fit as they are, nothing fits much better, or too little is shared.
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
    # Activities in which the wrist points everywhere say little: their means are short.
    cosines = (turned * b).sum(axis=2)
    angles = np.degrees(np.arccos(np.clip((cosines @ weight) / (norms @ weight), -1, 1)))
    best = int(angles.argmin())
    clear = angles[0] > TURNED_DEG and angles[best] < angles[0] / 2
    return every[best] if best and clear else None


def turned_people(
    x: NDArray[np.float32], names: Sequence[str], people: NDArray[np.integer]
) -> Iterator[tuple[int, str]]:
    """People whose sensor sits otherwise than the others' do, with how it is turned.

    Args:
        x: windows [N, 3, L] in g.
        names: class name of each window.
        people: [N], who wore the sensor.
    """
    down = directions(x)
    labels = np.array(names)
    everyone = np.unique(people)
    if len(everyone) < 3:
        return  # of two, nobody knows which one is turned
    for person in everyone.tolist():
        mine = people == person
        turn = find_turn(down[mine], labels[mine].tolist(), down[~mine], labels[~mine].tolist())
        if turn is not None:
            yield person, described(turn)
