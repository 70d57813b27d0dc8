"""Processes that measure how long cells take: they answer, or their end is an error."""

from __future__ import annotations

import multiprocessing

import pytest

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.errors import EngineError
from crosswear.datasets.domain import Domain
from crosswear.engine.estimate import estimate
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell


def cohorts_of(domain: Domain, epochs: int) -> list[tuple[Task, ...]]:
    train = TrainConfig(epochs=epochs, batch_size=16)
    cell = Cell("network", "t", 7, 20, model=ModelConfig(filters=(16, 16, 16)), train=train)
    return [(Task(cell, "k", domain.folder),)] * 4


@pytest.mark.slow
def test_an_estimate_grows_with_the_work(gestures: Domain) -> None:
    few, many = (
        estimate(cohorts_of(gestures, n), lambda _: gestures.summary, MeasuringProcesses(), "cpu")
        for n in (100, 1000)
    )
    assert 2 * few.seconds < many.seconds
    assert many.memory_mb > 100


def test_a_process_that_ends_is_an_error() -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    with pytest.raises(EngineError, match="has ended"):
        MeasuringProcesses([ours]).measure([], [], "cpu")
