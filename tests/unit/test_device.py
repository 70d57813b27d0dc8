"""The path of a CUDA device, with a CPU in its place: no waiting in an epoch, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from crosswear.core.config import (
    Augmentation,
    ModelConfig,
    PreparationConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cached_inputs import InputCache
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.device import DEVICES
from crosswear.engine.grouping import group
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.networks import NetworkMethod
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.engine.training import Training
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.networks.kernels import masks, residual
from crosswear.networks.models import build

MODEL = ModelConfig(filters=(16, 16, 16))
TRAIN = TrainConfig(epochs=2, batch_size=16, precision="bfloat16")
GIB = 2**30
WAITING = {"cpu", "numpy", "item", "tolist", "nonzero", "__bool__", "__float__", "__int__"}
"""Methods of a tensor with which the host waits for a device."""
SYNCHRONISING = {"_local_scalar_dense", "nonzero", "masked_select", "repeat_interleave", "equal"}
"""The same among the operations that these, and others, come down to."""


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> str:
    """A CPU with the sizes of a CUDA device, no compiled code, and 8 GiB of its own."""
    stand_in = replace(DEVICES["cuda"], wait=lambda: None, memory=lambda: 8 * GIB)
    monkeypatch.setitem(DEVICES, "cpu", stand_in)
    for module in (masks, residual):
        monkeypatch.setattr(module, "compiled_code", lambda: None)
    return "cpu"


@pytest.fixture(scope="module")
def domain(cache: Path) -> Domain:
    return prepare("simulated-gestures", None, PreparationConfig(window_s=2.0, hop_s=6.0), cache)


class Events:
    """The events of an epoch: updates of weights, and waits of the host."""

    def __init__(self, optimiser: torch.optim.Optimizer) -> None:
        self.found: list[str] = []
        self.optimiser = optimiser

    def note_waiting(self, name: str, one: Any) -> None:
        # Adam keeps numbers of steps on the host where it is not fused.
        steps = (state["step"] for state in self.optimiser.state.values())
        if not any(one is step for step in steps):
            self.found.append(f"wait: {name}")


class Methods(TorchFunctionMode):
    """Notes what is asked of tensors."""

    def __init__(self, events: Events) -> None:
        super().__init__()
        self.events = events

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        if getattr(func, "__name__", "") in WAITING:
            self.events.note_waiting(func.__name__, args[0])
        return func(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):
    """Notes what a device is asked to do."""

    def __init__(self, events: Events) -> None:
        super().__init__()
        self.events = events

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        name = func.overloadpacket.__name__
        if name in SYNCHRONISING:
            self.events.note_waiting(name, args[0])
        elif "adam" in name or name.startswith("_foreach_addcdiv"):
            self.events.found.append("update")
        return func(*args, **(kwargs or {}))


@pytest.fixture
def epochs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The events of each epoch that is trained."""
    found: list[list[str]] = []
    plain = Training.train_epoch

    def train_epoch(training: Training, orders: Any) -> list[float]:
        events = Events(training.optimiser)
        found.append(events.found)
        with Operations(events), Methods(events):
            return plain(training, orders)

    monkeypatch.setattr(Training, "train_epoch", train_epoch)
    return found


def cells(train: TrainConfig, size: int = 40, count: int = 4) -> list[Cell]:
    return [Cell("network", "t", 7, size, seed, model=MODEL, train=train) for seed in range(count)]


def cohorts_of(domain: Domain, daily: Domain) -> Iterator[Cohort]:
    """Networks from scratch, transferred, on changed windows, and one of joint sources."""
    turned = replace(TRAIN, augmentation=Augmentation(rotation=10.0))
    for train in (TRAIN, turned, replace(TRAIN, layer_decay=0.5)):
        yield tuple(Task(one, str(one.seed), domain.folder) for one in cells(train))
    for one in cells(TRAIN, count=2):
        sent = replace(one, sources=(UNTRAINED,), blocks=2, transfer=TransferConfig())
        yield (Task(sent, "sent", domain.folder),)
    size = sum(len(some.indices(Subset.TRAIN)) for some in (domain, daily))
    joint = Cell("source", "a+b", 7, size, model=MODEL, train=replace(TRAIN, batch_size=128))
    yield (Task(joint, "joint", domain.folder, source_domains=(daily.folder,)),)


@pytest.mark.slow
def test_the_host_waits_once_an_epoch_after_its_last_step(
    device: str, domain: Domain, cache: Path, epochs: list[list[str]]
) -> None:
    preparation = PreparationConfig(window_s=2.0, hop_s=6.0)
    daily = prepare("simulated-daily", None, preparation, cache)
    trainer = CohortTrainer(device)
    for cohort in cohorts_of(domain, daily):
        epochs.clear()
        trainer(cohort)
        assert len(epochs) == TRAIN.epochs
        for events in epochs:
            waits = [place for place, event in enumerate(events) if event != "update"]
            assert events.count("update") > 1
            assert waits == [len(events) - 1], events


@pytest.mark.slow
def test_waiting_is_noticed(epochs: list[list[str]], device: str, domain: Domain) -> None:
    task = Task(cells(TRAIN)[0], "k", domain.folder)
    plain = Training._losses

    def curious(training: Training, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        losses = plain(training, logits, rows)
        assert float(losses.detach().sum()) > 0
        return losses

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "_losses", curious)
        CohortTrainer(device)((task,))
    assert {"wait: __float__", "wait: _local_scalar_dense"} <= set(epochs[0][:-1])


class ShortOfMemory(NetworkMethod):
    """Networks on a device that holds so many of them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.tried: list[int] = []

    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        self.tried.append(len(cohort))
        if len(cohort) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().train(cohort, resources)


def with_memory_for(most: int, patch: pytest.MonkeyPatch) -> ShortOfMemory:
    method = ShortOfMemory(most)
    patch.setattr("crosswear.engine.cohort.TRAINABLE", {**TRAINABLE, "network": method})
    return method


@pytest.mark.slow
def test_a_cohort_that_is_too_large_is_halved_and_has_the_same_numbers(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tuple(Task(one, str(one.seed), domain.folder) for one in cells(TRAIN, 20, 6))
    expected = [one.result for one in CohortTrainer()(tasks)]
    method = with_memory_for(2, monkeypatch)
    trainer = CohortTrainer()
    assert [one.result for one in trainer(tasks)] == expected
    assert method.tried == [6, 3, 1, 2, 1, 2]
    method.tried.clear()
    assert [one.result for one in trainer(tasks)] == expected
    assert method.tried == [1, 2, 1, 2]  # what does not fit is not tried again


def test_a_cell_that_does_not_fit_alone_is_an_error(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_memory_for(0, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        CohortTrainer()((Task(cells(TRAIN)[0], "k", domain.folder),))


def test_cohorts_and_cached_inputs_are_planned_from_the_devices_memory(
    device: str, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = replace(TRAIN, batch_size=256)
    tasks = [Task(one, str(one.seed), domain.folder) for one in cells(train, 256, 64)]
    (cohort,) = group(tasks, device)
    assert len(cohort) == 64
    method = with_memory_for(64, monkeypatch)
    monkeypatch.setattr(NetworkMethod, "train", lambda method, cohort, resources: [*cohort])
    assert len(CohortTrainer(device)(cohort)) == 64
    assert method.tried == [16] * 4  # 4 GiB for a step of 4096 windows


def test_cached_inputs_take_a_part_of_the_devices_memory(
    device: str, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.array(domain.windows.x)
    network = build(MODEL, len(domain.classes), domain.samples, 0)

    def is_kept(memory: int) -> bool:
        monkeypatch.setitem(DEVICES, device, replace(DEVICES[device], memory=lambda: memory))
        cache = InputCache(device)
        first = cache.get("first", x, network, (), TRAIN)
        cache.get("second", x, network, (), TRAIN)
        return cache.get("first", x, network, (), TRAIN) is first

    assert is_kept(8 * GIB)
    assert not is_kept(4 * x.nbytes)
