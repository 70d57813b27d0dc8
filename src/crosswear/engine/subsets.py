"""A cell's windows to learn from, their order, and its score: the same for both trainers.

Every random number comes from a seed made of names (`crosswear.core.keys.seed_for`), so a cell has
the same numbers with any others trained before or beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.grid.result import Counts
from crosswear.networks.checkpoint import load_checkpoint
from crosswear.networks.models import build
from crosswear.signal.leakage import chains


def adaptation_set(cell: Cell, domain: Domain) -> NDArray[np.int64]:
    """Windows of the train subset that a cell may learn from; nested over sizes, within a seed."""
    train = domain.indices(Subset.TRAIN)
    if cell.role is Role.SOURCE:
        return train
    seed = seed_for(cell.study_seed, "adaptation", cell.target, cell.split, cell.seed)
    return np.random.default_rng(seed).permutation(train)[: cell.size]


def weight_seed(cell: Cell) -> int:
    """Seed of a cell's fresh weights and dropout masks."""
    return seed_for(*_repetition(cell), "weights", cell.size)


def source_weights(task: Task, model: ModelConfig, domain: Domain) -> Mapping[str, Tensor]:
    """Weights and statistics of the source network: trained, or the initial ones (`UNTRAINED`)."""
    if task.source is not None:
        return load_checkpoint(task.source).state
    cell = task.cell
    seed = seed_for(cell.study_seed, *cell.sources, cell.split, "weights")
    network = build(model, len(domain.classes), domain.samples, seed, domain.sensors)
    return network.state_dict()


def order_of(cell: Cell) -> np.random.Generator:
    """Return the generator of the order of a cell's windows, epoch after epoch."""
    return np.random.default_rng(seed_for(*_repetition(cell), "order", cell.size))


def noise_of(cell: Cell) -> np.random.Generator:
    """Return the generator of the changes of a cell's training windows, step after step."""
    return np.random.default_rng(seed_for(*_repetition(cell), "augmentation", cell.size))


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """A pass over `count` windows in random order; a last single window joins its neighbours.

    Batch norm cannot estimate a variance from one window.
    """
    return cut(rng.permutation(count), size)


def cut(order: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Cut an order [n] into batches, as `batches` has them."""
    count = len(order)
    whole = count - 1 if count % size == 1 else count
    for start in range(0, whole, size):
        stop = start + size
        yield order[start:] if stop >= whole else order[start:stop]


def passes(count: int, size: int) -> int:
    """Return how many batches a pass over `count` windows has."""
    return max(1, math.ceil((count - 1) / size))


def passes_in_epoch(config: TrainConfig, steps: int) -> int:
    """Return how many passes of so many batches an epoch has, for as many updates as asked for."""
    return max(1, math.ceil(config.min_updates / (config.epochs * steps)))


def learning_rate(config: TrainConfig, update: int) -> float:
    """Return the learning rate of an update, counted from 0, with the decay of the study."""
    return config.learning_rate / (1 + config.decay * update)


def arithmetic(config: TrainConfig, device: str) -> torch.autocast:
    """The context in which a network's products are of the precision that is asked for."""
    return torch.autocast(device, torch.bfloat16, enabled=config.precision == "bfloat16")


def count(domain: Domain, predicted: NDArray[np.integer]) -> Counts:
    """Return how the test windows [n] were classified, as a record holds it."""
    test = domain.indices(Subset.TEST)
    return count_some(domain, test, domain.windows.y[test], predicted)


def count_some(
    domain: Domain,
    windows: NDArray[np.int64],
    true: NDArray[np.integer],
    predicted: NDArray[np.integer],
) -> Counts:
    """The same of some windows [n] of a domain, with classes that may be others than its own."""
    rows = np.stack([groups_of(domain)[windows], true, predicted], axis=1)
    kinds, alike = np.unique(rows, axis=0, return_counts=True)
    return tuple(map(tuple, np.column_stack([kinds, alike]).tolist()))


def groups_of(domain: Domain) -> NDArray[np.integer]:
    """The subject or the chain of occurrences of each window: what the split keeps whole."""
    by_subject = domain.summary.split.unit == "subject"
    return domain.windows.subject if by_subject else chains(domain.windows)


def _repetition(cell: Cell) -> tuple[str | int, ...]:
    return (cell.study_seed, cell.method, cell.target, cell.split, cell.seed)
