"""Plain English in pages, messages and docstrings; benchmarks/house.py lists words to avoid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = (
    "*.md",
    ".github/**/*.md",
    ".github/**/*.yml",
    "docs/**/*.md",
    "examples/**/*.md",
    "examples/*.py",
    "src/**/*.py",
    "src/**/*.j2",
    "src/**/*.js",
    "src/**/*.toml",
    "studies/**/*.toml",
    "benchmarks/*.py",
)
FILES = sorted({path for pattern in TEXTS for path in ROOT.glob(pattern)})


@pytest.mark.parametrize(
    "sentence", ["The files tell it.", "OUT is there already", "Whatever wins", "# told to nobody"]
)
def test_habits_are_found(house: ModuleType, sentence: str) -> None:
    assert house.HABITS.search(sentence)


@pytest.mark.parametrize("sentence", ["OUT already exists", "intelligent", "The report is there."])
def test_common_words_are_none(house: ModuleType, sentence: str) -> None:
    assert not house.HABITS.search(sentence)


def test_texts_use_common_words(house: ModuleType) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if path.name != "house.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if house.HABITS.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["src/crosswear", "tests", "benchmarks"])
def test_docstrings_begin_with_a_verb_or_a_noun(house: ModuleType, folder: str) -> None:
    assert not house.questions(house.read_package(ROOT / folder))


def test_words_are_spelled_correctly() -> None:
    pytest.importorskip("codespell_lib", reason="codespell is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
