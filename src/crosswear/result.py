"""What came of a cell."""

from __future__ import annotations

from typing import TypeAlias

from pydantic.dataclasses import dataclass

from crosswear.config import SETTINGS

ConfusionRows: TypeAlias = tuple[tuple[int, ...], ...]


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
class TransferReport:
    """What a plan did.

    Attributes:
        copied: weights and statistics that came from the source.
        fresh: weights and statistics that the network kept; with `copied` these are all.
        frozen: modules that are not trained.
    """

    copied: tuple[str, ...]
    fresh: tuple[str, ...]
    frozen: tuple[str, ...]


@dataclass(frozen=True, config=SETTINGS)
class CellResult:
    """The numbers of a cell. Equal cells have equal results, wherever and whenever they run.

    Attributes:
        confusion: [C, C] windows of the target's whole test subset; row: true class, column:
            predicted class. Every score derives from it.
        history: epoch by epoch; empty where nothing was trained.
        epoch: number of the epoch whose weights were tested, from 1; 0 where nothing was trained.
        transferred: what the transfer plan did; None where there was no source.
    """

    confusion: ConfusionRows
    history: tuple[EpochScore, ...] = ()
    epoch: int = 0
    transferred: TransferReport | None = None


@dataclass(frozen=True, config=SETTINGS)
class Timing:
    """Wall-clock seconds of a cell on the host that ran it; beside others, its equal share."""

    train_s: float
    test_s: float
