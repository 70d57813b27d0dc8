"""The rooms of docs/architecture.md: imports go strictly downwards, wherever they stand."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
from pathlib import Path

import pytest

import crosswear

PACKAGE = Path(crosswear.__file__).parent

# By layer, lowest first. A room imports only from rooms of lower layers.
LAYERS = (
    ("core",),
    ("signal", "tables"),
    ("datasets", "encoders", "networks", "baselines"),
    ("grid",),
    ("engine", "evidence", "deploy"),
    ("report", "study"),
    ("adaptation",),
    ("api",),
    ("cli",),
    ("__main__",),
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
WITH_TORCH = {"networks", "baselines", "engine", "deploy", "adaptation"}
COMPUTING = {"numpy", "torch", "scipy", "sklearn", "pyarrow"}
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
)


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


@functools.cache
def imported(module: str) -> set[str]:
    """Full names of everything a module imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path_of(module).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def room(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_imports_go_downwards(module: str) -> None:
    for name in imported(module):
        if name.startswith("crosswear.") and room(name.removeprefix("crosswear.")) in LAYER:
            other = room(name.removeprefix("crosswear."))
            assert other == room(module) or LAYER[other] < LAYER[room(module)], f"{module} → {name}"


def test_every_room_has_a_layer() -> None:
    assert {room(module) for module in MODULES} - {"__init__"} <= set(LAYER)
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(LAYER)


def test_no_cycles_within_rooms() -> None:
    graph = {}
    for module in MODULES:
        name = module.removesuffix(".__init__")
        others = {other.removeprefix("crosswear.") for other in imported(module)}
        graph[name] = {other for other in others if other in MODULES and other != name}
    tuple(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) not in WITH_TORCH])
def test_torch_stays_where_networks_are(module: str) -> None:
    assert not {name for name in imported(module) if room(name) == "torch"}


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) == "cli"])
def test_the_command_line_computes_nothing(module: str) -> None:
    assert not {room(name) for name in imported(module)} & COMPUTING


def test_adaptation_reads_no_studies() -> None:
    walls = ("crosswear.study.", "crosswear.grid.store.")
    for module in MODULES:
        if room(module) == "adaptation":
            for name in imported(module):
                assert not f"{name}.".startswith(walls), f"{module} → {name}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_unpickled(module: str) -> None:
    forbidden = {"pickle", "joblib", "torch.load"}
    assert not imported(module) & forbidden
    text = path_of(module).read_text("utf-8")
    assert not re.search(r"(?<!safetensors\.)torch\.load\(", text)


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "tables"])
def test_tables_are_read_in_one_room(module: str) -> None:
    text = path_of(module).read_text("utf-8")
    assert not re.search(r"\b(ParquetFile|ParquetDataset|open_csv|read_csv|read_table)\b", text)


@pytest.mark.parametrize("module", MODULES)
def test_modules_stay_small(module: str) -> None:
    assert len(path_of(module).read_text("utf-8").splitlines()) <= 400
