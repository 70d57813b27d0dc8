"""Sizes and names of the package are measured correctly, and stay where they are zero."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

ONE = '''"""What is here."""
from crosswear import two

class Interval:
    """A number with bounds."""

    def add(self, a: int, b: int, c: int, d: int, e: int, f: int) -> int:
        """How to add."""

def seven(a, b, c, d, e, f, *, g):
    class Interval: ...
'''
TREE = {
    "__init__.py": "",
    "one.py": ONE,
    "two.py": "def late() -> None:\n    import crosswear.one\n" + "\n" * 30,
    "room/one.py": "async def f(*args: int, **others) -> None: ...\n" * 30,
    "cli/command.py": "def run(a: int, b: int, c: int, d: int, e: int, f: int, g: int): ...\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / "src" / "crosswear" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_a_small_tree_is_measured(house: ModuleType, checkout: Path) -> None:
    found = house.measures(house.read_package(checkout / "src" / "crosswear"))
    assert {name: value for name, (value, _) in found.items()} == {
        "lines": "74",
        "modules": "5",
        "median module": "11",
        "largest module": "32 two.py",
        "modules under 25 lines": "2",
        "functions with more than 6 parameters": "1",
        "import cycles": "1",
        "shared class names": "1",
        "shared module names": "1",
        "docstrings that begin with What, Of or the like": "2",
        "fully typed functions": "5.9%",
    }
    assert found["functions with more than 6 parameters"][1] == ["one.py: seven 7"]
    assert found["shared class names"][1] == ["Interval: one.py, one.py"]
    assert found["shared module names"][1] == ["one.py: one.py, room/one.py"]


def test_two_checkouts_are_printed_side_by_side(
    house: ModuleType,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["house.py", str(checkout), "--vs", str(checkout)])
    house.main()
    printed = capsys.readouterr().out
    assert "modules | 5 | 5\n" in printed
    assert "one.py: seven 7" in printed


def test_a_folder_without_the_package_is_refused(house: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no modules"):
        house.read_package(tmp_path)


@pytest.mark.slow
def test_this_package_has_no_import_cycles_and_is_typed(house: ModuleType) -> None:
    found = house.measures(house.read_package(ROOT / "src" / "crosswear"))
    assert found["import cycles"] == ("0", [])
    assert found["fully typed functions"][0] == "100.0%"
