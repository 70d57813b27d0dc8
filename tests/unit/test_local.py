"""Where cohorts run: one bad cell costs only itself, dying workers are replaced or end the run."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.errors import EngineError
from crosswear.datasets.domain import Domain
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.dispatch import run_cohorts
from crosswear.engine.executors.local import this_machine
from crosswear.engine.task import Cohort, Failure, Outcome, Task
from crosswear.grid.experiment import Cell

CELL = Cell(
    "network", "t", 7, 20, model=ModelConfig(filters=(4, 4, 4)), train=TrainConfig(epochs=1)
)


def majority(number: int, domain: Domain) -> Task:
    return Task(Cell("majority", "t", 7, number), str(number), domain.folder)


def deadly(cohort: Cohort) -> list[Outcome]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


class DeadlyOnce:
    """Kills its process at the first cohort that it meets, once in all processes."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, cohort: Cohort) -> list[Outcome]:
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:
            return CohortTrainer()(cohort)
        return deadly(cohort)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_cell_costs_only_itself(gestures: Domain, workers: int) -> None:
    missing = gestures.folder / "nothing"
    cohorts = [
        (majority(1, gestures),),
        (Task(CELL, "no domain", missing), majority(2, gestures), majority(3, gestures)),
        (Task(replace(CELL, sources=("s",)), "no source", gestures.folder, missing / "s.x"),),
    ]
    outcomes = {
        one.task.key: one for one in run_cohorts(cohorts, this_machine(CohortTrainer(), workers))
    }
    assert all(isinstance(outcomes[key], Outcome) for key in "123")
    failures = [outcomes["no domain"], outcomes["no source"]]
    assert all(isinstance(failure, Failure) for failure in failures)
    assert "damaged" in failures[0].traceback  # type: ignore[union-attr]
    assert "source network" in failures[1].traceback  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_dead_worker_is_replaced_and_its_cohort_runs_again(
    gestures: Domain, tmp_path: Path
) -> None:
    cohorts = [(majority(number, gestures),) for number in range(5)]
    outcomes = list(run_cohorts(cohorts, this_machine(DeadlyOnce(tmp_path / "mark"), workers=2)))
    assert sorted(outcome.task.key for outcome in outcomes) == list("01234")
    assert all(isinstance(outcome, Outcome) for outcome in outcomes)


@pytest.mark.slow
def test_workers_that_keep_dying_end_the_run(gestures: Domain) -> None:
    cohorts = [(majority(number, gestures),) for number in range(2)]
    with pytest.raises(EngineError, match="died 3 times"):
        list(run_cohorts(cohorts, this_machine(deadly, workers=2)))
