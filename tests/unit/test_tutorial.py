"""The tutorial on own recordings, from its first command to its last line of Python.

What stands in the page is what runs, on small simulated files instead of the genuine ones.
"""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crosswear.cli import main

pytestmark = pytest.mark.usefixtures("few_trees")

PAGE = Path(__file__).parents[2] / "docs" / "own-data.md"
RATE_HZ, BOUT_S = 50, 12
ACTIVITIES = {
    # Name, direction of gravity, and how often and how far the arm swings (Hz, g).
    "sitting": ((0.1, 0.3, 0.95), 0.3, 0.02),
    "turning": ((0.7, 0.6, 0.4), 1.0, 0.3),
    "walking": ((0.95, 0.2, 0.2), 1.8, 0.35),
}
SHORTER = (("--budget 10m", "--budget 3s"), ("budget_s=60", "budget_s=1"))
LEFT = (
    "my-watch/dataset.toml",
    "walker/README.md",
    "walker/bundle.json",
    "walker/model.safetensors",
    "walker-report/report.md",
    "walker-report/report.json",
    "timeline.csv",
    "timeline.png",
    "walker.onnx",
)


def write_person(folder: Path, rng: np.random.Generator) -> None:
    """Two recordings of one person, each activity twice in both, in m/s²."""
    folder.mkdir(parents=True)
    tilt, pace = rng.normal(0, 0.05, 3), rng.uniform(0.9, 1.1)
    for number in (1, 2):
        lines = ["time,x,y,z,activity"]
        for bout, name in enumerate([*ACTIVITIES, *ACTIVITIES]):
            down, hertz, swing = ACTIVITIES[name]
            time_s = bout * BOUT_S + np.arange(BOUT_S * RATE_HZ) / RATE_HZ
            gravity = np.array(down) + tilt
            gravity /= np.linalg.norm(gravity)
            arm = swing * np.sin(2 * np.pi * hertz * pace * time_s[:, None] + rng.uniform(0, 6, 3))
            values = 9.80665 * (gravity + arm + rng.normal(0, 0.003, (len(time_s), 3)))
            lines += [
                f"{t:.3f},{x:.4f},{y:.4f},{z:.4f},{name}"
                for t, (x, y, z) in zip(time_s.tolist(), values.tolist(), strict=True)
            ]
        (folder / f"{number:02}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of the page in one language, with less time to take."""
    text = PAGE.read_text("utf-8")
    for long, short in SHORTER:
        assert long in text
        text = text.replace(long, short)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def run_line(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(line, comments=True)
    if words[0] != "crosswear":
        subprocess.run(words, check=True)
        return
    monkeypatch.setattr(sys, "argv", words)
    code: object = None
    try:
        main()
    except SystemExit as end:
        code = end.code
    assert not code, line


@pytest.mark.slow
def test_the_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for number in range(1, 9):
        folder = "my-watch" if number <= 5 else "held-back"
        write_person(tmp_path / folder / f"s{number:02}", rng)
    (tmp_path / "DATA").mkdir()  # no recordings of others: what is left is the user's own
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSWEAR_CACHE", str(tmp_path / "cache"))

    lines = [line for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    assert sum(line.startswith("crosswear ") for line in lines) >= 3
    for line in filter(str.strip, lines):
        run_line(line, monkeypatch)
    for name in LEFT:
        assert (tmp_path / name).is_file(), name
        assert f"`{name}`" in PAGE.read_text("utf-8")

    (tmp_path / "page.py").write_text("\n".join(blocks("python")), "utf-8")
    names = runpy.run_path(str(tmp_path / "page.py"))
    assert isinstance(names["true"], float)
    assert names["true"] > 0.9  # such movements are easy to separate
