"""One way to ask any kind of model for probabilities."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

BATCH = 256
"""Windows that are computed at once: more take more memory and are no faster."""
TILE = 16
"""What a window gets does not depend on its neighbours in batches of a multiple of this many."""


class Classifier(Protocol):
    """From windows to probabilities."""

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities [N, C] of windows [N, 3, L] in g."""
        ...


class NetworkClassifier:
    """A network; equal windows get equal probabilities, in whatever company.

    Args:
        network: gives class scores (logits) [N, C] of windows [N, 3, L].
        temperature: divides the logits (Guo et al., "On calibration of modern neural networks",
            ICML 2017).
    """

    def __init__(self, network: nn.Module, temperature: float) -> None:
        self._network = network
        self._temperature = temperature

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `Classifier.scores`."""
        # The kernels take other ways through a batch of one window than through sixteen.
        padded = np.zeros((max(-(-len(x) // TILE), 1) * TILE, *x.shape[1:]), np.float32)
        padded[: len(x)] = x
        with torch.inference_mode():
            parts = [self._network(part) for part in torch.from_numpy(padded).split(BATCH)]
        logits = torch.cat(parts)[: len(x)].double().numpy() / self._temperature
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


class TemperedClassifier:
    """A classifier of `crosswear.baselines`, its probabilities at another temperature.

    Args:
        classifier: gives probabilities.
        temperature: probabilities become p^(1/temperature), scaled to a sum of one; for softmax
            scores the same as to divide the logits.
    """

    def __init__(self, classifier: Classifier, temperature: float) -> None:
        self._classifier = classifier
        self._temperature = temperature

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `Classifier.scores`."""
        probabilities = np.asarray(self._classifier.scores(x), np.float64)
        if self._temperature == 1 or not len(x):
            return probabilities
        odds = (probabilities / probabilities.max(axis=1, keepdims=True)) ** (1 / self._temperature)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))
