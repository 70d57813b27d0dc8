"""Output of commands: rich tables, or JSON on request; progress as a bar, or as lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table

from crosswear.core.errors import CrosswearError
from crosswear.core.keys import to_json

if TYPE_CHECKING:
    from crosswear.study.run import Progress, Report

LINE_EVERY_S = 20.0


def print_json(value: Any) -> None:
    """Print a value as JSON, one document."""
    typer.echo(json.dumps(to_json(value), indent=2, ensure_ascii=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose cells all start with a digit are aligned to the right."""
    table = Table(title=escape(title), title_justify="left")
    for index, column in enumerate(columns):
        number = all(row[index][:1].isdigit() or not row[index] for row in rows)
        table.add_column(escape(column), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(text) for text in row))
    Console().print(table)


def print_note(sentence: str) -> None:
    """Print a note, such as a repair, to standard error."""
    Console(stderr=True).print(f"[yellow]note:[/] {escape(sentence)}", soft_wrap=True)


def print_error(error: CrosswearError) -> None:
    """Print an error to standard error."""
    Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)


@contextmanager
def progress_shown() -> Iterator[Report]:
    """Show a progress bar with the time left; without a terminal, print a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.fields[cells]} cells"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0, cells="")

        def report(now: Progress) -> None:
            cells = f"{now.done}/{now.cells}"
            bar.update(task, completed=now.share, cells=cells, description=escape(now.last))

        yield report


def _lines(console: Console) -> Report:
    started = time.monotonic()
    printed = started - LINE_EVERY_S

    def report(now: Progress) -> None:
        nonlocal printed
        clock = time.monotonic()
        if clock - printed < LINE_EVERY_S and now.share < 1:
            return
        printed = clock
        left = (clock - started) * (1 - now.share) / now.share if now.share else 0.0
        about = f", about {left:.0f} s left" if left else ""
        console.print(
            f"{now.done}/{now.cells} cells{about}{': ' if now.last else ''}{now.last}",
            markup=False,
            highlight=False,
        )

    return report
