"""Small prepared domains, made once for all tests of a process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from crosswear.baselines import forest
from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.networks.checkpoint import save_checkpoint
from reference_trainer import train_cell

HOUSE = Path(__file__).parents[2] / "benchmarks" / "house.py"


@pytest.fixture(scope="session")
def house() -> ModuleType:
    """The script that measures the code, as a module."""
    spec = importlib.util.spec_from_file_location("house", HOUSE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["house"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared domains."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def gestures(cache: Path) -> Domain:
    """A simulated domain of one subject and ten gestures."""
    return prepare("simulated-gestures", None, PreparationConfig(), cache)


@pytest.fixture(scope="module")
def few_trees() -> Iterator[None]:
    """Forests of 30 trees in this process, for modules in which they take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forest, "TREES", 30)
        yield


def trained_source(domain: Domain, filters: tuple[int, ...], folder: Path) -> Task:
    cell = Cell(
        "source", "s", 7, 300, model=ModelConfig(filters=filters), train=TrainConfig(epochs=2)
    )
    outcome = train_cell(Task(cell, "source", domain.folder))
    path = folder / "source.safetensors"
    assert outcome.checkpoint is not None
    save_checkpoint(path, outcome.checkpoint)
    return Task(cell, "source", domain.folder, path)


@pytest.fixture(scope="session")
def gestures_source(gestures: Domain, tmp_path_factory: pytest.TempPathFactory) -> Task:
    """A task whose `source` is a small network that was trained for two epochs."""
    return trained_source(gestures, (4, 4, 4), tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def wide_source(gestures: Domain, tmp_path_factory: pytest.TempPathFactory) -> Task:
    """The same, with layers that are trained side by side."""
    return trained_source(gestures, (16, 16, 16), tmp_path_factory.mktemp("wide"))
