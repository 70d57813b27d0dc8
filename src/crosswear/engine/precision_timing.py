"""The precision in which a machine trains faster, by one measurement of about a second."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosswear.core.config import ModelConfig, Precision, TrainConfig
from crosswear.engine.cached_inputs import raw_input
from crosswear.engine.device import DEVICES
from crosswear.engine.subsets import order_of
from crosswear.engine.task import Task
from crosswear.engine.training import Member, Target, Training
from crosswear.grid.experiment import Cell
from crosswear.networks.models import build
from crosswear.networks.threads import one_torch_thread

GAIN = 1.1
"""Closer than this, float32 is taken: a machine should decide alike each time."""
CLEAR = 2.0
"""Where the ratio of the times is larger, a second, longer look is not needed."""
WARM, FEW = 4, 32
"""Windows of a step that does what is slow only once, and of one that is timed."""
ENOUGH_S, ROUNDS = 1.0, 4
CLASSES, SAMPLES = 8, 100


@dataclass(frozen=True)
class StepTimes:
    """Seconds that one training step takes in each precision."""

    float32_s: float
    bfloat16_s: float

    @property
    def ratio(self) -> float:
        """Ratio of the time of a step in bfloat16 to that in float32."""
        return self.bfloat16_s / self.float32_s

    @property
    def faster(self) -> Precision:
        """The faster precision; float32 where bfloat16 gains less than a tenth."""
        return "bfloat16" if self.ratio * GAIN < 1 else "float32"

    @property
    def bfloat16_is_slower(self) -> bool:
        """Return whether bfloat16 takes more than a tenth longer."""
        return self.ratio > GAIN

    def __str__(self) -> str:
        return f"a step in bfloat16 takes {self.ratio:.1f} times as long as in float32 here"


@functools.cache
def time_precisions(network: str, device: str) -> StepTimes:
    """Time training steps of a network in both precisions, with its default layers.

    Studies with the same network so have the same precision on a machine.

    Args:
        network: its name in the registry.
        device: `cpu` (one thread, as in training) or `cuda`.
    """
    with one_torch_thread():
        _time(network, device, WARM, 1)
        few = _time(network, device, FEW, 2)
        if not 1 / CLEAR < few.ratio < CLEAR:
            return few
        return _time(network, device, DEVICES[device].step_windows, ROUNDS)


def _time(network: str, device: str, windows: int, rounds: int) -> StepTimes:
    """Time steps in turns; the fastest of each precision was disturbed least."""
    names: tuple[Precision, ...] = ("float32", "bfloat16")
    trainings = {name: _training(network, name, device, windows) for name in names}
    clock = DEVICES[device].clock
    best = dict.fromkeys(names, float("inf"))
    begun = time.perf_counter()
    for _ in range(rounds):
        for name, training in trainings.items():
            start = clock()
            training.train_epoch([order_of(training.members[0].task.cell)])
            DEVICES[device].wait()
            best[name] = min(best[name], clock() - start)
        if time.perf_counter() - begun > ENOUGH_S:
            break
    return StepTimes(best["float32"], best["bfloat16"])


def _training(network: str, precision: Precision, device: str, windows: int) -> Training:
    """A network with random windows, which an epoch sees in one step."""
    model = ModelConfig(network)
    train = TrainConfig(batch_size=windows, precision=precision)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(windows, 3, SAMPLES)).astype(np.float32)
    y = rng.integers(CLASSES, size=windows).astype(np.int16)
    made = build(model, CLASSES, SAMPLES, 0)
    task = Task(Cell("network", "", 0, windows, model=model, train=train), "", Path())
    member = Member(task, made, raw_input(x, made, device), np.arange(windows), None)
    return Training([member], Target(x, y, np.arange(0), CLASSES, SAMPLES), model, train, device)
