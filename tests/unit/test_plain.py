"""The network against one that shares no code with it: what the benchmarks call the plain loop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from crosswear.core.config import ModelConfig
from crosswear.networks.models import build

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from plain import PlainMultiResNet, state_of


@pytest.mark.parametrize("filters", [(4, 4, 8), (16, 32, 64, 64, 64)])
@pytest.mark.parametrize("training", [False, True])
def test_plain_network_says_the_same(filters: tuple[int, ...], training: bool) -> None:
    """Scores, gradients and what batch norm learns; without dropout, which draws otherwise."""
    network = build(ModelConfig(filters=filters, dropout=0.0), 5, 100, seed=1).double()
    for name, value in network.named_buffers():  # statistics of a network that has seen something
        if name.endswith("running_mean"):
            value.normal_()
        elif name.endswith("running_var"):
            value.uniform_(0.5, 2)
    plain = PlainMultiResNet(filters, 5, 100, rate=0.0).double()
    plain.load_state_dict(state_of(network.state_dict(), len(filters)))
    x, y = torch.randn(12, 3, 100, dtype=torch.float64), torch.arange(12) % 5
    found, expected = (one.train(training)(x) for one in (network, plain))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    for scores in (found, expected):
        functional.cross_entropy(scores, y).backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    theirs = state_of({n: g for n, g in gradients.items() if g is not None}, len(filters))
    for name, weight in plain.named_parameters():
        torch.testing.assert_close(theirs[name], weight.grad, rtol=1e-5, atol=1e-5)
    learned = state_of(network.state_dict(), len(filters))
    for name, value in plain.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue  # nothing depends on it
        torch.testing.assert_close(learned[name], value, rtol=1e-5, atol=1e-5)


def test_frozen_blocks_stay_as_they_are() -> None:
    plain = PlainMultiResNet((4, 4, 8), 5, 100, rate=0.0)
    plain.freeze(2)
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    optimiser = torch.optim.SGD(plain.parameters(), lr=0.1)
    functional.cross_entropy(plain.train()(torch.randn(6, 3, 100)), torch.arange(6) % 5).backward()
    optimiser.step()
    changed = {n for n, value in plain.state_dict().items() if not torch.equal(value, before[n])}
    assert not {name for name in changed if ".norm." in name and "blocks" not in name}
    assert {name.split(".")[3] for name in changed if ".blocks." in name} == {"2"}
    assert {"head.weight", "towers.0.spectral.weight"} <= changed
