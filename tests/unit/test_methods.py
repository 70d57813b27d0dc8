"""Methods: one contract for all, and no other module that knows their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import crosswear
from crosswear.core.config import TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.estimate import work_of
from crosswear.engine.methods import TRAINABLE
from crosswear.engine.methods.classical import ClassicalMethod
from crosswear.engine.task import Task
from crosswear.engine.timing import time_classical
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import ALIGNMENTS, BASELINES, METHODS, WHITENED, Role, names_of

PACKAGE = Path(crosswear.__file__).parent
OTHER_MEANINGS = {"source", "mmd"}
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
        assert trainable.timed == (method.role in (Role.BASELINE, Role.FEATURES))
    assert set(WHITENED) <= set(BASELINES)
    # Of the target's windows those without labels are seen by alignments alone.
    assert {n for n, method in METHODS.items() if method.sees == "windows"} < set(ALIGNMENTS)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_learns_and_its_cells_know_nothing_of_each_other(
    gestures: Domain, name: str
) -> None:
    cells = [Cell(name, "t", 7, 60, seed) for seed in (0, 1)]
    tasks = tuple(Task(cell, str(n), gestures.folder) for n, cell in enumerate(cells))
    trainer = CohortTrainer()
    there = [one.result for one in trainer(tasks)]
    back = [one.result for one in trainer(tasks[::-1])]
    assert there == back[::-1] == [CohortTrainer()((task,))[0].result for task in tasks]
    assert there[0].counts != there[1].counts
    y = gestures.windows.y
    most = np.bincount(y[gestures.indices(Subset.TRAIN)]).argmax()
    floor = (y[gestures.indices(Subset.TEST)] == most).mean()
    for result in there:
        assert np.trace(result.confusion) / result.confusion.sum() > floor + 0.15


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_of_the_one_class_that_it_knows(gestures: Domain, name: str) -> None:
    cell = Cell(name, "t", 7, 2)
    y = gestures.windows.y
    alone = np.flatnonzero((y == 3) & (gestures.subset == Subset.TRAIN))
    subset = gestures.subset.copy()
    subset[(subset == Subset.TRAIN) & (y != 3)] = Subset.VALIDATION
    assert len(alone) >= 2
    method = TRAINABLE[name]
    assert isinstance(method, ClassicalMethod)
    task, domain = Task(cell, "", gestures.folder), replace(gestures, subset=subset)
    outcome = method.fit_and_test(task, domain, CohortTrainer().resources)
    assert not np.delete(outcome.result.confusion, 3, axis=1).any()


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_timed_and_costs_no_multiply_adds(gestures: Domain, name: str) -> None:
    cell = Cell(name, "t", 7, 20)
    rates = time_classical([(cell, gestures.summary)], "cpu")
    assert rates[name].fit_s > 0
    assert rates[name].seconds(cell, gestures.summary) > 0
    assert work_of(Task(cell, "", gestures.folder), gestures.summary).training == 0


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


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.is_relative_to(PACKAGE / "grid")
        and not path.is_relative_to(PACKAGE / "engine" / "methods")
    ],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_other_module_compares_a_methods_name(path: Path) -> None:
    found = [
        f"line {getattr(node, 'lineno', '')}: {name}"
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
