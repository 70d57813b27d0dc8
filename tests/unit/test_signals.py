"""Recordings that are constant, in another unit or turned round are noticed."""

from __future__ import annotations

import numpy as np
import pytest

from crosswear.adaptation.signals import check_signals, find_turn, turned_people, turns
from crosswear.errors import DataFormatError
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


# --- choice
