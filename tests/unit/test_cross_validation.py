"""Cross-validation of an adaptation: folds, scores, calibration, the learning curve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from crosswear.adaptation.choose import choose, prefer_first
from crosswear.adaptation.curve import fit_curve, fit_power
from crosswear.adaptation.learners import ClassicalLearner, TrainingData
from crosswear.adaptation.scoring import expected_share, paired_gain
from crosswear.adaptation.successive_halving import affordable_folds, evaluate_candidates
from crosswear.core.errors import DomainError
from crosswear.datasets.domain import Domain
from crosswear.deploy.bundle.manifest import Kind
from crosswear.signal.calibration import fit_temperature, tempered, unsure_below
from crosswear.signal.folds import group_windows, make_folds

# --- folds


@given(st.integers(3, 9), st.integers(2, 4), st.integers(0, 2**16), st.integers(10, 60))
def test_nobody_is_on_both_sides_of_a_fold(people: int, classes: int, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y, groups = rng.integers(classes, size=n), rng.integers(people, size=n)
    try:
        folds = make_folds(y, groups, seed)
    except DomainError:
        return
    asked = np.concatenate([part for fold in folds for part in (fold.test, fold.unknown)])
    assert len(np.unique(asked)) == len(asked)
    for fold in folds:
        held = np.concatenate([fold.test, fold.unknown])
        assert not set(groups[fold.train]) & set(groups[held])
        assert set(y[fold.test]) <= set(y[fold.train])
        assert not set(y[fold.unknown]) & set(y[fold.train])


@given(st.integers(3, 14), st.integers(0, 2**16))
def test_of_few_people_each_is_tested_alone(people: int, seed: int) -> None:
    y, groups = np.tile([0, 1, 2], 10 * people), np.repeat(np.arange(people), 30)
    folds = make_folds(y, groups, seed)
    tested = [len(np.unique(groups[fold.test])) for fold in folds]
    assert sum(tested) == people
    assert len(folds) == (people if people <= 10 else 5)


def test_one_person_or_two_are_held_back_by_occurrences(gestures: Domain) -> None:
    windows = gestures.windows.rows(np.arange(200))
    grouping = group_windows(windows)
    assert grouping.unit == "occurrence"
    kept = np.flatnonzero(grouping.kept)
    assert len(kept) > 150
    for a in np.unique(grouping.groups[kept]):
        mine = grouping.groups == a
        others = grouping.kept & ~mine & (windows.recording == windows.recording[mine][0])
        mine &= grouping.kept
        apart = (windows.stop[mine][:, None] <= windows.start[others]) | (
            windows.start[mine][:, None] >= windows.stop[others]
        )
        assert apart.all()


def test_people_are_held_back_where_there_are_three(gestures: Domain) -> None:
    windows = gestures.windows.rows(np.arange(90))
    windows = replace(windows, subject=np.repeat([3, 5, 8], 30).astype(np.int16))
    assert group_windows(windows).unit == "subject"


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        ([0, 0, 0, 0, 0], [0, 1, 2, 3, 4]),  # one class
        ([0, 1, 2, 0, 1], [0, 0, 0, 0, 0]),  # one group
        ([0, 1, 0, 1, 0], [0, 1, 0, 1, 0]),  # each class in one group only
    ],
)
def test_what_cannot_be_held_back_is_refused(y: list[int], groups: list[int]) -> None:
    with pytest.raises(DomainError, match="groups") as refused:
        make_folds(np.array(y), np.array(groups), 0)
    assert refused.value.todo


# --- scores


def test_the_interval_holds_for_new_people() -> None:
    """People differ: 12 were seen, 12 others come; 95 of 100 times their score is inside."""
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(300):
        skill = rng.beta(8, 3, size=24)
        right = rng.random((24, 40)) < skill[:, None]
        expected = expected_share(right[:12].ravel(), np.repeat(np.arange(12), 40))
        hits.append(expected.low <= right[12:].mean() <= expected.high)
    assert stats.binom.ppf(0.01, 300, 0.95) / 300 <= np.mean(hits) <= 1.0
    assert np.mean(hits) < 0.995  # and it is not merely wide


def test_nobody_failing_is_no_certainty() -> None:
    expected = expected_share(np.ones(20, np.bool_), np.arange(20))
    assert expected.value == 1.0
    assert expected.low < 0.95


def test_a_gain_of_few_groups_that_agree_is_not_sure() -> None:
    ours = np.array([True] * 10 + [False] * 10)
    theirs = np.array([True] * 9 + [False] + [False] * 10)
    gain = paired_gain(ours, theirs, np.repeat([0, 1], 10))
    assert gain.low < 0 < gain.high


@dataclass
class Slow:
    """A candidate that is right by chance, and says how long it takes."""

    name: str
    takes_s: float
    kind: Kind = "network"
    plan: None = None
    max_windows: int = 20

    def probabilities(self, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        return np.full((len(test), 2), 0.5)

    def final(self) -> dict[str, np.ndarray]:
        return {}

    def seconds(self, windows: int) -> float:
        return self.takes_s


def test_what_there_is_no_time_for_is_said_with_the_time_that_it_takes() -> None:
    y, who = np.tile([0, 1], 10), np.repeat(np.arange(4), 5)
    folds, said = make_folds(y, who, 0), list[str]()
    slow = [Slow("a", 100.0), Slow("b", 50.0)]
    data = TrainingData(np.zeros((20, 3, 100), np.float32), y, who, 2, 25.0, 0)
    quick = [Slow("quick", 0.0)]
    found, run = evaluate_candidates(quick, slow, folds, data, 5.0, said.append)
    assert [one.folds for one in found] == [len(run), 0, 0]
    assert "no time to try 2 of 2 networks" in said[-1]
    assert f"to try them takes about {150 * len(run)} s more" in said[-1]
    assert "report" not in said[-1]


def test_networks_take_part_if_their_folds_and_final_training_fit_in_the_budget() -> None:
    y, who = np.tile([0, 1], 10), np.repeat(np.arange(4), 5)
    folds, said = make_folds(y, who, 0), list[str]()
    data = TrainingData(np.zeros((20, 3, 100), np.float32), y, who, 2, 25.0, 0)
    network = [Slow("network", 100.0)]
    found, run = evaluate_candidates([Slow("quick", 0.0)], network, folds, data, 600.0, said.append)
    assert len(run) == 4  # so 400 s, and 130 s for the final training
    assert found[-1].folds == 4
    assert said == []
    found, _ = evaluate_candidates([Slow("quick", 0.0)], network, folds, data, 520.0, said.append)
    assert found[-1].folds == 0


@pytest.mark.parametrize(
    ("budget_s", "network_s", "folds"),
    [
        (300.0, None, 8),
        (60.0, None, 4),  # 40 s, 10 s for the final training, and the learning curve
        (1.0, None, 2),
        (200.0, 4.0, 8),  # half the time is for networks
        (100.0, 4.0, 4),
        (100.0, 100.0, 8),  # no network can use it
    ],
)
def test_folds_become_fewer_before_any_of_them_runs(
    budget_s: float, network_s: float | None, folds: int
) -> None:
    networks = [] if network_s is None else [Slow("network", network_s)]
    assert affordable_folds([Slow("forest", 10.0)], networks, 8, 40, budget_s) == folds


@pytest.mark.slow
@pytest.mark.usefixtures("few_trees")
def test_everybody_is_tested_where_time_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassicalLearner, "seconds", lambda *_: 100.0)
    rng = np.random.default_rng(0)
    y, who = np.tile([0, 1], 40), np.repeat(np.arange(8), 10)
    x = rng.normal(size=(80, 3, 100)) * np.where(y == 0, 0.3, 0.4)[:, None, None]
    data = TrainingData(x.astype(np.float32), y, who, 2, 25.0, 0)
    said: list[str] = []
    long = choose(data, {}, 10_000.0, kinds=("forest",), note=said.append)
    assert (len(long.folds), said) == (8, [])
    short = choose(data, {}, 500.0, kinds=("forest",), note=said.append)
    assert [len(np.unique(who[fold.test])) for fold in short.folds] == [3, 3, 2]
    assert set(who[short.scored]) == set(range(8))
    assert said[0].startswith("3 folds instead of 8: the budget is too short")
    both = [one.expected.high - one.expected.low for one in (short, long)]  # type: ignore[operator]
    assert both[0] < 1.5 * both[1]


def test_folds_that_take_longer_than_their_timing_end_with_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])

    class Ticking(Slow):
        def probabilities(self, train: np.ndarray, test: np.ndarray) -> np.ndarray:
            clock[0] += self.takes_s
            return super().probabilities(train, test)

    y, who = np.tile([0, 1], 20), np.repeat(np.arange(8), 5)
    folds, said = make_folds(y, who, 0), list[str]()
    data = TrainingData(np.zeros((40, 3, 100), np.float32), y, who, 2, 25.0, 0)
    found, run = evaluate_candidates([Ticking("forest", 10.0)], [], folds, data, 62.0, said.append)
    assert len(run) == found[0].folds == 5  # 50 s, and 10 s for the final training
    assert "time for 5 of 8 folds: a longer budget" in said[-1]


def test_no_gain_is_beyond_what_a_difference_can_be() -> None:
    ours = np.array([True] * 8 + [False] * 2)
    gain = paired_gain(ours, ours[::-1], np.repeat([0, 1], 5))
    assert (gain.low, gain.high) == (-1.0, 1.0)


def test_the_first_one_is_preferred_unless_beaten() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(10), 20)
    simple = rng.random(200) < 0.7
    lucky = simple.copy()
    lucky[np.flatnonzero(~simple)[:2]] = True
    better = simple | (rng.random(200) < 0.5)
    assert prefer_first(np.stack([simple, lucky]), groups) == 0
    assert prefer_first(np.stack([simple, better]), groups) == 1
    assert prefer_first(np.stack([better, simple]), groups) == 0


# --- calibration


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, (4000, 4))
    true = tempered(np.exp(logits), 1.0)
    y = (true.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)
    assert fit_temperature(tempered(true, 0.25), y) == pytest.approx(4.0, rel=0.1)
    threshold = unsure_below(true, y)
    near = np.abs(true.max(axis=1) - threshold) < 0.05
    assert np.mean(true.argmax(axis=1)[near] == y[near]) == pytest.approx(0.5, abs=0.1)


def test_answers_that_are_all_right_are_not_believed_without_end() -> None:
    y = np.arange(60) % 3
    answers = np.full((60, 3), 0.2)
    answers[np.arange(60), y] = 0.6
    warm = tempered(answers, fit_temperature(answers, y))
    assert 0.9 < warm.max() < 0.999
    assert unsure_below(warm, y) == pytest.approx(warm.max(axis=1).min())


def test_a_class_that_was_never_seen_keeps_its_zero() -> None:
    warm = tempered(np.array([[0.7, 0.3, 0.0]]), 2.0)
    assert warm[0, 2] == 0
    assert warm.sum() == pytest.approx(1.0)


# --- curve


@given(st.floats(0.5, 1.0), st.floats(0.1, 2.0), st.sampled_from([0.3, 0.5, 1.0, 1.5]))
def test_the_fit_finds_the_power_law(a: float, b: float, c: float) -> None:
    sizes = np.array([20.0, 40.0, 80.0, 160.0, 320.0])
    shares = a - b * sizes**-c
    found = fit_power(sizes, shares[None])
    np.testing.assert_allclose(found[0] - found[1] * sizes ** -found[2], shares, atol=2e-3)


def test_the_next_labels_gain_where_the_last_ones_did() -> None:
    rng = np.random.default_rng(3)
    sizes, groups = [25, 50, 100, 200], np.repeat(np.arange(30), 40)
    score = [0.95 - 2.0 * n**-0.5 for n in sizes]
    draw = rng.random(1200)
    rising = fit_curve(sizes, np.stack([draw < s for s in score]), groups, 200, 0)
    flat = fit_curve(sizes, np.stack([draw < 0.8] * 4), groups, 200, 0)
    truth = 2.0 * (200**-0.5 - 250**-0.5)
    assert rising.next_gain.low <= truth <= rising.next_gain.high
    assert rising.next_gain.value > 0.003
    assert flat.next_gain.value == pytest.approx(0.0, abs=1e-6)
