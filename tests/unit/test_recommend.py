"""Ranking of sources without training, and its validation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from study_helpers import ignore
from typer.testing import CliRunner

from crosswear.adaptation.source_ranking import RankedSource, recommend
from crosswear.adaptation.source_training import train_source, training_seconds
from crosswear.adaptation.transferability import logme, network_features
from crosswear.adaptation.validate_rankings import RankingValidation, validate_rankings
from crosswear.cli import app
from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.errors import MissingDataError, UsageError
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.task import Task
from crosswear.engine.transfer_source import Source, train_config
from crosswear.grid.result import CellResult, Timing
from crosswear.grid.store import Record, Store
from crosswear.grid.study_file import parse_study
from crosswear.networks.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from crosswear.networks.models import build
from crosswear.study.load import load_study
from crosswear.study.sources import find_sources, read_transfers

STUDY = """
name = "small"
seed = 1
[domains]
gestures = "simulated-gestures"
manipulation = "simulated-manipulation"
daily = "simulated-daily"
sports = "simulated-sports"
[grid]
sizes = [20, 40]
blocks = [3]
baselines = []
[model]
filters = [4, 4, 4]
"""


# --- LogME


def test_a_folder_of_nothing_is_no_source(tmp_path: Path) -> None:
    for name in (tmp_path, "encoders/typo", tmp_path / "typo"):
        with pytest.raises(UsageError, match="no source is there") as caught:
            find_sources(name, None, tmp_path, PreparationConfig(), ignore)
        assert "imported encoder" in caught.value.expected
    (tmp_path / "dataset.toml").touch()
    with pytest.raises(UsageError, match="a folder, not a dataset") as caught:
        find_sources(tmp_path, None, tmp_path, PreparationConfig(), ignore)
    assert caught.value.todo == f"name {tmp_path / 'dataset.toml'}"


def features(n: int, separation: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 40)) + np.eye(40)[y] * separation, y


@pytest.mark.parametrize("n", [20, 40, 200])
def test_logme_grows_with_how_well_classes_part(n: int) -> None:
    values = [logme(*features(n, separation)) for separation in (0, 2, 4, 8)]
    assert values == sorted(values)
    assert values[-1] - values[0] > 0.2


def test_logme_is_the_largest_evidence() -> None:
    """No other precisions of weights and noise make the labels likelier."""
    f, y = features(60, 2.0)
    found = []
    for name in range(3):
        target = (y == name).astype(float)
        best = -np.inf
        for ratio in np.geomspace(1e-2, 1e3, 200):
            covariance = np.eye(60) + f @ f.T / ratio  # times 1 / beta
            _, log_det = np.linalg.slogdet(covariance)
            beta = 60 / (target @ np.linalg.solve(covariance, target))  # the likeliest one
            best = max(best, (60 * np.log(beta / (2 * np.pi)) - log_det - 60) / 2 / 60)
        found.append(best)
    assert logme(f, y) == pytest.approx(np.mean(found), abs=0.005)


def test_features_are_what_the_class_scores_see(gestures: Domain, gestures_source: Task) -> None:
    assert gestures_source.source is not None
    network = load_checkpoint(gestures_source.source).network()
    found = network_features(network, gestures.windows.x[:20])
    assert found.shape == (20, 128)
    assert (found >= 0).all()


# --- sources


@pytest.mark.slow
def test_a_source_is_trained_once_and_kept(
    gestures: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = TrainConfig(epochs=1, selection="last")
    monkeypatch.setattr("crosswear.adaptation.source_training.train_config", lambda windows: short)
    monkeypatch.setattr("crosswear.adaptation.source_training.model_for", lambda samples: _small())
    source = Source("gestures", gestures, tmp_path / "one.safetensors")
    assert training_seconds(source) > 0
    first = train_source(source)
    assert source.trained
    assert training_seconds(source) == 0
    assert first.classes == gestures.classes
    second = train_source(source)
    assert all((first.state[name] == second.state[name]).all() for name in first.state)
    source.network.write_bytes(b"damaged")
    third = train_source(source)
    assert all((first.state[name] == third.state[name]).all() for name in first.state)


def _small() -> ModelConfig:
    return ModelConfig(filters=(4, 4, 4))


def test_small_sources_are_gone_through_more_often() -> None:
    assert train_config(1000).epochs > train_config(10_000).epochs >= 10


def test_auto_takes_what_is_there(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "wharf").mkdir()
    assert find_sources("auto", tmp_path, cache, PreparationConfig(), ignore) == []


def test_auto_leaves_large_datasets_out(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "capture24"
    folder.mkdir()
    with (folder / "P001.csv.gz").open("wb") as file:
        file.truncate(4_000_000_000)  # of which nothing is written to the disk
    notes: list[str] = []
    assert find_sources("auto", tmp_path, cache, PreparationConfig(), notes.append) == []
    assert notes == [
        "capture24 is left out: 4.0 GB take long to prepare. Name it as a source to use it"
    ]


def test_a_named_source_must_be_there(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(MissingDataError):
        find_sources("wharf", tmp_path, cache, PreparationConfig(), ignore)


# --- ranking


def test_one_is_not_its_own_source(gestures: Domain, cache: Path) -> None:
    found = find_sources("simulated-gestures", None, cache, PreparationConfig(), ignore)
    assert recommend(gestures, found, 25.0) == []


def test_measures_are_turned_so_that_more_is_better() -> None:
    near = RankedSource("near", 0.5, 0.1, 1.0, 0.5)
    far = RankedSource("far", 0.1, 0.9, 2.0, 0.0)
    for measure in ("logme", "mmd", "a_distance", "label_overlap"):
        assert near.promise(measure) > far.promise(measure)
    assert RankedSource("unknown", None, 0.1, 1.0, 0.5).promise("logme") == -np.inf


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A study's folder: networks with their initial weights, and gains that are planted.

    The gain of a source is its MMD's rank, within each target.
    """
    out = tmp_path_factory.mktemp("study")
    (out / "study.toml").write_text(STUDY)
    opened = load_study(parse_study(STUDY, "study.toml"), STUDY, None, cache, ignore)
    store = Store(out)
    domains = {name: opened.domains[name, 0] for name in opened.study.domains}
    ranks: dict[str, list[str]] = {}
    for name, domain in domains.items():
        others = [Source(o, d, Path("none")) for o, d in domains.items() if o != name]
        ranks[name] = [one.source for one in recommend(domain, others, 25.0)]
    for key, cell in opened.cells.items():
        domain = domains[cell.target]
        if cell.method == "source":
            network = build(ModelConfig(filters=(4, 4, 4)), len(domain.classes), 100, seed=1)
            state = network.state_dict()
            checkpoint = Checkpoint(_small(), domain.classes, domain.samples, state)
            save_checkpoint(store.checkpoint(key), checkpoint)
        rank = ranks[cell.target].index(cell.sources[0]) if cell.sources else 1
        right = 60 - 10 * rank
        result = CellResult(len(domain.classes), ((0, 0, 0, right), (0, 0, 1, 100 - right)))
        store.write(Record(key, cell, result, Timing(0.0, 0.0), {}))
    return out


def validated(study: Path, cache: Path, windows: int | None = None) -> list[RankingValidation]:
    return validate_rankings(read_transfers(study, None, cache, windows))


@pytest.mark.slow
def test_a_measure_is_validated(study: Path, cache: Path) -> None:
    tested = {(one.measure, one.size): one.correlation for one in validated(study, cache)}
    assert {size for measure, size in tested if measure == "logme"} == {20, 40}
    planted = tested["mmd", None]
    assert planted.value is not None
    assert planted.value.value > 0.9
    assert planted.n == 12
    nearest = validated(study, cache, windows=1000)
    assert {one.size for one in nearest if one.measure == "logme"} == {40}


@pytest.mark.slow
def test_the_command_ranks_and_validates(study: Path, cache: Path) -> None:
    runner = CliRunner()
    common = ["recommend", "simulated-gestures", "--cache", str(cache)]
    shown = runner.invoke(app, [*common, "--source", "simulated-daily"])
    assert shown.exit_code == 0, shown.output
    assert "ranked by MMD" in shown.output
    made = json.loads(runner.invoke(app, [*common, "--study", str(study), "--json"]).stdout)
    names = [one["source"] for one in made["ranking"]]
    assert sorted(names) == ["daily", "manipulation", "sports"]
    evidence = [one["logme"] for one in made["ranking"]]
    assert evidence == sorted(evidence, reverse=True)
    assert {one["measure"] for one in made["validation"]} >= {"logme", "mmd", "a_distance"}


@pytest.mark.slow
def test_windows_are_as_long_as_those_to_be_adapted_to(study: Path, cache: Path) -> None:
    runner = CliRunner()
    common = ["recommend", "simulated-gestures", "--cache", str(cache), "--source"]
    short = [*common, "simulated-daily", "--window", "2", "--hop", "1", "--json"]
    usual = [*common, "simulated-daily", "--json"]
    made = [json.loads(runner.invoke(app, one).stdout) for one in (short, usual)]
    assert made[0]["ranking"] != made[1]["ranking"]
    refused = runner.invoke(app, [*common, str(study), "--window", "2"])
    assert "another way" in str(refused.exception)
    impossible = runner.invoke(app, [*common, "simulated-daily", "--window", "0"])
    assert "--window" in str(impossible.exception)


def test_a_folder_without_a_study_is_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a study"):
        read_transfers(tmp_path, None, cache)


@pytest.mark.slow
def test_a_study_of_other_windows_is_refused(study: Path, cache: Path) -> None:
    with pytest.raises(UsageError, match="another way"):
        find_sources(str(study), None, cache, PreparationConfig(window_s=2.0), ignore)


def test_domains_are_prepared_alike(gestures: Domain, cache: Path) -> None:
    found = find_sources("simulated-gestures", None, cache, PreparationConfig(), ignore)
    assert found[0].domain.summary.digest == gestures.summary.digest
    assert prepare("simulated-gestures", None, PreparationConfig(), cache).samples == 100
