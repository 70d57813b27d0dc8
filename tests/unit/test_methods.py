"""Methods: one contract for all, and no other module that knows their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import crosswear
from crosswear.core.config import TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.classical_timing import time_classical
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod
from crosswear.engine.task import Task
from crosswear.engine.work import work_of
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import ALIGNMENTS, BASELINES, METHODS, WHITENED, Role, names_of
from crosswear.grid.result import CellResult

pytestmark = pytest.mark.usefixtures("few_trees")

PACKAGE = Path(crosswear.__file__).parent
OTHER_MEANINGS = {"source", "mmd", "encoder"}
"""Names that are also those of columns, roles and measures."""


def test_whoever_is_declared_can_be_trained_and_the_other_way_round() -> None:
    assert list(TRAINABLE) == list(METHODS)
    assert all(name == method.name for name, method in METHODS.items())
    labels = [method.label for method in METHODS.values()]
    assert len({*labels}) == len(labels)


def test_facts_go_together() -> None:
    for name, method in METHODS.items():
        trainable = TRAINABLE[name]
        assert bool(method.with_sources) == (method.reads != "nothing")
        assert trainable.timed == isinstance(trainable, ClassicalMethod)
        assert trainable.timed == (method.role in (Role.BASELINE, Role.FEATURES, Role.ENCODER))
    assert set(WHITENED) <= set(BASELINES)
    # Of the target's windows those without labels are seen by alignments alone.
    assert {n for n, method in METHODS.items() if method.sees == "windows"} < set(ALIGNMENTS)


def with_few_test_windows(gestures: Domain, classes: range = range(10)) -> Domain:
    """The domain with the train windows of some classes, and every tenth test window."""
    subset = gestures.subset.copy()
    elsewhere = (subset == Subset.TRAIN) & ~np.isin(gestures.windows.y, classes)
    tested = gestures.indices(Subset.TEST)
    subset[[*np.flatnonzero(elsewhere), *np.delete(tested, np.s_[::10])]] = Subset.VALIDATION
    return replace(gestures, subset=subset)


def answers(name: str, domain: Domain, seeds: tuple[int, ...], size: int) -> list[CellResult]:
    """The results of cells on one worker, one after another."""
    method, resources = TRAINABLE[name], Resources()
    assert isinstance(method, ClassicalMethod)
    tasks = [Task(Cell(name, "t", 7, size, seed), "", domain.folder) for seed in seeds]
    return [method.fit_and_test(task, domain, resources).result for task in tasks]


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_learns_and_its_cells_know_nothing_of_each_other(
    gestures: Domain, name: str
) -> None:
    domain = with_few_test_windows(gestures)
    there = answers(name, domain, (0, 1), 40)
    np.random.default_rng().random()
    torch.rand(3)
    assert answers(name, domain, (1, 0), 40) == there[::-1]
    assert there[0].counts != there[1].counts
    most = np.bincount(domain.windows.y[domain.indices(Subset.TRAIN)]).argmax()
    floor = (domain.windows.y[domain.indices(Subset.TEST)] == most).mean()
    for result in there:
        assert np.trace(result.confusion) / result.confusion.sum() > floor + 0.15


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_of_the_one_class_that_it_knows(gestures: Domain, name: str) -> None:
    (result,) = answers(name, with_few_test_windows(gestures, range(3, 4)), (0,), 2)
    assert not np.delete(result.confusion, 3, axis=1).any()


@pytest.mark.slow
def test_a_baseline_leaves_torchs_generator_and_threads_alone(gestures: Domain) -> None:
    pytest.importorskip("aeon")
    torch.manual_seed(5)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(5)
    torch.set_num_threads(2)
    try:
        answers("hydra-multirocket", with_few_test_windows(gestures), (0,), 20)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(torch.rand(3), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_timed_and_costs_no_multiply_adds(gestures: Domain, name: str) -> None:
    cell = Cell(name, "t", 7, 20)
    task = Task(cell, "", gestures.folder)
    rates = time_classical([(task, gestures.summary)], "cpu")
    assert 0 < rates[name].cell_s <= rates[name].seconds(cell, gestures.summary)
    assert rates[name].window_s == 0
    assert work_of(task, gestures.summary).training == 0


def test_only_paired_alignments_see_two_windows_for_one() -> None:
    twice = {name for name, method in TRAINABLE.items() if method.windows_per_step == 2}
    assert twice == {"mmd", "adversarial"}


def test_the_floor_and_source_networks_read_no_sources() -> None:
    for name in names_of(Role.FLOOR, Role.SOURCE):
        assert METHODS[name].reads == "nothing"
        cell = Cell(name, "a+b", 7, 20, train=TrainConfig())
        assert cell.targets == ("a", "b")


def names_asked_for(node: ast.AST) -> Iterator[str]:
    """Method names that a comparison, a case or the keys of a dict depend on."""
    asked: list[ast.AST | None] = []
    words = ""
    if isinstance(node, ast.Compare):
        asked, words = [node.left, *node.comparators], ast.unparse(node)
    elif isinstance(node, ast.match_case):
        asked = [one for one in ast.walk(node.pattern) if isinstance(one, ast.MatchValue)]
        asked = [one.value for one in asked if isinstance(one, ast.MatchValue)]
    elif isinstance(node, ast.Dict):
        asked = [*node.keys]
    of_methods = any(word in words for word in ("method", "alignment", "kind", "baseline"))
    for one in asked:
        parts = one.elts if isinstance(one, ast.Tuple | ast.List | ast.Set) else [one]
        for part in parts:
            name = part.value if isinstance(part, ast.Constant) else None
            if name in METHODS and (of_methods or name not in OTHER_MEANINGS):
                yield str(name)


def test_no_other_module_compares_a_methods_name() -> None:
    knowing = (PACKAGE / "grid", PACKAGE / "engine" / "methods")
    found = [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', '')}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(path.is_relative_to(folder) for folder in knowing)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in names_asked_for(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'cell.method == "forest"',
        'method in ("source", "majority")',
        'x = {"vote": 1}',
        'match a:\n    case "logistic" | "vote":\n        pass',
    ],
)
def test_such_comparisons_are_found(code: str) -> None:
    assert any(names for node in ast.walk(ast.parse(code)) for names in names_asked_for(node))
