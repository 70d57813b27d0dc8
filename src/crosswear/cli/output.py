"""Output of commands: rich tables, or JSON on request; notes and progress to standard error."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crosswear.api.display import LOG
from crosswear.core.errors import CrosswearError
from crosswear.core.keys import to_json


def print_json(value: Any) -> None:
    """Print a value as JSON, one document."""
    typer.echo(json.dumps(to_json(value), indent=2, ensure_ascii=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose cells all start with a digit are aligned to the right."""
    table = Table()
    for index, column in enumerate(columns):
        number = all(row[index][:1].isdigit() or not row[index] for row in rows)
        table.add_column(escape(column), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(text) for text in row))
    console = Console()
    console.print(f"[italic]{escape(title)}[/]", soft_wrap=True, highlight=False)
    console.print(table)


def print_note(sentence: str) -> None:
    """Print a note, such as a repair, to standard error."""
    Console(stderr=True).print(f"[yellow]note:[/] {escape(sentence)}", soft_wrap=True)


def print_error(error: CrosswearError) -> None:
    """Print an error to standard error."""
    Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)


class LogPrinter(logging.Handler):
    """A handler that prints the log to standard error: warnings as notes, progress as lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        if record.levelno >= logging.WARNING:
            print_note(record.getMessage())
        else:
            Console(stderr=True).print(record.getMessage(), markup=False, highlight=False)


@contextmanager
def log_printed() -> Iterator[None]:
    """Print what the package logs until the block is left."""
    level, printer = LOG.level, LogPrinter()
    LOG.addHandler(printer)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(printer)
        LOG.setLevel(level)
