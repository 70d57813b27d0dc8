"""Progress and notes: a bar in a terminal or a notebook, and the logger `crosswear`.

Notes are warnings of the logger: without any set-up, Python prints them to standard error. Where no
bar can be shown, progress is logged as information, which Python does not print by default.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from crosswear.datasets.parts import PartTask, Spread
    from crosswear.study.run import Report

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
    with _bar_or_lines(unit) as update:
        yield lambda now: update(now.done, now.total, now.share, now.last)


@contextmanager
def _bar_or_lines(units: str) -> Iterator[Callable[[int, int, float, str], None]]:
    """Yield what shows how many units are done, of how many, their share of the work, and more."""
    console = _console()
    if console is None:
        yield _log_lines(units)
        return
    columns = (
        BarColumn(),
        TextColumn(f"{{task.fields[units]}} {units}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0, units="")

        def update(done: int, of: int, share: float, last: str) -> None:
            bar.update(task, completed=share, units=f"{done}/{of}", description=escape(last))

        yield update


@contextmanager
def status_shown(text: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on while it lasts; the yielded function replaces the text."""
    console = _console()
    if console is None:
        yield lambda text: None
        return
    with console.status(escape(text)) as status:
        yield lambda text: status.update(escape(text))


def parts_shown(spread: Spread) -> Spread:
    """Show how many parts of a dataset are done, where it has several."""

    def shown(tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Exception | None]]:
        if len(tasks) == 1:
            yield from spread(tasks)
            return
        with _bar_or_lines("parts") as update:
            name = f"preparing {tasks[0].reference}"
            update(0, len(tasks), 0.0, name)
            for done, (task, error) in enumerate(spread(tasks), start=1):
                yield task, error
                update(done, len(tasks), done / len(tasks), name)

    return shown


def _console() -> Console | None:
    """Return where a bar can be shown: rich needs ipywidgets for it in a notebook."""
    console = Console(stderr=True)
    notebook = console.is_jupyter and find_spec("ipywidgets") is not None
    return console if notebook or console.is_terminal else None


def _log_lines(units: str) -> Callable[[int, int, float, str], None]:
    started = time.monotonic()
    logged = started - LINE_EVERY_S

    def update(done: int, of: int, share: float, last: str) -> None:
        nonlocal logged
        clock = time.monotonic()
        if clock - logged < LINE_EVERY_S and share < 1:
            return
        logged = clock
        left = (clock - started) * (1 - share) / share if share else 0.0
        about = f", about {left:.0f} s left" if left else ""
        LOG.info(f"{done}/{of} {units}{about}{': ' if last else ''}{last}")

    return update
