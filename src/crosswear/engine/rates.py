"""Learning rates by layer: what comes from a source learns more slowly, the further from the head.

Discriminative fine-tuning, of Howard and Ruder, "Universal language model fine-tuning for text
classification" (ACL 2018).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from crosswear.core.config import TrainConfig
from crosswear.engine.subsets import learning_rate
from crosswear.networks.models import declared
from crosswear.networks.transfer_report import TransferReport


def layer_factors(
    network: nn.Module, transferred: TransferReport | None, decay: float
) -> Mapping[str, float]:
    """Return the factor of the learning rate of every weight, by the weight's name.

    Weights of a copied transfer unit: `decay` to the power of the number of units from it to the
    last, both counted; the spectral branch counts as a last unit. All that is fresh, and the dense
    layers: 1. So a network from scratch learns as it would without decay.
    """
    parts = declared(network)
    units = (*parts.transfer_units[:-1], (*parts.transfer_units[-1], *parts.spectral_unit))
    copied = set(transferred.copied) if transferred else set()
    factors = dict.fromkeys((name for name, _ in network.named_parameters()), 1.0)
    for distance, unit in enumerate(reversed(units), start=1):
        within = tuple(f"{module}." for module in unit)
        for name in copied & factors.keys():
            if name.startswith(within):
                factors[name] = decay**distance
    return factors


def set_rates(optimiser: torch.optim.Optimizer, config: TrainConfig, update: int) -> None:
    """Give each group of weights its learning rate; its `factor` is that of `layer_factors`."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(config, update) * group["factor"]
