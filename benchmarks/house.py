"""Sizes and names of the package, from its syntax trees.

    python benchmarks/house.py [CHECKOUT] [--vs OTHER]

Prints one row a measure, for this checkout or another one; with `--vs`, for both.
"""

from __future__ import annotations

import argparse
import ast
import graphlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

HERE = Path(__file__).resolve().parents[1]
PACKAGE = "crosswear"
SHORT = 25
"""Lines; shorter modules are listed, except the faces of packages."""
PARAMETERS = 6
"""Functions with more are listed, except commands, whose parameters are their options."""

HABITS = re.compile(
    r"\b(told|tells?|whence|whatever|whoever|nobody|it is there|(is|are) there already)\b", re.I
)
"""Words with a more common equivalent; `tests/unit/test_english.py` refuses them."""
OPENINGS = ("What ", "How ", "Of ", "Whether ", "When ", "Why ")
"""Words with which no docstring of a function or a class begins."""

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Documented: TypeAlias = ast.Module | ast.ClassDef | Function


@dataclass(frozen=True)
class SourceModule:
    """A module of the package.

    Attributes:
        path: relative to the package, as `room/name.py`.
        lines: number of lines.
        tree: its syntax tree.
    """

    path: str
    lines: int
    tree: ast.Module

    @property
    def name(self) -> str:
        """Dotted name within the package; that of the package itself is empty."""
        return ".".join(
            part for part in Path(self.path).with_suffix("").parts if part != "__init__"
        )

    @property
    def is_face(self) -> bool:
        """Return whether it is the face of a package, `__init__.py` or `__main__.py`."""
        return Path(self.path).name in ("__init__.py", "__main__.py")


def main() -> None:
    """Print the measures of one checkout, or of two side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, nargs="?", default=HERE)
    parser.add_argument("--vs", type=Path, metavar="OTHER")
    arguments = parser.parse_args()
    checkouts = [arguments.checkout, *([arguments.vs] if arguments.vs else [])]
    columns = [measures(read_package(one / "src" / PACKAGE)) for one in checkouts]
    for measure in columns[0]:
        print(measure, *(column[measure][0] for column in columns), sep=" | ")
    for checkout, column in zip(checkouts, columns, strict=True):
        for measure, (_, places) in column.items():
            if places:
                print(f"\n{checkout}: {measure}", *places, sep="\n  ")


def read_package(folder: Path) -> list[SourceModule]:
    """Parse all modules below a folder.

    Raises:
        SystemExit: if there are none.
    """
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        relative = path.relative_to(folder).as_posix()
        found.append(SourceModule(relative, len(text.splitlines()), ast.parse(text)))
    if not found:
        raise SystemExit(f"no modules in {folder}")
    return found


def measures(modules: list[SourceModule]) -> dict[str, tuple[str, list[str]]]:
    """Return every measure with its value and the places that it counts."""
    sizes = [module.lines for module in modules]
    largest = max(modules, key=lambda module: module.lines)
    functions = [function for module in modules for function in functions_of(module.tree)]
    typed = sum(map(fully_typed, functions))
    short = [
        f"{module.path}: {module.lines}"
        for module in modules
        if module.lines < SHORT and not module.is_face
    ]
    return {
        "lines": (str(sum(sizes)), []),
        "modules": (str(len(modules)), []),
        "median module": (f"{median(sizes):g}", []),
        "largest module": (f"{largest.lines} {largest.path}", []),
        f"modules under {SHORT} lines": counted(short),
        f"functions with more than {PARAMETERS} parameters": counted(long_signatures(modules)),
        "import cycles": counted(import_cycles(modules)),
        "shared class names": counted(shared(classes(modules))),
        "shared module names": counted(
            shared((Path(one.path).name, one.path) for one in modules if not one.is_face)
        ),
        "docstrings that begin with What, Of or the like": counted(questions(modules)),
        "fully typed functions": (f"{typed / max(len(functions), 1):.1%}", []),
    }


def counted(places: list[str]) -> tuple[str, list[str]]:
    """Return a measure that is the number of its places."""
    return str(len(places)), places


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """Yield all functions and methods, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def parameters(function: Function) -> list[ast.arg]:
    """Return the named parameters, without `self` and `cls`."""
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found[1:] if found and found[0].arg in ("self", "cls") else found


def fully_typed(function: Function) -> bool:
    """Return whether every parameter and the result are annotated."""
    arguments = function.args
    variable = [one for one in (arguments.vararg, arguments.kwarg) if one]
    annotated = all(one.annotation for one in (*parameters(function), *variable))
    return annotated and function.returns is not None


def long_signatures(modules: Iterable[SourceModule]) -> list[str]:
    """Return functions outside of `cli/` with too many parameters."""
    return [
        f"{module.path}: {function.name} {len(parameters(function))}"
        for module in modules
        if not module.path.startswith("cli/")
        for function in functions_of(module.tree)
        if len(parameters(function)) > PARAMETERS
    ]


def classes(modules: Iterable[SourceModule]) -> Iterator[tuple[str, str]]:
    """Yield the name and the module of each class."""
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                yield node.name, module.path


def shared(named: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names of more than one thing, with their modules."""
    places: Mapping[str, list[str]] = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return [f"{name}: {', '.join(at)}" for name, at in sorted(places.items()) if len(at) > 1]


def questions(modules: Iterable[SourceModule]) -> list[str]:
    """Return the docstrings that begin with a question word or a preposition."""
    found = []
    for module in modules:
        for node in ast.walk(module.tree):
            text = (ast.get_docstring(node) or "") if isinstance(node, Documented) else ""
            if text.startswith(OPENINGS):
                found.append(f"{module.path}: {text.splitlines()[0]}")
    return found


def import_cycles(modules: Iterable[SourceModule]) -> list[str]:
    """Return a cycle of imports between modules, if there is one."""
    trees = {module.name: module.tree for module in modules}
    graph = {name: imports(tree, trees.keys()) - {name} for name, tree in trees.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return [" → ".join(error.args[1])]
    return []


def imports(tree: ast.Module, modules: Collection[str]) -> set[str]:
    """Return those of `modules` that a module imports, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(f"{node.module}.{alias.name}", node.module or "") for alias in node.names]
        else:
            continue
        for pair in names:  # what is imported from a package is a module of it, or its own
            inner = [one.removeprefix(f"{PACKAGE}.") for one in pair if f"{PACKAGE}." in one]
            found |= {*[one for one in inner if one in modules][:1]}
    return found


if __name__ == "__main__":
    main()
