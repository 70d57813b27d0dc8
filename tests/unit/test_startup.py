"""Who asks for little does not wait for what he does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bundle_helpers import a_bundle

from crosswear.deploy.bundle import save_bundle

SLOW = {"torch", "sklearn", "scipy", "pandas", "matplotlib", "pyarrow", "statsmodels", "aeon"}
COMMANDS = ("adapt", "data", "export", "model", "predict", "recommend", "study")
LISTING = """
import sys
try:
    {statement}
except SystemExit as end:
    assert not end.code, end.code
print(*{{name.partition(".")[0] for name in sys.modules}}, file=sys.stderr)
"""


def loaded(statement: str, *arguments: str | Path) -> set[str]:
    """The packages that a fresh process has loaded after a statement."""
    done = subprocess.run(
        [sys.executable, "-c", LISTING.format(statement=statement), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def after_command(*arguments: str | Path) -> set[str]:
    return loaded("from crosswear.cli import main; main()", *arguments)


def test_the_package_loads_nothing_slow() -> None:
    assert not loaded("import crosswear") & {*SLOW, "numpy"}


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_loads_nothing_slow(command: tuple[str, ...]) -> None:
    assert not after_command(*command, "--help") & {*SLOW, "numpy"}


def test_the_version_loads_nothing_slow() -> None:
    assert not after_command("--version") & {*SLOW, "numpy"}


@pytest.mark.slow
def test_a_worker_that_trains_networks_loads_what_it_needs() -> None:
    found = loaded("import crosswear.engine.cohort")
    assert "torch" in found
    assert not found & (SLOW - {"torch", "pyarrow"})


@pytest.mark.slow
def test_prediction_with_a_network_loads_what_it_needs(tmp_path: Path) -> None:
    save_bundle(tmp_path / "model", a_bundle())
    values = np.random.default_rng(0).normal(size=(1500, 3)) * 0.1 + (0, 0, 1)
    np.savetxt(tmp_path / "some.csv", values, delimiter=",", header="x,y,z", comments="")
    command = ("predict", tmp_path / "model", tmp_path / "some.csv", "--rate", "50")
    found = after_command(*command, "--out", tmp_path / "timeline.csv")
    assert (tmp_path / "timeline.csv").is_file()
    assert not found & {"sklearn", "statsmodels", "pandas", "aeon"}
