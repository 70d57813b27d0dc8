"""Sources of several domains at once: one head each, balanced steps, nothing of a target."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from study_helpers import ignore, results
from torch.nn import functional

from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.errors import StudyFileError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.grouping import group
from crosswear.engine.heads import Heads
from crosswear.engine.joint import open_target
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.subsets import adaptation_set, groups_of, passes
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell, enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.networks.checkpoint import load_checkpoint
from crosswear.signal.metrics import micro_f1
from crosswear.study.collect import collect
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.plan import plan_study
from crosswear.study.run import RunSummary, run_study
from reference_trainer import train_cell

PREPARATION = PreparationConfig(window_s=2.0, hop_s=6.0)
MODEL = ModelConfig(filters=(16, 16, 16))
TRAIN = TrainConfig(epochs=1, batch_size=32)


@pytest.fixture(scope="module")
def domains(cache: Path) -> tuple[Domain, ...]:
    """Domains of occurrences and of subjects, with different classes."""
    names = ("simulated-daily", "simulated-gestures")
    return tuple(prepare(name, None, PREPARATION, cache) for name in names)


def joint_task(domains: tuple[Domain, ...], train: TrainConfig = TRAIN, seed: int = 0) -> Task:
    size = sum(len(one.indices(Subset.TRAIN)) for one in domains)
    cell = Cell("source", "daily+gestures", 7, size, seed=seed, model=MODEL, train=train)
    first, *others = (one.folder for one in domains)
    return Task(cell, str(seed), first, source_domains=tuple(others))


def test_several_domains_as_one_keep_what_each_is(domains: tuple[Domain, ...]) -> None:
    joined, heads = open_target(joint_task(domains))
    assert heads.classes == tuple(len(one.classes) for one in domains)
    assert joined.classes == tuple(
        f"{name}: {label}"
        for name, one in zip(("daily", "gestures"), domains, strict=True)
        for label in one.classes
    )
    which = heads.domain_of(joined.windows.y)
    for number, one in enumerate(domains):
        rows = np.flatnonzero(which == number)
        np.testing.assert_array_equal(joined.windows.x[rows], one.windows.x)
        np.testing.assert_array_equal(joined.subset[rows], one.subset)
        assert len(np.unique(groups_of(joined)[rows])) == len(np.unique(groups_of(one)))
    groups = [set(groups_of(joined)[which == number].tolist()) for number in range(2)]
    assert not groups[0] & groups[1]


def test_only_train_windows_are_learned_from(domains: tuple[Domain, ...]) -> None:
    task = joint_task(domains)
    joined, _ = open_target(task)
    rows = adaptation_set(task.cell, joined)
    assert set(joined.subset[rows]) == {Subset.TRAIN}
    assert len(rows) == task.cell.size


@given(
    counts=st.lists(st.integers(1, 90), min_size=2, max_size=4),
    size=st.integers(2, 64),
    seed=st.integers(0, 9),
)
def test_steps_are_balanced_and_as_many_as_of_a_single_source(
    counts: list[int], size: int, seed: int
) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    heads = Heads((1,) * len(counts))
    steps = list(heads.batches(y, TrainConfig(batch_size=size), np.random.default_rng(seed)))
    assert len(steps) == passes(round(np.mean(counts)), size)
    for step in steps:
        assert len(set(Counter(y[step].tolist()).values())) == 1
        assert len(step) == len(counts) * max(1, size // len(counts))
    seen = Counter(np.concatenate(steps).tolist())
    for number, count in enumerate(counts):
        of_domain = [seen[place] for place in np.flatnonzero(y == number).tolist()]
        assert len(of_domain) == count
        assert max(of_domain) - min(of_domain) <= 1  # none comes again before all have come


@given(
    counts=st.lists(st.integers(1, 90), min_size=2, max_size=4),
    size=st.integers(2, 64),
    seed=st.integers(0, 9),
)
def test_shares_by_the_root_of_the_sizes(counts: list[int], size: int, seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    heads = Heads((1,) * len(counts), by_root=True)
    steps = list(heads.batches(y, TrainConfig(batch_size=size), np.random.default_rng(seed)))
    roots = np.sqrt(counts)
    for step in steps:
        shares = np.bincount(y[step], minlength=len(counts))
        assert (abs(shares - size * roots / roots.sum()) <= 1).all()
        assert (shares >= 1).all()
    assert len(steps) == passes(len(y), len(steps[0]))


def test_a_single_domain_has_the_batches_that_it_always_had() -> None:
    y = np.arange(50)
    steps = list(Heads().batches(y, TrainConfig(batch_size=16), np.random.default_rng(3)))
    np.testing.assert_array_equal(np.concatenate(steps), np.random.default_rng(3).permutation(50))


def test_other_domains_classes_are_in_no_loss_and_never_predicted() -> None:
    heads, y = Heads((3, 2)), torch.tensor([0, 2, 3, 4])
    scores = torch.randn(4, 5, requires_grad=True)
    own = heads.of_own_domain(scores, y)
    expected = torch.cat(
        [
            functional.cross_entropy(scores[:2, :3], y[:2], reduction="none"),
            functional.cross_entropy(scores[2:, 3:], y[2:] - 3, reduction="none"),
        ]
    )
    loss = functional.cross_entropy(own, y, reduction="none")
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert not scores.grad[:2, 3:].any()
    assert not scores.grad[2:, :3].any()
    assert heads.domain_of(own.argmax(dim=1).numpy()).tolist() == [0, 0, 1, 1]
    assert heads.mean(np.array([1.0, 0.0, 0.0, 0.0]), y.numpy()) == 0.25
    assert heads.mean(np.array([1.0, 0.0, 0.0]), y[:3].numpy()) == 0.25  # domains count alike


@pytest.mark.slow
@pytest.mark.rounding
@pytest.mark.parametrize("selection", ["validation", "last"])
def test_both_trainers_agree_and_neighbours_change_nothing(
    domains: tuple[Domain, ...], selection: str
) -> None:
    train = replace(TRAIN, selection=selection)
    tasks = [joint_task(domains, train, seed) for seed in range(2)]
    together = CohortTrainer()(tuple(tasks))
    alone = CohortTrainer()((tasks[0],))[0]
    reference = train_cell(tasks[0])
    assert alone.result == together[0].result
    (ours,), (theirs,) = alone.result.history, reference.result.history
    assert ours.train_loss == pytest.approx(theirs.train_loss, rel=2e-3)
    if selection == "validation":
        assert ours.validation_loss == pytest.approx(theirs.validation_loss, rel=2e-3)
        assert ours.validation_micro_f1 == pytest.approx(theirs.validation_micro_f1, abs=0.03)
    differing = np.abs(np.subtract(alone.result.confusion, reference.result.confusion)).sum() // 2
    assert differing <= max(2, 0.02 * np.sum(alone.result.confusion))
    for outcome in (alone, reference):
        assert outcome.checkpoint is not None
        assert len(outcome.checkpoint.classes) == sum(len(one.classes) for one in domains)


@pytest.mark.slow
def test_it_learns_both_domains_and_counts_each_apart(domains: tuple[Domain, ...]) -> None:
    (outcome,) = CohortTrainer()((joint_task(domains, replace(TRAIN, epochs=25)),))
    confusion, start = outcome.result.confusion, 0
    assert confusion.sum() == sum(len(one.indices(Subset.TEST)) for one in domains)
    for one in domains:
        stop = start + len(one.classes)
        mine = confusion[start:stop, start:stop]
        assert mine.sum() == len(one.indices(Subset.TEST))  # each by its own head alone
        test = one.windows.y[one.indices(Subset.TEST)]
        assert micro_f1(mine) > 1.5 * np.bincount(test).max() / len(test)
        start = stop


def test_a_joint_source_is_in_no_cohort_with_a_single_one(domains: tuple[Domain, ...]) -> None:
    task = joint_task(domains)
    single = replace(task, cell=replace(task.cell, target="daily"), key="single", source_domains=())
    assert len(group([task, single], "cpu")) == 2


FACTS = {(name, 0): DomainFacts(name, name, 100 + 10 * i) for i, name in enumerate("cabd")}
TEXT = """
name = "joint"
[domains]
c = "simulated-gestures"
a = "simulated-activities"
b = "simulated-daily"
d = "simulated-sports"
[grid]
sizes = [20]
blocks = [0, 5]
sources = ["a", "b", "b+a", "others", "random"]
baselines = ["logistic"]
"""


def test_a_target_is_never_among_its_own_sources() -> None:
    cells = list(enumerate_cells(parse_study(TEXT, "joint.toml"), FACTS))
    assert len({cell.key(FACTS) for cell in cells}) == len(cells)
    assert not any(cell.target in cell.sources for cell in cells)
    sources = {cell.sources for cell in cells if cell.target == "d" and cell.method == "network"}
    assert sources == {(), ("a",), ("b",), ("a", "b"), ("a", "b", "c"), ("random",)}
    trained = {cell.target: cell.size for cell in cells if cell.method == "source"}
    assert trained.keys() == {"a", "b", "a+b", "a+b+c", "a+b+d", "a+c+d", "b+c+d"}
    assert trained["a+b+c"] == 100 + 110 + 120
    keys = {cell.key(FACTS) for cell in cells if cell.method == "source"}
    assert all(
        cell.source_cell(FACTS).key(FACTS) in keys
        for cell in cells
        if cell.sources and cell.sources != ("random",)
    )


def test_joint_sources_change_no_key_of_the_others() -> None:
    plain, several = (
        {cell.key(FACTS) for cell in enumerate_cells(parse_study(text, "joint.toml"), FACTS)}
        for text in (TEXT.replace('"b+a", "others", ', ""), TEXT)
    )
    assert plain < several


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ('["a+e"]', "there is no domain 'e'"),
        ('["a+random"]', "there is no domain 'random'"),
        ('["a+others"]', "there is no domain 'others'"),
        ('["a+a"]', "names a domain twice"),
        ('["a+b+c+d"]', "leaves none to be the target"),
        ('["a+b", "b+a"]', "are the same for the target 'c'"),
        ('["others", "a+b+c"]', "are the same for the target 'd'"),
        ('["a+"]', 'grid.sources.0: found "a\\+"'),
    ],
)
def test_sources_that_cannot_be(sources: str, message: str) -> None:
    asked = TEXT.replace('["a", "b", "b+a", "others", "random"]', sources)
    with pytest.raises(StudyFileError, match=message):
        parse_study(asked, "joint.toml")


def test_no_domain_is_called_others() -> None:
    with pytest.raises(StudyFileError, match="no domain can be called 'others'"):
        parse_study(TEXT.replace("d = ", "others = "), "joint.toml")


TINY = """
name = "tiny"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
sports = "simulated-sports"
[grid]
sizes = [20]
blocks = [0, 3]
sources = ["daily", "others"]
baselines = ["majority", "logistic"]
[preparation]
window_s = 2.0
hop_s = 6.0
[model]
filters = [4, 4, 4]
[source]
epochs = 2
[adaptation]
epochs = 2
"""


@pytest.fixture(scope="module")
def opened(cache: Path) -> LoadedStudy:
    return load_study(parse_study(TINY, "tiny.toml"), TINY, None, cache, ignore)


@pytest.fixture(scope="module")
def whole(opened: LoadedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("joint") / "out"
    done = run_study(opened, Store(out), ExecutionSettings(), ignore, ignore)
    assert done == RunSummary(0, len(opened.cells), ())
    return out


@pytest.mark.slow
def test_a_study_with_joint_sources_from_plan_to_evidence(opened: LoadedStudy, whole: Path) -> None:
    plan = plan_study(
        opened, Store(whole.parent / "new"), ExecutionSettings(), MeasuringProcesses()
    )
    assert plan.cells == {
        "majority": 3,
        "source": 1 + 3,
        "scratch": 3,
        "transfer": 2 * (2 + 3),
        "logistic": 2 + 3,
    }
    assert plan.missing == len(opened.cells)
    assert 0 < plan.seconds < 600
    records = collect(opened, Store(whole), ignore)
    assert {(one.target, one.source) for one in records.similarities} == {
        ("gestures", "daily"),
        ("sports", "daily"),
    }
    for key, cell in opened.cells.items():
        if cell.method == "source":
            found = records.on_each_domain(key)
            assert tuple(found) == cell.targets
            tested = {n: opened.domains[n, 0].summary.split.windows[2] for n in cell.targets}
            assert {name: int(one.counts[:, 3].sum()) for name, one in found.items()} == tested
            checkpoint = load_checkpoint(Store(whole).checkpoint(key))
            assert len(checkpoint.classes) == sum(one.classes for one in found.values())


@pytest.mark.slow
def test_all_domains_of_a_joint_source_travel(
    opened: LoadedStudy, whole: Path, tmp_path: Path
) -> None:
    run_study(opened, Store(tmp_path), ExecutionSettings(1, cluster="local"), ignore, ignore)
    assert results(opened, tmp_path) == results(opened, whole)
