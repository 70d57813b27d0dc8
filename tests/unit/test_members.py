"""Members of the stack: one contract for all, in folds and fitted on all windows."""

from __future__ import annotations

import numpy as np
import pytest

from crosswear.baselines.kernel import (
    KernelSimilarity,
    feature_map,
    fit_kernel,
    fit_kernel_ridge,
)
from crosswear.baselines.members import KernelMember, classical_members
from crosswear.baselines.regression import LogisticMember
from crosswear.baselines.ridge import fit_ridge
from crosswear.baselines.stack import StackMember
from crosswear.baselines.whitening import LabelledWindows
from crosswear.signal.features import window_features

RATE, CLASSES = 25.0, 5


def waves(seed: int, people: int = 6, each: int = 4, classes: int = 3) -> LabelledWindows:
    """Windows of a rhythm for each class, with a size for each person."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.repeat(np.arange(classes), each), people)
    size = np.repeat(rng.uniform(0.5, 2, people), classes * each)
    wave = size[:, None] * np.sin(np.arange(100) * (1 + y[:, None]) / 6)
    return LabelledWindows((wave[:, None] + rng.normal(0, 0.2, (len(y), 3, 100))).astype("f4"), y)


@pytest.fixture(scope="module", params=["alone", "whitened"])
def members(request: pytest.FixtureRequest) -> tuple[StackMember, ...]:
    pytest.importorskip("aeon")
    sources = [waves(1), waves(2)] if request.param == "whitened" else []
    return classical_members(waves(0), CLASSES, RATE, 7, sources)


@pytest.mark.slow
def test_they_give_probabilities_and_learn_from_the_windows_of_a_fold_alone(
    members: tuple[StackMember, ...],
) -> None:
    y, rows = waves(0).y, np.arange(72)
    train, asked = rows[rows >= 12], rows[rows < 12]
    for member in members:
        scores = member.probabilities(train, asked)
        assert scores.shape == (12, CLASSES)
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
        assert (scores.argmax(axis=1) == y[asked]).mean() > 0.8
        assert not scores[:, 3:].any()  # classes of the table that nobody showed
        two = member.probabilities(rows[y < 2], asked)
        assert not two[:, 2:].any()
        np.testing.assert_array_equal(member.probabilities(train, asked), scores)


@pytest.mark.slow
def test_fitted_on_all_windows_they_say_what_they_say_in_a_fold_of_all(
    members: tuple[StackMember, ...],
) -> None:
    x, every = waves(0).x, np.arange(72)
    for member in members:
        in_fold = member.probabilities(every, every)
        np.testing.assert_allclose(member.fit().scores(x), in_fold, atol=1e-3)


@pytest.mark.slow
def test_the_kernel_alone_says_what_it_says_as_a_member(members: tuple[StackMember, ...]) -> None:
    x, (member,) = waves(3).x, [one for one in members if isinstance(one, KernelMember)]
    sources = [waves(1), waves(2)] if member.kernel.features.whiten else []
    alone = fit_kernel(window_features(waves(0).x, RATE), member.y, CLASSES, RATE, sources)
    np.testing.assert_array_equal(alone.scores(x), member.fit().scores(x))
    np.testing.assert_array_equal(alone.vote(window_features(x, RATE)), alone.scores(x))


def test_a_regression_on_features_is_a_member_too() -> None:
    y, every = waves(0).y, np.arange(72)
    features = np.random.default_rng(0).normal(size=(72, 4)).astype(np.float32) + y[:, None]
    member = LogisticMember(features, y, CLASSES)
    in_fold = member.probabilities(every, every)
    np.testing.assert_allclose(member.fit().scores(features), in_fold)
    np.testing.assert_allclose(in_fold.sum(axis=1), 1)
    np.testing.assert_array_equal(member.fit().predict(features), in_fold.argmax(axis=1))
    assert not in_fold[:, 3:].any()
    one = member.probabilities(every[y == 2], every)
    np.testing.assert_array_equal(one, np.eye(CLASSES)[[2] * 72])


def test_a_ridge_classifier_of_one_class_or_two_has_their_probabilities_alone() -> None:
    features = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    y = np.arange(20) % 2 * 2
    features[:, 0] += 3 * y
    scores = fit_ridge(features, y).probabilities(features, 4, 2.5)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores.argmax(axis=1) == y).all()
    assert not scores[:, [1, 3]].any()
    alone = fit_ridge(features, np.full(20, 3)).probabilities(features, 4, 2.5)
    np.testing.assert_array_equal(alone, np.tile([0, 0, 0, 1], (20, 1)))


def test_windows_of_others_make_people_alike_in_the_kernel() -> None:
    windows, others = waves(0), [waves(1), waves(2)]
    features = window_features(windows.x, RATE)

    def contrast(sources: list[LabelledWindows]) -> float:
        """KernelSimilarity within classes over that between them."""
        mapped = feature_map(features, RATE, sources)(features)
        similar = KernelSimilarity.of(mapped)(mapped)
        same = windows.y[:, None] == windows.y
        return float(similar[same].mean() / similar[~same].mean())

    assert contrast(others) > contrast([])


def test_windows_that_are_all_equal_are_classified_too() -> None:
    features = window_features(np.zeros((6, 3, 100), np.float32), RATE)
    mapped = feature_map(features, RATE)(features)
    similar = KernelSimilarity.of(mapped)(mapped)
    assert np.isfinite(similar).all()
    scores = fit_kernel_ridge(similar, np.arange(6) % 2, 2).vote(similar)
    np.testing.assert_allclose(scores, 0.5, atol=1e-6)
