"""No encoder serves a target that it has learned from, in studies and rankings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from encoder_helpers import CARD, examine_here, made
from layout_helpers import guessed, put_plain
from study_helpers import ignore, results

pytest.importorskip("onnxruntime")

from crosswear.adaptation.source_ranking import rank_encoders
from crosswear.api.studies import Study
from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.errors import CrosswearError, LeakageError, MissingDataError, StudyFileError
from crosswear.datasets.domain import own_files
from crosswear.datasets.prepare import prepare
from crosswear.datasets.propose import write_proposal
from crosswear.encoders import Encoder
from crosswear.encoders.pretraining_record import LearnedDomain, PretrainingRecord
from crosswear.engine.learned_datasets import learned_from
from crosswear.evidence.records import read_records
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import ENCODERS
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.read import read_study
from generators.encoders import convolutional

pytestmark = pytest.mark.usefixtures("few_trees")

STUDY = """
name = "learned"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily:placement=right_wrist"
[encoders]
joint = "FOLDER"
[grid]
sizes = [20]
blocks = []
networks = false
baselines = ["forest"]
[preparation]
hop_s = 6.0
"""


@pytest.fixture(autouse=True)
def _examined_here(monkeypatch: pytest.MonkeyPatch) -> None:
    examine_here(monkeypatch)


def record(files: Mapping[str, tuple[str, ...]]) -> PretrainingRecord:
    """The record of an encoder that has learned from datasets, with the files of own ones."""
    domains = tuple(
        LearnedDomain(name, name, "torso", "MIT", 2, 30, 0.1, 4, 0.5, some)
        for name, some in files.items()
    )
    settings = (PreparationConfig(), ModelConfig("pooled-resnet"), TrainConfig())
    return PretrainingRecord("made-up", domains, 1, 7, *settings)


def having_learned(folder: Path, *datasets: str, **files: tuple[str, ...]) -> Encoder:
    """An encoder of 2 s whose card says that it has learned from datasets."""
    folder.mkdir(parents=True)
    learned = record(dict.fromkeys(datasets, ()) | files)
    return made(folder, convolutional(), replace(CARD, learned=learned))


def loaded(tmp_path: Path, folder: str, cache: Path, said: list[str]) -> LoadedStudy:
    file = tmp_path / "study.toml"
    file.write_text(STUDY.replace("FOLDER", folder), "utf-8")
    return load_study(*read_study(file), None, cache, said.append)


def encoded(study: LoadedStudy) -> set[str]:
    """The targets that encoders serve."""
    return {cell.target for cell in study.cells.values() if cell.method in ENCODERS}


@pytest.mark.slow
def test_it_is_left_out_for_a_target_that_it_knows(tmp_path: Path, cache: Path) -> None:
    having_learned(tmp_path / "joint", "simulated-daily", "simulated-sports")
    said: list[str] = []
    study = loaded(tmp_path, "joint/encoder", cache, said)
    assert encoded(study) == {"gestures"}
    assert "encoder joint is left out for daily: it has learned from simulated-daily" in said


@pytest.mark.slow
def test_a_folder_may_name_the_target(tmp_path: Path, cache: Path) -> None:
    ours = having_learned(tmp_path / "without-daily", "simulated-gestures")
    theirs = having_learned(tmp_path / "without-gestures", "simulated-daily", "simulated-sports")
    said: list[str] = []
    study = loaded(tmp_path, "without-{target}/encoder", cache, said)
    assert study.encoders["daily"]["joint"] == ours
    assert study.encoders["gestures"]["joint"] == theirs
    assert encoded(study) == {"gestures", "daily"}
    assert not any("left out for" in sentence for sentence in said)


@pytest.mark.slow
def test_encoders_are_guests_in_a_stack_and_change_no_other_key(
    tmp_path: Path, cache: Path
) -> None:
    def keys(text: str) -> dict[str, Cell]:
        file = tmp_path / "study.toml"
        file.write_text(text, "utf-8")
        return dict(load_study(*read_study(file), None, cache, ignore).cells)

    having_learned(tmp_path / "joint", "simulated-daily")
    asked = STUDY.replace('["forest"]', '["forest", "stack"]').replace("FOLDER", "joint/encoder")
    with_encoder = keys(asked)
    without = keys(asked.replace('[encoders]\njoint = "joint/encoder"\n', ""))
    stacks = {
        cell.target: cell.encoder_names for cell in with_encoder.values() if cell.method == "stack"
    }
    assert stacks == {"gestures": ("joint",), "daily": ()}
    gone = [cell for key, cell in without.items() if key not in with_encoder]
    assert [(cell.method, cell.target) for cell in gone] == [("stack", "gestures")]
    (ours,) = (cell for cell in with_encoder.values() if cell.encoders)
    assert ours.describe().startswith("gestures with stack and encoders joint, 20 windows")


@pytest.mark.slow
def test_a_stack_with_an_encoder_runs(tmp_path: Path, cache: Path) -> None:
    having_learned(tmp_path / "joint", "simulated-sports")
    text = STUDY.replace('["forest"]', '["majority", "stack"]').replace("FOLDER", "joint/encoder")
    file = tmp_path / "study.toml"
    file.write_text(text, "utf-8")
    study = Study.load(file, cache=cache)
    run = study.run(tmp_path / "run", workers=1)
    assert not run.summary.failed, run.failures.traceback[0]
    again = study.run(tmp_path / "again", workers=1)
    assert results(study.loaded, run.folder) == results(study.loaded, again.folder)
    assert study.plan(tmp_path / "new", workers=1).cells["stack"] == 2
    records = read_records(Path(run.report().folder) / "records.parquet")
    assert {cell.encoder_names for _, cell in records.cells() if cell.method == "stack"} == {
        ("joint",)
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "learned", "kind", "reason"),
    [
        (
            "joint/encoder",
            ["simulated-daily", "simulated-gestures"],
            StudyFileError,
            r"encoders\.joint: it has learned from every target",
        ),
        (
            "{target}/encoder",
            ["simulated-gestures"],
            LeakageError,
            r"encoders\.joint: .*gestures/encoder: it has learned from 'simulated-gestures'",
        ),
        ("nothing-{target}", ["simulated-daily"], MissingDataError, "no encoder is there"),
    ],
)
def test_none_is_used_by_mistake(
    tmp_path: Path,
    cache: Path,
    folder: str,
    learned: list[str],
    kind: type[CrosswearError],
    reason: str,
) -> None:
    for name in ("joint", "gestures", "daily"):
        having_learned(tmp_path / name, *learned)
    with pytest.raises(kind, match=reason):
        loaded(tmp_path, folder, cache, [])


@pytest.mark.slow
def test_own_recordings_are_known_by_their_files(tmp_path: Path) -> None:
    def own(folder: str, seed: int) -> str:
        for person in ("s01", "s02"):
            for kind in ("sitting", "walking"):
                put_plain(tmp_path / folder / f"{person}_{kind}.csv", kind, seed=seed)
        write_proposal(guessed(tmp_path / folder)[2], force=False)
        return str(tmp_path / folder / "dataset.toml")

    site, other, copy = own("a", 0), own("b", 7), own("c", 0)
    files = tuple(sorted(own_files(site)))
    assert len(files) == 2
    encoder = having_learned(tmp_path / "joint", site=files)
    found = learned_from(encoder, copy)
    assert found is not None
    assert found.dataset == "site"
    assert learned_from(encoder, other) is None
    assert learned_from(encoder, "simulated-daily") is None


@pytest.mark.slow
def test_an_imported_encoder_says_nothing(tmp_path: Path) -> None:
    assert learned_from(made(tmp_path, convolutional()), "simulated-daily") is None


@pytest.mark.slow
def test_a_ranking_leaves_it_out(tmp_path: Path, cache: Path) -> None:
    target = prepare("simulated-daily", None, PreparationConfig(hop_s=6.0), cache)
    knows = having_learned(tmp_path / "one", "simulated-daily")
    other = having_learned(tmp_path / "two", "simulated-gestures")
    said: list[str] = []
    assert len(rank_encoders(target, [knows, other], 25.0, said.append)) == 1
    assert said == ["encoder encoder is left out: it has learned from simulated-daily"]
