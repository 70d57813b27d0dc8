"""Exported models say what the bundle says, and are not written if they do not."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from bundle_helpers import CLASSES, a_bundle
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")

from crosswear.baselines import BUNDLED  # noqa: E402
from crosswear.cli import app  # noqa: E402
from crosswear.core.config import ModelConfig  # noqa: E402
from crosswear.core.errors import ExportError, UsageError  # noqa: E402
from crosswear.deploy import export  # noqa: E402
from crosswear.deploy.bundle import Bundle, save_bundle  # noqa: E402
from crosswear.deploy.export import check, export_onnx  # noqa: E402
from crosswear.deploy.export.check import open_session, probabilities  # noqa: E402
from crosswear.deploy.export.check_windows import CheckWindows, simulated_windows  # noqa: E402
from crosswear.deploy.export.feature_graph import EstablishedFeatures  # noqa: E402
from crosswear.deploy.export.graph import to_onnx  # noqa: E402
from crosswear.networks.models import NETWORKS  # noqa: E402
from crosswear.signal.features import feature_names, window_features  # noqa: E402

pytestmark = pytest.mark.usefixtures("few_trees")

KINDS = ("forest", "minirocket", "vote")


def classical(kind: str) -> Bundle:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2  # the third class is not fitted
    x = (rng.normal(size=(60, 3, 100)) * (1 + y)[:, None, None]).astype(np.float32)
    state = BUNDLED[kind].fit(x, y, 3, 25.0, 0).state()
    return a_bundle(state=state, kind=kind, model=None)


def bundles() -> dict[str, Bundle]:
    small = {name: ModelConfig(name=name, filters=(4, 4, 4)) for name in NETWORKS}
    small["magnitude"] = ModelConfig(filters=(4, 4, 4), magnitude=True)
    return {name: a_bundle(model=model) for name, model in small.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, "magnitude", *KINDS])
def test_every_model_says_the_same_for_any_number_of_windows(name: str) -> None:
    bundle = classical(name) if name in KINDS else bundles()[name]
    session = open_session(to_onnx(bundle).SerializeToString())
    windows = simulated_windows(bundle).x
    for count in (1, 2, 13, 40):
        x = windows[:count]
        expected = bundle.classifier().scores(x)
        np.testing.assert_allclose(probabilities(session, x), expected, atol=1e-5)


@pytest.mark.slow
@given(
    hnp.arrays(np.float32, (4, 3, 50), elements=st.floats(-8, 8, width=32)),
    st.sampled_from([12.5, 25.0, 100.0]),
)
def test_the_features_in_a_graph_are_those_outside(x: np.ndarray, rate_hz: float) -> None:
    x[0] = 1.0  # what is constant has no shape to speak of
    graph = EstablishedFeatures(50, rate_hz)(torch.from_numpy(x)).numpy()
    ours = window_features(x, rate_hz)
    names = np.array(feature_names())
    # The largest of equal powers is one or the other.
    some = np.array(["dominant" not in name for name in names])
    np.testing.assert_allclose(graph[:, some], ours[:, some], atol=1e-6, rtol=1e-6)


def test_thirteen_classes_are_no_number_of_windows() -> None:
    bundle = a_bundle(classes=tuple(f"class {number}" for number in range(13)))
    session = open_session(to_onnx(bundle).SerializeToString())
    assert probabilities(session, simulated_windows(bundle).x[:5]).shape == (5, 13)


def test_other_windows_than_those_of_the_study() -> None:
    bundle = a_bundle(rate_hz=50.0, window_s=3.0)
    session = open_session(to_onnx(bundle).SerializeToString())
    x = simulated_windows(bundle).x
    assert x.shape[1:] == (3, 150)
    np.testing.assert_allclose(probabilities(session, x), bundle.classifier().scores(x), atol=1e-4)


@pytest.mark.slow
def test_what_is_written_tells_what_it_is(tmp_path: Path) -> None:
    bundle = a_bundle()
    out, examples = tmp_path / "model.onnx", tmp_path / "examples.json"
    result = export_onnx(bundle, out, simulated_windows(bundle), examples=examples)
    assert result.bytes == out.stat().st_size
    assert result.difference <= 1e-4
    assert min(result.onnx.single_ms, result.torch.together_ms) > 0
    about = {one.key: one.value for one in onnx.load(out).metadata_props}
    assert json.loads(about["classes"]) == list(CLASSES)
    assert (about["unit"], about["rate_hz"], about["threshold"]) == ("g", "25.0", "0.4")
    some = json.loads(examples.read_text("utf-8"))
    x = np.array(some["windows"], np.float32).reshape(some["shape"])
    np.testing.assert_allclose(some["probabilities"], bundle.classifier().scores(x), atol=1e-4)


@pytest.mark.slow
def test_eight_bits_are_smaller_and_their_cost_is_told(tmp_path: Path) -> None:
    bundle = a_bundle(model=ModelConfig())
    x = simulated_windows(bundle).x
    y = bundle.classifier().scores(x).argmax(axis=1)
    result = export_onnx(bundle, tmp_path / "m.onnx", CheckWindows(x, y, "these"), int8=True)
    quantized = result.quantized
    assert quantized is not None
    assert result.bytes < 0.9 * quantized.float_bytes
    assert quantized.float_micro_f1 == 1
    assert quantized.micro_f1 == pytest.approx(quantized.agreement)
    assert 0 < quantized.difference < 0.2


def test_a_model_that_eight_bits_cannot_hold_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LEAST_AGREEMENT", 1.01)
    bundle = a_bundle()
    with pytest.raises(ExportError, match="get another class"):
        export_onnx(bundle, tmp_path / "m.onnx", simulated_windows(bundle), int8=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_model_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = a_bundle()
    monkeypatch.setattr(check, "TOLERANCE", 0.0)
    with pytest.raises(ExportError, match="differs by"):
        export_onnx(bundle, tmp_path / "model.onnx", simulated_windows(bundle))
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_told(tmp_path: Path) -> None:
    for shape in ((0, 3, 100), (5, 3, 99)):
        none = CheckWindows(np.zeros(shape, np.float32), None, "these")
        with pytest.raises(UsageError, match="windows have the shape"):
            export_onnx(a_bundle(), tmp_path / "m.onnx", none)
    with pytest.raises(ExportError, match="rejects the model"):
        open_session(b"nothing")


@pytest.mark.slow
def test_the_command_checks_on_windows_of_a_dataset(tmp_path: Path, cache: Path) -> None:
    classes = ("write_on_notepad", "open_hood", "close_hood")
    save_bundle(tmp_path / "bundle", a_bundle(classes=classes))
    arguments = ["export", str(tmp_path / "bundle"), "--out", str(tmp_path / "model.onnx")]
    options = ["--windows", "simulated-gestures", "--cache", str(cache), "--quantize", "int8"]
    result = CliRunner().invoke(app, [*arguments, *options], catch_exceptions=False)
    assert result.exit_code == 0
    assert "windows of other classes" in result.output
    assert "micro-F1 with int8" in result.output
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert '"source": "simulated windows"' in result.output
    assert (tmp_path / "model.onnx").exists()
