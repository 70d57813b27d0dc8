"""The plain trainer: one cell at a time, as the study describes it. Kept as the oracle.

Every random number comes from a seed made of names (`crosswear.keys.seed_for`), so a cell has
the same numbers whatever was trained before it. Networks are trained on one thread: sums over
several threads depend on how many there are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crosswear.checkpoint import Checkpoint, load_checkpoint
from crosswear.config import TrainConfig
from crosswear.domain import Domain, load_domain
from crosswear.engine.task import Outcome, Task
from crosswear.experiment import Cell
from crosswear.keys import seed_for
from crosswear.metrics import confusion, micro_f1
from crosswear.models import build, declared
from crosswear.recording import Subset
from crosswear.result import CellResult, EpochScore, Timing, TransferReport
from crosswear.transfer import adapt_statistics, plan_transfer, set_training

EVALUATION_BATCH = 1024


@dataclass(frozen=True, eq=False)
class LabelledWindows:
    """Windows float32 [n, 3, L] in g with their classes int64 [n]."""

    x: Tensor
    y: Tensor


def train_cell(task: Task, device: str = "cpu") -> Outcome:
    """Train and test one cell on a torch device."""
    cell = task.cell
    domain = load_domain(task.target)
    if cell.method == "majority":
        return _majority(task, domain)
    if cell.model is None or cell.train is None:
        raise ValueError("a network's cell has model and train settings")
    start = time.perf_counter()
    adaptation = labelled(domain, adaptation_set(cell, domain), device)
    validation = labelled(domain, domain.indices(Subset.VALIDATION), device)
    names = (cell.study_seed, cell.method, cell.target, cell.seed)
    network = build(
        cell.model, len(domain.classes), domain.samples, seed_for(*names, "weights", cell.size)
    )
    network.to(device)
    transferred = _transfer(task, network, adaptation) if task.source else None
    frozen = transferred.frozen if transferred else ()
    rng = np.random.default_rng(seed_for(*names, "order", cell.size))
    history, epoch = fit(network, adaptation, validation, cell.train, rng, frozen)
    trained = time.perf_counter()
    test = labelled(domain, domain.indices(Subset.TEST), device)
    predicted = scores(network, test.x).argmax(dim=1)
    matrix = confusion(test.y.numpy(force=True), predicted.numpy(force=True), len(domain.classes))
    result = CellResult(
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        history=history,
        epoch=epoch,
        transferred=transferred,
    )
    timing = Timing(train_s=trained - start, test_s=time.perf_counter() - trained)
    checkpoint = None
    if cell.method == "source":
        state = network.cpu().state_dict()
        checkpoint = Checkpoint(cell.model, domain.classes, domain.samples, state)
    return Outcome(task, result, timing, checkpoint)


def adaptation_set(cell: Cell, domain: Domain) -> NDArray[np.int64]:
    """Windows of the train subset that a cell may learn from; nested over sizes, within a seed."""
    train = domain.indices(Subset.TRAIN)
    if cell.method == "source":
        return train
    seed = seed_for(cell.study_seed, "adaptation", cell.target, cell.seed)
    return np.random.default_rng(seed).permutation(train)[: cell.size]


def labelled(domain: Domain, indices: NDArray[np.int64], device: str) -> LabelledWindows:
    """Copy windows out of the memory map, to a device."""
    return LabelledWindows(
        x=torch.from_numpy(domain.windows.x[indices]).to(device),
        y=torch.from_numpy(domain.windows.y[indices].astype(np.int64)).to(device),
    )


def fit(
    network: nn.Module,
    train: LabelledWindows,
    validation: LabelledWindows,
    config: TrainConfig,
    rng: np.random.Generator,
    frozen: tuple[str, ...] = (),
) -> tuple[tuple[EpochScore, ...], int]:
    """Train in place; the network is left with the weights of the chosen epoch.

    Returns:
        The history, and the number of the chosen epoch, from 1. With `selection = "validation"`
        that is the one with the best validation micro-F1; of equal ones, the one with the lowest
        validation loss.
    """
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(trainable, lr=config.learning_rate, fused=True)
    decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda u: 1 / (1 + config.decay * u))
    history: list[EpochScore] = []
    chosen, best = 0, (-1.0, 0.0)
    weights: dict[str, Tensor] = {}
    for epoch in range(1, config.epochs + 1):
        set_training(network, frozen)
        total = 0.0
        for batch in batches(len(train.y), config.batch_size, rng):
            optimiser.zero_grad()
            loss = functional.cross_entropy(network(train.x[batch]), train.y[batch])
            loss = loss + config.l2 * declared(network).penalty()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            decay.step()
            total += loss.item() * len(batch)
        score = EpochScore(train_loss=total / len(train.y))
        if config.selection == "validation":
            score = _validate(network, validation, score.train_loss)
            rank = (score.validation_micro_f1 or 0.0, -(score.validation_loss or 0.0))
            if not weights or rank > best:
                chosen, best = epoch, rank
                weights = {name: value.clone() for name, value in network.state_dict().items()}
        history.append(score)
    if weights:
        network.load_state_dict(weights)
    network.eval()
    return tuple(history), chosen or config.epochs


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[Tensor]:
    """A pass over `count` windows in random order; a last single window joins its neighbours.

    Batch norm cannot estimate a variance from one window.
    """
    order = torch.from_numpy(rng.permutation(count))
    whole = count - 1 if count % size == 1 else count
    for start in range(0, whole, size):
        stop = start + size
        yield order[start:] if stop >= whole else order[start:stop]


@torch.inference_mode()
def scores(network: nn.Module, x: Tensor) -> Tensor:
    """Class scores float32 [n, C], computed in parts to bound memory."""
    network.eval()
    return torch.cat([network(part) for part in torch.split(x, EVALUATION_BATCH)])


def _validate(network: nn.Module, validation: LabelledWindows, train_loss: float) -> EpochScore:
    logits = scores(network, validation.x)
    predicted = logits.argmax(dim=1).numpy(force=True)
    matrix = confusion(validation.y.numpy(force=True), predicted, logits.shape[1])
    return EpochScore(
        train_loss=train_loss,
        validation_loss=functional.cross_entropy(logits, validation.y).item(),
        validation_micro_f1=float(micro_f1(matrix)),
    )


def _transfer(task: Task, network: nn.Module, adaptation: LabelledWindows) -> TransferReport:
    cell = task.cell
    if task.source is None or cell.transfer is None:
        raise ValueError("a transfer has a source and transfer settings")
    source = load_checkpoint(task.source)
    plan = plan_transfer(network, cell.transfer, cell.blocks)
    report = plan.apply(network, source.state)
    if cell.transfer.frozen_batchnorm == "adapt":
        adapt_statistics(network, plan.frozen, adaptation.x)
    return report


def _majority(task: Task, domain: Domain) -> Outcome:
    start = time.perf_counter()
    classes = len(domain.classes)
    train, test = (domain.windows.y[domain.indices(s)] for s in (Subset.TRAIN, Subset.TEST))
    guess = int(np.bincount(train, minlength=classes).argmax())
    matrix = confusion(test, np.full_like(test, guess), classes)
    rows = tuple(tuple(int(count) for count in row) for row in matrix)
    return Outcome(task, CellResult(rows), Timing(0.0, time.perf_counter() - start))
