"""Ctrl-C ends a command with one line and exit code 130, at any moment.

It needs next to nothing of the standard library: what is loaded before it can still be broken off.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

EXIT_CODE = 130
PATIENCE_S = 1.0
"""Seconds in which a second Ctrl-C counts as the first: `timeout` sends two at a time."""

_remains = ""


def remains(sentence: str) -> None:
    """Have an interruption say from now on what it leaves, e.g. ``finished cells are kept``."""
    global _remains
    _remains = sentence


def interruptible(command: Callable[[], None]) -> None:
    """Call what a process is for.

    An interruption is raised as `KeyboardInterrupt`, so that the command can tidy up, and anything
    that becomes of it on its way ends the process. In the middle of an import, and the second time,
    it ends at once. A process that was started to ignore interruptions, as by a shell in the
    background, goes on ignoring them.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        command()
        return
    since: float | None = None

    def interrupt(_: int, frame: FrameType | None) -> None:
        nonlocal since
        again = since is not None and time.monotonic() - since > PATIENCE_S
        if again or _importing(frame):
            _leave()
        if since is None:
            since = time.monotonic()
            raise KeyboardInterrupt

    def unraisable(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):  # it came where nothing can be raised
            _leave()
        sys.__unraisablehook__(lost)

    signal.signal(signal.SIGINT, interrupt)
    sys.unraisablehook = unraisable
    try:
        command()
    except BaseException:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but the interpreter's own end
        if since is None:
            raise
        _tell()
        raise SystemExit(EXIT_CODE) from None


def _importing(frame: FrameType | None) -> bool:
    """Return whether a module is being imported: interrupted, that can raise any error."""
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _tell() -> None:
    show_cursor = "\x1b[?25h" if os.isatty(2) else ""  # a progress bar hides it
    sentence = f"{show_cursor}interrupted{'; ' if _remains else ''}{_remains}\n"
    with contextlib.suppress(OSError):
        os.write(2, sentence.encode())


def _leave() -> None:
    with contextlib.suppress(Exception):  # it may be at work this moment
        sys.stdout.flush()
    _tell()
    os._exit(EXIT_CODE)
