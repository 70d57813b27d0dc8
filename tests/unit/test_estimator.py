"""The estimator keeps scikit-learn's conventions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from crosswear import ActivityClassifier
from crosswear.core.errors import CrosswearError, UsageError
from crosswear.datasets.domain import Domain

pytestmark = pytest.mark.usefixtures("few_trees")


def labelled(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.tile([0, 1], 36)
    x = np.eye(3)[codes][:, :, None] + rng.normal(0, 0.1, (72, 3, 100))
    return x.astype(np.float32), np.array(["sit", "walk"])[codes], np.repeat(np.arange(6), 12)


def forest(**options: float) -> ActivityClassifier:
    # As short as can be: two folds.
    return ActivityClassifier(kind="forest", budget_s=0.01, **options)  # type: ignore[arg-type]


@pytest.mark.slow
def test_fit_predict() -> None:
    x, y, who = labelled()
    fitted = forest().fit(x, y, groups=who)
    assert list(fitted.classes_) == ["sit", "walk"]
    probabilities = fitted.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert fitted.predict(x).tolist() == y.tolist()
    assert fitted.score(x, y) == 1.0
    assert fitted.chosen_.expected.value == 1.0


@pytest.mark.slow
def test_the_vote_takes_other_datasets(gestures: Domain) -> None:
    x, y, who = labelled()
    fitted = ActivityClassifier(kind="vote", others=[gestures], budget_s=1.0).fit(x, y, groups=who)
    assert fitted.chosen_.learner.name == "vote, whitened"
    assert fitted.score(x, y) > 0.9


@pytest.mark.slow
def test_clones_are_alike_and_unfitted() -> None:
    x, y, who = labelled()
    first = forest(random_state=3).fit(x, y, groups=who)
    second = clone(first)
    assert second.get_params() == first.get_params()
    with pytest.raises(NotFittedError):
        second.predict(x)
    second.fit(x, y, groups=who)
    np.testing.assert_array_equal(second.predict_proba(x), first.predict_proba(x))


@pytest.mark.slow
def test_cross_validation_and_pipelines_work() -> None:
    x, y, who = labelled()
    scores = cross_val_score(forest(), x, y, groups=who, cv=GroupKFold(2), params={"groups": who})
    assert scores.tolist() == [1.0, 1.0]
    in_millig = make_pipeline(FunctionTransformer(lambda windows: windows / 1000), forest())
    named = {"activityclassifier__groups": who}
    assert in_millig.fit(x * 1000, y, **named).predict(x[:3] * 1000).tolist() == y[:3].tolist()


@pytest.mark.slow
def test_without_groups_no_score_is_expected() -> None:
    x, y, who = labelled()
    with pytest.warns(UserWarning, match="no score to expect: without groups"):
        alone = forest().fit(x, y)
    assert np.isnan([alone.chosen_.expected.value, alone.chosen_.expected.low]).all()
    assert alone.predict(x).tolist() == y.tolist()
    assert forest().fit(x, y, groups=who).chosen_.expected.value == 1.0


def test_parameters_can_be_set() -> None:
    estimator = ActivityClassifier().set_params(kind="minirocket", rate_hz=50.0)
    assert estimator.get_params()["kind"] == "minirocket"
    assert estimator.rate_hz == 50.0


@pytest.mark.parametrize(
    ("x", "y", "groups"),
    [
        (np.zeros((4, 100)), [0, 1, 0, 1], None),
        (np.zeros((4, 4, 100)), [0, 1, 0, 1], None),
        (np.full((4, 3, 100), np.nan), [0, 1, 0, 1], None),
        (np.zeros((4, 3, 100)), [0, 1, 0], None),
        (np.zeros((4, 3, 100)), [0, 0, 0, 0], None),
        (np.zeros((4, 3, 100)), [0, 1, 0, 1], [7, 7, 7, 7]),
    ],
)
def test_what_is_not_labelled_windows_is_refused(
    x: np.ndarray, y: list[int], groups: list[int] | None
) -> None:
    with pytest.raises(CrosswearError):
        forest().fit(x, y, groups=groups)


@pytest.mark.slow
def test_windows_of_another_length_are_refused() -> None:
    x, y, who = labelled()
    with pytest.raises(UsageError, match="50 samples"):
        forest().fit(x, y, groups=who).predict(x[:, :, :50])


def test_there_is_no_such_kind() -> None:
    with pytest.raises(UsageError, match="no kind"):
        ActivityClassifier(kind="oracle").fit(*labelled()[:2])  # type: ignore[arg-type]
