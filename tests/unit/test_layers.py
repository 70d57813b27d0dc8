"""The rooms of docs/architecture.md: imports go strictly downwards, wherever they stand.

A test looks at all modules and lists those that break its rule: a test for each module would take
a third of the tests, and more time to collect and report than to run.
"""

from __future__ import annotations

import ast
import functools
import graphlib
import re
from pathlib import Path

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


def rises(module: str, name: str) -> bool:
    """Return whether a module imports this name from a room that is not below its own."""
    other = room(name.removeprefix("crosswear."))
    if not name.startswith("crosswear.") or other not in LAYER or other == room(module):
        return False
    return LAYER[other] >= LAYER[room(module)]


def test_imports_go_downwards() -> None:
    modules = [name for name in MODULES if name != "__init__"]
    assert not [f"{one} → {name}" for one in modules for name in imported(one) if rises(one, name)]


def test_an_import_upwards_is_found() -> None:
    assert rises("core.errors", "crosswear.signal.windows")
    assert rises("evidence.scores", "crosswear.engine.task")  # of one layer
    assert not rises("cli.adapt", "crosswear.core.errors")
    assert not rises("core.errors", "crosswear.core.files")
    assert not rises("core.errors", "numpy")


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


def test_torch_stays_where_networks_are() -> None:
    modules = [name for name in MODULES if room(name) not in WITH_TORCH]
    assert not [one for one in modules if any(room(name) == "torch" for name in imported(one))]


def test_the_command_line_computes_nothing() -> None:
    modules = [name for name in MODULES if room(name) == "cli"]
    assert not [one for one in modules if COMPUTING & {room(name) for name in imported(one)}]


def test_adaptation_reads_no_studies() -> None:
    walls = ("crosswear.study.", "crosswear.grid.store.")
    for module in MODULES:
        if room(module) == "adaptation":
            for name in imported(module):
                assert not f"{name}.".startswith(walls), f"{module} → {name}"


def having(pattern: str, modules: list[str]) -> list[str]:
    """Return the modules in whose text a pattern is found."""
    return [one for one in modules if re.search(pattern, path_of(one).read_text("utf-8"))]


def test_nothing_is_unpickled() -> None:
    forbidden = {"pickle", "joblib", "torch.load"}
    assert not [module for module in MODULES if imported(module) & forbidden]
    assert not having(r"(?<!safetensors\.)torch\.load\(", MODULES)


def test_tables_are_read_in_one_room() -> None:
    readers = r"\b(ParquetFile|ParquetDataset|open_csv|read_csv|read_table)\b"
    assert having(readers, MODULES)
    assert not having(readers, [name for name in MODULES if room(name) != "tables"])


def test_modules_stay_small() -> None:
    lines = {one: len(path_of(one).read_text("utf-8").splitlines()) for one in MODULES}
    assert not {module: count for module, count in lines.items() if count > 400}
