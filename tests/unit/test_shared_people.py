"""Sources share no people with the target, so the expected score is for new people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, put_plain

from crosswear.adaptation.from_recordings import AdaptationSettings, adapt
from crosswear.adaptation.shared_people import COMPARED, count_copies, exclude_shared_people
from crosswear.adaptation.source_ranking import recommend
from crosswear.core.config import PreparationConfig
from crosswear.datasets.domain import Domain, same_dataset
from crosswear.datasets.prepare import prepare
from crosswear.datasets.propose import write_proposal
from crosswear.engine.transfer_source import Source


@pytest.fixture(scope="module")
def sports(cache: Path) -> Domain:
    return prepare("simulated-sports", None, PreparationConfig(), cache)


def source(name: str, domain: Domain, **summary: str) -> Source:
    return Source(name, replace(domain, summary=replace(domain.summary, **summary)), Path("none"))


def cut(samples: np.ndarray, first: int = 0, length: int = 50, hop: int = 25) -> np.ndarray:
    views = np.lib.stride_tricks.sliding_window_view(samples, length, axis=0)
    return np.ascontiguousarray(views[first::hop], np.float32)


def movement(seed: int, samples: int = 4000) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=(samples, 3))
    smooth = np.apply_along_axis(np.convolve, 0, steps, np.hanning(9), "same")
    return smooth + np.array([0.0, 0.0, 1.0])


@pytest.mark.slow
def test_a_part_of_the_same_dataset_is_no_source(gestures: Domain, sports: Domain) -> None:
    said: list[str] = []
    offered = [
        source("itself", gestures),
        source("elsewhere", gestures, digest="f" * 64, placement="torso"),
        source("sports", sports),
    ]
    assert [one.name for one in exclude_shared_people(gestures, offered, said.append)] == ["sports"]
    assert len(said) == 1
    assert "elsewhere is not used as a source: it is from the same dataset" in said[0]
    assert [one.source for one in recommend(gestures, offered, 25.0)] == ["sports"]


def test_a_source_with_copies_of_the_recordings_is_none(gestures: Domain, sports: Domain) -> None:
    said: list[str] = []
    mine = np.random.default_rng(0).permutation(len(gestures.windows))[: len(sports.windows) // 4]
    x = np.array(sports.windows.x)
    x[: len(mine)] = gestures.windows.x[mine]
    mixed = replace(sports, windows=replace(sports.windows, x=x))
    assert exclude_shared_people(gestures, [source("mixed", mixed)], said.append) == []
    assert f"of {COMPARED} compared windows" in said[0]


def test_copies_are_found_in_another_unit_rounded_and_cut_elsewhere() -> None:
    samples = movement(1)
    found, compared = count_copies(cut(samples), cut(np.round(9.81 * samples, 2), first=13))
    assert compared > 100
    assert found == pytest.approx(compared, abs=2)  # at the ends there is less


def test_people_who_move_alike_are_no_copies() -> None:
    assert count_copies(cut(movement(1)), cut(movement(2))) == (0, len(cut(movement(1))))


def test_sensors_that_lie_still_are_no_copies() -> None:
    still = np.tile([0.0, 0.0, 1.0], (4000, 1))
    assert count_copies(cut(still), cut(still)) == (0, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("few_trees")
def test_adapt_says_which_source_was_left_out(
    cache: Path, tmp_path: Path, gestures: Domain
) -> None:
    said: list[str] = []
    elsewhere = source("elsewhere", gestures, digest="f" * 64)
    settings = AdaptationSettings(
        [elsewhere], budget_s=1.0, preparation=PreparationConfig(hop_s=6.0)
    )
    made = adapt("simulated-gestures", tmp_path / "m", settings, cache=cache, note=said.append)
    assert any("elsewhere is not used as a source" in sentence for sentence in said)
    assert "there is no source: nothing is transferred" in said
    assert "elsewhere is not used as a source" in (tmp_path / "m-report/report.md").read_text(
        "utf-8"
    )
    assert not any("whitened" in one.name for one in made.findings.standings)


def test_own_datasets_are_distinguished_by_their_files(gestures: Domain, tmp_path: Path) -> None:
    def own(folder: str, seed: int) -> Domain:
        for person in ("s01", "s02"):
            for kind in ("sitting", "walking"):
                path = tmp_path / folder / "data" / f"{person}_{kind}.csv"
                put_plain(path, kind, seed=seed)
        write_proposal(guessed(tmp_path / folder / "data")[2], force=False)
        reference = str(tmp_path / folder / "data" / "dataset.toml")
        return replace(gestures, summary=replace(gestures.summary, reference=reference))

    site_a, site_b, copy_of_a = own("a", 0), own("b", 7), own("c", 0)
    assert same_dataset(site_a, site_a)
    assert same_dataset(site_a, copy_of_a)
    assert not same_dataset(site_a, site_b)
    assert not same_dataset(site_a, gestures)
