"""Settings of training beyond the study's: one meaning in both trainers, and no cell changed."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from crosswear.core.config import (
    Augmentation,
    ModelConfig,
    PreparationConfig,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.errors import StudyFileError
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.grouping import group
from crosswear.engine.heads import ONE_HEAD
from crosswear.engine.rates import layer_factors
from crosswear.engine.sampling import draw
from crosswear.engine.subsets import adaptation_set
from crosswear.engine.task import Task
from crosswear.engine.work import work_of
from crosswear.grid.experiment import UNTRAINED, Cell, enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.study_file import parse_study
from crosswear.networks.models import NETWORKS, build, declared
from crosswear.networks.transfer import plan_transfer
from crosswear.signal.augmentation import augment
from reference_trainer import Examples, Known, fit, train_cell

MODEL = ModelConfig(filters=(16, 16, 16))
PLAIN = TrainConfig(epochs=2, batch_size=16, selection="last")
SETTINGS = {
    "min_updates": replace(PLAIN, min_updates=7),
    "layer_decay": replace(PLAIN, layer_decay=0.3),
    "balanced": replace(PLAIN, sampling="balanced"),
    "augmentation": replace(
        PLAIN,
        augmentation=Augmentation(rotation=30, jitter=0.05, scaling=0.1, time_warp=0.2),
        precision="bfloat16",
    ),
}
setting = pytest.mark.parametrize("train", SETTINGS.values(), ids=SETTINGS)


def cell_of(train: TrainConfig, blocks: int | None, seed: int = 0, size: int = 20) -> Cell:
    cell = Cell("network", "t", 7, size, seed, model=MODEL, train=train)
    if blocks is None:
        return cell
    return replace(cell, sources=(UNTRAINED,), blocks=blocks, transfer=TransferConfig())


@pytest.fixture(scope="module")
def domain(cache: Path) -> Domain:
    """A small one, of short windows."""
    return prepare("simulated-gestures", None, PreparationConfig(window_s=2.0, hop_s=6.0), cache)


@pytest.mark.slow
@pytest.mark.rounding
@setting
@pytest.mark.parametrize("blocks", [None, 0, 2])
def test_both_trainers_agree_and_neighbours_change_nothing(
    domain: Domain, train: TrainConfig, blocks: int | None
) -> None:
    cells = [cell_of(train, blocks, seed) for seed in range(3)]
    tasks = [Task(cell, str(number), domain.folder) for number, cell in enumerate(cells)]
    (cohort,) = group(tasks, "cpu")
    together = [one.result for one in CohortTrainer()(cohort)]
    for task, ours in zip(tasks, together, strict=True):
        assert CohortTrainer()((task,))[0].result == ours
    theirs = train_cell(tasks[0]).result
    assert len(theirs.history) == len(together[0].history) == train.epochs
    losses = [[one.train_loss for one in result.history] for result in (theirs, together[0])]
    tolerance = 5e-3 if train.precision == "float32" else 5e-2
    assert losses[0] == pytest.approx(losses[1], rel=tolerance)
    usual = replace(PLAIN, precision=train.precision)
    plain = replace(tasks[0], cell=replace(cells[0], train=usual))
    same = train == SETTINGS["layer_decay"] and blocks is None  # nothing to keep, nothing to decay
    assert (CohortTrainer()((plain,))[0].result == together[0]) == same


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    count=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_balanced_windows_are_of_every_class_equally_often(
    counts: list[int], count: int, seed: int
) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    drawn = draw(y, count, "balanced", np.random.default_rng(seed))
    assert len(drawn) == count
    for start in range(0, count, len(counts)):
        of_round = y[drawn[start : start + len(counts)]].tolist()
        assert len(set(of_round)) == len(of_round)
    seen = Counter(drawn.tolist())
    for number in range(len(counts)):
        of_class = [seen[place] for place in np.flatnonzero(y == number).tolist()]
        assert max(of_class) - min(of_class) <= 1  # none comes again before all have come


@given(
    windows=st.integers(2, 600),
    batch=st.integers(2, 300),
    epochs=st.integers(1, 80),
    updates=st.integers(0, 2000),
)
def test_an_epoch_has_as_many_passes_as_the_updates_need(
    windows: int, batch: int, epochs: int, updates: int
) -> None:
    train = TrainConfig(epochs=epochs, batch_size=batch, min_updates=updates)
    steps = [
        len(list(ONE_HEAD.batches(np.zeros(windows, int), one, np.random.default_rng(0))))
        for one in (train, replace(train, min_updates=0))
    ]
    assert steps[0] % steps[1] == 0
    assert epochs * steps[0] >= updates
    assert steps[0] == steps[1] or epochs * (steps[0] - steps[1]) < updates


def test_the_plan_counts_the_updates(domain: Domain) -> None:
    cell = cell_of(PLAIN, None)
    plain, more = (
        work_of(Task(replace(cell, train=train), "", domain.folder), domain.summary)
        for train in (PLAIN, SETTINGS["min_updates"])
    )
    assert (plain.updates, more.updates) == (4, 8)  # two steps a pass, two epochs
    assert more.training == 2 * plain.training
    assert more.scoring == plain.scoring


def test_the_plan_counts_frozen_blocks_where_windows_are_new_in_every_step(
    domain: Domain,
) -> None:
    plain, changed = (
        [
            work_of(Task(cell_of(train, blocks), "", domain.folder), domain.summary)
            for blocks in (0, 2)
        ]
        for train in (PLAIN, SETTINGS["augmentation"])
    )
    front = plain[0].training - plain[1].training  # of it, a forward pass is a third
    assert changed[0].training - changed[1].training == front * 2 // 3
    assert [one.scoring for one in changed] == [one.scoring for one in plain]


@pytest.mark.parametrize("name", NETWORKS)
def test_augmentation_with_every_network(domain: Domain, name: str) -> None:
    """Changes before a frozen part, where dropout and batch norm have to stand still."""
    model = ModelConfig(name, MODEL.filters)
    cell = replace(
        cell_of(replace(SETTINGS["augmentation"], precision="float32"), model.blocks),
        model=model,
    )
    tasks = [Task(replace(cell, seed=seed), str(seed), domain.folder) for seed in range(2)]
    together = CohortTrainer()(tuple(tasks))
    (alone,), theirs = CohortTrainer()((tasks[0],)), train_cell(tasks[0])
    assert alone.result == together[0].result
    losses = [one.result.history[-1].train_loss for one in (alone, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=5e-3)


@pytest.mark.parametrize("trainer", ["crosswear.engine.training", "reference_trainer"])
def test_no_window_is_changed_but_those_that_are_learned_from(
    domain: Domain, monkeypatch: pytest.MonkeyPatch, trainer: str
) -> None:
    seen = []

    def watched(
        x: NDArray[np.float32], strengths: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        seen.append(x)
        return augment(x, strengths, rng)

    monkeypatch.setattr(f"{trainer}.augment", watched)
    train = replace(SETTINGS["augmentation"], selection="validation")
    task = Task(cell_of(train, None), "k", domain.folder)
    train_cell(task) if trainer == "reference_trainer" else CohortTrainer()((task,))
    learned = domain.windows.x[adaptation_set(task.cell, domain)]
    assert sum(map(len, seen)) == train.epochs * len(learned)
    assert {one.tobytes() for x in seen for one in x} == {one.tobytes() for one in learned}


@pytest.mark.parametrize("name", NETWORKS)
def test_rates_decay_from_the_head_towards_the_first_copied_unit(name: str) -> None:
    model = ModelConfig(name)
    network, source = (build(model, 4, 100, seed) for seed in range(2))
    parts = declared(network)
    strategies: tuple[TransferConfig, ...] = (TransferConfig(), TransferConfig("copy"))
    for transfer, copied in zip(strategies, (model.blocks, 2), strict=True):
        plan = plan_transfer(network, transfer, 2)
        state = source.state_dict()
        factors = layer_factors(network, plan.apply(network, state), 0.5)
        for place, unit in enumerate(parts.transfer_units):
            expected = 0.5 ** (model.blocks - place) if place < copied else 1.0
            of_unit = {
                factor
                for (weight, factor), module in itertools.product(factors.items(), unit)
                if weight.startswith(f"{module}.")
            }
            assert of_unit == {expected}
        behind = tuple(f"{module}." for module in itertools.chain(*parts.transfer_units))
        rest = {factor for weight, factor in factors.items() if not weight.startswith(behind)}
        assert rest == ({0.5, 1.0} if parts.spectral_unit and not plan.fresh[1:] else {1.0})


def test_a_low_rate_leaves_copied_blocks_where_they_were() -> None:
    network, source = (build(MODEL, 3, 100, seed) for seed in range(2))
    report = plan_transfer(network, TransferConfig(), 0).apply(network, source.state_dict())
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    y = torch.arange(32) % 3
    windows = Examples(torch.randn(32, 3, 100) + y[:, None, None], y)
    train = replace(PLAIN, epochs=4, layer_decay=0.01)
    chance = map(np.random.default_rng, (0, 1))
    fit(network, Known(windows, windows), train, *chance, report)
    moved = {
        name: float((weight.detach() - before[name]).abs().max())
        for name, weight in network.named_parameters()
    }
    steps = train.epochs * 2 * train.learning_rate  # what Adam moves a weight by, at most
    for number, factor in ((1, 1e-6), (2, 1e-4), (3, 1e-2)):
        of_block = [far for name, far in moved.items() if name.startswith(f"blocks.block{number}")]
        assert 0 < max(of_block) <= 1.1 * factor * steps + 1e-6  # of which rounding
    assert moved["dense1.weight"] > steps / 4


STUDY = """
name = "mini"
[domains]
a = "simulated-gestures"
b = "simulated-activities"
[grid]
sizes = [20]
blocks = [1]
baselines = []
"""


def test_from_scratch_a_cell_is_the_same_with_decaying_rates_or_without() -> None:
    domains = {(one, 0): DomainFacts(one, one, 50) for one in "ab"}
    plain, decayed = (
        {cell.key(domains): cell for cell in enumerate_cells(parse_study(text, "s"), domains)}
        for text in (STUDY, STUDY + "[adaptation]\nlayer_decay = 0.5\n")
    )
    kept = [plain[key] for key in plain.keys() & decayed.keys()]
    assert Counter(cell.method for cell in kept) == {"source": 2, "network": 2}
    assert not any(cell.sources for cell in kept)


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ("[adaptation]\nmin_updates = -1", "adaptation.min_updates"),
        ("[adaptation]\nmin_updates = 7.5", "adaptation.min_updates"),
        ("[adaptation]\nlayer_decay = 0", "adaptation.layer_decay"),
        ("[adaptation]\nlayer_decay = 1.5", "adaptation.layer_decay"),
        ('[adaptation]\nsampling = "fair"', "adaptation.sampling"),
        ("[source]\nlayer_decay = 0.5", "source.layer_decay"),
        ("[source.augmentation]\nrotation = 181", "source.augmentation.rotation"),
        ("[adaptation.augmentation]\njitter = -0.1", "adaptation.augmentation.jitter"),
        ("[adaptation.augmentation]\nwarp = 0.2", "adaptation.augmentation.warp: unknown key"),
        ("[adaptation]\naugmentation = 0.2", "adaptation.augmentation"),
    ],
)
def test_unreasonable_values_are_told(lines: str, where: str) -> None:
    with pytest.raises(StudyFileError, match=where):
        parse_study(STUDY + lines, "mini.toml")
