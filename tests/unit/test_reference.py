"""The reference trainer: what is trained on what, and that equal cells are equal."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosswear.core.config import ModelConfig, TrainConfig, TransferConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.subsets import adaptation_set, batches
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.networks.models import build
from reference_trainer import Examples, Known, fit, scores, train_cell

MODEL = ModelConfig(filters=(4, 4, 4))
CELL = Cell("network", "t", 7, 20, model=MODEL, train=TrainConfig(epochs=2))


@given(count=st.integers(2, 600), size=st.integers(2, 256), seed=st.integers(0, 99))
def test_a_pass_sees_every_window_once_and_never_one_alone(
    count: int, size: int, seed: int
) -> None:
    parts = list(batches(count, size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    assert all(2 <= len(part) <= size + 1 for part in parts)


def test_adaptation_sets_are_nested_and_of_the_train_subset(gestures: Domain) -> None:
    sizes = [2, 20, 50, 100]
    sets = [set(adaptation_set(replace(CELL, size=size), gestures).tolist()) for size in sizes]
    assert [len(one) for one in sets] == sizes
    assert all(small < large for small, large in itertools.pairwise(sets))
    assert sets[-1] <= set(gestures.indices(Subset.TRAIN).tolist())
    other = set(adaptation_set(replace(CELL, seed=1, size=20), gestures).tolist())
    assert other != sets[1]


def test_source_cells_learn_from_the_whole_train_subset(gestures: Domain) -> None:
    cell = replace(CELL, method="source")
    assert np.array_equal(adaptation_set(cell, gestures), gestures.indices(Subset.TRAIN))


def test_equal_cells_are_equal_whatever_was_drawn_before(gestures: Domain) -> None:
    task = Task(CELL, "k", gestures.folder)
    first = train_cell(task)
    torch.rand(10)
    np.random.default_rng().random(10)
    second = train_cell(task)
    assert first.result == second.result
    other = train_cell(replace(task, cell=replace(CELL, seed=1)))
    assert other.result.history != first.result.history


def test_the_whole_test_subset_is_scored(gestures: Domain) -> None:
    result = train_cell(Task(CELL, "k", gestures.folder)).result
    truth = gestures.windows.y[gestures.indices(Subset.TEST)]
    assert np.array_equal(np.sum(result.confusion, axis=1), np.bincount(truth))


def test_majority_predicts_the_most_frequent_train_class(gestures: Domain) -> None:
    cell = Cell("majority", "t", 7, 100)
    result = train_cell(Task(cell, "k", gestures.folder)).result
    train = gestures.windows.y[gestures.indices(Subset.TRAIN)]
    columns = np.sum(result.confusion, axis=0)
    assert columns.argmax() == np.bincount(train).argmax()
    assert np.count_nonzero(columns) == 1


def learnable(count: int) -> Examples:
    generator = torch.Generator().manual_seed(count)
    y = torch.arange(count) % 3
    x = torch.randn(count, 3, 100, generator=generator) + y[:, None, None]
    return Examples(x, y)


def chance() -> tuple[np.random.Generator, np.random.Generator]:
    """The seeds of the order of the windows, and of their changes."""
    return np.random.default_rng(0), np.random.default_rng(1)


def test_the_best_validation_epoch_is_the_one_that_is_kept() -> None:
    network = build(MODEL, 3, 100, seed=0)
    validation = learnable(30)
    config = TrainConfig(epochs=8, batch_size=16, learning_rate=0.03)
    history, epoch = fit(network, Known(learnable(64), validation), config, *chance())
    ranks = [(s.validation_micro_f1 or 0, -(s.validation_loss or 0)) for s in history]
    assert epoch == ranks.index(max(ranks)) + 1
    accuracy = (scores(network, validation.x, config).argmax(1) == validation.y).float().mean()
    assert accuracy == pytest.approx(history[epoch - 1].validation_micro_f1)


def test_selection_last_never_looks_at_validation() -> None:
    network = build(MODEL, 3, 100, seed=0)
    config = TrainConfig(epochs=3, selection="last")
    nothing = Examples(torch.empty(0, 3, 100), torch.empty(0, dtype=torch.int64))
    history, epoch = fit(network, Known(learnable(16), nothing), config, *chance())
    assert epoch == 3
    assert all(score.validation_micro_f1 is None for score in history)


@pytest.mark.slow
def test_it_learns(gestures: Domain) -> None:
    train = TrainConfig(epochs=6, batch_size=32)
    cell = Cell("source", "t", 7, 300, model=ModelConfig(filters=(8, 16, 16)), train=train)
    matrix = np.array(train_cell(Task(cell, "k", gestures.folder)).result.confusion)
    assert matrix.trace() / matrix.sum() > 0.4  # the majority has about 0.13


@pytest.mark.parametrize("frozen_batchnorm", ["source", "adapt"])
def test_transfer_reports_its_plan(
    gestures: Domain, gestures_source: Task, frozen_batchnorm: str
) -> None:
    transfer = TransferConfig(frozen_batchnorm=frozen_batchnorm)  # type: ignore[arg-type]
    cell = replace(CELL, sources=("s",), blocks=2, transfer=transfer)
    task = Task(cell, "k", gestures.folder, gestures_source.source)
    result = train_cell(task).result
    assert result.transferred is not None
    assert "blocks.block2" in result.transferred.frozen
    assert result == train_cell(task).result


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_scores_like_the_cpu(gestures: Domain) -> None:
    cell = Cell("source", "t", 7, 300, model=ModelConfig(), train=TrainConfig(epochs=8))
    micro = []
    for device in ("cpu", "cuda"):
        matrix = np.array(train_cell(Task(cell, "k", gestures.folder), device).result.confusion)
        micro.append(matrix.trace() / matrix.sum())
    assert micro[1] == pytest.approx(micro[0], abs=0.1)
