"""Workers on other machines: lost ones, late ones, a lost scheduler, hosts that share no disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cluster_helpers import Hosts, address_in
from study_helpers import ignore, results

from crosswear.core.errors import EngineError, UsageError
from crosswear.engine.executors.dask_training import training_cluster
from crosswear.grid.result import CellResult
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.run import Progress, RunSummary, run_study

TEXT = """
name = "clustered"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
[grid]
sizes = [20]
blocks = [0, 2]
seeds = 2
sources = ["gestures", "daily", "random"]
baselines = ["majority", "minirocket", "logistic"]
whitening = true
[preparation]
window_s = 2.0
hop_s = 6.0
[model]
filters = [16, 16, 16]
[source]
epochs = 2
precision = "float32"
[adaptation]
epochs = 2
precision = "float32"
"""
CELLS = 2 + 2 + 2 * (2 + 4 + 4 + 8)

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    started = Hosts(tmp_path)
    yield started
    started.end()


@pytest.fixture(scope="module")
def opened(cache: Path) -> LoadedStudy:
    return load_study(parse_study(TEXT, "clustered.toml"), TEXT, None, cache, ignore)


@pytest.fixture(scope="module")
def expected(
    opened: LoadedStudy, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, CellResult]:
    """The records of a single process."""
    out = tmp_path_factory.mktemp("single") / "out"
    run_study(opened, Store(out), ExecutionSettings(), ignore, ignore)
    return results(opened, out)


def after(cells: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    """Does something once, when so many cells are done."""
    acted = False

    def report(now: Progress) -> None:
        nonlocal acted
        if now.done >= cells and not acted:
            acted = True
            act()

    return report


def test_a_worker_is_killed_and_another_joins(
    opened: LoadedStudy, expected: dict[str, CellResult], hosts: Hosts, tmp_path: Path
) -> None:
    first, _ = hosts.worker(), hosts.worker()
    done: list[int] = []

    def disturb() -> None:
        os.kill(first.pid, signal.SIGKILL)
        hosts.worker()

    disturbing = after(6, disturb)

    def report(now: Progress) -> None:
        done.append(now.done)
        disturbing(now)

    out = tmp_path / "out"
    progressed = run_study(
        opened, Store(out), ExecutionSettings(cluster=hosts.address), report, ignore
    )
    assert progressed == RunSummary(found=0, trained=CELLS, failed=())
    assert done == list(range(CELLS + 1))  # none twice
    assert results(opened, out) == expected
    assert not list((out / "cells").glob(".partial-*"))


def test_a_lost_scheduler_is_said_and_the_study_resumes(
    opened: LoadedStudy, expected: dict[str, CellResult], hosts: Hosts, tmp_path: Path
) -> None:
    hosts.worker()
    killed = 0.0

    def kill() -> None:
        nonlocal killed
        hosts.scheduler.kill()
        killed = time.monotonic()

    out = tmp_path / "out"
    place = ExecutionSettings(cluster=hosts.address)
    with pytest.raises(EngineError, match="does not answer"):
        run_study(opened, Store(out), place, after(6, kill), ignore)
    assert time.monotonic() - killed < 30
    kept = results(opened, out)
    assert 6 <= len(kept) < CELLS
    assert run_study(opened, Store(out), ExecutionSettings(), ignore, ignore).found == len(kept)
    assert results(opened, out) == expected


def test_workers_of_several_threads_get_nothing(
    opened: LoadedStudy, expected: dict[str, CellResult], hosts: Hosts, tmp_path: Path
) -> None:
    hosts.start("worker", hosts.address, "--no-nanny", "--nthreads", "2", "--no-dashboard")
    out, place = tmp_path / "out", ExecutionSettings(cluster=hosts.address)
    with pytest.raises(EngineError, match="has 2 threads"):
        run_study(opened, Store(out), place, ignore, ignore)
    hosts.worker()
    hosts.joined(2)
    run_study(opened, Store(out), place, ignore, ignore)
    assert results(opened, out) == expected


def test_an_address_that_is_none() -> None:
    with pytest.raises(UsageError, match="not the address"), training_cluster("nonsense", "cpu", 1):
        pass


def test_no_scheduler_is_an_error_that_says_what_to_do() -> None:
    with (
        pytest.raises(EngineError, match="no scheduler answers"),
        training_cluster("tcp://127.0.0.1:9", "cpu", 1),
    ):
        pass


def test_clusters_on_this_machine_do_not_want_the_same_port() -> None:
    """The second one would warn, and here a warning is an error."""
    with training_cluster("local", "cpu", 1), training_cluster("local", "cpu", 1) as executor:
        assert executor.idle() == 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r"pip install .*\[cluster\]"),
        training_cluster("local", "cpu", 1),
    ):
        pass


NETWORKS = (("crosswear-a", "10.77.31.1"), ("crosswear-b", "10.77.31.2"))


def host(number: int, *command: str) -> list[str]:
    return ["ip", "netns", "exec", NETWORKS[number][0], *command]


@contextlib.contextmanager
def two_hosts() -> Iterator[None]:
    """Two network namespaces, joined by a wire."""
    (one, here), (other, there) = NETWORKS
    wire = ["ip", "link", "add", "wire-a", "netns", one, "type", "veth"]
    commands = [
        ["ip", "netns", "add", one],
        ["ip", "netns", "add", other],
        [*wire, "peer", "name", "wire-b", "netns", other],
        host(0, "ip", "addr", "add", f"{here}/24", "dev", "wire-a"),
        host(1, "ip", "addr", "add", f"{there}/24", "dev", "wire-b"),
        *(host(n, "ip", "link", "set", "up", "dev", d) for n, d in ((0, "wire-a"), (1, "wire-b"))),
        *(host(n, "ip", "link", "set", "up", "dev", "lo") for n in (0, 1)),
    ]
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True)
        yield
    finally:
        for name, _ in NETWORKS:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def namespaces_work() -> bool:
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        return False
    try:
        with two_hosts():
            return True
    except subprocess.CalledProcessError:
        return False


def test_two_hosts_with_separate_disks(
    opened: LoadedStudy, expected: dict[str, CellResult], cache: Path, tmp_path: Path
) -> None:
    if not namespaces_work():
        pytest.skip("needs root, iproute2 and network namespaces")
    address = f"tcp://{NETWORKS[0][1]}:8786"
    listening = tmp_path / "scheduler.json"
    own, theirs = tmp_path / "own", tmp_path / "theirs"
    for folder in (own, theirs):
        folder.mkdir()
    (own / "study.toml").write_text(TEXT)
    scheduler = [
        *(sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "8786"),
        *("--no-dashboard", "--scheduler-file", str(listening)),
    ]
    worker = [
        *(sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"),
        *("--nthreads", "1", "--local-directory", str(theirs), "--no-dashboard"),
    ]
    # On the worker's disk, nothing of ours is to be seen: empty file systems lie over it.
    hidden = "; ".join(f"mount -t tmpfs none '{path}'" for path in (own, cache))
    away = ["unshare", "--mount", "sh", "-c", f'{hidden}; exec "$@"', "sh", *worker]
    study = [
        *(sys.executable, "-m", "crosswear", "study", "run", str(own / "study.toml")),
        *("--out", str(own / "out"), "--cache", str(cache), "--cluster", address),
    ]
    with two_hosts(), contextlib.ExitStack() as stack:
        processes = []
        for command in (host(0, *scheduler), host(1, *away)):
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            processes.append(process)
        address_in(listening, processes[0])
        ran = subprocess.run(host(0, *study), check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert f"{CELLS} cells trained, 0 found, 0 failed" in ran.stdout
    assert results(opened, own / "out") == expected
