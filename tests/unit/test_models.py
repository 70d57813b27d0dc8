"""Networks: shapes, names, seeds, and what each declares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import spectrogram

from crosswear.config import ModelConfig
from crosswear.errors import StudyFileError, UsageError
from crosswear.models import NETWORKS, build, declared, summarise
from crosswear.models.multi_resnet import FFT, FLOOR_DB, HOP, Spectrogram

SMALL = (4, 4, 4)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("filters", [(4, 4, 4), (4, 8, 8, 4), (4, 8, 8, 8, 4)])
@pytest.mark.parametrize("magnitude", [False, True])
def test_scores_have_one_column_a_class(
    name: str, filters: tuple[int, ...], magnitude: bool
) -> None:
    network = build(ModelConfig(name, filters, magnitude), classes=7, samples=100, seed=0)
    assert network(torch.randn(5, 3, 100)).shape == (5, 7)
    assert len(declared(network).transfer_units) == len(filters)


@pytest.mark.parametrize("name", NETWORKS)
def test_units_name_modules_and_share_none(name: str) -> None:
    network = build(ModelConfig(name), 7, 100, seed=0)
    parts = declared(network)
    units = [*parts.transfer_units, parts.spectral_unit, parts.head_unit]
    names = [
        parameter
        for unit in units
        for module in unit
        for parameter, _ in network.get_submodule(module).named_parameters(prefix=module)
    ]
    assert names
    assert len(names) == len(set(names))
    assert all(weight.requires_grad for weight in declared(network).regularised)


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_seeds_give_equal_weights_and_masks(name: str) -> None:
    def run(seed: int) -> torch.Tensor:
        network = build(ModelConfig(name, SMALL), 4, 100, seed).train()
        torch.rand(3)  # what else is drawn must not matter
        return network(torch.ones(4, 3, 100) * torch.arange(1.0, 101.0))

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))


def test_channels_do_not_mix_before_the_dense_layers() -> None:
    network = build(ModelConfig(filters=SMALL), 4, 100, seed=0)
    x = torch.randn(2, 3, 100)
    other = x.clone()
    other[:, 0] += torch.randn(2, 100)

    def blocks(windows: torch.Tensor) -> torch.Tensor:
        y = windows.unsqueeze(2)
        for block in network.get_submodule("blocks").values():  # type: ignore[operator]
            y = block(y)
        return y.reshape(2, 3, -1)

    before, after = blocks(x), blocks(other)
    assert not torch.equal(before[:, 0], after[:, 0])
    assert torch.equal(before[:, 1:], after[:, 1:])


def test_spectrogram_is_scipys() -> None:
    x = np.random.default_rng(0).normal(size=100)
    mirrored = np.pad(x, FFT // 2, mode="reflect")
    _, _, power = spectrogram(
        mirrored,
        window="hann",
        nperseg=FFT,
        noverlap=FFT - HOP,
        detrend=False,
        mode="psd",
        scaling="spectrum",
        return_onesided=False,
    )
    decibel = 10 * np.log10(power[: FFT // 2 + 1])  # [33, 4]
    expected = np.maximum(decibel - decibel.max(), -FLOOR_DB) / FLOOR_DB
    found = Spectrogram()(torch.tensor(x, dtype=torch.float32)[None, None])
    assert found.shape == (1, 4, 1, 33)
    np.testing.assert_allclose(found[0, :, 0].T.numpy(), expected, atol=1e-3)


@given(scale=st.floats(0.01, 100), constant=st.booleans())
@settings(max_examples=20, deadline=None)
def test_spectrogram_stays_between_floor_and_zero(scale: float, constant: bool) -> None:
    x = torch.full((1, 3, 100), scale) if constant else scale * torch.randn(1, 3, 100)
    found = Spectrogram()(x)
    assert found.isfinite().all()
    assert found.min() >= -1
    assert found.max() == 0


def test_too_deep_for_the_window() -> None:
    with pytest.raises(UsageError, match="too short for 5 blocks"):
        build(ModelConfig(), 4, samples=40, seed=0)


def test_unknown_network() -> None:
    with pytest.raises(StudyFileError, match="no network is called 'resnet-9000'"):
        build(ModelConfig(name="resnet-9000"), 4, 100, seed=0)


def test_summary_counts_what_is_there() -> None:
    counted = summarise(ModelConfig(), classes=12, samples=100)
    network = build(ModelConfig(), 12, 100, seed=0)
    assert counted.parameters[""] == sum(p.numel() for p in network.parameters())
    assert counted.shapes["blocks.block5"] == (192, 1, 2)
    # Block 1: 100 samples × 3 channels × (1·16·3 + 16·16·3 + 16·16·3 + 1·16) filters' weights.
    assert counted.multiply_adds["blocks.block1"] == 100 * 3 * (48 + 768 + 768 + 16)
    parts = [part for part in counted.multiply_adds if part]
    assert counted.multiply_adds[""] == sum(counted.multiply_adds[part] for part in parts)
