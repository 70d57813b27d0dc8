"""Fate of a source network's modules in a target network: copied, frozen, or fresh.

The study copies all weights but the layer of class scores and freezes the first k blocks; whether
its k counts copied or frozen blocks is ambiguous, so both readings are strategies (docs/study.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from crosswear.core.config import SETTINGS, Branches, TransferConfig
from crosswear.core.errors import TransferError
from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.networks.models import Network, declared
from crosswear.networks.models.layers import sensor_of
from crosswear.networks.transfer_report import TransferReport


@dataclass(frozen=True, config=SETTINGS)
class TransferPlan:
    """Choice of the modules of a network that are copied and of those that are frozen.

    Attributes:
        copied: modules whose weights and statistics come from the source; they must fit exactly.
        fresh: modules that keep their own weights.
        frozen: modules, all copied, that are not trained and normalise with fixed statistics.
        left: sensors of the source that the network has not; their modules are left behind.
    """

    copied: tuple[str, ...]
    fresh: tuple[str, ...]
    frozen: tuple[str, ...]
    left: Sensors = ()

    def apply(self, network: nn.Module, source: Mapping[str, Tensor]) -> TransferReport:
        """Copy the source's state into the network and stop the gradients of the frozen modules.

        Args:
            network: the target network; changed in place.
            source: the source network's state by name.

        Raises:
            TransferError: if a copied name is missing on either side or differs in shape, or if
                the source holds anything that the plan does not name.
        """
        target = network.state_dict()
        copied = _names_below(self.copied, target)
        fresh = _names_below(self.fresh, target)
        for name in target.keys() - set(copied) - set(fresh):
            raise TransferError("the plan does not say what becomes of it", where=name)
        left = tuple(sorted(name for name in source if sensor_of(name) in self.left))
        unnamed = set(source) - {*copied, *left, *_names_below(self.fresh, source)}
        for name in sorted(unnamed):
            raise TransferError("the source holds a weight that the network has not", where=name)
        for name in copied:
            found = tuple(source[name].shape) if name in source else None
            if found != tuple(target[name].shape):
                raise TransferError(
                    f"the source has {'no such weight' if found is None else f'shape {found}'}",
                    where=name,
                    expected=f"shape {tuple(target[name].shape)}",
                    todo="train the source with the same [model] settings",
                )
        with torch.no_grad():
            for name in copied:
                target[name].copy_(source[name])
        for module in self.frozen:
            network.get_submodule(module).requires_grad_(False)
        return TransferReport(copied=copied, fresh=fresh, frozen=self.frozen, left=left)


def plan_transfer(
    network: nn.Module,
    config: TransferConfig,
    blocks: int,
    branches: Branches = "both",
    source_sensors: Sensors = ACCELEROMETER,
) -> TransferPlan:
    """The plan of a strategy for the first `blocks` blocks.

    With a single branch, what is copied is that branch and nothing else: the layers behind read
    both branches, and their weights for a fresh one would mean nothing. So a temporal and a
    spectral transfer differ in the branch alone. The spectral branch is one unit: it counts as
    none of the blocks or as all of them.

    Channels are mapped by their sensors. What is copied and frozen is of sensors that both networks
    have; of one that the source has not the branches are fresh, one that the target has not is
    left behind. With either, the layers behind are fresh, for the same reason.

    Args:
        network: the target network.
        config: the strategy.
        blocks: how many are transferred.
        branches: which ones.
        source_sensors: what the source network's windows have channels of.

    Raises:
        TransferError: if the network has fewer blocks, not the branch that is asked for, or no
            such part of it.
    """
    parts: Network = declared(network)
    if not 0 <= blocks <= len(parts.transfer_units):
        raise TransferError(
            f"{blocks} blocks asked of a network that has {len(parts.transfer_units)}",
            expected=f"0 to {len(parts.transfer_units)}",
        )
    left = tuple(sensor for sensor in source_sensors if sensor not in parts.sensors)
    units = tuple(_of_sensors(source_sensors, unit) for unit in parts.transfer_units)
    spectral = _of_sensors(source_sensors, parts.spectral_unit)
    if config.strategy == "freeze" and branches == "both":
        frozen = _flat(units[:blocks]) + (spectral if config.freeze_spectral else ())
        if parts.sensors == source_sensors:
            head = parts.head_unit
            copied = tuple(name for name, _ in network.named_children() if name not in head)
            return TransferPlan(copied=copied, fresh=head, frozen=frozen)
        copied = _flat(units) + spectral
        return TransferPlan(copied, _others(network, copied), frozen, left)
    whole, first = _branch(units, spectral, branches, blocks)
    copied = whole if config.strategy == "freeze" else first
    frozen = () if config.strategy == "copy" else first
    return TransferPlan(copied, _others(network, copied), frozen, left)


def _of_sensors(sensors: Sensors, unit: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in unit if sensor_of(name) in sensors)


def _branch(
    units: tuple[tuple[str, ...], ...],
    spectral: tuple[str, ...],
    branches: Branches,
    blocks: int,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All modules of a branch, and those of its first blocks."""
    if branches != "spectral":
        return _flat(units), _flat(units[:blocks])
    if not spectral or blocks not in (0, len(units)):
        raise TransferError(
            "nothing but the spectral branch is to be transferred, "
            + (f"and {blocks} blocks" if spectral else "which the network has not"),
            expected=f"0 or {len(units)} blocks, of a network with a spectral branch",
        )
    return spectral, spectral if blocks else ()


def set_training(network: nn.Module, frozen: Iterable[str]) -> None:
    """Training mode, but for frozen modules: their batch norm keeps its statistics."""
    network.train()
    for name in frozen:
        network.get_submodule(name).eval()


@torch.no_grad()
def adapt_statistics(network: nn.Module, frozen: Iterable[str], windows: Tensor) -> None:
    """Re-estimate the batch norm statistics of frozen modules on the adaptation set, once.

    One pass over all of it, so that every block is normalised as the next one sees it. This is
    what Li et al., "Revisiting batch normalization for practical domain adaptation" (2016), do
    with a target domain.

    Args:
        network: changed in place; left in evaluation mode.
        frozen: names of the frozen modules.
        windows: float32 [n, 3·sensors, L].
    """
    network.eval()
    norms = [
        module
        for name in frozen
        for module in network.get_submodule(name).modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = 1.0  # what this one pass finds
        norm.train()
    network(windows)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


def _others(network: nn.Module, copied: tuple[str, ...]) -> tuple[str, ...]:
    """The modules beside the copied ones: blocks one by one, of the rest the children."""
    blocks = _flat(declared(network).transfer_units)
    within = {name.split(".")[0] for name in blocks}
    rest = (name for name, _ in network.named_children() if name not in within)
    return tuple(name for name in (*blocks, *rest) if name not in copied)


def _flat(units: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for unit in units for name in unit)


def _names_below(modules: Iterable[str], state: Iterable[str]) -> tuple[str, ...]:
    prefixes = tuple(f"{module}." for module in modules)
    return tuple(name for name in state if name.startswith(prefixes))
