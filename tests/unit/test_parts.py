"""Datasets that are prepared part by part: any parts, in any order and process, give one domain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from own_helpers import describe, put, rows

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import CrosswearError, DataFormatError, DomainError, EngineError
from crosswear.datasets import parts
from crosswear.datasets.domain import Domain
from crosswear.datasets.parts import PartTask, Spread, one_by_one
from crosswear.datasets.prepare import prepare
from crosswear.engine.executors.processes import Processes
from crosswear.engine.part_workers import (
    PartExecutor,
    PartOutcome,
    make_part,
    spread_over,
    spread_over_processes,
)

CONFIG = PreparationConfig(window_s=1.0, hop_s=0.5, min_subjects=1)
PEOPLE = 6

Done = Iterator[tuple[PartTask, Exception | None]]


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Own recordings of which each file is a part."""
    monkeypatch.setattr(parts, "PART_BYTES", 0)
    root = tmp_path / "mine"
    for person in range(PEOPLE):
        put(root, f"{person}.csv", _rows(person))
    return describe(root)


def _rows(person: int) -> list[str]:
    return rows(400 + 40 * person, labels=("sit", "walk") * 3)


def content(domain: Domain) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in domain.folder.iterdir()}


def whole(toml: Path, cache: Path) -> Domain:
    """The domain of a dataset that is read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", 2**60)
        return prepare(toml, None, CONFIG, cache)


class Counting:
    """Works on parts in this process, backwards if asked to, and stops after so many."""

    def __init__(self, stop_after: int | None = None, backwards: bool = False) -> None:
        self.done = 0
        self.stop_after = stop_after
        self.backwards = backwards

    def __call__(self, tasks: Sequence[PartTask]) -> Done:
        for task in reversed(tasks) if self.backwards else tasks:
            if self.done == self.stop_after:
                raise KeyboardInterrupt
            yield task, make_part(task).error
            self.done += 1


def test_any_parts_in_any_order_give_the_same_bytes(toml: Path, tmp_path: Path) -> None:
    expected = whole(toml, tmp_path / "whole")
    counting = Counting(backwards=True)
    found = prepare(toml, None, CONFIG, tmp_path / "parts", counting)
    assert counting.done == PEOPLE
    assert content(found) == content(expected)
    assert found.summary == expected.summary


@pytest.mark.slow
def test_processes_give_the_same_bytes(toml: Path, tmp_path: Path) -> None:
    found = prepare(toml, None, CONFIG, tmp_path / "parts", spread_over_processes(2))
    assert content(found) == content(whole(toml, tmp_path / "whole"))


def test_one_worker_starts_no_process(
    toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multiprocessing.get_context", None)
    prepare(toml, None, CONFIG, tmp_path / "cache", spread_over_processes(1))


def test_an_interrupted_preparation_goes_on_with_its_parts(toml: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(KeyboardInterrupt):
        prepare(toml, None, CONFIG, cache, Counting(stop_after=4))
    again = Counting()
    found = prepare(toml, None, CONFIG, cache, again)
    assert again.done == PEOPLE - 4
    assert content(found) == content(whole(toml, tmp_path / "whole"))
    assert not [path for path in (cache / "parts").iterdir() if path.is_dir()]


def test_parts_serve_where_another_file_has_changed(toml: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare(toml, None, CONFIG, tmp_path / "cache", Counting(stop_after=4))
    put(toml.parent, "1.csv", _rows(7))
    again = Counting()
    found = prepare(toml, None, CONFIG, tmp_path / "cache", again)
    assert again.done == PEOPLE - 3
    assert content(found) == content(whole(toml, tmp_path / "whole"))


@pytest.mark.parametrize("file", ["samples", "part.json", "y.npy", "clipping.npy"])
def test_a_damaged_part_is_made_again(toml: Path, tmp_path: Path, file: str) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(KeyboardInterrupt):
        prepare(toml, None, CONFIG, cache, Counting(stop_after=4))
    damaged = sorted((cache / "parts").glob(f"*/*/{file}"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    again = Counting()
    found = prepare(toml, None, CONFIG, cache, again)
    assert again.done == PEOPLE - 3
    assert content(found) == content(whole(toml, tmp_path / "whole"))


@pytest.mark.parametrize("backwards", [False, True])
def test_the_first_error_is_raised_and_finished_parts_stay(
    toml: Path, tmp_path: Path, backwards: bool
) -> None:
    cache = tmp_path / "cache"
    for person in (2, 4):
        put(toml.parent, f"{person}.csv", ["0.00,0,0,1,swim", *_rows(person)[1:]])
    with pytest.raises(DataFormatError, match=r"2\.csv.*'swim'") as caught:
        prepare(toml, None, CONFIG, cache, Counting(backwards=backwards))
    with pytest.raises(DataFormatError) as expected:
        whole(toml, tmp_path / "whole")
    assert str(caught.value) == str(expected.value)
    for person in (2, 4):
        put(toml.parent, f"{person}.csv", _rows(person))
    again = Counting()
    found = prepare(toml, None, CONFIG, cache, again)
    assert again.done == 2
    assert content(found) == content(whole(toml, tmp_path / "whole"))


@pytest.mark.slow
def test_an_error_of_another_process_is_the_same(toml: Path, tmp_path: Path) -> None:
    put(toml.parent, "3.csv", ["0.00,0,0,1,swim", *_rows(3)[1:]])
    raised = []
    for spread in (one_by_one, spread_over_processes(2)):
        with pytest.raises(DataFormatError) as caught:
            prepare(toml, None, CONFIG, tmp_path / "cache", spread)
        raised.append(str(caught.value))
    assert raised[0] == raised[1]


def _copy(root: Path) -> None:
    (root / "5.csv").write_bytes((root / "1.csv").read_bytes())


def _other_unit(root: Path) -> None:
    put(root, "5.csv", rows(640, one_g=9.81, labels=("sit", "walk") * 3))


def _only_other_units(root: Path) -> None:
    for person in range(PEOPLE):
        put(root, f"{person}.csv", rows(640, one_g=9.81, labels=("sit", "walk") * 3))


def _same_session(root: Path) -> None:
    for name, session in {"x.csv": "1#2", "x#1.csv": "2"}.items():
        put(root, f"a/{name}", [f"{row},{session}" for row in _rows(len(name))], "t,x,y,z,what,s")
    text = (root / "dataset.toml").read_text("utf-8")
    text = text.replace("path = '(?P<subject>[^/]+)\\.csv'", "subject = 'one'")
    text = text.replace('files = ["*.csv"]', 'files = ["a/*"]').replace(
        "[columns]", "[columns]\nsession = 's'"
    )
    (root / "dataset.toml").write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_copy, r"1 \(person 1\) and 5 \(person 5\) hold the same samples"),
        (_other_unit, r"5\.csv: mixed units: .* not so in \S*0\.csv"),
        (_only_other_units, r"0\.csv: at rest the sensor reads 9\.81"),
        (_same_session, r"x\.csv, line 2: subject 'one' comes again"),
    ],
)
def test_errors_of_several_files_are_found_across_parts(
    toml: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(toml.parent)
    with pytest.raises(CrosswearError) as expected:
        whole(toml, tmp_path / "whole")
    with pytest.raises(type(expected.value), match=said) as caught:
        prepare(toml, None, CONFIG, tmp_path / "cache")
    assert str(caught.value) == str(expected.value)
    if isinstance(caught.value, DomainError):
        assert not list((tmp_path / "cache" / "parts").glob("*/*"))


@dataclass(frozen=True)
class DeadlyOnce:
    """Kills its process over the first part, once in all processes."""

    mark: Path
    always: bool = False

    def __call__(self, task: PartTask) -> PartOutcome:
        with contextlib.suppress(FileExistsError):
            self.mark.touch(exist_ok=self.always)
            os.kill(os.getpid(), signal.SIGKILL)
        return make_part(task)


def _dying(work: DeadlyOnce) -> Spread:
    @contextlib.contextmanager
    def start(_: int) -> Iterator[PartExecutor]:
        executor: Processes[PartTask, PartOutcome] = Processes(work, 2)
        try:
            yield executor
        finally:
            executor.end()

    return spread_over(start)


@pytest.mark.slow
def test_a_part_of_a_lost_process_is_made_by_another(toml: Path, tmp_path: Path) -> None:
    spread = _dying(DeadlyOnce(tmp_path / "mark"))
    found = prepare(toml, None, CONFIG, tmp_path / "cache", spread)
    assert content(found) == content(whole(toml, tmp_path / "whole"))


@pytest.mark.slow
def test_processes_that_keep_dying_end_the_preparation(toml: Path, tmp_path: Path) -> None:
    spread = _dying(DeadlyOnce(tmp_path / "mark", always=True))
    with pytest.raises(EngineError, match=r"died 3 times"):
        prepare(toml, None, CONFIG, tmp_path / "cache", spread)


CALL = """import sys
from pathlib import Path
from crosswear.core.config import PreparationConfig
from crosswear.datasets import parts
from crosswear.datasets.prepare import prepare
from crosswear.engine.part_workers import spread_over_processes
parts.PART_BYTES = 0
if __name__ == "__main__":
    config = PreparationConfig(window_s=1.0, hop_s=0.5, min_subjects=1)
    prepare(sys.argv[1], None, config, sys.argv[2], spread_over_processes(int(sys.argv[3])))
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_preparation_goes_on_with_its_parts(
    toml: Path, tmp_path: Path, workers: int
) -> None:
    for person in range(PEOPLE):
        put(toml.parent, f"{person}.csv", rows(60_000 + person, labels=("sit", "walk") * 3))
    cache = tmp_path / "cache"
    (tmp_path / "call.py").write_text(CALL, "utf-8")
    process = subprocess.Popen(
        [sys.executable, tmp_path / "call.py", toml, cache, str(workers)], start_new_session=True
    )
    while len(list(cache.glob("parts/*/*/part.json"))) < 2:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.kill()
    process.wait()
    again = Counting()
    found = prepare(toml, None, CONFIG, cache, again)
    assert again.done <= PEOPLE - 2
    assert content(found) == content(whole(toml, tmp_path / "whole"))
    assert not list(cache.rglob(".partial-*"))


def test_recordings_without_windows_are_a_part_too(toml: Path, tmp_path: Path) -> None:
    put(toml.parent, "3.csv", rows(20))
    found = prepare(toml, None, CONFIG, tmp_path / "cache")
    expected = whole(toml, tmp_path / "whole")
    assert content(found) == content(expected)
    assert found.summary.subjects == tuple("012345")
    assert np.unique(found.windows.subject).tolist() == [0, 1, 2, 4, 5]
