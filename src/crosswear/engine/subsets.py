"""What a cell learns from, in which order, and how it is scored: the same for both trainers.

Every random number comes from a seed made of names (`crosswear.keys.seed_for`), so a cell has
the same numbers whatever was trained before or beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from crosswear.config import TrainConfig
from crosswear.domain import Domain
from crosswear.engine.task import Outcome, Task
from crosswear.experiment import Cell
from crosswear.keys import seed_for
from crosswear.metrics import confusion
from crosswear.recording import Subset
from crosswear.result import CellResult, ConfusionRows, Timing


def adaptation_set(cell: Cell, domain: Domain) -> NDArray[np.int64]:
    """Windows of the train subset that a cell may learn from; nested over sizes, within a seed."""
    train = domain.indices(Subset.TRAIN)
    if cell.method == "source":
        return train
    seed = seed_for(cell.study_seed, "adaptation", cell.target, cell.seed)
    return np.random.default_rng(seed).permutation(train)[: cell.size]


def weight_seed(cell: Cell) -> int:
    """Seed of a cell's fresh weights and dropout masks."""
    return seed_for(cell.study_seed, cell.method, cell.target, cell.seed, "weights", cell.size)


def order_of(cell: Cell) -> np.random.Generator:
    """Where the order of a cell's windows comes from, epoch after epoch."""
    return np.random.default_rng(
        seed_for(cell.study_seed, cell.method, cell.target, cell.seed, "order", cell.size)
    )


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """A pass over `count` windows in random order; a last single window joins its neighbours.

    Batch norm cannot estimate a variance from one window.
    """
    order = rng.permutation(count)
    whole = count - 1 if count % size == 1 else count
    for start in range(0, whole, size):
        stop = start + size
        yield order[start:] if stop >= whole else order[start:stop]


def learning_rate(config: TrainConfig, update: int) -> float:
    """Of an update, from 0: the decay of the study."""
    return config.learning_rate / (1 + config.decay * update)


def arithmetic(config: TrainConfig, device: str) -> torch.autocast:
    """The context in which a network's products are of the precision that is asked for."""
    return torch.autocast(device, torch.bfloat16, enabled=config.precision == "bfloat16")


def confusion_rows(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: int
) -> ConfusionRows:
    """The confusion matrix as a record holds it."""
    matrix = confusion(truth, predicted, classes)
    return tuple(tuple(int(count) for count in row) for row in matrix)


def majority(task: Task, domain: Domain) -> Outcome:
    """Predict the most frequent class of the train subset."""
    start = time.perf_counter()
    classes = len(domain.classes)
    train, test = (domain.windows.y[domain.indices(s)] for s in (Subset.TRAIN, Subset.TEST))
    guess = int(np.bincount(train, minlength=classes).argmax())
    rows = confusion_rows(test, np.full_like(test, guess), classes)
    return Outcome(task, CellResult(rows), Timing(0.0, time.perf_counter() - start))
