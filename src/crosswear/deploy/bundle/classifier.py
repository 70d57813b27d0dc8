"""Calibrated probabilities of any kind of model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from crosswear.baselines import Classifier
from crosswear.signal.windows import as_windows, in_steps

BATCH = 64
"""Windows that a network takes at a time: more take more memory and are no faster."""
FEATURES_BATCH = 256
"""Windows whose features a classifier computes at a time: their samples fill the cache."""
TILE = 16
"""In batches of a multiple of this size, results do not depend on the neighbours of a window."""

Logits = Callable[[NDArray[np.float32]], NDArray[np.float64]]


class Calibrated:
    """A model of any kind; equal windows get equal probabilities in any batch.

    Samples are quantised (`crosswear.signal.windows.in_steps`) as in training.

    Args:
        logits: function from windows [N, 3, L] in g to scores [N, C] before the softmax.
        temperature: divides them (Guo et al., "On calibration of modern neural networks", ICML
            2017).
        samples: length L of a window.
    """

    def __init__(self, logits: Logits, temperature: float, samples: int) -> None:
        self._samples = samples
        self._logits = logits
        self._temperature = temperature

    def scores(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities [N, C] of windows [N, 3, L] in g.

        Raises:
            UsageError: if the windows do not have L samples, or hold NaN.
        """
        x = as_windows(x, self._samples)
        # Kernels compute one window differently from sixteen.
        padded = np.zeros((max(-(-len(x) // TILE), 1) * TILE, *x.shape[1:]), np.float32)
        padded[: len(x)] = in_steps(x)
        logits = self._logits(padded)[: len(x)] / self._temperature
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def logits_of_network(network: nn.Module) -> Logits:
    """Return a function that computes the class scores of a network."""

    def logits(x: NDArray[np.float32]) -> NDArray[np.float64]:
        with torch.inference_mode():
            parts = [network(part) for part in torch.split(torch.from_numpy(x), BATCH)]
            return np.asarray(torch.cat(parts).double().numpy())

    return logits


def logits_of_classifier(classifier: Classifier) -> Logits:
    """Return a function that computes log-probabilities: their softmax are the probabilities."""

    def logits(x: NDArray[np.float32]) -> NDArray[np.float64]:
        starts = range(0, len(x), FEATURES_BATCH)
        scores = np.concatenate([classifier.scores(x[a : a + FEATURES_BATCH]) for a in starts])
        with np.errstate(divide="ignore"):  # a class without training windows has probability 0
            found: NDArray[np.float64] = np.log(scores)
        return found

    return logits
