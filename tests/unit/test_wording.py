"""Counts in sentences have one spelling."""

from __future__ import annotations

from crosswear.wording import counted


def test_a_count_is_written_with_what_is_counted() -> None:
    assert counted(1, "cell") == "1 cell"
    assert counted(1200, "cell") == "1,200 cells"
    assert counted(0, "gap splits", "gaps split") == "0 gaps split"
