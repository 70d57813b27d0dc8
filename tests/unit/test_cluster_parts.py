"""Parts of a dataset on a cluster: a lost worker, and workers that see other folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_helpers import Hosts
from own_helpers import describe, put, rows

from crosswear.core.config import PreparationConfig
from crosswear.datasets import parts
from crosswear.datasets.parts import PartTask
from crosswear.datasets.prepare import prepare
from crosswear.engine.executors import dask_parts
from crosswear.engine.executors.dask_parts import spread_over_cluster

CONFIG = PreparationConfig(window_s=1.0, hop_s=0.5, min_subjects=1)
PEOPLE = 8

pytestmark = pytest.mark.slow


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Own recordings of which each file is a part, named as from another folder."""
    monkeypatch.setattr(parts, "PART_BYTES", 0)
    monkeypatch.chdir(tmp_path)
    for person in range(PEOPLE):
        labels = ("sit", "walk") * 3
        put(tmp_path / "mine", f"{person}.csv", rows(20_000 + 40 * person, labels=labels))
    describe(tmp_path / "mine")
    return Path("mine") / "dataset.toml"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    (tmp_path / "cluster").mkdir()
    started = Hosts(tmp_path / "cluster")
    yield started
    started.end()


def content(toml: Path, cache: str) -> dict[str, bytes]:
    domain = prepare(toml, None, CONFIG, cache)
    return {path.name: path.read_bytes() for path in domain.folder.iterdir()}


def test_a_killed_worker_costs_no_more_than_its_part(toml: Path, hosts: Hosts) -> None:
    workers = [hosts.worker() for _ in range(3)]
    hosts.joined(3)
    plain = spread_over_cluster(hosts.address, 1)
    made: list[PartTask] = []

    def disturbed(tasks: object) -> Iterator[tuple[PartTask, Exception | None]]:
        assert isinstance(tasks, list)
        for task, error in plain(tasks):
            made.append(task)
            if len(made) == 2:
                workers[0].kill()
            yield task, error

    prepare(toml, None, CONFIG, "cache", disturbed)
    assert len(made) == len(set(made)) == PEOPLE
    assert content(toml, "cache") == content(toml, "other")


def test_workers_that_see_other_folders_leave_the_parts_to_this_process(
    toml: Path, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts.worker()
    hosts.joined(1)
    monkeypatch.setattr(dask_parts, "_read", lambda task: [Path("/not/there")])
    prepare(toml, None, CONFIG, "cache", spread_over_cluster(hosts.address, 1))
    assert content(toml, "cache") == content(toml, "other")
