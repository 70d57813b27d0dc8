"""Networks: shapes, names, seeds, and what each declares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import spectrogram
from torch import nn

from crosswear.core.config import ModelConfig
from crosswear.core.errors import StudyFileError, UsageError
from crosswear.networks.models import NETWORKS, build, declared, summarise
from crosswear.networks.models.layers import SeededDropout, SideBySideLSTM, flat
from crosswear.networks.models.multi_resnet import FFT, FLOOR_DB, HOP, Spectrogram

SMALL = (4, 4, 4)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("filters", [(4, 4, 4), (4, 8, 8, 4), (4, 8, 8, 8, 4)])
@pytest.mark.parametrize("magnitude", [False, True])
def test_scores_have_one_column_a_class(
    name: str, filters: tuple[int, ...], magnitude: bool
) -> None:
    config = ModelConfig(name, filters, magnitude)
    network = build(config, classes=7, samples=100, seed=0)
    assert network(torch.randn(5, 3, 100)).shape == (5, 7)
    assert len(declared(network).transfer_units) == config.blocks


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


def after_blocks(network: nn.Module, x: torch.Tensor, blocks: int) -> torch.Tensor:
    parts = declared(network)
    names = [name for unit in parts.transfer_units[:blocks] for name in unit]
    return parts.forward_frozen(parts.cached_input(x), (), names)[0]


@pytest.mark.parametrize(
    ("name", "apart"),
    [("multi-resnet", True), ("shared-resnet", False), ("deep-conv-lstm", True)],
)
def test_whether_channels_mix_in_the_convolutions(name: str, apart: bool) -> None:
    network = build(ModelConfig(name, (4, 4, 4)), 4, 100, seed=0)
    x = torch.randn(2, 3, 100, requires_grad=True)
    found = after_blocks(network, x, 3)  # [2, filters of all channels, rows, time]
    one = found[:, 0, 0] if name == "deep-conv-lstm" else found[:, :4, 0]
    one.sum().backward()
    assert x.grad is not None
    assert x.grad[:, 0].any()
    assert x.grad[:, 1:].any() != apart


def test_filters_of_the_convolutions_are_shared_by_all_channels() -> None:
    network = build(ModelConfig("deep-conv-lstm", (4, 4, 4)), 4, 100, seed=0)
    x = torch.randn(2, 3, 100)
    found = after_blocks(network, x, 3)
    turned = after_blocks(network, x.flip(1), 3)
    torch.testing.assert_close(found.flip(2), turned)


def test_recurrent_layer_is_torchs() -> None:
    layer = SideBySideLSTM(6, 16, copies=2)
    x = torch.randn(2, 5, 7, 6)
    found = layer(x)
    for copy in range(2):
        single = nn.LSTM(6, 16, batch_first=True)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        single.load_state_dict(
            {name: own.chunk(2)[copy] for name, own in zip(names, layer.parameters(), strict=True)}
        )
        torch.testing.assert_close(found[copy], single(x[copy])[0])


def test_dropouts_of_a_network_have_masks_of_their_own() -> None:
    network = build(ModelConfig("deep-conv-lstm", (4, 4, 4)), 4, 100, seed=3)
    seeds = {one.seeds for one in network.modules() if isinstance(one, SeededDropout)}
    assert len(seeds) == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_dropout_zeroes_its_share_and_keeps_the_type(dtype: torch.dtype) -> None:
    layer = SeededDropout(0.25, copies=2)
    layer.seed([1, 2])
    x = torch.ones(2, 200, 50, dtype=dtype)
    y = layer(x)
    assert y.dtype == dtype
    assert set(y.unique().tolist()) == {0.0, torch.tensor(4 / 3, dtype=dtype).item()}
    assert [float((one == 0).float().mean()) for one in y] == pytest.approx([0.25] * 2, abs=0.02)
    assert not torch.equal(y[0], y[1])
    assert torch.equal(layer.eval()(x), x)


def test_flat_features_have_a_gradient_in_the_layout_of_the_branch() -> None:
    x = torch.randn(5, 6, 1, 7).contiguous(memory_format=torch.channels_last).requires_grad_()
    branch = x * 1
    y = flat(branch, copies=2)
    assert torch.equal(y, x.reshape(5, 2, 21))
    gradients: list[torch.Tensor] = []
    branch.register_hook(gradients.append)  # type: ignore[no-untyped-call]
    weights = torch.randn(5, 2, 21)
    (y * weights).sum().backward()  # type: ignore[no-untyped-call]
    assert gradients[0].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(gradients[0], weights.reshape(x.shape))


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


@pytest.mark.parametrize(
    ("name", "samples", "what"),
    [
        ("multi-resnet", 40, "5 blocks"),
        ("multi-resnet", 32, "a spectrogram"),
        ("shared-resnet", 32, "a spectrogram"),
        ("deep-conv-lstm", 16, "4 convolutions"),
    ],
)
def test_too_deep_for_the_window(name: str, samples: int, what: str) -> None:
    with pytest.raises(UsageError, match=f"too short for {what}"):
        build(ModelConfig(name), 4, samples, seed=0)


def test_the_shortest_windows() -> None:
    for name, samples in (("multi-resnet", 33), ("deep-conv-lstm", 17)):
        model = ModelConfig(name, filters=ModelConfig(name).filters[:4])
        assert build(model, 4, samples, seed=0)(torch.randn(2, 3, samples)).shape == (2, 4)


def test_unknown_network() -> None:
    with pytest.raises(StudyFileError, match="no network is called 'resnet-9000'"):
        build(ModelConfig(name="resnet-9000"), 4, 100, seed=0)


def test_summary_counts_every_step_of_recurrent_layers() -> None:
    counted = summarise(ModelConfig("deep-conv-lstm"), classes=12, samples=100)
    assert counted.multiply_adds["blocks.convolution4"] == 84 * 3 * 64 * 64 * 5
    assert counted.multiply_adds["blocks.lstm1"] == 84 * 4 * 128 * (3 * 64 + 128)
    assert counted.multiply_adds["blocks.lstm2"] == 84 * 4 * 128 * (128 + 128)


def test_summary_counts_what_is_there() -> None:
    counted = summarise(ModelConfig(), classes=12, samples=100)
    network = build(ModelConfig(), 12, 100, seed=0)
    assert counted.parameters[""] == sum(p.numel() for p in network.parameters())
    assert counted.shapes["blocks.block5"] == (192, 1, 2)
    # Block 1: 100 samples × 3 channels × (1·16·3 + 16·16·3 + 16·16·3 + 1·16) filters' weights.
    assert counted.multiply_adds["blocks.block1"] == 100 * 3 * (48 + 768 + 768 + 16)
    parts = [part for part in counted.multiply_adds if part]
    assert counted.multiply_adds[""] == sum(counted.multiply_adds[part] for part in parts)
