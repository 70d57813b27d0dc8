"""Networks: one file each, and the registry that names them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from crosswear.core.config import ModelConfig
from crosswear.core.errors import StudyFileError
from crosswear.core.keys import seed_for
from crosswear.core.recording import ACCELEROMETER, Sensors, channel_names
from crosswear.networks.models.deep_conv_lstm import DeepConvLSTM
from crosswear.networks.models.layers import SeededDropout
from crosswear.networks.models.multi_resnet import MultiResNet
from crosswear.networks.models.pooled_resnet import PooledResNet
from crosswear.networks.models.shared_resnet import SharedResNet
from crosswear.networks.uncompiled import FlopCounter


class Network(Protocol):
    """Declarations of a network beside being a `torch.nn.Module`."""

    @property
    def sensors(self) -> Sensors:
        """Sensors whose channels its windows have; see `crosswear.networks.models.layers`."""
        ...

    @property
    def transfer_units(self) -> tuple[tuple[str, ...], ...]:
        """Modules of each transferable block, of every sensor, first block first."""
        ...

    @property
    def spectral_unit(self) -> tuple[str, ...]:
        """Modules of the spectral branch; empty if there is none."""
        ...

    @property
    def head_unit(self) -> tuple[str, ...]:
        """Modules that depend on the number of classes."""
        ...

    @property
    def regularised(self) -> tuple[Tensor, ...]:
        """Weights whose squares the loss counts `l2` times."""
        ...

    def cached_input(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what of windows [N, 3·sensors, L] depends on no weight; [N, ...] each."""
        ...

    def forward_frozen(
        self, cached_input: tuple[Tensor, ...], done: Collection[str], upto: Collection[str]
    ) -> tuple[Tensor, ...]:
        """Carry a cached input through the modules in `upto` that are not `done`."""
        ...

    def features(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Return the inputs of the head [copies, N, F]; cached inputs of copies lie along dim 1."""
        ...

    def forward_trainable(self, cached_input: tuple[Tensor, ...], done: Collection[str]) -> Tensor:
        """Class scores [copies, N, C]: what the head makes of the features."""
        ...


NETWORKS: Mapping[str, Callable[[ModelConfig, int, int, int, Sensors], nn.Module]] = (
    MappingProxyType(
        {
            "multi-resnet": MultiResNet,
            "shared-resnet": SharedResNet,
            "deep-conv-lstm": DeepConvLSTM,
            "pooled-resnet": PooledResNet,
        }
    )
)


def build(
    config: ModelConfig,
    classes: int,
    samples: int,
    seed: int,
    sensors: Sensors = ACCELEROMETER,
) -> nn.Module:
    """A fresh network in evaluation mode; equal arguments give equal weights.

    Args:
        config: which network, and its size.
        classes: number of classes.
        samples: length of a window.
        seed: of the weights and the dropout masks.
        sensors: what the windows have channels of.

    Raises:
        StudyFileError: if there is no network of that name.
        UsageError: if the windows are too short for it, or it does not take these sensors.
    """
    if config.name not in NETWORKS:
        raise StudyFileError(
            f"no network is called {config.name!r}",
            where="model.name",
            expected=f"one of {', '.join(NETWORKS)}",
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = NETWORKS[config.name](config, classes, samples, 1, sensors)
    _seed_dropout(network, [seed])
    return network.eval()


def side_by_side(
    config: ModelConfig,
    classes: int,
    samples: int,
    states: Sequence[Mapping[str, Tensor]],
    seeds: Sequence[int],
    sensors: Sensors = ACCELEROMETER,
) -> nn.Module:
    """Several networks as one, in evaluation mode; each computes what it would alone.

    Args:
        config: the settings of all of them.
        classes: number of classes.
        samples: length of a window.
        states: weights and statistics of each, by name.
        seeds: of each one's dropout masks.
        sensors: what the windows of all of them have channels of.
    """
    network = NETWORKS[config.name](config, classes, samples, len(states), sensors)
    network.load_state_dict(
        {
            name: torch.cat([state[name] for state in states]) if value.ndim else states[0][name]
            for name, value in network.state_dict().items()
        }
    )
    _seed_dropout(network, seeds)
    return network.eval()


def _seed_dropout(network: nn.Module, seeds: Sequence[int]) -> None:
    dropouts = [module for module in network.modules() if isinstance(module, SeededDropout)]
    for number, module in enumerate(dropouts):
        # Equal seeds would give several of them the same masks.
        module.seed([seed_for("dropout", number, seed) if number else seed for seed in seeds])


def declared(network: nn.Module) -> Network:
    """The same network, seen through what it declares."""
    return cast(Network, network)


@dataclass(frozen=True)
class ModelSummary:
    """Size of a network: parameters by module, and multiply-adds for one window."""

    parameters: dict[str, int]
    multiply_adds: dict[str, int]
    shapes: dict[str, tuple[int, ...]]


def summarise(
    config: ModelConfig, classes: int, samples: int, sensors: Sensors = ACCELEROMETER
) -> ModelSummary:
    """Count parameters and multiply-adds of a network, for each part of it and in all (key "").

    Parts are the children of the network, blocks one by one. Multiply-adds are those of
    convolutions and matrix products, in recurrent layers of every step.
    """
    network = build(config, classes, samples, 0, sensors).eval()
    parts = {
        name: module
        for name, module in network.named_modules()
        if name.count(".") <= 1 and not isinstance(module, SeededDropout | nn.ModuleDict)
        if name.count(".") == 0 or name.split(".")[0].endswith("blocks")
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in parts.items():
        module.register_forward_hook(
            lambda _module, _input, output, name=name: shapes.update(
                {name: tuple(output.shape)[1:]}
            )
        )
    counted = {torch.ops.aten.mkldnn_rnn_layer: _recurrent_flops}  # torch has no count of its own
    counter = FlopCounter(display=False, custom_mapping=counted)
    with counter:  # with gradients, torch computes the residual blocks: compiled code is not seen
        network(torch.zeros(1, len(channel_names(sensors)), samples))
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


def _recurrent_flops(
    x: Sequence[int], of_input: Sequence[int], of_hidden: Sequence[int], *_: object, **__: object
) -> int:
    """Return the operations of a recurrent layer over [T, N, before], by its weights' shapes."""
    return 2 * x[0] * x[1] * (math.prod(of_input) + math.prod(of_hidden))
