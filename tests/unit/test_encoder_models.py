"""Encoders in `adapt`, bundles and the estimator."""

from __future__ import annotations

import functools
import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoder_helpers import CARD, made, windows
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

import crosswear
from crosswear.adaptation.choose import choose
from crosswear.adaptation.from_recordings import AdaptationSettings, adapt
from crosswear.adaptation.learners import TrainingData
from crosswear.baselines.regression import fit_logistic
from crosswear.cli import app
from crosswear.core.errors import BundleError, ExportError, UsageError
from crosswear.deploy.bundle import load_bundle, pack, save_bundle
from crosswear.deploy.export.graph import to_onnx
from crosswear.encoders import Encoder
from generators.encoders import convolutional
from generators.movements import movements

ALONE = functools.partial(choose, kinds=("encoder",))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return made(tmp_path_factory.mktemp("encoders"), convolutional(), CARD)


@pytest.fixture(scope="module")
def bundle_folder(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that `adapt` has made with nothing but an encoder to choose from."""
    folder = tmp_path_factory.mktemp("adapted")
    settings = AdaptationSettings([encoder.folder], 60.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crosswear.adaptation.from_recordings.choose", ALONE)
        adapt("simulated-gestures", folder / "model", settings, cache=folder / "cache")
    return folder / "model"


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(0)
    features, y = rng.normal(2, 3, (60, 5)), np.arange(60) % classes
    features[:, 0] += y
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, y)
    found = fit_logistic(features, y + 1, 5).scores(features)
    np.testing.assert_allclose(found[:, 1 : classes + 1], expected.predict_proba(features), 1e-9)
    assert not found[:, [0, *range(classes + 1, 5)]].any()


def test_one_class_is_certain() -> None:
    found = fit_logistic(np.ones((3, 2)), np.full(3, 1), 2).scores(np.zeros((4, 2)))
    assert found.tolist() == [[0.0, 1.0]] * 4


@pytest.mark.slow
def test_an_encoder_takes_part_and_is_not_preferred(encoder: Encoder) -> None:
    data = TrainingData(*movements(5, 8), classes=3, rate_hz=25.0, seed=1)
    data = replace(data, encoders={"mine": encoder})
    chosen = choose(data, {}, 60.0, kinds=("forest", "encoder"))
    assert {one.name for one in chosen.standings} == {"forest", "encoder mine"}
    assert all(one.micro_f1 and one.micro_f1 > 0.8 for one in chosen.standings)
    assert chosen.learner.name == "forest"


@pytest.mark.slow
def test_a_bundle_holds_the_encoder_and_its_licence(bundle_folder: Path, encoder: Encoder) -> None:
    bundle = load_bundle(bundle_folder)
    assert bundle.manifest.kind == "encoder"
    origin = bundle.manifest.origins[0]
    assert (origin.role, origin.licence, origin.digest) == (
        "encoder",
        "CC0-1.0",
        encoder.manifest.digest,
    )
    assert "made up for tests" in (bundle_folder / "README.md").read_text("utf-8")


def test_a_window_has_the_same_probabilities_alone(bundle_folder: Path) -> None:
    bundle = load_bundle(bundle_folder)
    x = windows(bundle.manifest.window, 70)
    together = bundle.classifier().scores(x)
    alone = np.concatenate([bundle.classifier().scores(x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_array_equal(together, alone)
    assert np.ptp(together, axis=0).max() > 0.1


def test_a_damaged_encoder_in_a_bundle_is_named(bundle_folder: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_folder)
    for name, value in {"encoder.onnx": np.zeros(9, np.uint8), "encoder.json": None}.items():
        state = {one: array for one, array in bundle.state.items() if one != name}
        state |= {} if value is None else {name: value}
        manifest = replace(bundle.manifest, weights=pack(state)[1])
        with pytest.raises(BundleError, match="encoder"):
            save_bundle(tmp_path / "damaged", replace(bundle, manifest=manifest, state=state))


def test_what_a_bundle_with_an_encoder_needs_is_said(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnx" else find_spec(name)
    )
    with pytest.raises(UsageError, match="an encoder needs onnx, not installed here"):
        load_bundle(bundle_folder)


def test_a_bundle_with_an_encoder_is_not_exported(bundle_folder: Path) -> None:
    with pytest.raises(ExportError, match="of kind 'encoder' cannot be exported"):
        to_onnx(load_bundle(bundle_folder))


def test_the_estimator_takes_encoders(encoder: Encoder) -> None:
    x, y, who = movements(4, 6)
    fitted = crosswear.ActivityClassifier("encoder", sources={"mine": encoder}, budget_s=60.0)
    assert fitted.fit(x, y, groups=who).score(x, y) > 0.8
    with pytest.raises(UsageError, match="no encoder is given"):
        crosswear.ActivityClassifier(kind="encoder").fit(x, y, groups=who)
    folder: Any = {"mine": encoder.folder}
    with pytest.raises(UsageError, match="the source 'mine' is"):
        crosswear.ActivityClassifier(sources=folder).fit(x, y, groups=who)


def test_two_encoders_of_one_name_are_refused(encoder: Encoder, tmp_path: Path) -> None:
    copy = shutil.copytree(encoder.folder, tmp_path / encoder.folder.name)
    settings = AdaptationSettings([encoder.folder, copy], 60.0)
    with pytest.raises(UsageError, match="two encoders are called 'encoder'"):
        adapt("simulated-gestures", tmp_path / "model", settings, cache=tmp_path / "cache")


def test_recommend_ranks_encoders_among_the_sources(encoder: Encoder, tmp_path: Path) -> None:
    named = [text for one in (encoder.folder, "simulated-daily") for text in ("--source", one)]
    options = ["--cache", tmp_path, "--json"]
    result = CliRunner().invoke(
        app, ["recommend", "simulated-gestures", *map(str, [*named, *options])]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [one["encoder"] for one in found["encoders"]] == [encoder.folder.name]
    assert [one["source"] for one in found["ranking"]] == ["simulated-daily"]


@pytest.mark.slow
def test_an_encoder_without_time_is_named(encoder: Encoder) -> None:
    data = TrainingData(*movements(5, 8), classes=3, rate_hz=25.0, seed=1)
    notes: list[str] = []
    data = replace(data, encoders={"mine": encoder})
    choose(data, {}, 1e-3, kinds=("forest", "encoder"), note=notes.append)
    assert any("no time for the encoder mine" in one for one in notes)
