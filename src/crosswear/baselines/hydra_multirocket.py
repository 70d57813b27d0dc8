"""Hydra and MultiRocket: competing convolutions beside pooled ones, and one ridge classifier.

Dempster, Schmidt and Webb, "Hydra: competing convolutional kernels for fast and accurate time
series classification", Data Mining and Knowledge Discovery 37, 2023,
https://doi.org/10.1007/s10618-023-00939-3; with the features of MultiRocket (Tan, Dempster,
Bergmeir and Webb, 2022), as the authors and aeon (https://www.aeon-toolkit.org) combine them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crosswear.baselines.minirocket import needs_aeon

BATCH = 64
"""Windows that are transformed at a time: with more, Hydra's products leave the cache."""


@dataclass(frozen=True, eq=False)
class HydraMultiRocket:
    """A fitted classifier.

    Attributes:
        model: of aeon; none where all windows were of one class.
        only: that class.
    """

    model: Any
    only: int

    def classify(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the classes [n] of windows [n, 3, L] in g."""
        if self.model is None:
            return np.full(len(x), self.only)
        starts = range(0, len(x), BATCH)
        parts = [self.model.predict(_whole(x[start : start + BATCH])) for start in starts]
        return np.concatenate([np.empty(0, np.int64), *parts])


def fit_hydra_multirocket(
    x: NDArray[np.float32], y: NDArray[np.integer], seed: int
) -> HydraMultiRocket:
    """Fit on windows [n, 3, L] in g and their classes [n]; equal arguments give equal classifiers.

    torch computes with one thread from then on.

    Raises:
        UsageError: if the extra `minirocket` is not installed.
    """
    with needs_aeon("hydra-multirocket"):
        # Imported here: an optional extra, and seconds of compilation.
        from aeon.classification.convolution_based import MultiRocketHydraClassifier
    if len(np.unique(y)) == 1:
        return HydraMultiRocket(None, int(y[0]))
    model = MultiRocketHydraClassifier(n_jobs=1, random_state=seed % 2**31)
    with torch.random.fork_rng(devices=[]):  # it seeds the generator of the whole process
        model.fit(_whole(x), y.astype(np.int64))
    return HydraMultiRocket(model, -1)


def _whole(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Windows as aeon's compiled code takes them: in memory, one after another."""
    return np.ascontiguousarray(x, dtype=np.float32)
