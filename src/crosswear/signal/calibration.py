"""Calibration of probabilities on the test windows of cross-validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-3
"""Smallest probability: a forest of 300 trees gives 0 to what it has not seen."""
COLDEST, HOTTEST = 0.02, 20.0
SURE = 0.5
"""A label is "unsure" if it is more likely wrong than right."""

Floats = NDArray[np.float64]


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities [n, C] at another temperature: p^(1/T), scaled to a sum of one."""
    with np.errstate(divide="ignore"):  # a class without training windows keeps its 0
        logs = np.log(probabilities) / temperature
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def fit_temperature(probabilities: Floats, y: NDArray[np.integer]) -> float:
    """Return the temperature with the largest likelihood of the true classes.

    Guo et al., "On calibration of modern neural networks", ICML 2017. One additional wrong answer
    and one additional right one are counted (Platt, "Probabilistic outputs for support vector
    machines", 1999): if all were right, no temperature would be low enough.

    Args:
        probabilities: [n, C].
        y: true classes [n].
    """
    from scipy.optimize import minimize_scalar  # slow to import, needless to predict

    def loss(log_temperature: float) -> float:
        warm = tempered(probabilities, float(np.exp(log_temperature)))
        logs = np.log(np.maximum(warm, FLOOR))
        right = logs[np.arange(len(y)), y]
        wrong = (logs.sum(axis=1) - right) / max(logs.shape[1] - 1, 1)
        return -float((right.sum() + right.mean() + wrong.mean()) / (len(y) + 2))

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(loss, bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def unsure_below(probabilities: Floats, y: NDArray[np.integer]) -> float:
    """Return the probability from which on an answer is more likely right than wrong.

    The share of right answers grows with their probability (isotonic regression); the threshold is
    where it passes one half. If it is always above, the threshold is the smallest probability in
    the data; if never, 1.
    """
    from sklearn.isotonic import IsotonicRegression  # slow to import, needless to predict

    top = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == y).astype(np.float64)
    levels = np.linspace(0, 1, 1001)
    rising = IsotonicRegression(out_of_bounds="clip").fit(top, right)
    sure = rising.predict(levels) >= SURE
    if sure.all():
        return float(top.min())
    return float(levels[sure.argmax()]) if sure.any() else 1.0
