"""Run the examples in docs/examples, and write on each page what it printed.

    python benchmarks/examples.py [PAGE...]

A page runs from top to bottom in an empty folder. Its blocks:

- ```` ```python ````: runs with the names of the blocks above.
- ```` ```sh ````: each line that begins with `crosswear` runs as a command; with `> FILE` at
  its end, what it prints is not shown.
- ```` ```LANGUAGE title="FILE" ````: FILE is written. A `diff` changes a FILE that exists.
- ```` ``` ```` after one of them: the output of the blocks since the last output; ```` ```text ````
  where it depends on the machine and its load.

A page that changes files of `src/` runs in a copy of that folder, one that names `docs/records` has
a copy of that one. Pictures that a page shows are taken from its run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from crosswear.cli import main as run_command

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "examples").glob("*.md"))
BLOCK = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[[^\]]*\]\((\w+\.png)\)")
COLUMNS = 100


class Output(NamedTuple):
    """An output on a page.

    Attributes:
        shown: by the page.
        printed: by the blocks above it.
        varies: whether it depends on the machine and its load.
    """

    shown: str
    printed: str
    varies: bool


@dataclass
class PageRun:
    """A page that has run.

    Attributes:
        outputs: of its blocks.
        text: the page with these outputs.
    """

    outputs: list[Output] = field(default_factory=list)
    text: str = ""


def run_page(page: Path) -> PageRun:
    """Run the blocks of a page in the working directory."""
    text = page.read_text("utf-8")
    done, names = PageRun(), dict[str, Any]()
    copied = 'title="src/' in text
    for folder, needed in (("src", copied), ("docs/records", "docs/records" in text)):
        if needed:
            shutil.copytree(ROOT / folder, folder)  # with the compiled modules: they stay valid
    printed, end = "", 0
    for block in BLOCK.finditer(text):
        language, file, code = block.groups()
        if file:
            write(Path(file), code, changes=language == "diff")
        elif language == "python":
            printed += python(code, str(page), names)
        elif language == "sh":
            printed += "".join(command(line, copied) for line in code.splitlines())
        elif language in ("", "text"):
            done.outputs.append(Output(code, tidied(printed), language == "text"))
            done.text += text[end : block.start(3)] + tidied(printed)
            printed, end = "", block.end(3)
    done.text += text[end:]
    return done


def write(file: Path, code: str, *, changes: bool) -> None:
    """Write a file, or replace the lines that a diff takes away and keeps."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if changes:
        lines = code.splitlines(keepends=True)
        before, after = (
            "".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +")
        )
        text = file.read_text("utf-8")
        if text.count(before) != 1:
            raise ValueError(f"{file} has these lines {text.count(before)} times:\n{before}")
        code = text.replace(before, after)
    file.write_text(code, "utf-8")


def python(code: str, page: str, names: dict[str, Any]) -> str:
    """Return what a block of Python prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), names)  # noqa: S102  # a page of this checkout
    return printed.getvalue()


def command(line: str, copied: bool) -> str:
    """Return what a line of commands prints; nothing for lines of other programs."""
    words = shlex.split(line, comments=True)
    if words[:1] != ["crosswear"]:
        return ""
    if words[-2:-1] == [">"]:
        Path(words[-1]).write_text(command(shlex.join(words[:-2]), copied), "utf-8")
        return ""
    if copied:
        environment = os.environ | {"PYTHONPATH": "src", "COLUMNS": str(COLUMNS)}
        program = [sys.executable, "-m", "crosswear", *words[1:]]
        done = subprocess.run(  # noqa: S603  # our own command
            program, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{line}: {done.stderr}")
        return done.stdout
    before, sys.argv = sys.argv, words
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            run_command()
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"{line}: exit code {end.code}") from end
        finally:
            sys.argv = before
    return printed.getvalue()


def tidied(printed: str) -> str:
    """Return an output without spaces at the ends of lines and empty lines around it."""
    lines = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
    return f"{lines}\n"


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """Make an empty folder the working directory."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


def main(
    pages: Annotated[list[Path] | None, typer.Argument(help="All without one.")] = None,
) -> None:
    """Run pages, and write their outputs."""
    os.environ["COLUMNS"] = str(COLUMNS)
    for page in [path.resolve() for path in pages or PAGES]:
        with empty_folder():
            done = run_page(page)
            for picture in PICTURE.findall(done.text):
                shutil.copy(picture, page.with_name(picture))
        page.write_text(done.text, "utf-8")


if __name__ == "__main__":
    typer.run(main)
