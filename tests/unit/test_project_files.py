"""Files about the project agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M))

PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])


def test_the_hooks_are_the_versions_that_the_project_is_tested_with() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    for tool in ("ruff", "codespell"):
        assert re.search(rf"repo: \S*/{tool}\S*\n +rev: v{re.escape(PINNED[tool])}\n", hooks)


def test_the_citation_and_the_changelog_have_this_version() -> None:
    version = re.escape(PROJECT["version"])
    assert re.search(rf"^version: {version}$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest is not None
    assert re.fullmatch(rf"\[?{version}\]?", newest[1])


def test_every_direct_dependency_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"]
    direct = {
        re.split(r"[\[<>=~]", one)[0]
        for many in (
            PROJECT["dependencies"],
            *(extras[name] for name in extras if name != "notebook"),
        )
        for one in many
    } - {"crosswear"}
    pinned = {name.lower() for name in PINNED}
    assert not {name for name in direct if name.lower() not in pinned}


def test_every_workflow_runs_the_supported_pythons() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f'python: ["{oldest}"' in (ROOT / ".github/workflows/check.yml").read_text("utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_has_a_title_a_summary_and_a_next_step(path: Path) -> None:
    text = re.sub(r"<!--.*?-->\s*", "", path.read_text("utf-8"), flags=re.S)
    title, summary, *_ = text.split("\n\n")
    assert re.fullmatch(r"# \S.*", title)
    assert not summary.startswith(("#", "|", "```", "- "))
    assert "Next: " in text


def test_extras_that_texts_name_exist() -> None:
    texts = [*PAGES, *ROOT.glob("src/**/*.py"), *ROOT.glob("studies/**/*.toml")]
    named = {
        name
        for path in texts
        for one in re.findall(r"(?:crosswear|\.)\[([a-z,]+)\]'|extra `([a-z]+)`", path.read_text())
        for name in "".join(one).split(",")
    }
    assert {"cluster", "devices", "excel"} <= named
    assert named <= {*PROJECT["optional-dependencies"]}


def test_broken_links_end_make_docs() -> None:
    """With --quiet, MkDocs counts no warnings, and `strict` forbids nothing."""
    command = re.search(r"^MKDOCS = (.*)", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert command is not None
    assert not re.search(r" (-q|--quiet)\b", command[1])
    assert "\nstrict: true\n" in (ROOT / "mkdocs.yml").read_text("utf-8")
