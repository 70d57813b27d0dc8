"""The guard that a script needs before it starts processes: each of them imports the script."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

from crosswear.core.errors import UsageError


def expect_main_guard() -> None:
    """Raise a UsageError if the script that is running has no main guard.

    Started processes would run it again from its first line, and start processes of their own.
    Notebooks and interactive sessions have no file that would run again.
    """
    found = _running()
    if found is None:
        return
    path, line = found
    try:
        script = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    if not any(_is_guard(one) for one in script.body if one.lineno <= line):
        raise UsageError(
            'worker processes would run this script again: put the call under `if __name__ == "'
            '__main__":`, or use workers=1',
            where=f"{path}:{line}",
        )


def _running() -> tuple[Path, int] | None:
    """The file of the main module, and the line of it that this call comes from."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    frame = inspect.currentframe()
    while frame is not None and file is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals is main.__dict__:
            return Path(file), frame.f_lineno
        frame = frame.f_back
    return None


def _is_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test)
    )
