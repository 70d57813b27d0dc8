"""Sources that nobody of the target is in: else the score to expect is not for new people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.sources import Source
from crosswear.core.keys import seed_for
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain, same_dataset

LOOKED_AT = 200
"""Windows of the target, drawn from those in which something moves."""
MOVING_G = 0.05
"""Standard deviation of an axis; all sensors that lie still measure alike."""
ALIKE = 0.995
"""Correlation from which on two windows are one measurement. Of LOOKED_AT windows of each of six
real domains, none came as near to a window of another dataset, from 0.5 s to 4 s long."""
FEWEST = 3
"""So many windows that are in both are no chance."""
BLOCK = 500
"""Windows of a source that are compared at once."""


def exclude_shared_people(target: Domain, sources: Sequence[Source], note: Note) -> list[Source]:
    """The sources that share no people with the target, as far as that can be told.

    Left out is the target itself, whatever is of the same dataset (`same_dataset`), and a source
    with copies of the target's windows: own recordings that were made of a dataset.

    It cannot be noticed that somebody took part in two datasets with recordings of their own, nor
    copies that were turned, filtered, or put at a rate that differs by more than some per mille,
    nor those of a few people among hundreds.

    Args:
        target: the recordings to adapt to.
        sources: candidates, prepared alike.
        note: takes a sentence about each that is left out; about the target itself, none.
    """
    kept = []
    for one in sources:
        if one.domain.summary.digest == target.summary.digest:
            continue
        shared = _shared(target, one.domain)
        if shared:
            note(
                f"{one.name} is no source here: {shared}, and the score to expect would not be for "
                "people whom the model has not seen"
            )
        else:
            kept.append(one)
    return kept


def _shared(target: Domain, source: Domain) -> str:
    """What tells that people of the target are in a source; empty if nothing does."""
    if same_dataset(target, source):
        return "it is of the same dataset"
    copies, looked_at = copied(target.windows.x, source.windows.x)
    if copies >= FEWEST:
        return f"{copies} of {looked_at} windows that were looked at are in it too"
    return ""


def copied(x: NDArray[np.float32], others: NDArray[np.float32]) -> tuple[int, int]:
    """How many windows [N, 3, L] are also among others [M, 3, L], of how many that are looked at.

    The middle half of each is looked for at every place of the others, so the same recording is
    found where it was cut into windows from another sample on; a factor or an offset, as of another
    unit or calibration, does not hide it.
    """
    size = max(x.shape[2] // 2, 1)
    first = (x.shape[2] - size) // 2
    middle = np.array(x[..., first : first + size])
    moving = np.flatnonzero(middle.std(axis=2).max(axis=1, initial=0) > MOVING_G)
    rows = np.random.default_rng(seed_for("apart")).permutation(moving)[:LOOKED_AT]
    wanted = _normed(middle[rows])
    best = np.full(len(rows), -1.0, np.float32)
    for begin in range(0, len(others), BLOCK):
        block = np.array(others[begin : begin + BLOCK])
        places = np.lib.stride_tricks.sliding_window_view(block, size, axis=2)
        found = _normed(places.transpose(0, 2, 1, 3).reshape(-1, block.shape[1], size))
        best = np.maximum(best, (wanted @ found.T).max(axis=1, initial=-1.0))
    return int((best >= ALIKE).sum()), len(rows)


def _normed(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each window [N, 3, k] as a vector [N, 3·k] of length 1, without the mean of its axes."""
    flat = (x - x.mean(axis=2, keepdims=True)).reshape(len(x), x.shape[1] * x.shape[2])
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(lengths, 1e-6), np.float32)
