"""Inputs and outputs of a trainer; both travel between processes."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.grid.experiment import Cell
from crosswear.grid.result import CellResult, Timing
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.kernels import implementation


@dataclass(frozen=True)
class Task:
    """A cell with all that its trainer reads.

    Attributes:
        cell: what to do.
        key: the key of the cell.
        target: folder of the prepared target domain, or of the first domain of a joint source.
        source: checkpoint of the source network, for a transfer.
        rate_hz: sampling rate of the target's windows.
        source_domains: folders of the other domains whose windows it reads: of its sources, or of a
            joint source all but the first.
        source_sensors: of a transfer, what the source network's windows have channels of.
        encoders: folders of the encoders whose features it fits.
    """

    cell: Cell
    key: str
    target: Path
    source: Path | None = None
    rate_hz: float = 25.0
    source_domains: tuple[Path, ...] = ()
    source_sensors: Sensors = ACCELEROMETER
    encoders: tuple[Path, ...] = ()

    @property
    def domains(self) -> tuple[Path, ...]:
        """Folders of the domains that it is tested on: one, but for joint sources."""
        return (self.target, *self.source_domains[: len(self.cell.targets) - 1])


Cohort: TypeAlias = tuple[Task, ...]
"""Cells that are trained side by side, see `crosswear.engine.grouping`."""


@dataclass(frozen=True)
class Outcome:
    """A finished cell.

    Attributes:
        task: what was done.
        result: the numbers.
        timing: how long it took.
        checkpoint: the trained network of a source cell.
        host: the machine that did it.
        blocks: what computed residual blocks there.
    """

    task: Task
    result: CellResult
    timing: Timing
    checkpoint: Checkpoint | None = None
    host: str = field(default_factory=platform.node)
    blocks: str = field(default_factory=implementation)


@dataclass(frozen=True)
class Failure:
    """A cell that raised; it is not done."""

    task: Task
    traceback: str


Trainer: TypeAlias = Callable[[Cohort], list[Outcome]]
"""Trains a cohort. Raises any error; the caller makes a `Failure` of it."""
