"""The reference of familiar windows, calibrated on people that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.covariance import LedoitWolf

from crosswear.adaptation.learners import TrainingData
from crosswear.signal.familiarity import FALSE_ALARMS, Reference, log_distances
from crosswear.signal.features import bounded_features
from crosswear.signal.folds import Fold

SMALLEST = 0.01
"""Deviation of features below which they are constant, such as those of an axis that never moves: a
hundredth of a g, or one per cent of what their logarithm is taken of. Rounding is no movement."""
FEWEST = 20
"""Windows of an answer from which on it has a distance of its own."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Familiar:
    """A reference, and from which strangeness on windows and recordings are unfamiliar."""

    reference: Reference
    limit: float
    recording_limit: float


def calibrate_reference(
    data: TrainingData, folds: Sequence[Fold], scored: NDArray[np.int64], answers: NDArray[np.int64]
) -> Familiar | None:
    """Fit a reference to all windows, with limits from the people of each fold.

    For each fold, the reference of its training windows measures its test windows. The limit of
    windows is the quantile that all but `FALSE_ALARMS` of them stay below; that of recordings is
    the bound of the prediction interval for the mean of another person (Student's t).

    Args:
        data: the windows to train on.
        folds: of cross-validation.
        scored: int64 [n], rising, the test windows of all folds.
        answers: [n], the class that the model answers to each when it has not learned from it.

    Returns:
        None if fewer than three people, or occurrences, are tested.
    """
    distances = np.full(len(data.y), np.nan)
    for fold in folds:
        partial = _reference(data.x[fold.train], data)
        distances[fold.test] = log_distances(data.x[fold.test], partial, data.rate_hz)
    found = distances[scored]
    people, number = np.unique(data.groups[scored], return_inverse=True)
    if len(people) < 3:
        return None
    usual = _usual(found, answers, data.classes)
    strange = (found - usual[0, answers]) / usual[1, answers]
    means = np.bincount(number, strange) / np.bincount(number)
    reach = stats.t.ppf(1 - FALSE_ALARMS, len(people) - 1) * np.sqrt(1 + 1 / len(people))
    complete = _reference(data.x, data)
    return Familiar(
        Reference(complete.mean, complete.whitening, usual),
        float(np.quantile(strange, 1 - FALSE_ALARMS, method="higher")),
        float(means.mean() + reach * means.std(ddof=1)),
    )


def _reference(x: NDArray[np.float32], data: TrainingData) -> Reference:
    features = bounded_features(x, data.rate_hz)
    deviation = np.maximum(features.std(axis=0), SMALLEST)
    fitted = LedoitWolf().fit((features - features.mean(axis=0)) / deviation)
    whitening = np.linalg.cholesky(fitted.get_precision()) / deviation[:, None]
    return Reference(features.mean(axis=0), whitening, np.empty((2, data.classes)))


def _usual(distances: Floats, answers: NDArray[np.int64], classes: int) -> Floats:
    """Return the mean and the standard deviation of distances by answer; of few, those of all."""
    usual = np.empty((2, classes))
    for index in range(classes):
        mine = distances[answers == index]
        mine = mine if len(mine) >= FEWEST else distances
        usual[:, index] = mine.mean(), max(float(mine.std()), 1e-3)
    return usual
