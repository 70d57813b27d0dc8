"""The examples run as they stand, and print what their pages show."""

from __future__ import annotations

import contextlib
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from crosswear.baselines import forest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from examples import COLUMNS, PAGES, Output, run_page, write

NUMBER = re.compile(r"\d+\.\d+|\d+")
EXTRAS = {"browser": "onnxruntime", "cluster": "distributed"}
ADAPTED = ("browser", "recordings", "stream")
"""Pages whose forests may be small: their scores depend on the machine and its load."""


def alike(shown: str, printed: str) -> bool:
    """Return whether words and whole numbers are equal, and other numbers about equal.

    Processors round differently, which moves scores of networks a little.
    """
    if NUMBER.sub("0", shown) != NUMBER.sub("0", printed):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(
        a == b if "." not in a + b else float(a) == pytest.approx(float(b), rel=0.1, abs=0.1)
        for a, b in pairs
    )


def related(shown: str, printed: str) -> bool:
    """Return whether most words are equal: the output depends on the machine and its load."""
    words = [NUMBER.sub("0", text).split() for text in (shown, printed)]
    return SequenceMatcher(None, *words, autojunk=False).ratio() > 0.6


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the ONNX export of torch
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_example_prints_what_its_page_shows(
    page: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page.stem in EXTRAS:
        pytest.importorskip(EXTRAS[page.stem])
    if page.stem in ADAPTED:
        monkeypatch.setattr(forest, "TREES", 30)
    with contextlib.suppress(OSError):  # without links, each page prepares its own domains
        (tmp_path / "cache").symlink_to(cache, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("CROSSWEAR_CACHE", "cache")
    monkeypatch.delenv("CROSSWEAR_DATA", raising=False)
    outputs = run_page(page).outputs
    assert outputs
    for shown, printed, varies in outputs:
        assert (related if varies else alike)(shown, printed), printed


def test_the_list_has_every_example() -> None:
    text = (PAGES[0].parents[1] / "examples.md").read_text("utf-8")
    listed = re.findall(r"\(examples/([\w-]+)\.md\)", text)
    assert sorted(listed) == sorted(page.stem for page in PAGES)


def test_other_numbers_and_words_are_noticed() -> None:
    assert alike("forest 0.70, 9 people", "forest 0.68, 9 people")
    assert not alike("forest 0.70, 9 people", "forest 0.40, 9 people")
    assert not alike("forest 0.70, 9 people", "forest 0.70, 8 people")
    assert not alike("forest 0.70", "vote 0.70")
    assert not related("chosen: forest, expected 80 %", "Error: the folder already exists, choose")


def test_a_diff_changes_the_lines_that_it_names_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("a\nb\nc\n")
    write(file, " a\n-b\n+x\n+y\n", changes=True)
    assert file.read_text() == "a\nx\ny\nc\n"
    with pytest.raises(ValueError, match="0 times"):
        write(file, "-b\n", changes=True)


def test_an_output_is_written_to_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```python\nprint(1 + 1)\n```\n\n```\n3\n```\n\nEnd\n")
    shown = run_page(page)
    assert shown.outputs == [Output("3\n", "2\n", varies=False)]
    assert shown.text == page.read_text().replace("3\n", "2\n")
