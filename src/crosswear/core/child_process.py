"""Modules that run in a process of their own: on damaged files, compiled code may crash it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import crosswear

NOT_INSTALLED, FAILED = 3, 4
"""Exit codes of such a module: a library is missing; it has refused what it was given."""


def run_apart(module: str, *arguments: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a module of this package in a process of its own, and capture what it prints.

    Args:
        module: its full name.
        arguments: of its command line.
        timeout_s: seconds after which it is ended.

    Raises:
        subprocess.TimeoutExpired: if it does not end in time.
    """
    root = str(Path(crosswear.__file__).parents[1])
    known = filter(None, (os.environ.get("PYTHONPATH"), root))  # in the order of this process
    return subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(known)},
        timeout=timeout_s,
    )
