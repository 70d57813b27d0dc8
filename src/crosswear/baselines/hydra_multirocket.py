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

from crosswear.baselines.minirocket import needs_aeon, still_axes_pass

BATCH = 64
"""Windows that are transformed at a time: with more, Hydra's products leave the cache."""


@dataclass(frozen=True, eq=False)
class HydraMultiRocket:
    """A fitted classifier.

    Attributes:
        model: of aeon; none where all windows were of one class.
        classes: number of classes C.
        only: the class of all windows, where there is no model.
    """

    model: Any
    classes: int
    only: int

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return 1 for the class of each window and 0 for the others [n, C], of windows [n, 3, L].

        A ridge classifier has no probabilities.
        """
        found = np.full(len(x), self.only)
        with still_axes_pass():
            for start in range(0, 0 if self.model is None else len(x), BATCH):
                part = slice(start, start + BATCH)
                found[part] = self.model.predict(_whole(x[part]))
        scores: NDArray[np.float64] = np.eye(self.classes)[found]
        return scores


def fit_hydra_multirocket(
    x: NDArray[np.float32], y: NDArray[np.integer], classes: int, rate_hz: float, seed: int
) -> HydraMultiRocket:
    """Fit on windows, at any rate; see `crosswear.baselines.Baseline`.

    torch computes with one thread from then on.

    Raises:
        UsageError: if the extra `minirocket` is not installed.
    """
    with needs_aeon("hydra-multirocket"):
        # Imported here: an optional extra, and seconds of compilation.
        from aeon.classification.convolution_based import MultiRocketHydraClassifier
    if len(np.unique(y)) == 1:
        return HydraMultiRocket(None, classes, int(y[0]))
    model = MultiRocketHydraClassifier(n_jobs=1, random_state=seed % 2**31)
    # It seeds the generator of the whole process.
    with torch.random.fork_rng(devices=[]), still_axes_pass():
        model.fit(_whole(x), y.astype(np.int64))
    return HydraMultiRocket(model, classes, -1)


def _whole(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Windows as aeon's compiled code takes them: in memory, one after another."""
    return np.ascontiguousarray(x, dtype=np.float32)
