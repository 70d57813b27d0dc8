"""The rooms of docs/architecture.md: imports go strictly downwards, wherever they stand."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path

import pytest

import crosswear

PACKAGE = Path(crosswear.__file__).parent

# Lowest first. A room imports only from rooms above it in this list.
ROOMS = (
    "interruption",
    "errors",
    "keys",
    "files",
    "validation",
    "config",
    "recording",
    "result",
    "metrics",
    "groups",
    "wording",
    "faults",
    "gravity",
    "augmentation",
    "resample",
    "windows",
    "features",
    "leakage",
    "splits",
    "datasets",
    "propose",
    "fetch",
    "verify",
    "domain",
    "similarity",
    "kernels",
    "models",
    "baselines",
    "transfer",
    "checkpoint",
    "labels",
    "experiment",
    "study_file",
    "store",
    "evidence",
    "engine",
    "study",
    "report",
    "bundle",
    "adaptation",
    "recognise",
    "export",
    "describe",
    "cli",
    "__main__",
)
WITHOUT_TORCH = (
    *ROOMS[: ROOMS.index("similarity") + 1],
    *("labels", "experiment", "study_file", "store", "evidence", "report", "describe"),
)
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
)


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


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
    position = ROOMS.index(room(module))
    for name in imported(module):
        if name.startswith("crosswear.") and room(name.removeprefix("crosswear.")) in ROOMS:
            other = room(name.removeprefix("crosswear."))
            assert other == room(module) or ROOMS.index(other) < position, f"{module} → {name}"


def test_no_cycles_within_rooms() -> None:
    graph = {}
    for module in MODULES:
        name = module.removesuffix(".__init__")
        others = {other.removeprefix("crosswear.") for other in imported(module)}
        graph[name] = {other for other in others if other in MODULES and other != name}
    tuple(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in WITHOUT_TORCH])
def test_torch_stays_where_networks_are(module: str) -> None:
    assert not {name for name in imported(module) if room(name) == "torch"}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_unpickled(module: str) -> None:
    forbidden = {"pickle", "joblib", "torch.load"}
    assert not imported(module) & forbidden
    text = path_of(module).read_text("utf-8")
    assert not re.search(r"(?<!safetensors\.)torch\.load\(", text)


@pytest.mark.parametrize("module", MODULES)
def test_modules_stay_small(module: str) -> None:
    assert len(path_of(module).read_text("utf-8").splitlines()) <= 400
