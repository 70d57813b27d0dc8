"""The rate of time stamps, and moving of repeated ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crosswear.tables.stamps import are_instants, few, rate_of, spread

EVEN = np.arange(2000) / 100
GAP = np.where(EVEN < 7, EVEN, EVEN + 3)


def late(time_s: np.ndarray) -> np.ndarray:
    """One in a hundred comes three periods late, and the next three catch up."""
    time_s = time_s.copy()
    for row in range(50, 1950, 100):
        time_s[row : row + 4] = time_s[row + 3] + np.arange(4) / 1000
    return time_s


@pytest.mark.parametrize(
    "delivered",
    [
        lambda t: t,
        lambda t: np.round(t, 3),
        late,
        lambda t: np.floor(t),
        lambda t: np.floor(t + 0.3),
        lambda t: np.floor(t * 10) / 10,
        lambda t: np.floor(t * 10) / 10 + np.arange(len(t)) % 10 / 1000,
        lambda t: np.where(t < 15, t, t - 1.5),
    ],
)
@pytest.mark.parametrize("time_s", [EVEN, GAP], ids=["even", "gap"])
def test_the_rate_has_no_gaps_in_it(
    time_s: np.ndarray, delivered: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert rate_of(np.diff(delivered(time_s))) == pytest.approx(100, rel=0.01)


def test_equal_packets_with_stamps_in_whole_seconds_have_their_own_rate() -> None:
    packets = np.floor(0.4 + 1.28 * np.arange(13))  # of 32 rows at 25 Hz
    assert rate_of(np.diff(np.repeat(packets, 32))) == pytest.approx(25, rel=0.05)
    lost = np.delete(np.arange(40.0), [5, 9, 10, 31])
    assert rate_of(np.diff(np.repeat(lost, 32))) == 32


def test_a_packet_with_too_many_rows_for_its_time_has_no_instants() -> None:
    """Such rows would be pressed together, and one's steps be faster than they were."""
    even = np.repeat(np.arange(40) * 0.32, 10)  # at 31.25 Hz
    assert are_instants(even)
    assert not are_instants(np.floor(even))  # of 30 rows, and once of 40
    rows = np.where(np.arange(40) == 20, 13, 10)
    lively = np.arange(40) * 0.32 + np.arange(40) % 2 / 1000
    assert are_instants(np.repeat(lively, rows))  # these stamps are not whole units
    lost = np.repeat(np.delete(np.arange(40) * 0.32, 7), 10)
    assert are_instants(lost)


def test_stamps_that_do_not_go_on_tell_no_rate() -> None:
    assert rate_of(np.zeros(9)) is None
    assert rate_of(np.empty(0)) is None
    assert rate_of(np.array([-1.0])) is None


def test_repeated_stamps_are_moved_and_others_stay() -> None:
    time_s = np.array([0, 0.01, 0.01, 0.03, 3.0, 3.0, 3.0, 3.01, 3.02, 3.02])
    moved = spread(time_s, 100)
    wanted = [0, 0.01, 0.02, 0.03, 3.0, 3 + 0.01 / 3, 3 + 0.02 / 3, 3.01, 3.02, 3.03]
    np.testing.assert_allclose(moved, wanted)
    assert spread(EVEN, 100) is EVEN


@pytest.mark.parametrize(
    ("repeats", "rows", "enough"), [(1, 9, True), (2, 99, False), (2, 100, True)]
)
def test_few(repeats: int, rows: int, enough: bool) -> None:
    assert few(repeats, rows) is enough
