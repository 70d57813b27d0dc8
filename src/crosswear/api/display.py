"""Progress and notes: a bar in a terminal or a notebook, and the logger `crosswear`.

Notes are warnings of the logger: without any set-up, Python prints them to standard error. Where no
bar can be shown, progress is logged as information, which Python does not print by default.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from crosswear.study.run import Progress, Report

LOG = logging.getLogger("crosswear")
LINE_EVERY_S = 20.0


def note(sentence: str) -> None:
    """Log something that was repaired, dropped or not found."""
    LOG.warning(sentence)


@contextmanager
def progress_shown(unit: str = "cells") -> Iterator[Report]:
    """Show a bar with the time left; where there is no place for it, log a line now and then.

    Args:
        unit: what is counted.
    """
    console = _console()
    if console is None:
        yield _log_lines(unit)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.fields[counted]} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0, counted="")

        def report(now: Progress) -> None:
            counted = f"{now.done}/{now.total}"
            bar.update(task, completed=now.share, counted=counted, description=escape(now.last))

        yield report


@contextmanager
def status_shown(text: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on while it lasts; the yielded function replaces the text."""
    console = _console()
    if console is None:
        yield lambda text: None
        return
    with console.status(escape(text)) as status:
        yield lambda text: status.update(escape(text))


def _console() -> Console | None:
    """Return where a bar can be shown: rich needs ipywidgets for it in a notebook."""
    console = Console(stderr=True)
    notebook = console.is_jupyter and find_spec("ipywidgets") is not None
    return console if notebook or console.is_terminal else None


def _log_lines(unit: str) -> Report:
    started = time.monotonic()
    logged = started - LINE_EVERY_S

    def report(now: Progress) -> None:
        nonlocal logged
        clock = time.monotonic()
        if clock - logged < LINE_EVERY_S and now.share < 1:
            return
        logged = clock
        left = (clock - started) * (1 - now.share) / now.share if now.share else 0.0
        about = f", about {left:.0f} s left" if left else ""
        LOG.info(f"{now.done}/{now.total} {unit}{about}{': ' if now.last else ''}{now.last}")

    return report
