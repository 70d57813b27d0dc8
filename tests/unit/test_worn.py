"""Labelled windows of a sensor on a table: named, and not learned as sitting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosswear.adaptation.worn import still_seconds, worn_windows
from crosswear.core.recording import Windows
from crosswear.datasets.domain import Domain, DomainSummary
from crosswear.signal.splits import SplitReport

CLASSES = ("sitting", "sleeping", "walking")
HOP_S, RATE_HZ = 2.0, 5.0


def a_domain(*parts: tuple[int, int, float, float]) -> Domain:
    """Parts of one recording each: person, class, minutes, movement in g."""
    rng = np.random.default_rng(0)
    counts = [int(60 * minutes / HOP_S) for *_, minutes, _ in parts]
    samples = round(2 * HOP_S * RATE_HZ)
    x = [rng.normal(0, part[3], (n, 3, samples)) for part, n in zip(parts, counts, strict=True)]
    start = np.concatenate([np.arange(n) * round(HOP_S * RATE_HZ) for n in counts])

    def each(values: list[int], kind: type[np.signedinteger]) -> np.ndarray:
        return np.repeat(values, counts).astype(kind)

    windows = Windows(
        x=(np.concatenate(x) + np.array([0, 0, 1])[None, :, None]).astype(np.float32),
        y=each([part[1] for part in parts], np.int16),
        subject=each([part[0] for part in parts], np.int16),
        recording=each(list(range(len(parts))), np.int32),
        occurrence=each(list(range(len(parts))), np.int32),
        start=start,
        stop=start + samples,
    )
    split = SplitReport("subject", (1.0, 0.0, 0.0), (1, 0, 0), (0, 0, 0), (2, 0, 0), ((), (), ()))
    people = ("anna", "ben")
    facts = ("mine", "0", "wrist", RATE_HZ, CLASSES, people, 0.0, samples, split, ())
    return Domain(DomainSummary(*facts), Path(), windows, np.zeros(len(start), np.int8))


def test_an_hour_on_the_table_is_no_sitting() -> None:
    domain = a_domain((0, 0, 70, 0.002), (0, 0, 90, 0.1), (1, 2, 30, 0.3))
    kept, (note,) = worn_windows(domain, RATE_HZ)
    assert not kept[: 70 * 30].any()
    assert kept[70 * 30 :].all()
    assert "2,100 windows" in note
    assert "anna, sitting, 70 min" in note
    assert "nothing is learned from them" in note


def test_a_class_that_means_it_is_learned() -> None:
    domain = a_domain((1, 1, 70, 0.002), (1, 1, 50, 0.1), (0, 2, 30, 0.3))
    kept, (note,) = worn_windows(domain, RATE_HZ)
    assert kept.all()
    assert "ben, sleeping, 70 min" in note


def test_some_still_minutes_are_named_and_learned() -> None:
    domain = a_domain((0, 0, 8, 0.002), (1, 0, 4, 0.002), (0, 2, 30, 0.3))
    kept, (note,) = worn_windows(domain, RATE_HZ)
    assert kept.all()
    assert "anna, sitting, 8 min" in note
    assert "ben" not in note


def test_many_stretches_are_counted() -> None:
    parts = [(0, 0, 6 + number, 0.002) for number in range(5)]
    _, (note,) = worn_windows(a_domain(*parts, (1, 2, 60, 0.3)), RATE_HZ)
    assert note.index("anna, sitting, 10 min") < note.index("anna, sitting, 9 min")
    assert "; and 2 more" in note


@pytest.mark.parametrize("movement", [0.05, 0.5])
def test_movement_has_no_stretch(movement: float) -> None:
    domain = a_domain((0, 0, 70, movement))
    assert not still_seconds(domain.windows, RATE_HZ, 2 * HOP_S).any()
    assert worn_windows(domain, RATE_HZ)[1] == []
