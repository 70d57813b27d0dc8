"""A ridge classifier whose penalty is chosen by leaving out one window after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHAS = np.logspace(-3, 3, 10)


@dataclass(frozen=True, eq=False)
class Ridge:
    """Decisions that are linear in features.

    Attributes:
        weight: [K, F]; of two classes, the second one's alone: the first one's is its negative.
        bias: [K].
        fitted: int64 [K], the classes; two of them with K = 1.
    """

    weight: NDArray[np.floating]
    bias: NDArray[np.floating]
    fitted: NDArray[np.int64]

    def probabilities(
        self, features: NDArray[np.floating], classes: int, sharpness: float
    ) -> NDArray[np.float64]:
        """Return the softmax of the decisions, times `sharpness`, [n, classes].

        A ridge classifier has no probabilities: the order of classes means something, how far
        they lie apart depends on `sharpness`. Classes that were not fitted have 0.
        """
        from scipy.special import softmax  # slow to import

        decisions = features @ self.weight.T + self.bias
        scores = np.zeros((len(features), classes))
        scores[:, self.fitted] = softmax(sharpness * self.of_each(decisions.T).T, axis=1)
        return scores

    def of_each(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return a row for each class, of one [K, ...] for each weight."""
        return np.concatenate([-values, values]) if len(self.fitted) == 2 else values


def fit_ridge(features: NDArray[np.floating], y: NDArray[np.integer]) -> Ridge:
    """Fit features [n, F] of windows and their classes [n]."""
    from sklearn.linear_model import RidgeClassifierCV  # slow to import, needless to load

    fitted = np.unique(y).astype(np.int64)
    if len(fitted) == 1:
        return Ridge(np.zeros((1, features.shape[1]), np.float32), np.zeros(1), fitted)
    ridge = RidgeClassifierCV(alphas=ALPHAS).fit(features, y)
    return Ridge(np.atleast_2d(ridge.coef_), np.atleast_1d(ridge.intercept_), fitted)
