"""Differences between the devices that networks are trained on: sizes, waiting and memory.

A CUDA device runs the code that a CPU runs. docs/performance.md lists what is copied to the device
and back, and where the host waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from crosswear.core.config import ARCHITECTURES, ModelConfig, TrainConfig
from crosswear.core.errors import UsageError
from crosswear.networks.kernels import implementation

STEP_SHARE, CACHE_SHARE = 1 / 2, 1 / 4
"""Of a device's memory: for a training step, and for the cached inputs of source networks."""
WINDOW_BYTES = 2**20
"""Memory of a window in a training step: a Multi-ResNet in float32 keeps 0.6 MiB for its backward
pass, and more for a moment."""


@dataclass(frozen=True)
class TrainingDevice:
    """Sizes that are fast on a kind of device (docs/performance.md), and access to it.

    Attributes:
        step_windows: in a training step, of all cells of a cohort together. On a CPU more do not
            stay in the cache, fewer cost more calls than arithmetic.
        compiled_step_windows: the same where blocks are compiled; they stay in the cache by
            themselves.
        scoring_windows: in a forward pass, of each cell. The same for every cohort: sums depend on
            it.
        compiled_scoring_windows: the same in bfloat16 where blocks are compiled; of networks
            without such blocks, it is no matter how many there are in bfloat16.
        cells: in a cohort at most: what it loses if it is interrupted.
        available: whether this machine has one.
        wait: returns when the device has done what it was asked to do.
        clock: gives the seconds of a step after which it was waited for. On one thread of a busy
            processor, the time of the process is that of the step.
        memory: bytes of a memory of its own; None without one.
    """

    step_windows: int
    compiled_step_windows: int
    scoring_windows: int
    compiled_scoring_windows: int
    cells: int
    available: Callable[[], bool]
    wait: Callable[[], None]
    clock: Callable[[], float]
    memory: Callable[[], int | None]


def _cuda_memory() -> int:
    return int(torch.cuda.get_device_properties(0).total_memory)


DEVICES = {
    "cpu": TrainingDevice(
        *(160, 1024, 128, 320, 8),
        available=lambda: True,
        wait=lambda: None,
        clock=time.process_time,
        memory=lambda: None,
    ),
    "cuda": TrainingDevice(
        *(16_384, 16_384, 1024, 1024, 64),
        available=torch.cuda.is_available,
        wait=torch.cuda.synchronize,
        clock=time.perf_counter,
        memory=_cuda_memory,
    ),
}
"""By torch's names."""


def step_windows(model: ModelConfig, config: TrainConfig, device: str) -> int:
    """Return how many windows a step has, of all networks side by side."""
    residual = ARCHITECTURES[model.name].residual
    compiled = residual and implementation(config.precision) != "torch"
    found = DEVICES[device]
    return found.compiled_step_windows if compiled else found.step_windows


def scoring_windows(config: TrainConfig, device: str) -> int:
    """Return how many windows a forward pass in scoring has, of each network."""
    half = config.precision == "bfloat16"
    compiled = half and implementation(config.precision) != "torch"
    found = DEVICES[device]
    return found.compiled_scoring_windows if compiled else found.scoring_windows


def step_windows_that_fit(device: str) -> float:
    """Return how many windows of a step the memory of a device is expected to hold."""
    memory = DEVICES[device].memory()
    return float("inf") if memory is None else STEP_SHARE * memory / WINDOW_BYTES


def cache_bytes(device: str) -> float:
    """Return how much memory of a device the cached inputs may take."""
    memory = DEVICES[device].memory()
    return float("inf") if memory is None else CACHE_SHARE * memory


def check_device(device: str) -> None:
    """Raise a UsageError if this machine has no such device."""
    if not DEVICES[device].available():
        raise UsageError(
            "no CUDA device can be used here", where="--device", expected="cpu on this machine"
        )
