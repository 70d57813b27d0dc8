"""Genuine, wrong and missing files are distinguished; counts of what was planted."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import typer
from dataset_helpers import fails
from numpy.typing import NDArray
from test_archives import OUTER, pack, pack_pamap2
from typer.testing import CliRunner, Result

from crosswear.cli.data_fetch import verify as command
from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets import REGISTRY
from crosswear.datasets.spec import DatasetSpec, PublishedFile
from crosswear.datasets.verify import FileState, verify
from generators import GENERATORS

SEED = 7
COUNTED = sorted(name for name, spec in REGISTRY.items() if spec.counts)
PAMAP2, OPPORTUNITY = REGISTRY["pamap2"], REGISTRY["opportunity"]
LAST = "Protocol/subject108.dat"


def published(spec: DatasetSpec, root: Path) -> DatasetSpec:
    """The dataset, with what lies below a folder as the published files."""
    names = sorted(
        path.relative_to(root).as_posix()
        for pattern in spec.patterns
        for path in root.glob(pattern)
    )
    contents = {name: (root / name).read_bytes() for name in names}
    files = tuple(
        PublishedFile(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in contents.items()
    )
    return replace(spec, files=files)


def counting(spec: DatasetSpec, expected: Mapping[tuple[str, str], float]) -> DatasetSpec:
    """The dataset, with other published counts, by class code and subject."""
    assert spec.counts is not None
    subjects = tuple(sorted({subject for _, subject in expected}))
    table = {
        activity.code: tuple(expected.get((activity.code, one), 0.0) for one in subjects)
        for activity in spec.variants[spec.counts.variant]
    }
    is_pooled = not spec.counts.subjects
    counts = replace(spec.counts, expected=table, subjects=() if is_pooled else subjects)
    return replace(spec, counts=counts)


def planted_counts(name: str, root: Path) -> dict[tuple[str, str], float]:
    """Write a small dataset; what it holds, counted without its reader."""
    planted = GENERATORS[name](root, np.random.default_rng(SEED))
    counts = REGISTRY[name].counts
    assert counts is not None
    known = {activity.code for activity in REGISTRY[name].variants[counts.variant]}
    amounts: dict[tuple[str, str], float] = defaultdict(float)
    for one in planted:
        if one.placement == REGISTRY[name].placements[0]:
            # What was planted leaves the classes out that are not in the default table.
            codes = codes_in(root, one.subject, len(one.codes)) if name == "pamap2" else one.codes
            subject = one.subject if counts.subjects else "all"
            for code, run in runs_of(codes):
                if code in known:
                    amounts[code, subject] += amount(counts.quantity, run, one.time_s)
    return amounts


def codes_in(root: Path, subject: str, length: int) -> list[str]:
    """The activities in that file of a subject of PAMAP2 that has so many lines."""
    columns = [
        np.loadtxt(path, usecols=1).astype(int).astype(str).tolist()
        for path in root.glob(f"*/subject{subject}.dat")
    ]
    (codes,) = (column for column in columns if len(column) == length)
    return codes


def runs_of(codes: Sequence[str | None]) -> Iterator[tuple[str | None, list[int]]]:
    for code, run in groupby(enumerate(codes), lambda pair: pair[1]):
        yield code, [row for row, _ in run]


def amount(quantity: str, run: list[int], time_s: NDArray[np.float64] | None) -> float:
    if quantity == "seconds":
        assert time_s is not None
        return float(time_s[run[-1]] - time_s[run[0]])
    return {"occurrences": 1.0, "samples": float(len(run))}[quantity]


@pytest.fixture
def sound(tmp_path: Path) -> DatasetSpec:
    """PAMAP2 below `tmp_path`, small and genuine, without counts."""
    GENERATORS["pamap2"](tmp_path / "pamap2", np.random.default_rng(SEED))
    return replace(published(PAMAP2, tmp_path / "pamap2"), counts=None)


class TestFiles:
    @pytest.mark.parametrize("kind", ["folder", "zip", "zip in a zip"])
    def test_genuine(self, kind: str, tmp_path: Path) -> None:
        GENERATORS["pamap2"](tmp_path / "pamap2", np.random.default_rng(SEED))
        spec = replace(published(PAMAP2, tmp_path / "pamap2"), counts=None)
        data = tmp_path if kind == "folder" else tmp_path / "data"
        if kind == "zip":
            pack(tmp_path / "pamap2", data / "pamap2.zip")
        elif kind == "zip in a zip":
            pack_pamap2(data / "pamap2" / OUTER)
        found = verify(spec, data)
        assert [check.state for check in found.files] == [FileState.GENUINE] * 3
        assert (found.recordings, found.subjects) == (3, 2)
        assert found.problem() is None

    def test_missing(self, sound: DatasetSpec, tmp_path: Path) -> None:
        (tmp_path / "pamap2" / LAST).unlink()
        found = verify(sound, tmp_path)
        states = {check.name: check.state for check in found.files}
        assert states.pop(LAST) is FileState.MISSING
        assert set(states.values()) == {FileState.GENUINE}
        problem = found.problem()
        assert isinstance(problem, MissingDataError)
        assert f"1 of 3 files are missing, the first is {LAST}" in str(problem)

    @pytest.mark.parametrize("kind", ["folder", "zip"])
    def test_wrong(self, sound: DatasetSpec, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "pamap2" / LAST
        content = path.read_bytes()
        digit = content.index(b"5", 400)
        other = content[:digit] + b"6" + content[digit + 1 :]
        for changed, differs in ((other, "sha256"), (content + b"\n", "size")):
            path.write_bytes(changed)
            data = tmp_path
            if kind == "zip":
                data = tmp_path / differs
                pack(tmp_path / "pamap2", data / "pamap2.zip")
            found = verify(sound, data)
            check = found.files[-1]
            assert (check.name, check.state) == (LAST, FileState.WRONG)
            assert check.differs.startswith(f"{differs}: ")
            problem = found.problem()
            assert isinstance(problem, DataFormatError)
            assert "1 of 3 files" in str(problem)
            assert LAST in str(problem)
            assert "crosswear data fetch pamap2" in problem.todo

    def test_wrong_goes_before_missing(self, sound: DatasetSpec, tmp_path: Path) -> None:
        (tmp_path / "pamap2" / LAST).unlink()
        with (tmp_path / "pamap2" / "Protocol/subject101.dat").open("ab") as file:
            file.write(b"\n")
        assert isinstance(verify(sound, tmp_path).problem(), DataFormatError)

    def test_unreadable(self, sound: DatasetSpec, tmp_path: Path) -> None:
        (tmp_path / "pamap2" / LAST).write_bytes(b"")
        found = verify(sound, tmp_path)
        assert found.files[-1].state is FileState.WRONG
        assert found.recordings == 2
        problem = found.problem()
        assert isinstance(problem, DataFormatError)
        assert "the file is empty" in str(problem)
        assert problem.exit_code == 4

    def test_not_declared(self, sound: DatasetSpec, tmp_path: Path) -> None:
        files = (replace(sound.files[0], sha256=None, size=None), *sound.files[1:-1])
        found = verify(replace(sound, files=files), tmp_path)
        states = [check.state for check in found.files]
        assert states == [FileState.UNDECLARED, FileState.GENUINE, FileState.UNDECLARED]
        assert found.problem() is None

    def test_nothing_there(self, tmp_path: Path) -> None:
        fails(MissingDataError, lambda: verify(PAMAP2, tmp_path), tmp_path / "pamap2")

    @pytest.mark.parametrize("name", sorted(n for n, spec in REGISTRY.items() if spec.files))
    def test_declared_files_are_the_ones_that_are_read(self, name: str) -> None:
        spec = REGISTRY[name]
        with tempfile.TemporaryDirectory() as folder:
            for file in (spec.files[0], spec.files[-1]):
                path = Path(folder, file.path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                assert any(path in Path(folder).glob(pattern) for pattern in spec.patterns)
        assert len({file.path for file in spec.files}) == len(spec.files)


class TestCounts:
    @pytest.mark.parametrize("name", COUNTED)
    def test_what_was_planted_is_counted(self, name: str, tmp_path: Path) -> None:
        planted = planted_counts(name, tmp_path / name)
        spec = counting(replace(REGISTRY[name], files=()), planted)
        found = verify(spec, tmp_path)
        assert found.counts
        assert sum(check.expected for check in found.counts) == pytest.approx(sum(planted.values()))
        assert all(check.agrees for check in found.counts)
        assert found.problem() is None

    @pytest.mark.parametrize("name", COUNTED)
    def test_one_more_is_told(self, name: str, tmp_path: Path) -> None:
        planted = planted_counts(name, tmp_path / name)
        code, subject = min(planted)
        planted[code, subject] += 1
        spec = counting(replace(REGISTRY[name], files=()), planted)
        assert spec.counts is not None
        found = verify(spec, tmp_path)
        (differing,) = (check for check in found.counts if not check.agrees)
        names = {row.code: row.name for row in spec.variants[spec.counts.variant]}
        assert (differing.activity, differing.subject) == (names[code], subject)
        assert differing.expected - differing.found == pytest.approx(1)
        problem = found.problem()
        assert isinstance(problem, DataFormatError)
        assert f"1 of {len(found.counts)} counts" in str(problem)
        assert spec.counts.title in problem.expected

    def test_a_subject_that_nobody_published(self, tmp_path: Path) -> None:
        planted = planted_counts("pamap2", tmp_path / "pamap2")
        spec = replace(PAMAP2, files=())
        known = {key: value for key, value in planted.items() if key[1] == "101"}
        found = verify(counting(spec, known), tmp_path)
        differing = [check for check in found.counts if not check.agrees]
        assert {(check.subject, check.expected) for check in differing} == {("108", 0.0)}

    def test_every_activity_is_counted_whatever_the_default_classes(self, tmp_path: Path) -> None:
        planted_counts("pamap2", tmp_path / "pamap2")
        found = verify(replace(PAMAP2, files=()), tmp_path)
        there = {check.activity for check in found.counts if check.found}
        assert {"watching TV", "car driving", "playing soccer"} < there
        assert len(found.counts) == 18 * 9

    def test_the_published_gestures_planted_in_full(self, tmp_path: Path) -> None:
        counts = OPPORTUNITY.counts
        assert counts is not None
        for column, subject in enumerate(counts.subjects):
            gestures = {code: numbers[column] for code, numbers in counts.expected.items()}
            write_gestures(tmp_path / "opportunity", subject, gestures)
        found = verify(replace(OPPORTUNITY, files=()), tmp_path)
        assert found.recordings == 24
        assert len(found.counts) == 17 * 4
        assert found.problem() is None
        gestures["408512"] -= 1
        write_gestures(tmp_path / "opportunity", counts.subjects[-1], gestures)
        found = verify(replace(OPPORTUNITY, files=()), tmp_path)
        (differing,) = (check for check in found.counts if not check.agrees)
        assert (differing.activity, differing.subject) == ("clean table", "S4")
        assert (differing.expected, differing.found) == (33, 32)


def write_gestures(folder: Path, subject: str, gestures: Mapping[str, float]) -> None:
    """Spread so many occurrences of each gesture over a subject's six files."""
    folder.mkdir(exist_ok=True)
    runs = [code for code, number in gestures.items() for _ in range(int(number))]
    names = [f"{subject}-ADL{number}.dat" for number in range(1, 6)] + [f"{subject}-Drill.dat"]
    for part, name in enumerate(names):
        codes = [code for run in runs[part::6] for code in ("0", run, run)]
        lines = (
            f"{round(tick * 1000 / 30)} {'0 ' * 242}1 {'0 ' * 5}{code}\n"
            for tick, code in enumerate(codes)
        )
        (folder / name).write_text("".join(lines))


class TestPublishedNumbers:
    @pytest.mark.parametrize("name", COUNTED)
    def test_the_table_fits_the_classes(self, name: str) -> None:
        spec = REGISTRY[name]
        assert spec.counts is not None
        codes = [activity.code for activity in spec.variants[spec.counts.variant]]
        assert list(spec.counts.expected) == codes
        lengths = {len(numbers) for numbers in spec.counts.expected.values()}
        assert lengths == {max(1, len(spec.counts.subjects))}
        assert len(spec.counts.subjects) in (0, spec.subjects)

    def test_sums(self) -> None:
        sums = {}
        for name in COUNTED:
            counts = REGISTRY[name].counts
            assert counts is not None
            sums[name] = sum(map(sum, counts.expected.values()))
        assert sums["wharf"] == 892
        assert sums["dsads"] == 19 * 8 * 60 * 125
        assert sums["opportunity"] == 2551
        assert sums["pamap2"] == pytest.approx(27_248.27)


class TestCommand:
    def call(
        self, spec: DatasetSpec, data: Path, monkeypatch: pytest.MonkeyPatch, *options: str
    ) -> Result:
        monkeypatch.setattr("crosswear.datasets.lookup", lambda name: (spec, None))
        monkeypatch.setenv("COLUMNS", "150")
        app = typer.Typer()
        app.command()(command)
        return CliRunner().invoke(app, [spec.name, "--data", str(data), *options])

    def test_a_genuine_dataset(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        planted = planted_counts("pamap2", tmp_path / "pamap2")
        spec = counting(published(PAMAP2, tmp_path / "pamap2"), planted)
        result = self.call(spec, tmp_path, monkeypatch)
        assert result.exit_code == 0
        assert "files: 3 genuine" in result.stdout
        assert "read 3 recordings of 2 subjects" in result.stdout
        assert "≠" not in result.stdout

    def test_differences_are_marked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        planted = planted_counts("pamap2", tmp_path / "pamap2")
        spec = published(counting(PAMAP2, planted | {("1", "101"): 271.86}), tmp_path / "pamap2")
        result = self.call(spec, tmp_path, monkeypatch)
        assert isinstance(result.exception, DataFormatError)
        assert result.stdout.count("≠") == 1
        lines = result.stdout.splitlines()
        (place,) = (number for number, line in enumerate(lines) if "≠" in line)
        assert "271.86" in lines[place - 1]
        assert f"{planted['1', '101']:.10g} ≠" in lines[place]

    def test_json(
        self, sound: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "pamap2" / LAST).unlink()
        result = self.call(sound, tmp_path, monkeypatch, "--json")
        assert isinstance(result.exception, MissingDataError)
        told = json.loads(result.stdout)
        assert [file["state"] for file in told["files"]] == ["genuine", "genuine", "missing"]
        assert told["fault"] is None
        assert told["counts"] == []

    def test_a_long_list_is_cut(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        GENERATORS["dsads"](tmp_path / "dsads", np.random.default_rng(SEED))
        result = self.call(REGISTRY["dsads"], tmp_path, monkeypatch)
        assert isinstance(result.exception, MissingDataError)
        assert "and 9080 more" in result.stdout
        assert "files: 9110 missing, 10 not declared" in result.stdout
        assert len(result.stdout.splitlines()) < 120


@pytest.mark.real
class TestReal:
    def test_wharf_is_whole(self, real_data: Path) -> None:
        found = verify(REGISTRY["wharf"], real_data)
        assert found.recordings == sum(check.found for check in found.counts) == 892
        assert {check.state for check in found.files} == {FileState.UNDECLARED}
        assert found.problem() is None

    def test_dsads_is_a_third(self, real_data: Path) -> None:
        found = verify(REGISTRY["dsads"], real_data)
        missing = [check for check in found.files if check.state is FileState.MISSING]
        assert len(missing) == 6080
        assert {(check.expected, check.found) for check in found.counts} == {(7500.0, 2500.0)}
        assert isinstance(found.problem(), MissingDataError)
