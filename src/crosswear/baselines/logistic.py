"""A logistic regression on frozen features: linear probing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.stack import Floats, Indices

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ITERATIONS = 5000


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted regression.

    Attributes:
        model: of standardised features; None where only one class was fitted.
        fitted: integers [K], the classes that were fitted.
        classes: number of classes C.
    """

    model: Pipeline | None
    fitted: NDArray[np.integer]
    classes: int

    def scores(self, x: NDArray[np.floating]) -> Floats:
        """Class probabilities [n, C] of features [n, F]; classes that were not fitted have 0."""
        found = np.zeros((len(x), self.classes))
        given = 1.0 if self.model is None else self.model.predict_proba(x.astype(np.float64))
        found[:, self.fitted] = given
        return found

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.integer]:
        """Return the most likely class [n] of features [n, F]."""
        if self.model is None:
            return np.full(len(x), self.fitted[0])
        found: NDArray[np.integer] = self.model.predict(x.astype(np.float64))
        return found


def fit_logistic(x: NDArray[np.floating], y: NDArray[np.integer], classes: int) -> Logistic:
    """Fit features [n, F], standardised by themselves, and their classes [n]."""
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fitted = np.unique(y)
    if len(fitted) == 1:
        return Logistic(None, fitted, classes)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    return Logistic(model.fit(x.astype(np.float64), y), fitted, classes)


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
