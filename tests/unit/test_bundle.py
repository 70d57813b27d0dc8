"""Bundles: whole or not at all, and never anything else than what they say."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_helpers import CLASSES, a_bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswear.core.errors import BundleError, UsageError
from crosswear.deploy.bundle import Bundle, load_bundle, pack, save_bundle
from crosswear.deploy.bundle.manifest import Adaptation
from crosswear.deploy.bundle.readme import readme

BUNDLE = a_bundle()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_bundle(tmp_path / "bundle", BUNDLE)
    return tmp_path / "bundle"


def test_what_was_saved_is_loaded(folder: Path) -> None:
    loaded = load_bundle(str(folder))  # a path as a text is a path, too
    assert loaded.manifest == BUNDLE.manifest
    x = np.random.default_rng(0).normal(size=(5, 3, 100)).astype(np.float32)
    scores = loaded.classifier().scores(x)
    assert scores.shape == (5, len(CLASSES))
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    np.testing.assert_array_equal(scores, BUNDLE.classifier().scores(x))


def test_no_windows_have_no_scores() -> None:
    assert BUNDLE.classifier().scores(np.empty((0, 3, 100), np.float32)).shape == (0, 3)


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        (np.zeros((2, 3, 25)), "windows of 25 samples\n  expected: 100 samples"),
        ([[1.0, 2.0], [3.0]], "no array of numbers"),
        ("abc", "no array of numbers"),
        ([0.0, 1.0], "shape (2,)"),
    ],
)
def test_what_are_no_windows_of_the_model_is_refused(windows: Any, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        BUNDLE.classifier().scores(windows)
    assert told in str(caught.value)


def test_lists_of_numbers_are_windows_too() -> None:
    x = np.random.default_rng(2).normal(size=(2, 3, 100))
    classifier = BUNDLE.classifier()
    np.testing.assert_array_equal(classifier.scores(x.tolist()), classifier.scores(x))


@pytest.mark.slow
def test_a_window_gets_the_same_in_whatever_company() -> None:
    x = np.random.default_rng(0).normal(size=(300, 3, 100)).astype(np.float32)
    classifier = BUNDLE.classifier()
    together = classifier.scores(x)
    for size in (1, 7, 16, 33):
        parts = [classifier.scores(x[i : i + size]) for i in range(0, len(x), size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)


def test_temperature_softens_and_keeps_the_order() -> None:
    x = np.random.default_rng(0).normal(size=(20, 3, 100)).astype(np.float32)
    sharp, soft = (a_bundle(temperature=value).classifier().scores(x) for value in (0.5, 5.0))
    assert (sharp.max(axis=1) > soft.max(axis=1)).all()
    np.testing.assert_array_equal(sharp.argsort(axis=1), soft.argsort(axis=1))


def test_the_readme_tells_the_receiver_and_escapes_what_others_wrote(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    for told in ("right\\_wrist", "25 Hz", "0.40", "CC BY 4.0", "0.80", "between 0.70 and 0.90"):
        assert told in text
    assert "\\=brush" not in text
    assert "=brush\\|teeth" in text
    assert "<b>" not in text
    assert "pip install PATH_OF_THE_CHECKOUT" in text
    assert "pip install crosswear" not in text


def test_the_readme_tells_how_much_the_model_was_trained_on() -> None:
    told = {
        learned: readme(a_bundle(adaptation=Adaptation((50, 20, 30), 1, learned=learned)).manifest)
        for learned in (None, 40, 100)
    }
    assert "adapted on 40 of 100 labelled windows of 1 person." in told[40]
    assert "adapted on 100 labelled windows of 1 person." in told[100]
    assert told[None] == told[100]


def test_a_bundle_is_never_written_over(folder: Path) -> None:
    with pytest.raises(UsageError, match="already exists"):
        save_bundle(folder, BUNDLE)


def test_a_bundle_that_could_not_be_loaded_is_not_written(tmp_path: Path) -> None:
    state = dict(BUNDLE.state)
    state["head.bias"] = np.full_like(state["head.bias"], np.nan)
    broken = a_bundle(state=state)
    with pytest.raises(BundleError, match="not finite"):
        save_bundle(tmp_path / "bundle", broken)
    assert not list(tmp_path.iterdir())
    with pytest.raises(BundleError, match="not those of the manifest"):
        save_bundle(tmp_path / "bundle", Bundle(BUNDLE.manifest, state))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "bundle.json"
    about = json.loads(path.read_text("utf-8"))
    change(about)
    path.write_text(json.dumps(about), "utf-8")


@pytest.mark.parametrize("name", ["model.safetensors", "bundle.json"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


def test_an_altered_file_is_told(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match="altered"):
        load_bundle(folder)


@pytest.mark.parametrize("change", [-1, 1, 1 << 33])
def test_a_file_of_another_size_is_told_and_not_read(folder: Path, change: int) -> None:
    path = folder / "model.safetensors"
    os.truncate(path, path.stat().st_size + change)  # sparse: takes no space
    with pytest.raises(BundleError, match="bytes"):
        load_bundle(folder)
    os.truncate(folder / "bundle.json", 1 << 33)
    with pytest.raises(BundleError, match=r"bundle\.json: it has 8589934592 bytes"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("schema", 2, "schema 2"),
        ("schema", "new", "schema new"),
        ("classes", ["walk"], "classes"),
        ("classes", ["walk", "walk", "sit"], "one name twice"),
        ("classes", ["walk", "sit", "run", "lie"], "adaptation.windows"),
        ("rate_hz", "25", "rate_hz"),
        ("rate_hz", 50.0, "weights are not those of the network"),
        ("rate_hz", 1000.0, "weights are not those of the network"),
        ("window_s", 600.0, "15000 samples"),
        ("hop_s", 0.001, "hop_s"),
        ("threshold", 1.5, "threshold"),
        ("temperature", 0.0, "temperature"),
        ("unit", "m/s2", "unit"),
        ("channels", ["z", "y", "x"], "channels"),
        ("kind", "forest", "model"),
        ("kind", "oracle", "kind"),
        ("model", None, "model"),
        ("weights", {"sha256": "0" * 64, "bytes": 1 << 40}, "weights"),
        ("unknown", 1, "unknown key"),
    ],
)
def test_a_wrong_value_is_reported(folder: Path, key: str, value: object, told: str) -> None:
    rewrite(folder, lambda about: about.update({key: value}))
    with pytest.raises(BundleError) as found:
        load_bundle(folder)
    assert told in str(found.value)


def test_a_model_for_other_classes_is_told(folder: Path) -> None:
    def two_classes(about: dict[str, Any]) -> None:
        about["classes"].pop()
        about["adaptation"]["windows"].pop()

    rewrite(folder, two_classes)
    with pytest.raises(BundleError) as found:
        load_bundle(folder)
    assert "head" in found.value.where


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_description_is_told(folder: Path, content: bytes) -> None:
    (folder / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        load_bundle(folder)


@settings(max_examples=15)
@given(st.binary(max_size=200))
def test_weights_that_are_none_are_told(tmp_path_factory: pytest.TempPathFactory, x: bytes) -> None:
    folder = tmp_path_factory.mktemp("any") / "bundle"
    save_bundle(folder, BUNDLE)
    content = x or b"x"
    (folder / "model.safetensors").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    rewrite(folder, lambda about: about["weights"].update(sha256=digest, bytes=len(content)))
    with pytest.raises(BundleError):
        load_bundle(folder)


def test_packing_is_deterministic() -> None:
    assert pack(BUNDLE.state) == pack(dict(reversed(BUNDLE.state.items())))
