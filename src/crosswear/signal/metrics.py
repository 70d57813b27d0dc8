"""Scores, all of them derived from one confusion matrix.

In a task where every window has one class, micro-averaged F1 over all classes equals accuracy:
each wrong answer is one false positive and one false negative.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import UsageError


def confusion(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count the windows of each true class (row) by predicted class (column).

    Args:
        truth: integers [N] in [0, classes).
        predicted: integers [N] in [0, classes).
        classes: size of the class table.

    Returns:
        int64 [classes, classes].

    Raises:
        UsageError: if the lengths differ or a class is out of range.
    """
    if truth.shape != predicted.shape or truth.ndim != 1:
        raise UsageError(
            "truth and prediction differ in shape",
            expected="two flat arrays of one length",
            todo=f"compare like with like: shapes are {truth.shape} and {predicted.shape}",
        )
    both = np.stack([truth, predicted]).astype(np.int64)
    if both.size and (both.min() < 0 or both.max() >= classes):
        raise UsageError(
            "a class is outside the class table",
            expected=f"class indices from 0 to {classes - 1}",
            todo="drop unlabelled windows before scoring",
        )
    counts = np.bincount(both[0] * classes + both[1], minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def micro_f1(counts: NDArray[np.int64]) -> float:
    """The F1 of all decisions pooled: the share of windows classified correctly.

    Raises:
        UsageError: if the confusion matrix [C, C] is empty.
    """
    return float(np.trace(counts) / _total(counts))


def per_class_f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each class, float64 [C]; NaN for classes that are neither true nor predicted."""
    involved = counts.sum(axis=0) + counts.sum(axis=1)
    scores = np.full(len(counts), np.nan)
    np.divide(2 * counts.diagonal(), involved, out=scores, where=involved > 0)
    return scores


def macro_f1(counts: NDArray[np.int64]) -> float:
    """The mean F1 over the classes that are true or predicted at least once.

    Raises:
        UsageError: if the confusion matrix [C, C] is empty.
    """
    _total(counts)
    return float(np.nanmean(per_class_f1(counts)))


def majority_f1(counts: NDArray[np.int64]) -> float:
    """The micro F1 of always answering the most frequent true class.

    Raises:
        UsageError: if the confusion matrix [C, C] is empty.
    """
    return float(counts.sum(axis=1).max() / _total(counts))


def _total(counts: NDArray[np.int64]) -> int:
    total = int(counts.sum())
    if not total:
        raise UsageError(
            "there is nothing to score",
            expected="at least one classified window",
            todo="check that the test subset holds windows",
        )
    return total
