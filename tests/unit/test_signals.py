"""Recordings that are constant, in another unit or turned round are noticed."""

from __future__ import annotations

import numpy as np
import pytest

from crosswear.adaptation.signals import check_signals, find_turn, turned_people
from crosswear.core.errors import DataFormatError
from crosswear.signal.gravity import spread, turn_between, turns
from generators.movements import movements


def test_sound_signals_say_nothing() -> None:
    assert list(check_signals(movements(3, 20)[0])) == []


def test_constant_windows_and_axes_are_said() -> None:
    x = movements(3, 20)[0]
    x[:4] = x[:4, :, :1]
    x[:, 2] = 0.25
    said = " ".join(check_signals(x))
    assert "4 of" in said
    assert "axis z is constant" in said


def test_another_unit_is_refused() -> None:
    with pytest.raises(DataFormatError, match="at rest the sensor measures") as refused:
        list(check_signals(movements(3, 20)[0] * np.float32(9.81)))
    assert "unit" in refused.value.todo


@pytest.mark.parametrize("number", range(1, 24, 5))
def test_a_sensor_turned_round_is_found(number: int) -> None:
    x, y, who = movements(4, 20)
    turn = turns()[number]
    turned = x.copy()
    turned[who == 2] = np.einsum("ij,njt->nit", turn.T, x[who == 2]).astype(np.float32)
    names = [str(label) for label in y]
    found = dict(turned_people(turned, names, who))
    assert list(found) == [2]
    assert not dict(turned_people(x, names, who))


def test_a_turn_needs_shared_activities() -> None:
    down = np.eye(3)[np.arange(60) % 3]
    assert find_turn(down, ["a"] * 60, -down, ["b"] * 60) is None


def test_shares_of_directions_tell_how_a_sensor_is_turned() -> None:
    rng = np.random.default_rng(1)
    around = rng.normal([0.2, 0.5, 0.8], 0.1, (200, 3))
    down = around / np.linalg.norm(around, axis=1, keepdims=True)
    found = [turn_between(spread(down @ turn), spread(down)) for turn in turns()]
    assert found[0] is None
    told = [(one, turn) for one, turn in zip(found, turns(), strict=True) if one is not None]
    assert len(told) == 20  # three others leave gravity near where it was
    assert all((one == turn).all() for one, turn in told)


def test_where_gravity_points_everywhere_no_turn_is_told() -> None:
    everywhere = np.random.default_rng(0).normal(size=(500, 3))
    down = everywhere / np.linalg.norm(everywhere, axis=1, keepdims=True)
    assert all(turn_between(spread(down @ turn), spread(down)) is None for turn in turns())
