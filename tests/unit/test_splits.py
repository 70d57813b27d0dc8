"""Splits: near to the target, whole groups, and no raw sample in two subsets."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crosswear.core.errors import DomainError, LeakageError
from crosswear.core.recording import PURGED, Subset, Windows
from crosswear.signal.leakage import audit, chains, purge_overlaps
from crosswear.signal.splits import choose_unit, split_groups, split_windows


def metadata(
    recording: list[int],
    start: list[int],
    *,
    y: list[int] | None = None,
    subject: list[int] | None = None,
    occurrence: list[int] | None = None,
    length: int = 100,
) -> Windows:
    number = len(start)
    return Windows(
        x=np.empty((number, 3, 0), np.float32),
        y=np.array(y if y is not None else [0] * number, dtype=np.int16),
        subject=np.array(subject if subject is not None else recording, dtype=np.int16),
        recording=np.array(recording, dtype=np.int32),
        occurrence=np.array(occurrence if occurrence is not None else recording, dtype=np.int32),
        start=np.array(start, dtype=np.int64),
        stop=np.array(start, dtype=np.int64) + length,
    )


def sizes(assigned: NDArray[np.int8]) -> list[int]:
    return np.bincount(assigned, minlength=3).tolist()


def gestures(gap: int, repetitions: int = 30, classes: int = 4) -> Windows:
    """One subject; in turn, every class for three windows, then a pause of `gap` samples."""
    start = [
        number * (200 + gap) + 50 * window
        for number in range(repetitions * classes)
        for window in range(3)
    ]
    occurrence = [number for number in range(repetitions * classes) for _ in range(3)]
    y = [number % classes for number in occurrence]
    return metadata([0] * len(start), start, y=y, occurrence=occurrence)


@pytest.mark.parametrize(
    ("groups", "expected"), [(8, [3, 1, 4]), (4, [1, 1, 2]), (10, [4, 1, 5]), (20, [8, 2, 10])]
)
def test_equal_subjects_come_near_to_the_target(groups: int, expected: list[int]) -> None:
    assert sizes(split_groups(np.ones((groups, 5)), seed=1)) == expected


def test_shares_count_duration_not_groups() -> None:
    durations = np.array([[50.0], [10], [10], [10], [10], [10]])
    assigned = split_groups(durations, seed=0)
    assert [durations[assigned == part].sum() for part in Subset] == [40, 10, 50]


def test_rare_classes_are_in_train_and_in_test() -> None:
    durations = np.ones((9, 12)) * 10
    durations[:, 10:] = 0
    durations[[0, 1], 10] = 0.5
    durations[[5, 6], 11] = 0.5
    for number in range(4):
        assigned = split_groups(durations, seed=3, number=number)
        for part in (Subset.TRAIN, Subset.TEST):
            assert (durations[assigned == part].sum(axis=0) > 0).all()


@pytest.mark.slow
def test_many_groups_hit_the_target_with_every_class() -> None:
    rng = np.random.default_rng(0)
    durations = np.eye(21)[rng.integers(21, size=300)] * rng.integers(1, 9, (300, 1))
    assigned = split_groups(durations, seed=0)
    shares = [durations[assigned == part].sum() / durations.sum() for part in Subset]
    np.testing.assert_allclose(shares, [0.4, 0.1, 0.5], atol=0.005)
    for part in (Subset.TRAIN, Subset.TEST):
        assert (durations[assigned == part].sum(axis=0) > 0).all()


def test_the_search_finds_what_trying_all_finds() -> None:
    # Eleven groups are searched; one of them weighs nothing, the other ten are tried out.
    durations = np.random.default_rng(4).uniform(1, 9, (10, 6))
    more = np.vstack([durations, np.full((1, 6), 1e-9)])
    ten, eleven = split_groups(durations, seed=0), split_groups(more, seed=0)
    for part in Subset:
        a, b = durations[ten == part].sum(), more[eleven == part].sum()
        assert a == pytest.approx(b, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [8, 9, 23])
def test_further_splits_test_on_others(groups: int) -> None:
    durations = np.random.default_rng(groups).uniform(8, 10, (groups, 5))
    splits = [split_groups(durations, seed=0, number=number) for number in range(4)]
    tests = [frozenset(np.flatnonzero(split == Subset.TEST).tolist()) for split in splits]
    assert len(set(tests)) == 4
    assert len(tests[0] & tests[1]) <= groups / 6  # half of all test: nearly the complement
    again = [split_groups(durations, seed=0, number=number) for number in range(4)]
    np.testing.assert_array_equal(splits, again)


def test_the_seed_decides_between_equals() -> None:
    found = {tuple(split_groups(np.ones((8, 2)), seed=seed).tolist()) for seed in range(6)}
    assert len(found) > 3
    assert all(sizes(np.array(split)) == [3, 1, 4] for split in found)


def test_more_splits_than_there_are_is_an_error() -> None:
    assert split_groups(np.ones((3, 2)), seed=0, number=5) is not None
    with pytest.raises(DomainError, match="no split number 6"):
        split_groups(np.ones((3, 2)), seed=0, number=6)


def test_two_groups_cannot_be_split() -> None:
    with pytest.raises(DomainError, match="cannot be split in three"):
        split_groups(np.ones((2, 4)), seed=0)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    groups=st.integers(3, 14),
    classes=st.integers(1, 5),
    seed=st.integers(0, 99),
    number=st.integers(0, 1),
)
def test_no_subset_is_empty_and_the_same_comes_again(
    groups: int, classes: int, seed: int, number: int
) -> None:
    durations = np.random.default_rng(seed).integers(0, 5, (groups, classes)).astype(float)
    assume((durations.sum(axis=1) > 0).all())
    try:
        assigned = split_groups(durations, seed, number)
    except DomainError:
        assert number > 0
        return
    assert min(sizes(assigned)) >= 1
    np.testing.assert_array_equal(assigned, split_groups(durations, seed, number))


def test_few_subjects_are_split_by_occurrence() -> None:
    assert [choose_unit(n) for n in (1, 3, 4, 50)] == [
        "occurrence",
        "occurrence",
        "subject",
        "subject",
    ]


def test_whole_subjects_are_split_without_loss() -> None:
    subject = np.repeat(np.arange(8), 50).tolist()
    start = np.tile(np.arange(50) * 50, 8).tolist()
    windows = metadata(subject, start, y=np.tile(np.arange(50) % 5, 8).tolist())
    subset, report = split_windows(windows, classes=5, seed=0)
    for one in range(8):
        assert len(set(subset[windows.subject == one].tolist())) == 1
    assert report.unit == "subject"
    assert report.groups == (3, 1, 4)
    assert report.percent == (37.5, 12.5, 50)
    assert report.windows == (150, 50, 200)
    assert report.purged == (0, 0, 0)
    assert report.missing == ((), (), ())


@pytest.mark.parametrize("gap", [0, 10])
def test_a_single_subject_is_split_by_occurrences(gap: int) -> None:
    windows = gestures(gap)
    subset, report = split_windows(windows, classes=4, seed=0)
    audit(windows, subset)
    assert report.unit == "occurrence"
    np.testing.assert_allclose(report.percent, [40, 10, 50], atol=2)
    assert report.missing[Subset.TRAIN] == report.missing[Subset.TEST] == ()
    assert sum(report.windows) + sum(report.purged) == len(windows)
    assert sum(report.purged) == 0  # pauses, however short, part these occurrences


def test_neighbours_that_share_samples_stay_together() -> None:
    windows = gestures(gap=-20)  # every window reaches into the next gesture: one long chain
    chain = chains(windows)
    assert len(set(chain.tolist())) == 20  # cut into twentieths, at ends of occurrences
    for occurrence in range(windows.occurrence.max() + 1):
        assert len(set(chain[windows.occurrence == occurrence].tolist())) == 1
    subset, report = split_windows(windows, classes=4, seed=0)
    audit(windows, subset)
    assert 0 < sum(report.purged) < 0.1 * len(windows)


def test_chains_end_at_gaps_and_recordings() -> None:
    start = [0, 50, 150, 249, 249, *range(1000, 10_000, 100)]
    occurrence = [0, 0, 1, 2, 3, *range(4, 94)]
    windows = metadata([0, 0, 0, 0, 1] + [2] * 90, start, occurrence=occurrence)
    assert chains(windows)[:5].tolist() == [0, 0, 1, 1, 2]
    # In any order of the windows.
    order = np.random.default_rng(0).permutation(95)
    fields = ("x", "y", "subject", "recording", "occurrence", "start", "stop")
    shuffled = replace(windows, **{name: getattr(windows, name)[order] for name in fields})
    np.testing.assert_array_equal(chains(shuffled), chains(windows)[order])


def test_the_purge_keeps_test_over_validation_over_train() -> None:
    train, validation, test = Subset
    windows = metadata([0] * 6, [0, 50, 100, 150, 200, 250])
    subset = np.array([train, train, validation, validation, test, test], dtype=np.int8)
    assert purge_overlaps(windows, subset).tolist() == [True, False, True, False, True, True]
    # Windows that touch do not overlap; other recordings do not matter.
    windows = metadata([0, 0, 1], [0, 100, 50])
    assert purge_overlaps(windows, np.array([0, 2, 1], dtype=np.int8)).all()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 60), st.sampled_from([-1, 0, 1, 2])),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 15),
)
def test_after_the_purge_no_raw_sample_is_in_two_subsets(
    rows: list[tuple[int, int, int]], length: int
) -> None:
    recording, start, part = (list(column) for column in zip(*rows, strict=True))
    windows = metadata(recording, start, length=length)
    assigned = np.array(part, dtype=np.int8)
    kept = purge_overlaps(windows, assigned)
    subset = np.where(kept, assigned, PURGED).astype(np.int8)
    audit(windows, subset)

    def owners(of: NDArray[np.int8]) -> dict[tuple[int, int], set[int]]:
        found: dict[tuple[int, int], set[int]] = {}
        for i in np.flatnonzero(of != PURGED):
            for sample in range(start[i], start[i] + length):
                found.setdefault((recording[i], sample), set()).add(int(of[i]))
        return found

    assert all(len(parts) == 1 for parts in owners(subset).values())
    # The audit agrees with counting sample by sample, also where there was no purge.
    if any(len(parts) > 1 for parts in owners(assigned).values()):
        with pytest.raises(LeakageError):
            audit(windows, assigned)
    else:
        audit(windows, assigned)
    # And what was purged had to go: it shares a sample with a subset that comes before.
    taken = owners(subset)
    for i in np.flatnonzero((assigned != PURGED) & ~kept):
        samples = [(recording[i], s) for s in range(start[i], start[i] + length)]
        assert any(max(taken.get(sample, {-1})) > assigned[i] for sample in samples)


def test_a_planted_leak_is_named() -> None:
    windows = gestures(gap=10)
    subset, _ = split_windows(windows, classes=4, seed=0)
    first = int(np.flatnonzero(subset == Subset.TEST)[0])
    assert subset[first + 1] == Subset.TEST
    subset[first + 1] = Subset.TRAIN
    start = windows.start[first + 1]
    with pytest.raises(LeakageError, match=rf"recording 0: raw samples {start} to") as caught:
        audit(windows, subset)
    assert "test" in str(caught.value)
    assert "train" in str(caught.value)


def test_a_leak_behind_a_long_window_is_found() -> None:
    windows = metadata([0, 0, 0], [0, 10, 40], length=10)
    windows = replace(windows, stop=np.array([100, 20, 50]))
    with pytest.raises(LeakageError, match="raw samples 40 to 49 are in test and in train"):
        audit(windows, np.array([2, -1, 0], dtype=np.int8))


def test_a_domain_that_the_purge_would_empty_is_refused() -> None:
    # Everything happens at once: the test subset takes all samples.
    windows = metadata([0] * 4, [0, 0, 0, 0], occurrence=[0, 1, 2, 3])
    with pytest.raises(DomainError):
        split_windows(windows, classes=1, seed=0)


def test_who_has_one_short_file_is_told_what_an_occurrence_is_and_what_to_do() -> None:
    windows = metadata([0] * 3, [0, 5, 9], occurrence=[0, 1, 2], length=10)
    with pytest.raises(DomainError, match="the train subset is empty") as caught:
        split_windows(windows, classes=1, seed=0)
    assert "one performance of an activity until another label or a gap" in caught.value.expected
    assert "record every activity several times, with pauses" in caught.value.todo


def test_occurrences_stay_whole_however_they_interleave() -> None:
    rng = np.random.default_rng(8)
    start = (np.arange(400) * 50).tolist()
    occurrence = np.repeat(np.arange(100), 4)
    for left, right in pairwise(range(3, 400, 16)):  # some are interleaved
        occurrence[left], occurrence[right] = occurrence[right], occurrence[left]
    windows = metadata([0] * 400, start, occurrence=occurrence.tolist())
    chain = chains(replace(windows, start=windows.start + rng.integers(0, 5, 400)))
    for one in range(100):
        assert len(set(chain[windows.occurrence == one].tolist())) == 1
