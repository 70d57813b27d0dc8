"""Inputs that are too large for memory: they lie in files, and give the same numbers."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.errors import DiskError
from crosswear.datasets.domain import Domain
from crosswear.engine import large_tensors
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.large_tensors import empty
from crosswear.engine.methods import classical
from crosswear.engine.task import Outcome, Task
from crosswear.grid.experiment import Cell
from crosswear.grid.result import CellResult

MODEL = ModelConfig(filters=(16, 16, 16))
TRAIN = TrainConfig(epochs=1)


def trained(domain: Domain) -> list[Outcome]:
    cells = [Cell("network", "t", 7, 20, seed=n, model=MODEL, train=TRAIN) for n in range(2)]
    tasks = tuple(Task(cell, str(place), domain.folder) for place, cell in enumerate(cells))
    return CohortTrainer()(tasks)


def test_training_from_files_gives_the_same_numbers(
    gestures: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [outcome.result for outcome in trained(gestures)]
    made = []

    def counted(*arguments: object, **settings: object) -> object:
        made.append(arguments)
        return plain(*arguments, **settings)  # type: ignore[arg-type]

    plain = torch.from_file
    monkeypatch.setattr(large_tensors, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(torch, "from_file", counted)
    assert [outcome.result for outcome in trained(gestures)] == expected
    assert made
    assert not list(gestures.folder.parent.glob(".partial-*"))


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("method", ["forest", "logistic"])
def test_classical_methods_from_files_and_by_blocks_give_the_same_numbers(
    method: str, gestures: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def results() -> list[CellResult]:
        model = MODEL if method == "logistic" else None
        cells = [Cell(method, "t", 7, 20, seed=n, model=model) for n in range(2)]
        tasks = tuple(Task(cell, str(place), gestures.folder) for place, cell in enumerate(cells))
        return [outcome.result for outcome in CohortTrainer()(tasks)]

    expected = results()
    monkeypatch.setattr(large_tensors, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(classical, "ROWS", 7)
    assert results() == expected
    assert not list(gestures.folder.parent.glob(".partial-*"))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_a_large_tensor_is_one_like_any(
    tmp_path: Path, kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tensors, "IN_MEMORY_BYTES", 0)
    like = torch.arange(12).to(kind).view(3, 4)
    made = empty((3, 4), like, tmp_path)
    made[:] = like
    assert torch.equal(made, like)
    assert torch.equal(made[torch.tensor([2, 0])], like[[2, 0]])
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(large_tensors, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskError, match="No space left"):
        empty((3, 4), torch.zeros(1), tmp_path)
    assert not list(tmp_path.iterdir())
