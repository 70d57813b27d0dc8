"""A logistic regression on frozen features: linear probing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.stack import Floats, Indices

ITERATIONS = 5000


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted regression, as plain arrays.

    Attributes:
        mean, scale: of each feature [F], which standardise it.
        weights: of each fitted class [K, F].
        bias: of each fitted class [K].
        fitted: integers [K], the classes that were fitted.
        classes: number of classes C, as an array [1].
    """

    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats
    fitted: NDArray[np.int64]
    classes: NDArray[np.int64]

    def scores(self, x: NDArray[np.floating]) -> Floats:
        """Class probabilities [n, C] of features [n, F]; classes that were not fitted have 0."""
        logits = self._logits(x)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        found = np.zeros((len(x), int(self.classes[0])))
        found[:, self.fitted] = odds / odds.sum(axis=1, keepdims=True)
        return found

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the most likely class [n] of features [n, F]."""
        found: NDArray[np.integer] = self.fitted[self._logits(x).argmax(axis=1)]
        return found

    def _logits(self, x: NDArray[np.floating]) -> Floats:
        return (x.astype(np.float64) - self.mean) / self.scale @ self.weights.T + self.bias


def fit_logistic(x: NDArray[np.floating], y: NDArray[np.integer], classes: int) -> Logistic:
    """Fit features [n, F], standardised by themselves, and their classes [n]."""
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.preprocessing import StandardScaler

    x, fitted = x.astype(np.float64), np.unique(y).astype(np.int64)
    scaler = StandardScaler().fit(x)
    weights, bias = np.zeros((1, x.shape[1])), np.zeros(1)
    if len(fitted) > 1:
        model = LogisticRegression(max_iter=ITERATIONS).fit(scaler.transform(x), y)
        weights, bias = model.coef_, model.intercept_
    if len(fitted) == 2:  # scikit-learn has one row, of the second class
        weights, bias = np.vstack([0 * weights, weights]), np.append(0.0, bias)
    return Logistic(scaler.mean_, scaler.scale_, weights, bias, fitted, np.array([classes]))


@dataclass(frozen=True, eq=False)
class LogisticMember:
    """A guest of a stack: the regression on features [n, F] by a pretrained encoder."""

    features: NDArray[np.floating]
    y: NDArray[np.integer]
    classes: int

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        """See `crosswear.baselines.stack.StackMember`."""
        fitted = fit_logistic(self.features[train], self.y[train], self.classes)
        return fitted.scores(self.features[asked])

    def fit(self) -> Logistic:
        """See `crosswear.baselines.stack.StackMember`."""
        return fit_logistic(self.features, self.y, self.classes)
