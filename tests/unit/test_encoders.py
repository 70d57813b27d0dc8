"""Encoders: files of others become folders with a card, or are refused with one clear error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime")

import onnx
from encoder_helpers import CARD, examine_here, made, windows
from onnx import TensorProto, helper, numpy_helper

from crosswear.core.errors import CheckpointError, UsageError
from crosswear.encoders import Encoder
from crosswear.encoders.control import untrained
from crosswear.encoders.importing import import_encoder
from generators import encoders
from generators.encoders import FEATURES, WINDOW


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return made(tmp_path_factory.mktemp("encoder"), encoders.convolutional())


@pytest.fixture
def examined_here(monkeypatch: pytest.MonkeyPatch) -> None:
    examine_here(monkeypatch)


def by_hand(x: np.ndarray) -> np.ndarray:
    """Features by `encoders.convolutional` of windows [n, 3, L], without any runtime."""

    def named(name: str, *shape: int, **how: float) -> np.ndarray:
        return numpy_helper.to_array(encoders.weights(name, *shape, **how))

    def convolved(signal: np.ndarray, weight: np.ndarray, stride: int = 1) -> np.ndarray:
        views = np.lib.stride_tricks.sliding_window_view(signal, weight.shape[2], axis=2)
        return np.einsum("nclk,ock->nol", views[:, :, ::stride], weight)

    a = convolved(np.pad(x, ((0, 0), (0, 0), (2, 2))), named("w1", 8, 3, 5))
    scale, shift, mean = named("scale", 8, scale=0.1, mean=1.3), named("shift", 8), named("mean", 8)
    b = (a - mean[:, None]) / np.sqrt(1.7 + 1e-5) * scale[:, None] + shift[:, None]
    d = convolved(b.clip(0), named("w2", FEATURES, 8, 3), 2) + named("bias", FEATURES)[:, None]
    return d.clip(0).mean(axis=2)


def test_an_imported_file_gives_its_features(encoder: Encoder) -> None:
    found = encoder.manifest.found
    assert (found.features, found.batch) == (FEATURES, None)
    assert (found.drawn, found.weights) == (8 * 15 + 24 * FEATURES, 8 * 15 + 32 + 25 * FEATURES)
    x = windows()
    np.testing.assert_allclose(encoder.features(x, 30.0), by_hand(x), rtol=1e-4, atol=1e-6)
    assert not len(encoder.features(x[:0], 30.0))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"unit": "m/s2"}, lambda x: x * 9.80665),
        ({"channels": "zxy"}, lambda x: x[:, [2, 0, 1]]),
        (
            {"normalisation": "z-score"},
            lambda x: (x - x.mean(2, keepdims=True)) / x.std(2, keepdims=True),
        ),
        (
            {"normalisation": "fixed", "mean": (0.0, 0.0, 1.0), "std": (1.0, 2.0, 4.0)},
            lambda x: (x - [[0], [0], [1]]) / [[1], [2], [4]],
        ),
    ],
)
def test_windows_are_made_as_the_card_says(
    encoder: Encoder, change: dict[str, object], expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    about = replace(encoder.manifest, card=replace(CARD, **change))  # type: ignore[arg-type]
    changed = Encoder(encoder.folder, about)
    x = windows()
    wanted = by_hand(expected(x.astype(np.float64)))
    np.testing.assert_allclose(changed.features(x, 30.0), wanted, rtol=1e-4, atol=1e-5)
    assert changed.manifest.digest != encoder.manifest.digest


def test_shorter_windows_are_padded_or_repeated_or_refused(encoder: Encoder) -> None:
    short = windows(WINDOW // 2 + 5)

    def features(shorter: object) -> np.ndarray:
        card = replace(CARD, shorter=shorter)  # type: ignore[arg-type]
        return Encoder(encoder.folder, replace(encoder.manifest, card=card)).features(short, 30.0)

    left = WINDOW - short.shape[2]
    padded = np.pad(short, ((0, 0), (0, 0), (0, left)))
    np.testing.assert_allclose(features("pad"), by_hand(padded), rtol=1e-4, atol=1e-6)
    again = np.concatenate([short, short[:, :, :left]], axis=2)
    np.testing.assert_allclose(features("repeat"), by_hand(again), rtol=1e-4, atol=1e-6)
    with pytest.raises(UsageError, match="shorter than the encoder's"):
        features(None)


def test_longer_windows_are_averaged_over_pieces(encoder: Encoder) -> None:
    long = windows(2 * WINDOW + 20)
    pieces = [long[:, :, start : start + WINDOW] for start in (0, 40, 80)]
    expected = np.mean([by_hand(one) for one in pieces], axis=0)
    np.testing.assert_allclose(encoder.features(long, 30.0), expected, rtol=1e-4, atol=1e-6)


def test_other_rates_are_resampled(encoder: Encoder) -> None:
    def slow(rate_hz: float) -> np.ndarray:
        time = np.arange(round(2 * rate_hz)) / rate_hz
        waves = [np.sin(2 * np.pi * 1.5 * time), np.cos(2 * np.pi * 0.5 * time), 1 + 0 * time]
        return np.array([waves, waves[::-1]], np.float32)

    expected = encoder.features(slow(30.0), 30.0)
    for rate_hz in (25.0, 50.0, 100.0, 33.3):
        found = encoder.features(slow(rate_hz), rate_hz)
        assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_a_steady_axis_has_no_z_score_and_no_nan(encoder: Encoder) -> None:
    card = replace(CARD, normalisation="z-score")
    still = np.full((2, 3, WINDOW), 0.5, np.float32)
    found = Encoder(encoder.folder, replace(encoder.manifest, card=card)).features(still, 30.0)
    np.testing.assert_allclose(found, by_hand(still * 0), rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
@pytest.mark.parametrize("model", [encoders.dense(), encoders.recurrent()], ids=["dense", "gru"])
def test_other_layers_and_layouts_are_taken(tmp_path: Path, model: bytes) -> None:
    layout = "NLC" if model == encoders.dense() else "NCL"
    found = made(tmp_path, model, replace(CARD, layout=layout))  # type: ignore[arg-type]
    assert found.features(windows(), 30.0).shape == (7, FEATURES)
    assert found.manifest.found.drawn > 0.8 * found.manifest.found.weights


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
def test_a_fixed_number_of_windows_gives_the_same_features(tmp_path: Path) -> None:
    last = [helper.make_node("ReduceMean", ["e"], ["features"], axes=[2])]
    model = encoders.convolutional(given=(3, 3, WINDOW), last=last, made=(3, FEATURES, 1))
    x = windows()
    found = made(tmp_path, model)
    assert found.manifest.found.batch == 3
    np.testing.assert_allclose(found.features(x, 30.0), by_hand(x), rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
def test_outputs_with_a_time_axis_are_pooled_as_stated(tmp_path: Path) -> None:
    last = [helper.make_node("Identity", ["e"], ["features"])]
    model = encoders.convolutional(last=last, made=("n", FEATURES, "t"))
    with pytest.raises(CheckpointError, match=r"has shape \(5, 12, 29\)"):
        made(tmp_path, model)
    assert not (tmp_path / "encoder").exists()
    found = made(tmp_path, model, replace(CARD, pooling="ndt"))
    np.testing.assert_allclose(found.features(windows(), 30.0), by_hand(windows()), rtol=1e-4)


def one_node(operator: str, **how: object) -> bytes:
    return encoders.convolutional(
        last=[
            helper.make_node("ReduceMean", ["e"], ["m"], axes=[2], keepdims=0),
            helper.make_node(operator, ["m"], ["features"], **how),
        ]
    )


def external() -> bytes:
    model = onnx.load_model_from_string(encoders.convolutional())
    tensor = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "weights.bin")
    tensor.ClearField("raw_data")
    content: bytes = model.SerializeToString()
    return content


def half_precision() -> bytes:
    nodes = [
        helper.make_node("Cast", ["windows"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["f"], ["features"], axes=[2], keepdims=0),
    ]
    return encoders.network(nodes, [], kind=TensorProto.FLOAT16, made=("n", 3))


def of_neighbours() -> bytes:
    """Features less their mean over the windows: as a batch norm in training mode."""
    return encoders.convolutional(
        last=[
            helper.make_node("ReduceMean", ["e"], ["m"], axes=[2], keepdims=0),
            helper.make_node("ReduceMean", ["m"], ["centre"], axes=[0]),
            helper.make_node("Sub", ["m", "centre"], ["features"]),
        ]
    )


def without_weights() -> bytes:
    node = helper.make_node("ReduceMean", ["windows"], ["features"], axes=[2], keepdims=0)
    return encoders.network([node], [encoders.weights("unused", 9)], made=("n", 3))


def two_outputs() -> bytes:
    last = [
        helper.make_node("ReduceMean", ["e"], ["features"], axes=[2], keepdims=0),
        helper.make_node("ReduceMax", ["e"], ["largest"], axes=[2], keepdims=0),
    ]
    return encoders.convolutional(last=last, outputs=("features", "largest"))


SOUND = encoders.convolutional()
REFUSED: dict[str, tuple[bytes, dict[str, object], str]] = {
    "a text": (b"not a network\n" * 9, {}, "cannot be read|holds no network"),
    "a half": (SOUND[: len(SOUND) // 2], {}, "cannot be read|holds no network|rejects"),
    "no graph": (b"\x08\x08", {}, "holds no network"),
    "external data": (external(), {}, "weights lie in other files"),
    "unknown operator": (one_node("Nonesuch"), {}, "onnxruntime rejects.*Nonesuch"),
    "of a foreign house": (one_node("Identity", domain="my.house"), {}, "onnxruntime rejects"),
    "half precision": (half_precision(), {}, r"is tensor\(float16\)"),
    "another length": (SOUND, {"window_s": 3.0}, r"of shape \['n', 3, 60\]"),
    "another layout": (SOUND, {"layout": "NLC"}, r"of shape \['n', 3, 60\]"),
    "a rank of four": (
        encoders.convolutional(given=("n", 3, WINDOW, 1)),
        {},
        r"of shape \['n', 3, 60, 1\]|rejects",
    ),
    "NaN": (one_node("Log"), {}, "NaN or infinity"),
    "neighbours": (of_neighbours(), {}, "depend on the windows beside it"),
    "no weights": (without_weights(), {}, "no untrained control.*0 of 9 weights"),
    "two outputs": (two_outputs(), {}, "has 2 outputs"),
    "no such output": (SOUND, {"output": "scores"}, "no output 'scores'"),
    "no such weights": (SOUND, {"fixed": ("basis",)}, "no weights 'basis'"),
}
REFUSED_APART = ("a half", "neighbours")
"""The reasons of these come from a process of its own."""


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_encoder_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model, change, reason = REFUSED[name]
    if name not in REFUSED_APART:
        examine_here(monkeypatch)
    with pytest.raises(CheckpointError, match=reason) as caught:
        made(tmp_path, model, replace(CARD, **change))  # type: ignore[arg-type]
    assert caught.value.where == str(tmp_path / "file.onnx")
    assert caught.value.expected
    assert len(str(caught.value).splitlines()) <= 3
    assert not (tmp_path / "encoder").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
def test_an_axis_of_any_length_is_tried_with_the_cards(tmp_path: Path) -> None:
    found = made(tmp_path, encoders.convolutional(given=("n", 3, "length")))
    np.testing.assert_allclose(found.features(windows(), 30.0), by_hand(windows()), rtol=1e-4)
    file = tmp_path / "file.onnx"
    with pytest.raises(CheckpointError, match=r"cannot be run on windows of shape \(5, 3, 2\)"):
        import_encoder(file, tmp_path / "other", replace(CARD, window_s=2 / 30))


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
def test_one_of_several_outputs_can_be_named(tmp_path: Path) -> None:
    found = made(tmp_path, two_outputs(), replace(CARD, output="features"))
    np.testing.assert_allclose(found.features(windows(), 30.0), by_hand(windows()), rtol=1e-4)


def test_the_control_has_new_weights_of_the_same_mean_and_spread(encoder: Encoder) -> None:
    model = onnx.load_model_from_string(untrained(SOUND, 5).model)
    there = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    before = onnx.load_model_from_string(SOUND).graph.initializer
    known = {one.name: numpy_helper.to_array(one) for one in before}
    for name in ("w1", "w2"):
        ours, theirs = known[name], there[name]
        assert abs(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]) < 0.3
        assert abs(ours.mean() - theirs.mean()) < 4 * ours.std() / np.sqrt(ours.size)
        assert 0.8 < theirs.std() / ours.std() < 1.25
    for name, value in {"scale": 1, "shift": 0, "mean": 0, "var": 1, "bias": 0}.items():
        assert (there[name] == value).all()
    x = windows()
    one, other = (encoder.features(x, 30.0, seed) for seed in (5, 6))
    assert np.abs(one - other).max() > 0.01
    np.testing.assert_array_equal(one, encoder.features(x, 30.0, 5))


@pytest.mark.slow
@pytest.mark.usefixtures("examined_here")
def test_weights_that_were_not_learned_stay(tmp_path: Path) -> None:
    found = untrained(SOUND, 5, ["w1"])
    (first,) = (
        one
        for one in onnx.load_model_from_string(found.model).graph.initializer
        if one.name == "w1"
    )
    np.testing.assert_array_equal(
        numpy_helper.to_array(first), numpy_helper.to_array(encoders.weights("w1", 8, 3, 5))
    )
    assert made(tmp_path, SOUND, replace(CARD, fixed=("w1",))).manifest.found.drawn == found.drawn


def test_a_blur_is_no_learned_filter() -> None:
    blur = numpy_helper.from_array(np.full((8, 1, 3), 1 / 3, np.float32), "blur")
    nodes = [
        helper.make_node("Conv", ["windows", "w"], ["a"]),
        helper.make_node("Conv", ["a", "blur"], ["b"], group=8, strides=[2]),
        helper.make_node("ReduceMean", ["b"], ["features"], axes=[2], keepdims=0),
    ]
    model = encoders.network(nodes, [encoders.weights("w", 8, 3, 5), blur], made=("n", 8))
    found = untrained(model, 5)
    assert (found.drawn, found.weights) == (8 * 3 * 5, 8 * 3 * 5 + 8 * 3)
    there = onnx.load_model_from_string(found.model).graph.initializer
    np.testing.assert_array_equal(numpy_helper.to_array(there[1]), numpy_helper.to_array(blur))
