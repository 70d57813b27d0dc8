"""The cohort trainer: the reference trainer's meaning, and numbers that no neighbour changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig, TransferConfig
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.device import step_windows
from crosswear.engine.grouping import group
from crosswear.engine.methods.networks import NetworkMethod
from crosswear.engine.subsets import adaptation_set, source_weights, weight_seed
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.grid.methods import WHITENED
from crosswear.grid.result import CellResult
from crosswear.networks.kernels import implementation
from crosswear.networks.models import NETWORKS, build, declared, side_by_side
from reference_trainer import train_cell

pytestmark = pytest.mark.usefixtures("few_trees")

FILTERS = ((16, 16, 16), (16, 32, 16, 16), (16, 16, 16, 16, 16))


def near(one: CellResult, other: CellResult, loss: float) -> None:
    """The same history and plan; hardly a window of the test subset predicted otherwise."""
    assert one.transferred == other.transferred
    for mine, its in zip(one.history, other.history, strict=True):
        assert mine.train_loss == pytest.approx(its.train_loss, rel=loss)
        assert mine.validation_loss == pytest.approx(its.validation_loss, rel=loss)
    differing = np.abs(np.subtract(one.confusion, other.confusion)).sum() // 2
    assert differing <= max(2, 0.02 * np.sum(one.confusion))


def random_cells(count: int, source: Task) -> list[Cell]:
    """Cells as a study might hold them, drawn over everything that a trainer looks at."""
    rng = np.random.default_rng(2019)
    cells = []
    for number in range(count):
        strategy = str(rng.choice(["freeze", "copy", "copy-freeze"]))
        transfer = TransferConfig(
            strategy=strategy,  # type: ignore[arg-type]
            frozen_batchnorm=str(rng.choice(["source", "adapt"])),  # type: ignore[arg-type]
            freeze_spectral=strategy == "freeze" and bool(rng.integers(2)),
        )
        train = TrainConfig(
            epochs=1,
            batch_size=int(rng.choice([8, 32, 256])),
            l2=float(rng.choice([0.0, 1e-3, 0.1])),
            precision=str(rng.choice(["float32", "bfloat16"])),  # type: ignore[arg-type]
        )
        cell = Cell(
            "network",
            "t",
            7,
            int(rng.choice([2, 9, 20, 33])),
            seed=number,
            model=ModelConfig(filters=FILTERS[0]),
            train=train,
        )
        if rng.random() < 0.75:
            cell = replace(
                cell,
                sources=("s",),
                blocks=int(rng.integers(4)),
                transfer=transfer,
                source_train=source.cell.train,
            )
        else:
            filters = FILTERS[rng.integers(3)]
            cell = replace(
                cell, model=ModelConfig(filters=filters, magnitude=bool(rng.integers(2)))
            )
        cells.append(cell)
    return cells


@pytest.mark.slow
def test_the_first_steps_of_fifty_random_cells_are_the_references(
    gestures: Domain, wide_source: Task
) -> None:
    tasks = [
        Task(cell, str(number), gestures.folder, wide_source.source if cell.sources else None)
        for number, cell in enumerate(random_cells(50, wide_source))
    ]
    cohorts = group(tasks, "cpu")
    outcomes = {one.task.key: one for cohort in cohorts for one in CohortTrainer()(cohort)}
    for task in tasks:
        exact = task.cell.train is not None and task.cell.train.precision == "float32"
        loss = 2e-3 if exact else 5e-2
        near(outcomes[task.key].result, train_cell(task).result, loss)


@pytest.mark.slow
@pytest.mark.parametrize("selection", ["validation", "last"])
def test_the_epoch_is_chosen_as_the_reference_does(gestures: Domain, selection: str) -> None:
    train = TrainConfig(epochs=6, batch_size=16, selection=selection)  # type: ignore[arg-type]
    cell = Cell("network", "t", 7, 40, model=ModelConfig(filters=FILTERS[0]), train=train)
    tasks = [Task(replace(cell, seed=seed), str(seed), gestures.folder) for seed in range(4)]
    for outcome, task in zip(CohortTrainer()(tuple(tasks)), tasks, strict=True):
        reference = train_cell(task).result
        assert outcome.result.epoch == reference.epoch
        looked = [one.validation_loss or 0.0 for one in outcome.result.history]
        assert looked == pytest.approx(
            [one.validation_loss or 0.0 for one in reference.history], 0.02
        )


def copies_of(outcomes: list[Outcome]) -> list[CellResult]:
    return [outcome.result for outcome in outcomes]


@pytest.mark.slow
@pytest.mark.rounding
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("size", [20, 90])
@pytest.mark.parametrize("blocks", [None, 0, 2])
def test_neighbours_change_nothing(
    gestures: Domain, wide_source: Task, precision: str, size: int, blocks: int | None
) -> None:
    train = TrainConfig(epochs=2, batch_size=64, precision=precision)  # type: ignore[arg-type]
    cell = Cell("network", "t", 7, size, model=ModelConfig(filters=FILTERS[0]), train=train)
    source = None
    if blocks is not None:
        source = wide_source.source
        cell = replace(cell, sources=("s",), blocks=blocks, transfer=TransferConfig())
    tasks = [
        Task(replace(cell, seed=seed), str(seed), gestures.folder, source) for seed in range(7)
    ]
    trainer = CohortTrainer()
    alone = [trainer((task,))[0].result for task in tasks]
    assert copies_of(trainer(tuple(tasks))) == alone
    assert copies_of(CohortTrainer()((tasks[5], tasks[2]))) == [alone[5], alone[2]]
    assert alone[0] != alone[1]


@pytest.mark.slow
@pytest.mark.parametrize("frozen_batchnorm", ["source", "adapt"])
def test_the_untrained_source_is_a_network_as_it_was_made(
    gestures: Domain, frozen_batchnorm: str
) -> None:
    transfer = TransferConfig(frozen_batchnorm=frozen_batchnorm)  # type: ignore[arg-type]
    train = TrainConfig(epochs=1, batch_size=16)
    cell = Cell("network", "t", 7, 20, model=ModelConfig(filters=FILTERS[0]), train=train)
    cell = replace(cell, sources=(UNTRAINED,), transfer=transfer)
    cells = [replace(cell, blocks=b, seed=s) for b, s in ((0, 0), (2, 0), (3, 0), (3, 1))]
    tasks = [Task(one, str(number), gestures.folder) for number, one in enumerate(cells)]
    outcomes = {o.task.key: o for cohort in group(tasks, "cpu") for o in CohortTrainer()(cohort)}
    for task in tasks:
        near(outcomes[task.key].result, train_cell(task).result, 2e-3)
    model = ModelConfig(filters=FILTERS[0])
    weights = source_weights(tasks[0], model, gestures)
    # One network for all seeds and sizes of a target, and no weights that a cell has already.
    assert all(
        torch.equal(weights[n], w) for n, w in source_weights(tasks[3], model, gestures).items()
    )
    fresh = build(model, len(gestures.classes), 100, weight_seed(cell)).state_dict()
    assert not torch.equal(weights["dense1.weight"], fresh["dense1.weight"])
    assert weights["normalise.norm.running_mean"].eq(0).all()


def classical_tasks(gestures: Domain, source: Task, method: str) -> list[Task]:
    cells = [Cell(method, "t", 7, size, seed) for size, seed in ((20, 0), (20, 1), (60, 0))]
    if method != "logistic":
        return [Task(cell, str(n), gestures.folder) for n, cell in enumerate(cells)]
    cells = [replace(cell, model=source.cell.model, blocks=3) for cell in cells]
    trained = [replace(cell, sources=("s",), source_train=source.cell.train) for cell in cells]
    tasks = [Task(cell, str(n), gestures.folder, source.source) for n, cell in enumerate(trained)]
    untrained = [replace(cell, sources=(UNTRAINED,)) for cell in cells]
    return [*tasks, *(Task(c, f"{n}u", gestures.folder) for n, c in enumerate(untrained))]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forest", "vote", "logistic"])
def test_classical_cells_learn_and_have_their_own_numbers(
    gestures: Domain, wide_source: Task, method: str
) -> None:
    tasks = classical_tasks(gestures, wide_source, method)
    cohorts = group(tasks, "cpu")
    assert len(cohorts) == (2 if method == "logistic" else 1)
    found = {o.task.key: o.result for cohort in cohorts for o in CohortTrainer()(cohort)}
    assert all(found[task.key] == train_cell(task).result for task in tasks)
    assert len({found[task.key].counts for task in tasks}) == len(tasks)
    truth = np.bincount(gestures.windows.y[gestures.subset == 2])
    for result in found.values():
        assert np.array_equal(result.confusion.sum(axis=1), truth)
        assert result.history == ()
        assert np.trace(result.confusion) / truth.sum() > 0.16  # the majority has about 0.13


@pytest.mark.slow
@pytest.mark.parametrize("method", WHITENED)
def test_whitened_cells_read_the_train_windows_of_their_sources(
    gestures: Domain, cache: Path, method: str
) -> None:
    daily = prepare("simulated-daily", None, PreparationConfig(hop_s=8.0), cache)
    plain, *_ = classical_tasks(gestures, Task(Cell("source", "s", 7, 9), "", Path()), method)
    task = replace(
        plain, cell=replace(plain.cell, sources=("daily",)), source_domains=(daily.folder,)
    )
    (outcome,) = CohortTrainer()((task,))
    assert outcome.result == train_cell(task).result
    assert outcome.result.counts != train_cell(plain).result.counts
    assert np.trace(outcome.result.confusion) / outcome.result.confusion.sum() > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forest", "logistic", "vote"])
def test_one_class_in_the_adaptation_set_is_the_one_that_is_predicted(
    gestures: Domain, wide_source: Task, method: str
) -> None:
    task = classical_tasks(gestures, wide_source, method)[-1]
    cells = [replace(task.cell, size=2, seed=seed) for seed in range(40)]
    y = gestures.windows.y
    cell, *_ = [c for c in cells if len(np.unique(y[adaptation_set(c, gestures)])) == 1]
    result = train_cell(replace(task, cell=cell)).result
    (predicted,) = np.flatnonzero(result.confusion.sum(axis=0))
    assert predicted == y[adaptation_set(cell, gestures)[0]]


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize("spectral", [False, True])
def test_front_and_rest_are_the_whole(name: str, blocks: int, spectral: bool) -> None:
    networks = [build(ModelConfig(name, FILTERS[1]), 7, 100, seed).eval() for seed in range(3)]
    parts = declared(networks[0])
    frozen = tuple(itertools.chain(*parts.transfer_units[:blocks]))
    frozen += parts.spectral_unit if spectral else ()
    x = torch.randn(9, 3, 100)
    together = side_by_side(
        ModelConfig(name, FILTERS[1]), 7, 100, [one.state_dict() for one in networks], range(3)
    )
    with torch.inference_mode():
        cached_inputs = [
            declared(one).forward_frozen(declared(one).cached_input(x), (), frozen)
            for one in networks
        ]
        cached_input = tuple(torch.cat(some, dim=1) for some in zip(*cached_inputs, strict=True))
        found = declared(together).forward_trainable(cached_input, frozen)
        for copy, network in enumerate(networks):
            torch.testing.assert_close(found[copy], network(x), atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_a_source_network_is_the_one_that_was_tested(gestures: Domain) -> None:
    train = TrainConfig(epochs=3, learning_rate=0.01)
    cell = Cell("source", "t", 7, 300, model=ModelConfig(filters=FILTERS[0]), train=train)
    outcome = CohortTrainer()((Task(cell, "k", gestures.folder),))[0]
    assert outcome.checkpoint is not None
    network = outcome.checkpoint.network()
    test = np.flatnonzero(gestures.subset == 2)
    with torch.inference_mode():
        scores = network(torch.from_numpy(gestures.windows.x[test]))
    hits = (scores.argmax(dim=1).numpy() == gestures.windows.y[test]).sum()
    assert abs(int(hits) - int(np.trace(outcome.result.confusion))) <= 1


def network_task(size: int, seed: int, source: str, blocks: int) -> Task:
    transfer = TransferConfig() if source else None
    cell = Cell(
        "network",
        "t",
        7,
        size,
        seed,
        sources=(source,) if source else (),
        blocks=blocks,
        model=ModelConfig(),
        train=TrainConfig(),
        transfer=transfer,
    )
    return Task(cell, f"{size} {seed} {source} {blocks}", Path("t"))


@given(
    st.lists(
        st.builds(
            network_task,
            st.sampled_from([20, 100, 400]),
            st.integers(0, 5),
            st.sampled_from(["", "s", "u"]),
            st.integers(0, 3),
        ),
        max_size=60,
        unique_by=lambda task: task.key,
    )
)
@settings(max_examples=50)
def test_every_task_is_in_one_cohort_of_its_like(tasks: list[Task]) -> None:
    cohorts = group(tasks, "cpu")
    assert sorted(task.key for cohort in cohorts for task in cohort) == sorted(
        task.key for task in tasks
    )
    for cohort in cohorts:
        cells = [task.cell for task in cohort]
        assert len({cell.size for cell in cells}) == 1
        assert len({cell.blocks for cell in cells if cell.sources}) <= 1
        assert len(cells) <= NetworkMethod().width(cells[0], "cpu")
        windows = min(cells[0].size, TrainConfig().batch_size)
        most = step_windows(ModelConfig(), TrainConfig(), "cpu")
        assert len(cells) == 1 or len(cells) * windows <= most


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_few_cells_are_enough_for_every_worker(workers: int) -> None:
    cohorts = group([network_task(20, seed, "", 0) for seed in range(5)], "cpu", workers)
    assert len(cohorts) == workers
    assert max(map(len, cohorts)) - min(map(len, cohorts)) <= 1


def test_networks_with_compiled_blocks_stand_beside_more_of_their_like() -> None:
    wide = network_task(100, 0, "s", 1).cell
    assert NetworkMethod().width(wide, "cpu") == (1 if implementation() == "torch" else 8)
    recurrent = replace(wide, model=ModelConfig(name="deep-conv-lstm"))
    assert NetworkMethod().width(recurrent, "cpu") == 1


def test_networks_that_do_not_fill_the_lanes_are_trained_alone() -> None:
    narrow = replace(network_task(20, 0, "s", 1).cell, model=ModelConfig(filters=(8, 16, 16)))
    assert NetworkMethod().width(narrow, "cpu") == 1


def test_sources_come_first() -> None:
    source = Task(
        Cell("source", "t", 7, 300, model=ModelConfig(), train=TrainConfig()), "s", Path()
    )
    cohorts: list[Cohort] = group([network_task(20, 0, "s", 1), source], "cpu")
    assert cohorts[0] == (source,)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_gives_scores_like_the_cpu(gestures: Domain) -> None:
    train = TrainConfig(epochs=20, batch_size=32)
    cell = Cell("network", "t", 7, 300, model=ModelConfig(), train=train)
    tasks = tuple(Task(replace(cell, seed=seed), str(seed), gestures.folder) for seed in range(5))
    micro = [
        [np.trace(one.result.confusion) / np.sum(one.result.confusion) for one in outcomes]
        for outcomes in (CohortTrainer("cpu")(tasks), CohortTrainer("cuda")(tasks))
    ]
    assert np.mean(micro[1]) == pytest.approx(np.mean(micro[0]), abs=0.05)
