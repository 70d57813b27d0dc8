"""Gains that a study is said to detect, on simulated comparisons and on studies."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_helpers import ignore

from crosswear.core.recording import Subset
from crosswear.engine.subsets import count_some
from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.power import MEASURED, Deviations, detectable, detectable_mean
from crosswear.evidence.scores import correct_counts
from crosswear.evidence.statements import ALPHA
from crosswear.grid.study_file import parse_study
from crosswear.study.detectable import Power, planned_windows, power_of, target_power
from crosswear.study.load import LoadedStudy, load_study
from generators.gains import Design, draw_counts
from generators.records import observe

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from deviations import components

PEOPLE = MEASURED["subject"]
STUDIES = 1000
TEXT = """
name = "power"
[domains]
few = "simulated-manipulation"
one = "simulated-gestures"
[grid]
sizes = [20, 50]
blocks = [1]
"""


def draw(
    windows: np.ndarray, deviations: Deviations, gain: float, rng: np.random.Generator
) -> np.ndarray:
    """Windows that one method has right less those of the other, [R, G]."""
    share = (
        gain
        + rng.normal(0, deviations.repetitions, (len(windows), 1))
        + rng.normal(0, deviations.groups, windows.shape[1])
        + rng.normal(0, deviations.rest, windows.shape)
    )
    return share * windows


def halves(repetitions: int, people: int) -> np.ndarray:
    order = np.random.default_rng(0).permuted(np.tile(np.arange(people), (repetitions, 1)), axis=1)
    return 100 * (order < people // 2)


@pytest.mark.parametrize("alpha", [ALPHA, ALPHA / 60])
@pytest.mark.parametrize(
    "windows",
    [
        np.full((5, 8), 100),
        np.full((3, 4), 100),
        np.full((5, 1), 100),
        np.full((1, 10), 100),
        np.tile([700, 200, 100], (5, 1)),
        np.eye(9, dtype=int) * 100,
        halves(5, 16),
    ],
    ids=["5x8", "3x4", "one person", "one repetition", "unequal", "each once", "halves"],
)
def test_the_stated_gain_is_found_in_four_of_five_studies(
    windows: np.ndarray, alpha: float
) -> None:
    gain = detectable(windows, PEOPLE, alpha)
    assert gain is not None
    rng = np.random.default_rng(1)
    means = [crossed_mean(draw(windows, PEOPLE, gain, rng), windows) for _ in range(STUDIES)]
    found = sum((mean.p() or 0) < alpha and mean.mean > 0 for mean in means)
    assert found / STUDIES == pytest.approx(0.8, abs=0.045)


def test_so_is_it_where_windows_are_counted() -> None:
    design = Design()
    chance = 2 * 0.65 * 0.35 / 120  # of 120 windows a person, in two methods
    deviations = Deviations(
        repetitions=design.between_repetitions * np.sqrt(2),
        groups=design.between_people,
        rest=np.sqrt(2 * design.interplay**2 + chance),
    )
    gain = detectable(np.full((design.repetitions, design.people), 120), deviations)
    assert gain is not None
    rng, found = np.random.default_rng(2), 0
    for _ in range(STUDIES):
        ours, theirs, windows = draw_counts(design, gain, rng)
        mean = crossed_mean(ours - theirs, windows)
        found += (mean.p() or 0) < ALPHA and mean.mean > 0
    assert found / STUDIES == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("targets", [3, 4, 8])
def test_a_mean_over_targets_is_found_in_four_of_five_studies(targets: int) -> None:
    gain = detectable_mean(targets, between=0.02)
    assert gain is not None
    drawn = np.random.default_rng(3).normal(gain, 0.02, (STUDIES, targets))
    error = drawn.std(axis=1, ddof=1) / np.sqrt(targets)
    limit = {3: 4.303, 4: 3.182, 8: 2.365}[targets]  # of Student's t, two-sided, 5 %
    assert (drawn.mean(axis=1) / error > limit).mean() == pytest.approx(0.8, abs=0.045)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from([(4, ALPHA), (8, ALPHA / 30)]))
def test_more_people_and_more_repetitions_show_smaller_gains(
    more_repetitions: int, more_people: int, fewest: tuple[int, float]
) -> None:
    least, alpha = fewest  # with fewer of one, more of the other do not help the test
    repetitions, people = least + more_repetitions, least + more_people

    def gain(repetitions: int, people: int, alpha: float = alpha) -> float:
        return detectable(np.full((repetitions, people), 100), PEOPLE, alpha) or np.inf

    here = gain(repetitions, people)
    assert gain(repetitions, 2 * people) <= here
    assert gain(2 * repetitions, people) <= here
    assert gain(repetitions, people, alpha / 2) >= here
    unequal = np.tile(np.r_[100 * people, np.full(people - 1, 100)], (repetitions, 1))
    assert (detectable(unequal, PEOPLE, alpha) or np.inf) >= here


def test_one_person_in_one_repetition_shows_nothing() -> None:
    assert detectable(np.array([[900]]), PEOPLE) is None
    assert detectable(np.array([[900, 0]]), PEOPLE) is None
    assert detectable_mean(2) is None
    nothing = target_power(np.array([[900]]), "subject", 12)
    assert (nothing.alone, nothing.corrected, nothing.people_needed) == (None, None, None)
    assert not Power(12, {"a": nothing}, None, 4).detects


@pytest.mark.parametrize("windows", [np.full((20, 8), 90), np.eye(9, dtype=int)], ids=str)
def test_what_is_needed_is_the_least_that_detects_three_points(windows: np.ndarray) -> None:
    power = target_power(windows, "subject", 10)
    once = power.repetitions_needed is None

    def gain(repetitions: int, people: int) -> float:
        planned = np.eye(people, dtype=int) if once else np.ones((repetitions, people), int)
        return detectable(planned, PEOPLE, ALPHA / 10) or np.inf

    assert power.people_needed
    assert gain(20, power.people_needed) <= 0.03 < gain(20, power.people_needed - 1)
    if power.repetitions_needed:
        assert gain(power.repetitions_needed, 8) <= 0.03 < gain(power.repetitions_needed - 1, 8)


def test_people_alone_do_not_make_up_for_few_repetitions() -> None:
    assert target_power(np.full((5, 8), 90), "subject", 60).people_needed is None
    once = target_power(np.full((1, 8), 90), "subject", 60)
    assert once.people_needed is None
    assert once.both_needed == target_power(np.full((5, 8), 90), "subject", 60).both_needed


@pytest.fixture(
    scope="module", params=["seeds = 3", "splits = 2", 'splits = "leave-one-subject-out"']
)
def opened(request: pytest.FixtureRequest, cache: Path) -> LoadedStudy:
    text = TEXT + request.param + "\n"
    return load_study(parse_study(text, "power.toml"), text, None, cache, ignore)


def test_a_plan_counts_the_windows_that_the_report_will(opened: LoadedStudy) -> None:
    for target in opened.study.domains:
        done = []
        for cell in opened.cells.values():
            if cell.target == target and cell.method == "forest" and cell.size == 20:
                domain = opened.domains[target, cell.split]
                test = domain.indices(Subset.TEST)
                labels = domain.windows.y[test]
                counts = np.array(count_some(domain, test, labels, labels))
                done.append(replace(observe(cell, 0.5, 0.0, 4), counts=counts))
        expected = correct_counts(done).windows
        np.testing.assert_array_equal(planned_windows(opened, target), expected)


def test_a_study_states_its_power(opened: LoadedStudy) -> None:
    power = power_of(opened)
    assert power is not None
    assert power.comparisons == 2 * 1 * 2  # two targets, a source each, two sizes
    assert power.mean is None
    assert power.detects
    assert power.targets["one"].unit == "occurrence"
    for one in power.targets.values():
        assert (one.alone or 0) < (one.corrected or np.inf)
    assert power.targets_needed
    assert (detectable_mean(power.targets_needed) or 1) <= 0.03
    alone = replace(opened.study, grid=replace(opened.study.grid, blocks=()))
    assert power_of(replace(opened, study=alone)) is None


@pytest.mark.parametrize("windows", [np.full((5, 12), 100), halves(6, 16)], ids=["all", "halves"])
def test_the_benchmark_recovers_the_deviations_of_simulated_records(windows: np.ndarray) -> None:
    rng, true = np.random.default_rng(4), Deviations(0.03, 0.02, 0.05)
    found = np.mean(
        [components(draw(windows, true, 0.1, rng), windows) for _ in range(500)], axis=0
    )
    np.testing.assert_allclose(np.sqrt(found), [0.03, 0.02, 0.05], atol=0.003)


def test_the_benchmark_refuses_what_a_design_cannot_separate() -> None:
    assert components(np.eye(5), np.eye(5, dtype=int) * 10) is None
