"""The contract of every device and app in the registry: found, asked for or refused; read in g."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layout_helpers import write_layout
from predict_helpers import BUNDLE

from crosswear.core.errors import CrosswearError, DataFormatError
from crosswear.core.recording import NO_LABEL
from crosswear.datasets import lookup
from crosswear.datasets.propose import propose, write_proposal
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.inputs import Overrides, input_files
from generators.layouts import LAYOUTS

PAGE = Path(__file__).parents[2] / "docs" / "own-data.md"

IN_PROCESSES = ("cwa", "geneactiv_bin", "embrace")
"""Files that a process of its own converts: slow, and read by test_devices.py."""
READ = [name for name, one in LAYOUTS.items() if not one.refused and name not in IN_PROCESSES]


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_it_is_found_or_asked_for_and_comes_back_in_g(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    planted = write_layout(name, tmp_path)
    proposal, asked = layout.answered(tmp_path)
    found = {guess.key: guess.value for guess in proposal.guesses}
    assert found | layout.told == found
    assert asked == set(layout.asked)
    assert all(guess.because for guess in proposal.guesses)
    spec, options = lookup(str(write_proposal(proposal, force=False)))
    notes: list[str] = []
    recordings = list(spec.read(FolderTree(tmp_path), options, notes.append))
    assert notes == []
    codes = [row.code for row in spec.variants[options.variant]]
    # "proband 1" is proposed as person 1.
    people = [one.subject.removeprefix("proband ") for one in planted]
    assert [one.subject for one in recordings] == people
    for one, want in zip(recordings, planted, strict=True):
        assert one.placement == want.placement
        assert one.rate_hz == layout.told.get("rate_hz", layout.asked.get("rate_hz"))
        np.testing.assert_allclose(one.acceleration, want.acceleration, atol=want.resolution_g)
        expected = [NO_LABEL if code is None else codes.index(code) for code in want.codes]
        assert one.labels.tolist() == expected
        assert (one.time_s is None) == (want.time_s is None)
        if want.time_s is not None:
            np.testing.assert_allclose(one.time_s, want.time_s, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, one in LAYOUTS.items() if one.refused])
def test_what_is_no_acceleration_is_refused(name: str, tmp_path: Path) -> None:
    write_layout(name, tmp_path)
    with pytest.raises(DataFormatError, match=LAYOUTS[name].refused):
        propose(tmp_path, {})
    for path in tmp_path.rglob("*.csv"):
        with pytest.raises(CrosswearError):
            input_files(path, Overrides(), None, BUNDLE.manifest)


def test_the_page_lists_the_registry() -> None:
    rows = [
        f"| {one.device} | {one.file} | {one.read} | {one.caution} |" for one in LAYOUTS.values()
    ]
    table = "\n".join(["| Device or app | File | How it is read | What to watch for |", *rows])
    assert table in PAGE.read_text("utf-8").replace("\n|---|---|---|---|", "")
