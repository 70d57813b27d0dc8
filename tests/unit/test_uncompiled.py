"""Adam and the counter of multiply-adds are torch's, and never import torch's compiler."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from crosswear.networks.uncompiled import Adam, FlopCounter

WORK = """
import sys
from crosswear.core.config import ModelConfig
from crosswear.engine.precision_timing import time_precisions
from crosswear.networks.models import NETWORKS, summarise
for name in NETWORKS:
    assert summarise(ModelConfig(name), 4, 100).multiply_adds[""]
assert time_precisions("multi-resnet", "cpu").float32_s
print("torch._dynamo" in sys.modules)
"""


def trained(optimiser: Any) -> list[Tensor]:
    """Weights after steps of groups with every setting that the engine gives them."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 3))
    groups = [
        {"params": network[0].parameters(), "weight_decay": 0.01, "fused": True, "foreach": False},
        {"params": network[2].parameters(), "fused": False, "foreach": True},
    ]
    made = optimiser(groups, lr=0.01)
    for _ in range(5):
        made.zero_grad()
        network(torch.randn(9, 7)).square().sum().backward()
        made.step()
    return [weight.detach() for weight in network.parameters()]


def test_adam_takes_the_steps_of_torchs() -> None:
    assert all(map(torch.equal, trained(Adam), trained(torch.optim.Adam)))


def test_the_counter_counts_what_torchs_does() -> None:
    network, x = nn.Sequential(nn.Conv1d(3, 8, 5), nn.Linear(96, 4)), torch.randn(2, 3, 100)
    counted = []
    for kind in (FlopCounter, FlopCounterMode):
        with kind(display=False) as counter:
            network(x)
        counted.append(counter.get_flop_counts())
    assert counted[0] == counted[1]
    assert counted[0]["Sequential"]


@pytest.mark.slow
def test_the_compiler_is_not_imported() -> None:
    command = [sys.executable, "-c", WORK]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
