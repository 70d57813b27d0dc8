"""The stack: weights by people whom no member has seen, and the plain vote where there are none."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswear.baselines.stack import Floats, Indices, combine, fit_stack, weights_of
from crosswear.signal.calibration import FLOOR


class Always:
    """A member that gives each window's own class the same probability, whatever it learned.

    It knows a window by its first sample, and notes what it was asked.
    """

    def __init__(self, y: np.ndarray, right: float | np.ndarray, classes: int = 3) -> None:
        self.answers = np.full((len(y), classes), 0.0)
        share = np.broadcast_to(right, y.shape)
        self.answers[:] = ((1 - share) / (classes - 1))[:, None]
        self.answers[np.arange(len(y)), y] = share
        self.asked: list[tuple[Indices, Indices]] = []

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        self.asked.append((train, asked))
        return self.answers[asked]

    def fit(self) -> Always:
        return self

    def scores(self, x: np.ndarray) -> Floats:
        return self.answers[x[:, 0, 0].astype(int)]


def people(count: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes and groups of windows: everybody does everything."""
    return np.tile(np.arange(each) % 3, count), np.repeat(np.arange(count), each)


def weights(y: np.ndarray, groups: np.ndarray, rights: Sequence[float | np.ndarray]) -> Floats:
    members = [Always(y, right) for right in rights]
    return fit_stack(members, y, groups, 0).combination.weights


Probabilities = hnp.arrays(np.float64, (3, 30), elements=st.floats(0, 1))


@given(Probabilities)
@settings(max_examples=20)
def test_weights_are_shares_and_no_others_lose_less(probabilities: Floats) -> None:
    found = weights_of(probabilities, prior=3.0)
    assert (found > 0).all()
    np.testing.assert_allclose(found.sum(), 1)

    def loss(w: Floats) -> float:
        return float(-np.log(w @ np.maximum(probabilities, FLOOR)).sum() - np.log(w).sum())

    for other in np.random.default_rng(0).dirichlet(np.ones(3), size=50):
        assert loss(found) <= loss(other) + 1e-3


@given(Probabilities, st.permutations(range(3)))
@settings(max_examples=20)
def test_the_order_of_members_does_not_matter(probabilities: Floats, order: list[int]) -> None:
    found = weights_of(probabilities, 3.0)[order]
    np.testing.assert_allclose(weights_of(probabilities[order], 3.0), found, atol=1e-4)


def test_the_better_member_weighs_more_and_more_people_make_that_surer() -> None:
    rights = [np.float64(0.9), np.float64(0.2)]
    few, many = weights(*people(4, 12), rights), weights(*people(60, 12), rights)
    assert 0.5 < few[0] < many[0]
    assert many[0] > 0.8


def test_more_windows_of_the_same_people_make_nothing_surer() -> None:
    some, more = weights(*people(6, 12), [0.8, 0.4]), weights(*people(6, 60), [0.8, 0.4])
    np.testing.assert_allclose(some, more, atol=0.02)


def test_a_member_that_is_not_sure_enough_is_made_surer_and_the_other_way_round() -> None:
    y, groups = people(40, 6)
    often = np.random.default_rng(0).random(len(y)) < 0.6
    shy, bold = (Always(y, np.where(often, *shares)) for shares in ((0.4, 0.3), (0.98, 0.01)))
    found = fit_stack([shy, bold], y, groups, 0).combination.temperatures
    assert found[0] < 0.8
    assert found[1] > 1.2
    two = combine([shy.answers, bold.answers], y, 2).temperatures
    assert found[0] < two[0] < 1 < two[1] < found[1]  # two people say little


def test_equal_members_share_the_vote() -> None:
    np.testing.assert_allclose(weights(*people(5, 9), [0.6, 0.6, 0.6]), 1 / 3, atol=1e-9)


def test_without_any_test_of_the_members_it_is_the_plain_vote() -> None:
    alone = (np.arange(9) % 3, np.zeros(9, np.int64))  # one person
    apart = (np.arange(4) % 3, np.array([0, 1, 2, 0]))  # classes 1 and 2 in one person each
    single = (np.zeros(6, np.int64), np.arange(6))  # one class
    pair = (np.array([0, 1]), np.array([0, 1]))  # fewer windows than folds
    one = (np.array([0]), np.array([0]))
    for y, groups in (alone, apart, single, pair, one):
        np.testing.assert_array_equal(weights(y, groups, [0.9, 0.1]), [0.5, 0.5])


def test_members_are_tested_on_people_whom_they_have_not_seen() -> None:
    y, groups = people(12, 6)
    groups[::5] = -1  # windows that share samples with those of another group
    member = Always(y, 0.5)
    fit_stack([member, Always(y, 0.4)], y, groups, 3)
    assert len(member.asked) == 5
    for train, asked in member.asked:
        assert not {*groups[train]} & {*groups[asked]}
        assert (groups[np.concatenate([train, asked])] >= 0).all()
    tested = np.sort(np.concatenate([asked for _, asked in member.asked]))
    np.testing.assert_array_equal(tested, np.flatnonzero(groups >= 0))


def test_a_class_of_one_person_is_no_test_of_anybody() -> None:
    y, groups = people(6, 12)
    y[groups == 2] = 2
    y[(groups != 2) & (y == 2)] = 0
    bad_at_it = np.where(y == 2, 0.01, 0.7)
    np.testing.assert_allclose(weights(y, groups, [0.7, bad_at_it]), 0.5, atol=1e-9)


def test_it_is_the_weighted_vote_of_its_members() -> None:
    y, groups = people(4, 30)
    members = [Always(y, 0.8), Always(y, 0.4)]
    stack = fit_stack(members, y, groups, 0)
    x = np.zeros((len(y), 3, 4), np.float32)
    x[:, 0, 0] = np.arange(len(y))
    answers = [one.answers for one in members]
    np.testing.assert_array_equal(stack.scores(x), stack.combination(answers))
    assert (stack.scores(x).argmax(axis=1) == y).all()
    np.testing.assert_allclose(stack.scores(x).sum(axis=1), 1)


@pytest.mark.parametrize("members", [1, 2, 5])
def test_equal_arguments_give_equal_weights(members: int) -> None:
    y, groups = people(7, 10)
    rights = list(np.linspace(0.3, 0.9, members))
    np.testing.assert_array_equal(weights(y, groups, rights), weights(y, groups, rights))


@pytest.mark.parametrize(
    ("right", "joins"), [(0.8, True), (0.55, True), (0.4, False), (0.0, False)]
)
def test_a_guest_takes_part_if_it_keeps_up(right: float, joins: bool) -> None:
    y, groups = people(6, 30)
    rng = np.random.default_rng(0)
    hosts = [Always(y, np.where(rng.random(len(y)) < 0.6, 0.7, 0.1)) for _ in range(2)]
    guest = Always(y, np.where(np.arange(len(y)) % 20 < 20 * right, 0.7, 0.1))
    stack = fit_stack(hosts, y, groups, 0, [guest])
    weights = stack.combination.weights
    assert (weights[2] > 0) == joins
    np.testing.assert_allclose(weights.sum(), 1)
    without = fit_stack(hosts, y, groups, 0)
    if not joins:
        np.testing.assert_array_equal(weights[:2], without.combination.weights)
    x = np.arange(len(y), dtype=np.float32)[:, None, None]
    found = stack.scores(x, [x])
    assert np.array_equal(found, without.scores(x)) != joins


def test_without_folds_a_guest_weighs_nothing() -> None:
    y, groups = np.zeros(5, int), np.zeros(5, int)
    stack = fit_stack([Always(y, 0.5), Always(y, 0.4)], y, groups, 0, [Always(y, 0.9)])
    np.testing.assert_array_equal(stack.combination.weights, [0.5, 0.5, 0.0])
