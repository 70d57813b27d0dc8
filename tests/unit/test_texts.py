"""Counts and numbers in sentences have one spelling."""

from __future__ import annotations

from crosswear.core.intervals import plain, points
from crosswear.core.texts import counted


def test_a_count_is_written_with_what_is_counted() -> None:
    assert counted(1, "cell") == "1 cell"
    assert counted(1200, "cell") == "1,200 cells"
    assert counted(0, "gap splits", "gaps split") == "0 gaps split"


def test_zero_has_no_sign() -> None:
    assert [plain(value) for value in (-0.001, 0.0, -0.42)] == ["0.00", "0.00", "−0.42"]
    assert [points(value) for value in (-0.0001, 0.0001, 0.02)] == ["0.0", "0.0", "+2.0"]
