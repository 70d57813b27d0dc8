"""Compiled blocks against torch's: the same meaning, about as near to float32."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from crosswear.core.config import ModelConfig
from crosswear.networks import kernels
from crosswear.networks.kernels import SWITCH, compiled_code, implementation, masks, residual
from crosswear.networks.kernels.masks import Masks
from crosswear.networks.models import build
from crosswear.networks.models.multi_resnet import ResidualBlock

compiled = pytest.mark.skipif(
    compiled_code() is None, reason="needs code compiled for this processor"
)


@pytest.fixture(autouse=True, scope="module")
def no_tiles() -> Iterator[None]:
    """Let compiled code compute in bfloat16 on every processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "has_tiles", lambda: False)
        implementation.cache_clear()
        yield
    implementation.cache_clear()


PRECISIONS = pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
EXACT = torch.float64


def make_block(groups: int, before: int, after: int, seed: int = 0) -> ResidualBlock:
    """A block whose norms have learned something."""
    torch.manual_seed(seed)
    block = ResidualBlock(groups, before, after, 1)
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return block.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def windows(number: int, channels: int, length: int, seed: int = 1) -> Tensor:
    torch.manual_seed(seed)
    return torch.randn(number, channels, 1, length).bfloat16().float()


def everything(block: ResidualBlock, x: Tensor, toward: Tensor, *, half: bool) -> dict[str, Tensor]:
    """The results of a step and then of scoring: values, gradients, statistics."""
    block, x = copy.deepcopy(block).train(), x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        y = block(x * 1).to(x.dtype)
    (y * toward).sum().backward()
    found = {"y": y, "x": x.grad} | {name: one.grad for name, one in block.named_parameters()}
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        found["scored"] = block.eval()(x * 1).to(x.dtype)
    found |= {n: one.clone() for n, one in block.named_buffers() if one.is_floating_point()}
    return {name: one.detach() for name, one in found.items() if one is not None}


def distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).norm() / other.norm().clamp_min(1e-12))


@pytest.mark.slow
@compiled
@PRECISIONS
@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    number=st.integers(30, 60),
    groups=st.integers(1, 4),
    before=st.sampled_from([1, 3, 4, 16, 32, 37, 48, 80]),
    after=st.sampled_from([16, 32, 48, 64, 80]),
    length=st.integers(8, 130),
)
def test_as_near_to_exact_numbers_as_torch(
    half: bool, number: int, groups: int, before: int, after: int, length: int
) -> None:
    block = make_block(groups, before, after)
    x = windows(number, groups * before, length)
    toward = windows(number, groups * after, (length - 1) // 2, seed=2)
    exact = everything(copy.deepcopy(block).to(EXACT), x.to(EXACT), toward.to(EXACT), half=False)
    found = everything(block, x, toward, half=half)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(residual, "compiled_code", lambda: None)
        torchs = everything(block, x, toward, half=half)
    assert set(found) == set(torchs)
    if before == 1:  # its norm takes the size of a single weight away: only rounding is left
        del exact["shortcut.convolution.weight"]
    for name, value in exact.items():
        assert found[name].shape == value.shape
        # A rounded value may be on the other side of a ReLU: its gradient jumps.
        jumps = name == "x" or name in dict(block.named_parameters())
        most = 2 * distance(torchs[name], value) + (0.05 if half else 0.02 if jumps else 1e-5)
        assert distance(found[name], value) <= most, name


@compiled
@PRECISIONS
@settings(max_examples=20, deadline=None)
@given(
    number=st.integers(1, 12),
    before=st.sampled_from([1, 3, 16, 37, 48]),
    after=st.sampled_from([16, 48, 64]),
    length=st.integers(3, 210),
)
def test_every_sample_scores_like_torchs(
    half: bool, number: int, before: int, after: int, length: int
) -> None:
    block, x = make_block(2, before, after).eval(), windows(number, 2 * before, length)
    with torch.no_grad():
        exact = copy.deepcopy(block).to(EXACT)(x.to(EXACT))
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            found = block(x * 1).float()
    assert found.shape == exact.shape
    share = 0.03 if half else 1e-5
    assert (found - exact).abs().max() <= share * exact.abs().max() + share


@compiled
@PRECISIONS
def test_neighbours_change_nothing(half: bool) -> None:
    """A group has the same bits alone and between others that are not finite."""
    block, x = make_block(3, 16, 32), windows(11, 48, 49)
    toward = windows(11, 96, 24, seed=2)
    alone = make_block(1, 16, 32)
    for name, value in block.state_dict().items():
        if value.ndim:
            alone.state_dict()[name].copy_(value.chunk(3)[1])
    x[:, :16] = x[:, 32:] = float("inf")
    together = everything(block, x, toward, half=half)
    for name, value in everything(alone, x[:, 16:32], toward[:, 32:64], half=half).items():
        part = together[name].chunk(3, dim=0 if name not in ("y", "x", "scored") else 1)[1]
        assert torch.equal(part, value), name


@compiled
@PRECISIONS
def test_a_window_scores_the_same_in_every_company(half: bool) -> None:
    block, x = make_block(3, 16, 32).eval(), windows(23, 48, 24)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        together = block(x)
        alone = torch.cat([block(x[i : i + 1]) for i in range(len(x))])
    assert torch.equal(together, alone)


@compiled
@PRECISIONS
@pytest.mark.parametrize("training", [True, False])
def test_what_is_not_a_number_stays_none(half: bool, training: bool) -> None:
    """A network that diverged must not look like one that learned nothing."""
    block, x = make_block(3, 16, 16).train(training), windows(5, 48, 20)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        block.convolutions[0].norm.bias.fill_(float("nan"))  # type: ignore[union-attr]
        assert block(x).isnan().all()


@compiled
@PRECISIONS
def test_one_value_that_is_no_number_is_in_all_that_see_it(half: bool) -> None:
    block, x = make_block(1, 16, 16).eval(), windows(1, 16, 49)
    x[0, 0, 0, 20] = float("nan")
    with torch.no_grad():
        exact = copy.deepcopy(block).to(EXACT)(x.to(EXACT)).isnan()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            assert torch.equal(block(x).isnan(), exact)


@compiled
@PRECISIONS
def test_a_value_that_is_no_number_stays_in_its_window(half: bool) -> None:
    """Convolutions by tiles spread it over a tile, and never over a window."""
    block, x = make_block(1, 32, 32).eval(), windows(9, 32, 49)
    x[4, 0, 0, 20] = float("nan")
    with torch.no_grad():
        exact = copy.deepcopy(block).to(EXACT)(x.to(EXACT)).isnan()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            found = block(x).isnan()
    assert found[exact].all()
    assert found.flatten(1).any(dim=1).tolist() == [window == 4 for window in range(9)]


@compiled
@PRECISIONS
@pytest.mark.parametrize("name", ["multi-resnet", "shared-resnet"])
def test_networks_use_them(half: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    call = residual._call
    monkeypatch.setattr(residual, "_call", lambda *all_: calls.append(all_[0]) or call(*all_))
    network = build(ModelConfig(name=name, filters=(16, 32, 32)), 4, 50, seed=1)
    x = torch.randn(6, 3, 50)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        network.train()(x).sum().backward()
        with torch.inference_mode():
            network.eval()(x)
    assert calls == ["train"] * 3 + ["gradients"] * 3 + ["score"] * 3


@compiled
def test_where_torch_computes() -> None:
    """Other precisions, filters that do not fill vectors, gradients of fixed statistics."""
    x = windows(3, 48, 20)

    def computes(block: ResidualBlock, x: Tensor = x, dtype: torch.dtype = torch.bfloat16) -> bool:
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return residual.asked_for(x) and residual.computes(x, tuple(block._layers()))

    block = make_block(3, 16, 16)
    assert computes(block)
    assert computes(block, dtype=torch.float32)
    assert not computes(block, dtype=torch.float16)
    assert not computes(block, x.to(EXACT), torch.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "get_num_threads", lambda: 2)
        assert not computes(block)
    assert not computes(make_block(3, 16, 8))
    assert not computes(block, x.to("meta"))
    for other in (x[..., :2], x[:, :16], torch.cat([x, x], dim=2)):
        assert not computes(block, other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block.shortcut.norm, "momentum", 0.5)
        assert not computes(block)
    assert not computes(copy.deepcopy(block).double())
    block.eval()
    assert not computes(block)
    block.requires_grad_(False)
    assert computes(block)
    assert not computes(block, x.clone().requires_grad_())
    block.shortcut.norm.weight.requires_grad_()  # type: ignore[operator]
    assert not computes(block)
    block.requires_grad_(False).shortcut.norm.train()  # type: ignore[operator, union-attr]
    assert not computes(block)


@compiled
def test_weights_must_stay_until_gradients_are_there() -> None:
    block, x = make_block(3, 16, 16).train(), windows(5, 48, 20)
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x).sum()
    with torch.no_grad():
        block.shortcut.norm.bias.mul_(2)  # type: ignore[operator]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@compiled
def test_torch_computes_bfloat16_where_it_has_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "has_tiles", lambda: True)
    monkeypatch.delenv(SWITCH, raising=False)
    x, version = windows(3, 48, 20), implementation()
    for named in (None, version):
        if named:
            monkeypatch.setenv(SWITCH, named)
        implementation.cache_clear()
        assert implementation("float32") == version
        assert implementation("bfloat16") == (named or "torch")
        assert residual.asked_for(x)
        with torch.autocast("cpu", torch.bfloat16):
            assert residual.asked_for(x) == bool(named)
    implementation.cache_clear()


def test_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "off")
    implementation.cache_clear()
    try:
        assert implementation() == "torch"
        assert compiled_code() is None
    finally:
        implementation.cache_clear()


@pytest.mark.skipif(compiled_code() is None, reason="needs compiled code")
@given(
    seed=st.integers(0, 2**63 - 1),
    sizes=st.lists(st.integers(0, 1500), min_size=1, max_size=6),
    rate=st.sampled_from([0.1, 0.3, 0.5, 0.9]) | st.floats(0, 1),
    half=st.booleans(),
)
def test_masks_are_those_of_torchs_numbers(
    seed: int, sizes: list[int], rate: float, half: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    source = Masks(seed, torch.device("cpu"))
    for size in sizes:
        mask = torch.full((size, 2), 7.0, dtype=torch.bfloat16 if half else torch.float32)
        source.draw(mask, rate)
        assert mask.equal(torch.rand((size, 2), generator=generator).ge_(rate).to(mask.dtype))


def test_masks_without_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "compiled_code", lambda: None)
    source, mask = Masks(5, torch.device("cpu")), torch.empty(3, 40, dtype=torch.bfloat16)
    generator = torch.Generator().manual_seed(5)
    for _ in range(2):
        source.draw(mask, 0.3)
        assert mask.equal(torch.rand((3, 40), generator=generator).ge_(0.3).bfloat16())
