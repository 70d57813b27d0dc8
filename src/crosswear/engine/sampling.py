"""Choice of the windows that come next in training, out of those of one domain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import Sampling


def draw(
    y: NDArray[np.integer], count: int, sampling: Sampling, rng: np.random.Generator
) -> NDArray[np.int64]:
    """So many windows, as places in `y`.

    Args:
        y: class of each window there is, [n].
        count: how many to draw.
        sampling: `shuffled`, all in random order, then in another one, and so on; or `balanced`,
            round after round a window of each class that there is, in random order, the windows
            of a class in random order too, and again once all have come.
        rng: what decides.
    """
    if sampling == "shuffled":
        return _shuffled(np.arange(len(y)), count, rng)
    classes = np.unique(y)
    rounds = -(-count // len(classes))
    of_class = [_shuffled(np.flatnonzero(y == one), rounds, rng) for one in classes]
    drawn: NDArray[np.int64] = rng.permuted(np.stack(of_class), axis=0).T.ravel()[:count]
    return drawn


def _shuffled(places: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    orders = [rng.permutation(places) for _ in range(-(-count // len(places)))]
    drawn: NDArray[np.int64] = np.concatenate(orders)[:count]
    return drawn
