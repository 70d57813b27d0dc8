"""The plain trainer: one cell at a time, as the study describes it. Kept as the oracle."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from crosswear.core.config import NO_AUGMENTATION, TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.heads import ONE_HEAD, Heads
from crosswear.engine.joint import open_target
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.networks import NetworkMethod
from crosswear.engine.rates import layer_factors, set_rates
from crosswear.engine.subsets import (
    adaptation_set,
    arithmetic,
    count,
    noise_of,
    order_of,
    source_weights,
    weight_seed,
)
from crosswear.engine.task import Outcome, Task
from crosswear.grid.methods import Role
from crosswear.grid.result import CellResult, EpochScore, Timing
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import build, declared
from crosswear.networks.transfer import adapt_statistics, plan_transfer, set_training
from crosswear.networks.transfer_report import TransferReport
from crosswear.signal.augmentation import augment

EVALUATION_BATCH = 1024


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows and classes on a device: windows float32 [n, 3·sensors, L], classes int64 [n]."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True, eq=False)
class Known:
    """The data that a network learns from.

    Attributes:
        train: the windows of its steps.
        validation: those that choose the epoch.
        heads: of several domains, whose classes are whose.
    """

    train: Examples
    validation: Examples
    heads: Heads = ONE_HEAD


def train_cell(task: Task, device: str = "cpu") -> Outcome:
    """Train and test one cell on a torch device."""
    cell = task.cell
    method = TRAINABLE[cell.method]
    if not isinstance(method, NetworkMethod):
        return method.train((task,), Resources(device))[0]
    domain, heads = open_target(task)
    if cell.model is None or cell.train is None:
        raise ValueError("a network's cell has model and train settings")
    start = time.perf_counter()
    known = Known(
        labelled(domain, adaptation_set(cell, domain), device),
        labelled(domain, domain.indices(Subset.VALIDATION), device),
        heads,
    )
    size = len(domain.classes), domain.samples
    network = build(cell.model, *size, weight_seed(cell), domain.sensors)
    network.to(device)
    transferred = None
    if cell.transfer is not None:
        asked = (cell.transfer, cell.blocks, cell.branches, task.source_sensors)
        plan = plan_transfer(network, *asked)
        transferred = plan.apply(network, source_weights(task, cell.model, domain))
        if cell.transfer.frozen_batchnorm == "adapt":
            adapt_statistics(network, plan.frozen, known.train.x)
    chance = order_of(cell), noise_of(cell)
    history, epoch = fit(network, known, cell.train, *chance, transferred)
    trained = time.perf_counter()
    test = labelled(domain, domain.indices(Subset.TEST), device)
    found = heads.of_own_domain(scores(network, test.x, cell.train), test.y)
    predicted = found.argmax(dim=1)
    result = CellResult(
        classes=len(domain.classes),
        counts=count(domain, predicted.numpy(force=True)),
        history=history,
        epoch=epoch,
        transferred=transferred,
    )
    timing = Timing(train_s=trained - start, test_s=time.perf_counter() - trained)
    checkpoint = None
    if cell.role is Role.SOURCE:
        state = network.cpu().state_dict()
        checkpoint = Checkpoint(cell.model, domain.classes, domain.samples, state, domain.sensors)
    return Outcome(task, result, timing, checkpoint)


def labelled(domain: Domain, indices: np.ndarray, device: str) -> Examples:
    """Copy windows out of the memory map, to a device."""
    return Examples(
        x=torch.from_numpy(domain.windows.x[indices]).to(device),
        y=torch.from_numpy(domain.windows.y[indices].astype(np.int64)).to(device),
    )


def fit(
    network: nn.Module,
    known: Known,
    config: TrainConfig,
    order: np.random.Generator,
    noise: np.random.Generator,
    transferred: TransferReport | None = None,
) -> tuple[tuple[EpochScore, ...], int]:
    """Train in place; the network is left with the weights of the chosen epoch.

    Returns:
        The history, and the number of the chosen epoch, from 1. With `selection = "validation"`
        that is the one with the best validation micro-F1; of equal ones, the one with the lowest
        validation loss.
    """
    train, heads = known.train, known.heads
    frozen = transferred.frozen if transferred else ()
    factors = layer_factors(network, transferred, config.layer_decay)
    groups = {
        factor: [w for name, w in network.named_parameters() if factors[name] == factor]
        for factor in set(factors.values())
    }
    optimiser = torch.optim.Adam(
        ({"params": weights, "factor": factor} for factor, weights in groups.items()), fused=True
    )
    history: list[EpochScore] = []
    chosen, best, update = 0, (-1.0, 0.0), 0
    classes = train.y.numpy(force=True)
    weights: dict[str, Tensor] = {}
    for epoch in range(1, config.epochs + 1):
        set_training(network, frozen)
        total, seen = 0.0, 0
        for batch in heads.batches(classes, config, order):
            set_rates(optimiser, config, update)
            optimiser.zero_grad()
            rows = torch.from_numpy(batch)
            x = train.x[rows]
            if config.augmentation != NO_AUGMENTATION:
                changed = augment(x.numpy(force=True), config.augmentation, noise)
                x = torch.from_numpy(changed).to(x.device)
            with arithmetic(config, x.device.type):
                logits = network(x)
            logits = heads.of_own_domain(logits.float(), train.y[rows])
            loss = functional.cross_entropy(logits, train.y[rows])
            penalty = sum(weight.square().sum() for weight in declared(network).regularised)
            (loss + config.l2 * penalty).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            update += 1
            total += loss.item() * len(batch)
            seen += len(batch)
        score = EpochScore(train_loss=total / seen)
        if config.selection == "validation":
            score = _validate(network, known, config, score.train_loss)
            rank = (score.validation_micro_f1 or 0.0, -(score.validation_loss or 0.0))
            if not weights or rank > best:
                chosen, best = epoch, rank
                weights = {name: value.clone() for name, value in network.state_dict().items()}
        history.append(score)
    if weights:
        network.load_state_dict(weights)
    network.eval()
    return tuple(history), chosen or config.epochs


@torch.inference_mode()
def scores(network: nn.Module, x: Tensor, config: TrainConfig) -> Tensor:
    """Class scores float32 [n, C], computed in parts to bound memory."""
    network.eval()
    with arithmetic(config, x.device.type):
        return torch.cat([network(part).float() for part in torch.split(x, EVALUATION_BATCH)])


def _validate(
    network: nn.Module, known: Known, config: TrainConfig, train_loss: float
) -> EpochScore:
    heads, y = known.heads, known.validation.y
    logits = heads.of_own_domain(scores(network, known.validation.x, config), y)
    losses = functional.cross_entropy(logits, y, reduction="none").double()
    right = (logits.argmax(dim=1) == y).double()
    loss, share = (
        heads.mean(one.numpy(force=True), y.numpy(force=True)) for one in (losses, right)
    )
    return EpochScore(train_loss, validation_loss=loss, validation_micro_f1=share)
