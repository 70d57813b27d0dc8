"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
import subprocess
from pathlib import Path

import filelock
import platformdirs
import pytest
import torch
from hypothesis import settings

BESIDE_THE_CHECKOUT = Path(__file__).parents[2] / "shared" / "data" / "unpack"

# The same examples everywhere, and no clock: a busy machine is not a failure.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Let no collection of garbage visit the modules and tests, which stay until the end."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _one_torch_thread() -> None:
    """Begin with one thread: two test processes with two each would stand in each other's way.

    Libraries that share torch's OpenMP may have raised the number.
    """
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the genuine recordings, one folder for each dataset.

    `CROSSWEAR_REAL_DATA` names it; without it, the archives in ``../shared/data`` are unpacked
    into the user's cache, once. Without either, tests that need it are skipped.
    """
    named = os.environ.get("CROSSWEAR_REAL_DATA")
    if named:
        return Path(named)
    if not BESIDE_THE_CHECKOUT.exists():
        pytest.skip(
            "no real recordings: CROSSWEAR_REAL_DATA names no folder, and there is no "
            "../shared/data beside the checkout"
        )
    folder = platformdirs.user_cache_path("crosswear-tests", ensure_exists=True) / "real"
    with filelock.FileLock(f"{folder}.lock"):
        subprocess.run(["sh", BESIDE_THE_CHECKOUT, folder], check=True)
    return folder
