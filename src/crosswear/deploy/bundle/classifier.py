"""One way to ask any kind of model for probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from crosswear.baselines import Classifier
from crosswear.signal.windows import as_windows, in_steps

BATCH = 64
"""Windows that are computed at once: more take more memory and are no faster."""
TILE = 16
"""What a window gets does not depend on its neighbours in batches of a multiple of this many."""

Logits = Callable[[NDArray[np.float32]], NDArray[np.float64]]


class Calibrated:
    """A model of any kind; equal windows get equal probabilities, in whatever company.

    It sees samples in steps (`crosswear.signal.windows.in_steps`), as it saw them in training.

    Args:
        logits: gives scores [N, C] of windows [N, 3, L] in g, of which a softmax is to be made.
        temperature: divides them (Guo et al., "On calibration of modern neural networks", ICML
            2017).
        samples: length L of a window.
    """

    def __init__(self, logits: Logits, temperature: float, samples: int) -> None:
        self._samples = samples
        self._logits = logits
        self._temperature = temperature

    def scores(self, x: ArrayLike) -> NDArray[np.float64]:
        """Probabilities [N, C] of windows [N, 3, L] in g.

        Raises:
            UsageError: if they are not windows of L samples, or hold NaN.
        """
        x = as_windows(x, self._samples)
        # Kernels take another way through one window than through sixteen.
        padded = np.zeros((max(-(-len(x) // TILE), 1) * TILE, *x.shape[1:]), np.float32)
        padded[: len(x)] = in_steps(x)
        parts = [self._logits(padded[i : i + BATCH]) for i in range(0, len(padded), BATCH)]
        logits = np.concatenate(parts)[: len(x)] / self._temperature
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def logits_of_network(network: nn.Module) -> Logits:
    """The class scores of a network."""

    def logits(x: NDArray[np.float32]) -> NDArray[np.float64]:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(x)).double().numpy())

    return logits


def logits_of_classifier(classifier: Classifier) -> Logits:
    """Logarithms of the probabilities: their softmax are the probabilities."""

    def logits(x: NDArray[np.float32]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):  # a class that was never seen has probability 0
            return np.log(classifier.scores(x))

    return logits
