"""Guesses: what speaks for each, its runner-up, or why it is a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RunnerUp:
    """The next best choice.

    Attributes:
        value: what would have been chosen.
        apart: how far behind it is, or why it is out.
    """

    value: Any
    apart: str


@dataclass(frozen=True)
class UnitGuess:
    """The unit of x, y and z, or why it is not clear.

    Attributes:
        unit: a name, or how many counts are one g; None if that is not clear.
        because: what speaks for it.
        problem: why it is None.
        runner_up: the next best unit.
        is_weak: whether no second is at rest, and no name states it.
    """

    unit: str | float | None
    because: str = ""
    problem: str = ""
    runner_up: RunnerUp | None = None
    is_weak: bool = False


@dataclass(frozen=True)
class SamplingRate:
    """Nominal sampling rate of tables.

    Attributes:
        hz: as stated; as written above the numbers, or set in the device, if the time stamps that
            are used are near it; by these; or by the usual intervals. None if nothing shows it, or
            if two of these contradict each other.
        is_written: whether it is the one above the numbers.
        problem: why it is None.
    """

    hz: float | None
    is_written: bool = False
    problem: str = ""
