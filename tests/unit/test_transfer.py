"""Parts that a transfer copies, freezes and leaves fresh."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from crosswear.core.config import Branches, ModelConfig, Strategy, TransferConfig
from crosswear.core.errors import TransferError
from crosswear.networks.models import NETWORKS, build, declared
from crosswear.networks.transfer import adapt_statistics, plan_transfer, set_training

FILTERS = (4, 6, 4)
STRATEGIES = get_args(Strategy)


def pair(name: str = "multi-resnet") -> tuple[nn.Module, nn.Module]:
    """A source of 5 classes and a target of 3."""
    config = ModelConfig(name=name, filters=FILTERS)
    return build(config, 5, 100, seed=1), build(config, 3, 100, seed=2)


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


PREFIXES = [
    (name, blocks)
    for name in NETWORKS
    for blocks in range(ModelConfig(name, filters=FILTERS).blocks + 1)
]


@pytest.mark.parametrize(("name", "blocks"), PREFIXES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_everything_is_copied_or_fresh(name: str, strategy: Strategy, blocks: int) -> None:
    source, target = pair(name)
    before = snapshot(target)
    plan = plan_transfer(target, TransferConfig(strategy=strategy), blocks)
    report = plan.apply(target, source.state_dict())
    assert set(report.copied) | set(report.fresh) == set(before)
    assert not set(report.copied) & set(report.fresh)
    after = target.state_dict()
    for weight in report.copied:
        assert torch.equal(after[weight], source.state_dict()[weight])
    assert not changed(before, after) & set(report.fresh)
    assert not any(weight.startswith("head.") for weight in report.copied)
    units = declared(target).transfer_units
    inside = tuple(f"{module}." for unit in units[:blocks] for module in unit)
    outside = tuple(f"{module}." for unit in units[blocks:] for module in unit)
    copied_blocks = {weight for weight in report.copied if weight.startswith(inside)}
    assert bool(copied_blocks) == (blocks > 0)
    copies_more = any(weight.startswith(outside) for weight in report.copied) if outside else False
    assert copies_more == (strategy == "freeze" and blocks < len(units))
    assert bool(report.frozen) == (strategy != "copy" and blocks > 0)


@pytest.mark.parametrize(("name", "blocks"), PREFIXES)
def test_training_leaves_frozen_weights_and_statistics_alone(name: str, blocks: int) -> None:
    source, target = pair(name)
    report = plan_transfer(target, TransferConfig(), blocks).apply(target, source.state_dict())
    before = snapshot(target)
    optimiser = torch.optim.Adam([p for p in target.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        set_training(target, report.frozen)
        target(torch.randn(8, 3, 100)).square().mean().backward()
        optimiser.step()
    frozen = tuple(f"{module}." for module in report.frozen)
    moved = changed(before, target.state_dict())
    assert not {weight for weight in moved if weight.startswith(frozen)} or not frozen
    units = declared(target).transfer_units
    for unit in units[blocks:]:
        assert all(any(w.startswith(f"{module}.") for w in moved) for module in unit)


def test_frozen_spectral_branch() -> None:
    source, target = pair()
    plan = plan_transfer(target, TransferConfig(freeze_spectral=True), 0)
    report = plan.apply(target, source.state_dict())
    assert report.frozen == ("spectral",)
    assert not any(p.requires_grad for p in target.get_submodule("spectral").parameters())


def copied_modules(
    strategy: Strategy, branches: Branches, blocks: int
) -> tuple[set[str], set[str]]:
    """The modules whose weights are copied, and the frozen ones."""
    source, target = pair()
    plan = plan_transfer(target, TransferConfig(strategy=strategy), blocks, branches)
    report = plan.apply(target, source.state_dict())
    copied, fresh = (
        {re.match(r"blocks\.\w+|\w+", name)[0] for name in names}  # type: ignore[index]
        for names in (report.copied, report.fresh)
    )
    assert not copied & fresh
    return copied, set(report.frozen)


BLOCKS = ["blocks.block1", "blocks.block2", "blocks.block3"]


@pytest.mark.parametrize("blocks", [0, 2])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_temporal_transfer_is_of_the_blocks_alone(strategy: Strategy, blocks: int) -> None:
    first = {"normalise", *BLOCKS[:blocks]} if blocks else set()
    copied = {"normalise", *BLOCKS} if strategy == "freeze" else first
    frozen = set() if strategy == "copy" else first
    assert copied_modules(strategy, "temporal", blocks) == (copied, frozen)


@pytest.mark.parametrize("blocks", [0, 3])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_spectral_transfer_is_of_the_spectral_branch_as_one_unit(
    strategy: Strategy, blocks: int
) -> None:
    first = {"spectral"} if blocks else set()
    copied = {"spectral"} if strategy == "freeze" else first
    frozen = set() if strategy == "copy" else first
    assert copied_modules(strategy, "spectral", blocks) == (copied, frozen)


def test_spectral_transfer_needs_a_spectral_branch_and_no_part_of_the_blocks() -> None:
    with pytest.raises(TransferError, match="and 2 blocks"):
        plan_transfer(pair()[1], TransferConfig(), 2, "spectral")
    with pytest.raises(TransferError, match="which the network has not"):
        plan_transfer(pair("deep-conv-lstm")[1], TransferConfig(), 0, "spectral")


def test_adapted_statistics_are_those_of_the_adaptation_set() -> None:
    source, target = pair()
    plan = plan_transfer(target, TransferConfig(), 1)
    plan.apply(target, source.state_dict())
    before = snapshot(target)
    windows = 5 + 2 * torch.randn(64, 3, 100)
    adapt_statistics(target, plan.frozen, windows)
    mean = target.state_dict()["normalise.norm.running_mean"]
    torch.testing.assert_close(mean, windows.mean(dim=(0, 2)), rtol=1e-4, atol=1e-4)
    moved = changed(before, target.state_dict())
    assert moved
    assert all("running_" in name or "num_batches" in name for name in moved)
    assert all(name.startswith(("normalise.", "blocks.block1.")) for name in moved)


def test_shapes_must_fit() -> None:
    source = build(ModelConfig(filters=(4, 8, 4)), 5, 100, seed=1)
    _, target = pair()
    with pytest.raises(TransferError, match=r"blocks.block2.*shape"):
        plan_transfer(target, TransferConfig(), 1).apply(target, source.state_dict())


def test_missing_and_unknown_weights_are_errors() -> None:
    source, target = pair()
    state = dict(source.state_dict())
    extra = {**state, "blocks.block9.weight": torch.ones(1)}
    plan = plan_transfer(target, TransferConfig(), 1)
    with pytest.raises(TransferError, match="block9"):
        plan.apply(target, extra)
    del state["dense1.weight"]
    with pytest.raises(TransferError, match=r"dense1.weight.*no such weight"):
        plan.apply(target, state)


def test_no_more_blocks_than_there_are() -> None:
    with pytest.raises(TransferError, match="4 blocks"):
        plan_transfer(pair()[1], TransferConfig(), 4)
