"""Ctrl-C at any moment: one line, exit code 130, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosswear.engine.executors.processes import no_interrupts

STUDY = """
name = "long"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
[grid]
sizes = [20]
blocks = [0]
[model]
filters = [8, 8, 8]
[source]
epochs = 5000
[adaptation]
epochs = 5000
"""
KEPT = "interrupted; finished cells are kept, the same command goes on"


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which ignores interruptions."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "long.toml"
    path.write_text(STUDY)
    return path


def interrupted(after_s: float, *arguments: str | Path) -> list[str]:
    """Return what a command says that is interrupted with its workers, notes and progress too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crosswear", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    time.sleep(after_s)
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    lines = said.splitlines()
    said_before = ("note:", "precision:", "0/")
    assert not [line for line in lines[:-1] if not line.startswith(said_before)], said
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.5, 1, 2, 4, 6, 8])
def test_a_study_says_what_is_kept_wherever_it_is_broken_off(
    study: Path, cache: Path, after_s: float
) -> None:
    command = ("study", "run", study, "--cache", cache, "--out", study.parent / "out")
    *before, last = interrupted(after_s, *command, "--workers", "2")
    # While Python still loads the command, there is nothing to keep.
    assert last == KEPT or (last == "interrupted" and not before and after_s < 6)


@pytest.mark.slow
def test_a_command_without_cells_promises_none(study: Path, cache: Path) -> None:
    for after_s in (0.6, 1.2):
        command = ("study", "plan", study, "--cache", cache)
        assert interrupted(after_s, *command)[-1] == "interrupted"


def test_an_interruption_waits_until_a_process_is_started_that_never_sees_one() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('went on')"
    started = False
    with pytest.raises(KeyboardInterrupt), no_interrupts():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        started = said.stdout.startswith(b"went on")
    assert started
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_command_that_was_started_to_ignore_interruptions_ignores_them() -> None:
    code = "import os, signal; from crosswear.core.interruption import interruptible as command\n"
    code += "command(lambda: (os.kill(os.getpid(), signal.SIGINT), print('went on')))"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert said.stdout.startswith(b"went on")
