"""Scores, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from crosswear.core.errors import UsageError
from crosswear.signal.metrics import confusion, macro_f1, majority_f1, micro_f1, per_class_f1

pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60)


@pytest.mark.slow
@given(pairs)
def test_all_scores_are_those_of_scikit_learn(answers: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(answers, dtype=np.int16).T
    counts = confusion(truth, predicted, 7)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, confusion_matrix(truth, predicted, labels=range(7)))
    micro = f1_score(truth, predicted, average="micro")
    macro = f1_score(truth, predicted, average="macro", zero_division=0)
    assert micro_f1(counts) == pytest.approx(micro)
    assert micro_f1(counts) == pytest.approx(np.mean(truth == predicted))
    assert macro_f1(counts) == pytest.approx(macro)
    occurring = np.union1d(truth, predicted)
    each = f1_score(truth, predicted, average=None, zero_division=0)
    np.testing.assert_allclose(per_class_f1(counts)[occurring], each)
    assert np.isnan(np.delete(per_class_f1(counts), occurring)).all()
    assert majority_f1(counts) == pytest.approx(np.bincount(truth).max() / len(truth))


def test_classes_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="outside the class table"):
        confusion(np.array([0, -1]), np.array([0, 1]), 2)
    with pytest.raises(UsageError, match="outside the class table"):
        confusion(np.array([0, 1]), np.array([0, 2]), 2)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(UsageError, match="shape"):
        confusion(np.zeros(3, int), np.zeros(2, int), 2)


def test_nothing_cannot_be_scored() -> None:
    for score in (micro_f1, macro_f1, majority_f1):
        with pytest.raises(UsageError, match="nothing to score"):
            score(np.zeros((3, 3), np.int64))
