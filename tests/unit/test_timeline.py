"""The timeline of what was recognised: a table that computes nothing, and a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from bundle_helpers import CLASSES
from predict_helpers import movement, pushed

from crosswear.deploy.recognise.recognizer import Event, Reason
from crosswear.deploy.recognise.timeline import bands, cell, draw_timeline, write_timeline


@pytest.mark.slow
def test_a_timeline_is_no_formula_and_no_markup(tmp_path: Path) -> None:
    events = pushed(movement())
    timeline = {"=cmd|' /C calc'!A0.csv": events, "$x$ 走る.csv": events[:3], "none": []}
    write_timeline(tmp_path / "t.csv", timeline, CLASSES, probabilities=True)
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(events) + 3
    assert rows[0]["file"].startswith("'=")
    assert list(rows[0])[-1] == "p =brush|teeth"
    assert {row["label"] for row in rows} <= {cell(name) for name in CLASSES}
    assert float(rows[0]["probability"]) == pytest.approx(events[0].probability, abs=1e-4)
    assert sum(float(rows[0][f"p {name}"]) for name in CLASSES) == pytest.approx(1, abs=1e-3)
    draw_timeline(tmp_path / "t.png", timeline, CLASSES, 2.0)
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_texts_that_a_spreadsheet_computes_are_quoted(text: str) -> None:
    assert cell(text).startswith("'")
    assert cell("walk") == "walk"


def test_the_picture_shows_who_is_when_and_leaves_gaps_empty() -> None:
    def at(start: float, label: str, unsure: bool = False) -> Event:
        reason: Reason = "unfamiliar" if unsure else ""
        return Event(start, start + 4, label, 1.0, label, reason, 0.0, True, (1.0,))

    events = [at(0, "a"), at(2, "b", unsure=True), at(4, "b"), at(8, "a")]
    image = bands(events, ("a", "b"), 2, 6)
    assert image.tolist() == [[1, 0, 0, 0, 1, 0], [0, 2, 2, 0, 0, 0], [0, 3, 0, 0, 0, 0]]
