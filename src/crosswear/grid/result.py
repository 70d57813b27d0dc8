"""Outcome of a cell."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS
from crosswear.networks.transfer_report import TransferReport

Counts: TypeAlias = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, config=SETTINGS)
class EpochScore:
    """One pass over the training windows.

    Attributes:
        train_loss: mean cross-entropy over the windows, as they were trained on.
        validation_loss: cross-entropy on the validation subset; None where it was not looked at.
        validation_micro_f1: likewise.
    """

    train_loss: float
    validation_loss: float | None = None
    validation_micro_f1: float | None = None


@dataclass(frozen=True, config=SETTINGS)
class CellResult:
    """The numbers of a cell. Equal cells have equal results, wherever and whenever they run.

    Attributes:
        classes: size C of the target's class table.
        counts: how the windows of the target's whole test subset were classified: group, true
            class, predicted class, windows; rows without a window are left out. A group is what
            the split keeps whole, by its number in the domain: a subject, or a chain of
            occurrences. Every score derives from these.
        history: epoch by epoch; empty where nothing was trained.
        epoch: number of the epoch whose weights were tested, from 1; 0 where nothing was trained.
        transferred: what the transfer plan did; None where there was no source.
    """

    classes: int
    counts: Counts
    history: tuple[EpochScore, ...] = ()
    epoch: int = 0
    transferred: TransferReport | None = None

    def by_group(self) -> NDArray[np.int64]:
        """Confusion matrices [G, C, C] of the groups; row: true class, column: predicted class."""
        group, true, predicted, windows = np.array(self.counts, dtype=np.int64).reshape(-1, 4).T
        matrices = np.zeros((group.max(initial=-1) + 1, self.classes, self.classes), np.int64)
        matrices[group, true, predicted] = windows
        return matrices

    @property
    def confusion(self) -> NDArray[np.int64]:
        """The confusion matrix [C, C] of the whole test subset."""
        matrix: NDArray[np.int64] = self.by_group().sum(axis=0)
        return matrix


@dataclass(frozen=True, config=SETTINGS)
class Timing:
    """Wall-clock seconds of a cell on the host that ran it; beside others, its equal share."""

    train_s: float
    test_s: float
