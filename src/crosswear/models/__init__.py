"""Networks: one file each, and the registry that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from crosswear.config import ModelConfig
from crosswear.errors import StudyFileError
from crosswear.models.layers import SeededDropout
from crosswear.models.multi_resnet import MultiResNet


class Network(Protocol):
    """What a network declares beside being a `torch.nn.Module`."""

    @property
    def transfer_units(self) -> tuple[tuple[str, ...], ...]:
        """Modules of each transferable block, first block first."""
        ...

    @property
    def spectral_unit(self) -> tuple[str, ...]:
        """Modules of the spectral branch; empty if there is none."""
        ...

    @property
    def head_unit(self) -> tuple[str, ...]:
        """Modules that depend on the number of classes."""
        ...

    def penalty(self) -> Tensor:
        """What the loss counts `l2` times: the sum of squared weights of regularised layers."""
        ...


NETWORKS: Mapping[str, Callable[[ModelConfig, int, int], nn.Module]] = MappingProxyType(
    {"multi-resnet": MultiResNet}
)


def build(config: ModelConfig, classes: int, samples: int, seed: int) -> nn.Module:
    """A fresh network in evaluation mode; equal arguments give equal weights.

    Args:
        config: which network, and its size.
        classes: number of classes.
        samples: length of a window.
        seed: of the weights and the dropout masks.

    Raises:
        StudyFileError: if there is no network of that name.
    """
    if config.name not in NETWORKS:
        raise StudyFileError(
            f"no network is called {config.name!r}",
            where="model.name",
            expected=f"one of {', '.join(NETWORKS)}",
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = NETWORKS[config.name](config, classes, samples)
    for module in network.modules():
        if isinstance(module, SeededDropout):
            module.generator.manual_seed(seed)
    return network.eval()


def declared(network: nn.Module) -> Network:
    """The same network, seen through what it declares."""
    return cast(Network, network)


@dataclass(frozen=True)
class ModelSummary:
    """Size of a network: parameters by module, and multiply-adds for one window."""

    parameters: dict[str, int]
    multiply_adds: dict[str, int]
    shapes: dict[str, tuple[int, ...]]


def summarise(config: ModelConfig, classes: int, samples: int) -> ModelSummary:
    """Count parameters and multiply-adds of a network, for each part of it and in all (key "").

    Parts are the children of the network, blocks one by one. Multiply-adds are those of
    convolutions and matrix products.
    """
    network = build(config, classes, samples, seed=0)
    parts = {
        name: module
        for name, module in network.named_modules()
        if name.count(".") <= 1 and not isinstance(module, SeededDropout | nn.ModuleDict)
        if name.count(".") == 0 or name.startswith("blocks.")
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in parts.items():
        module.register_forward_hook(
            lambda _module, _input, output, name=name: shapes.update(
                {name: tuple(output.shape)[1:]}
            )
        )
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(torch.zeros(1, 3, samples))
    flops = counter.get_flop_counts()
    root = type(network).__name__
    return ModelSummary(
        parameters={
            name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()
        },
        multiply_adds={
            name: sum(flops.get(f"{root}.{name}" if name else root, {}).values()) // 2
            for name in parts
        },
        shapes=shapes,
    )
