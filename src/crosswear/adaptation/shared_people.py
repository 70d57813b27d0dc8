"""Exclusion of sources that share people with the target: the expected score is for new people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.core.keys import seed_for
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain, same_dataset
from crosswear.engine.transfer_source import Source
from crosswear.signal.blocks import by_blocks

COMPARED = 200
"""Windows of the target, drawn from those with movement."""
MOVING_G = 0.05
"""Standard deviation of an axis from which on a window has movement; still ones are all alike."""
SIMILAR = 0.995
"""Correlation from which on two windows are the same measurement. Of COMPARED windows of each of
six real domains, none was as similar to a window of another dataset, from 0.5 s to 4 s long."""
FEWEST = 3
"""Fewest common windows that are not by chance."""
BLOCK = 500
"""Windows of a source in one comparison."""


def exclude_shared_people(target: Domain, sources: Sequence[Source], note: Note) -> list[Source]:
    """Return the sources that share no people with the target, as far as the windows show.

    Left out are the target itself, domains of the same dataset (`same_dataset`), and sources with
    copies of the target's windows, such as own recordings made from a dataset.

    Not detected are people who took part in two datasets with different recordings, copies that
    were rotated, filtered or resampled to a rate that differs by more than some per mille, and
    copies of few people among hundreds.

    Args:
        target: the recordings to adapt to.
        sources: candidates with the preparation of the target.
        note: takes a sentence about each source left out, except the target itself.
    """
    kept = []
    for one in sources:
        if one.domain.summary.digest == target.summary.digest:
            continue
        shared = _shared(target, one.domain)
        if shared:
            note(
                f"{one.name} is not used as a source: {shared}, so the expected score would not be "
                "for new people"
            )
        else:
            kept.append(one)
    return kept


def _shared(target: Domain, source: Domain) -> str:
    """Return the evidence that people of the target are in a source; empty if there is none."""
    if same_dataset(target, source):
        return "it is from the same dataset"
    copies, compared = count_copies(target.windows.x, source.windows.x)
    if copies >= FEWEST:
        return f"it contains {copies} of {compared} compared windows"
    return ""


def count_copies(x: NDArray[np.float32], others: NDArray[np.float32]) -> tuple[int, int]:
    """Return how many windows [N, 3, L] are also among others [M, 3, L], and how many are compared.

    The middle half of each is searched at every position of the others, which finds recordings
    that were cut into windows at other samples; a factor or an offset, as of another unit or
    calibration, does not matter.
    """
    size = max(x.shape[2] // 2, 1)
    first = (x.shape[2] - size) // 2
    middle = x[..., first : first + size]
    spread = by_blocks(lambda some: some.std(axis=2).max(axis=1, initial=0), middle)
    moving = np.flatnonzero(spread > MOVING_G)
    rows = np.random.default_rng(seed_for("apart")).permutation(moving)[:COMPARED]
    wanted = _normed(np.array(middle[rows]))
    best = np.full(len(rows), -1.0, np.float32)
    for begin in range(0, len(others), BLOCK):
        block = np.array(others[begin : begin + BLOCK])
        places = np.lib.stride_tricks.sliding_window_view(block, size, axis=2)
        found = _normed(places.transpose(0, 2, 1, 3).reshape(-1, block.shape[1], size))
        best = np.maximum(best, (wanted @ found.T).max(axis=1, initial=-1.0))
    return int((best >= SIMILAR).sum()), len(rows)


def _normed(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return windows [N, 3, k] as vectors [N, 3·k] of length 1, without the means of the axes."""
    flat = (x - x.mean(axis=2, keepdims=True)).reshape(len(x), x.shape[1] * x.shape[2])
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(lengths, 1e-6), np.float32)
