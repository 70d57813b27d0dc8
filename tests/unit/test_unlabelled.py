"""Recordings without labels: described for predict, refused for training."""

from __future__ import annotations

from pathlib import Path

import pytest
from predict_helpers import BUNDLE, RATE_HZ, movement, write_csv

from crosswear.core.errors import DataFormatError
from crosswear.datasets.own import load_own
from crosswear.datasets.propose import propose, try_out, write_proposal
from crosswear.deploy.recognise.recognised import recognise_files

ANSWERS = {"columns.label": "", "subject": "me", "placement": "left_wrist", "rate_hz": RATE_HZ}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("monday.csv", "tuesday.csv"):
        write_csv(tmp_path / name, movement())
    return tmp_path


def test_a_folder_without_labels_is_for_predict_alone(folder: Path) -> None:
    proposal = propose(folder, ANSWERS)
    assert not proposal.questions
    assert try_out(proposal).recordings == 2
    toml = write_proposal(proposal, force=False)
    assert "[classes]" in toml.read_text("utf-8")
    found = recognise_files(BUNDLE, [folder])
    assert [len(one.events) > 0 for one in found] == [True, True]
    with pytest.raises(DataFormatError, match="recordings without labels"):
        load_own(toml)


def test_labels_are_asked_for_with_a_way_on(folder: Path) -> None:
    (asked,) = [one for one in propose(folder, {}).questions if one.key == "columns.label"]
    assert "columns.label= if there are no labels" in asked.text
