"""Intervals and tests on simulated comparisons whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from crosswear.core.intervals import Interval
from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.scores import holm
from crosswear.evidence.statements import ALPHA, Contrast
from generators.gains import Design, draw_counts

STUDIES = 1000
CONTRASTS = 12  # of a study with four domains, at one size


def contrast(design: Design, gain: float, rng: np.random.Generator) -> Contrast:
    ours, theirs, windows = draw_counts(design, gain, rng)
    mean = crossed_mean(ours - theirs, windows)
    return Contrast(mean.interval(), mean.p(), None)


@pytest.mark.slow
def test_without_a_gain_few_studies_show_one() -> None:
    rng = np.random.default_rng(1)
    found, families = 0, 0
    for study in range(STUDIES):
        contrasts = [contrast(Design(), 0.0, rng) for _ in range(CONTRASTS)]
        p = [one.p or 0 for one in contrasts]
        found += sum(one < ALPHA for one in p)
        family = min(p) < ALPHA / CONTRASTS  # what Holm's first step comes to
        families += family
        if study < 20:
            effects = {one.effect for one in holm(contrasts) if one}
            assert (effects != {"no difference"}) == family
    assert found / (STUDIES * CONTRASTS) <= 0.05 + 0.015
    assert families / STUDIES <= 0.05 + 0.015


@pytest.mark.slow
@settings(max_examples=10)  # statsmodels collects garbage in each call
@given(st.lists(st.floats(0, 1), max_size=30))
def test_corrected_p_values_are_those_of_statsmodels(p: list[float]) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    contrasts = [Contrast(Interval(0, 0, 0), one, None) for one in p]
    found = [one.adjusted_p for one in holm([*contrasts, None]) if one]
    assert found == (multitest.multipletests(p, method="holm")[1].tolist() if p else [])


@pytest.mark.slow
@pytest.mark.parametrize(("design", "power"), [(Design(), 0.37), (Design(repetitions=10), 0.68)])
def test_a_gain_of_five_points_is_found_with_the_stated_power(design: Design, power: float) -> None:
    rng = np.random.default_rng(2)
    found = sum(
        (one.p or 0) < ALPHA and one.difference.value > 0
        for one in (contrast(design, 0.05, rng) for _ in range(STUDIES))
    )
    assert found / STUDIES == pytest.approx(power, abs=0.05)  # docs/evidence.md states these


@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [
        Design(),
        Design(repetitions=3),
        Design(people=4),
        Design(repetitions=10, people=16),
        Design(between_people=0.0),
        Design(between_repetitions=0.0),
        Design(people=3, windows=(700, 200, 100)),
        Design(people=3, windows=(2807, 46, 15)),
        Design(people=3, windows=(2807, 46, 15), between_repetitions=0.0),
        Design(people=5, windows=(1500, 100, 100, 100, 100), between_people=0.06),
        Design(repetitions=2),
        Design(repetitions=2, people=30),
        Design(repetitions=4, people=2, windows=(370, 320)),
    ],
    ids=str,
)
@pytest.mark.parametrize("gain", [0.0, 0.05])
def test_intervals_cover_at_their_rate(design: Design, gain: float) -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(STUDIES):
        interval = contrast(design, gain, rng).difference
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= gain <= interval.high
    few = len(design.windows) in (2, 3, 5)  # people, hardly more than one of them by their windows
    assert 0.93 <= covered / STUDIES <= (1 if few else 0.98)


@pytest.mark.parametrize("design", [Design(repetitions=2, people=30), Design(people=16)], ids=str)
def test_differences_that_are_none_are_found_at_the_corrected_level_too(design: Design) -> None:
    rng, level = np.random.default_rng(5), 0.002
    found = sum((contrast(design, 0.0, rng).p or 0) < level for _ in range(STUDIES))
    assert found / STUDIES <= 0.006  # three deviations of a share of .2 % in so many studies


@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [
        Design(people=people, repetitions=people, tested="one", between_repetitions=between)
        for people, between in ((4, 0.03), (9, 0.03), (20, 0.0), (20, 0.06))
    ],
    ids=str,
)
def test_intervals_cover_at_their_rate_if_each_person_is_tested_once(design: Design) -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(STUDIES):
        interval = contrast(design, 0.02, rng).difference
        covered += interval.low <= 0.02 <= interval.high
    assert 0.93 <= covered / STUDIES <= 0.98


def test_one_repetition_is_judged_by_people_alone_and_one_person_by_nothing() -> None:
    correct, windows = np.array([[8, 6, 9]]), np.array([[10, 10, 10]])
    assert crossed_mean(correct, windows).freedom == 2
    alone = crossed_mean(correct[:, :1], windows[:, :1])
    assert alone.p() is None
    assert alone.interval().low is None
    assert alone.mean == 0.8


def test_a_person_with_nearly_all_windows_is_one_person() -> None:
    windows = np.tile([2807, 46, 15], (5, 1))
    correct = np.round(windows * [0.30, 0.10, 0.50]).astype(int)
    alike = np.tile(correct[0], (5, 1))
    mean = crossed_mean(alike, windows)
    assert mean.freedom < 1.5
    assert mean.error > 0.1  # as people differ, not as what nearly is the mean differs from it
    assert mean.p() is not None
    assert mean.p() > 0.05


def test_equal_methods_have_no_difference_for_sure() -> None:
    mean = crossed_mean(np.zeros((5, 8), int), np.full((5, 8), 20))
    assert mean.p() == 1
    assert mean.interval().low == 0


def test_people_that_a_split_does_not_test_count_for_nothing() -> None:
    correct, windows = np.array([[8, 6, 0], [7, 5, 0]]), np.array([[10, 10, 0], [10, 10, 0]])
    assert crossed_mean(correct, windows) == crossed_mean(correct[:, :2], windows[:, :2])


@given(
    arrays.arrays(np.int64, (4, 5), elements=st.integers(0, 30)),
    st.permutations(range(4)),
    st.permutations(range(5)),
)
def test_the_order_of_repetitions_and_people_does_not_matter(
    correct: np.ndarray, rows: list[int], columns: list[int]
) -> None:
    windows = np.full((4, 5), 30)
    turned = crossed_mean(correct[rows][:, columns], windows)
    mean = crossed_mean(correct, windows)
    assert turned.mean == pytest.approx(mean.mean)
    assert turned.error == pytest.approx(mean.error)
