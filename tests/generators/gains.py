"""Simulated comparisons of two methods whose true difference is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Design:
    """Variation of scores, as standard deviations of a share of windows.

    Attributes:
        repetitions, people: how many.
        between_repetitions: of a method's score, with the adaptation draw and the initial weights.
        between_people: of the difference of two methods.
        interplay: of a method on a person in a repetition, beside chance among windows.
        windows: of each person; without any, 60 to 180, drawn anew.
        tested: by each repetition: all people, a random half of them, or one, another each time.
    """

    repetitions: int = 5
    people: int = 8
    between_repetitions: float = 0.03
    between_people: float = 0.03
    interplay: float = 0.03
    windows: tuple[int, ...] = ()
    tested: Literal["all", "half", "one"] = "all"


def draw_counts(
    design: Design, gain: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Correct answers [R, G] of two methods, and windows [R, G]; the first is better by `gain`."""
    shape = design.repetitions, design.people
    people = rng.normal(0, 0.06, design.people)  # hard and easy people, for both alike
    each = np.array(design.windows) if design.windows else rng.integers(60, 180, design.people)
    windows = each * _tested(design, rng)
    correct = []
    for plus in (gain, 0.0):
        share = (
            0.65
            + plus
            + people
            + rng.normal(0, design.between_people / np.sqrt(2), design.people)
            + rng.normal(0, design.between_repetitions, (design.repetitions, 1))
            + rng.normal(0, design.interplay, shape)
        )
        correct.append(rng.binomial(windows, np.clip(share, 0, 1)))
    return correct[0], correct[1], windows


def _tested(design: Design, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return 1 where a repetition tests a person, [R, G]."""
    if design.tested == "all":
        return np.ones((design.repetitions, design.people), np.int64)
    if design.tested == "one":
        return np.eye(design.people, dtype=np.int64)[: design.repetitions]
    orders = rng.permuted(np.tile(np.arange(design.people), (design.repetitions, 1)), axis=1)
    return (orders < design.people // 2).astype(np.int64)
