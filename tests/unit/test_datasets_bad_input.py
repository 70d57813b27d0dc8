"""Damaged and misplaced files are told with their name and place, and as one kind of error."""

from __future__ import annotations

import gzip
import io
import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from crosswear.datasets import REGISTRY
from crosswear.datasets.tables import TextLayout, read_table
from crosswear.datasets.tree import FolderTree, fingerprint
from crosswear.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.recording import Recording
from generators import GENERATORS

FILES = {
    "pamap2": "Protocol/subject101.dat",
    "opportunity": "S1-Drill.dat",
    "dsads": "data/a01/p2/s02.txt",
    "selfback": "raw/9_class/wrist50/lying/052.csv",
    "wharf": "WHARF Data Set/Data/Walk/Accelerometer-2011-03-24-11-00-00-walk-f1.txt",
    "actrectut": "Data/subject2_gesture/data.mat",
    "skoda": "right_classall_clean.mat",
    "jsi_fos": "jsi-fos/subject2.csv",
    "sp_sw_har": "DATA/s01/s01_02_sw.csv",
    "wisdm2019": "raw/watch/accel/data_1650_accel_watch.txt",
    "mhealth": "mHealth_subject10.log",
}
TEXT_DATASETS = ("dsads", "selfback", "wharf")
SEPARATORS = {
    "pamap2": b" ",
    "opportunity": b" ",
    "dsads": b",",
    "selfback": b",",
    "wharf": b" ",
    "sp_sw_har": b",",
    "wisdm2019": b",",
    "mhealth": b"\t",
}


def write(name: str, root: Path) -> Path:
    """A small sound dataset; returns the file that a test damages."""
    GENERATORS[name](root, np.random.default_rng(1))
    return root / FILES[name]


def read(name: str, root: Path) -> list[Recording]:
    spec = REGISTRY[name]
    return list(spec.read(FolderTree(root), spec.default_options, lambda sentence: None))


def fails(
    kind: type[CrosswearError], action: Callable[[], object], *fragments: object
) -> CrosswearError:
    with pytest.raises(CrosswearError) as caught:
        action()
    assert type(caught.value) is kind
    assert caught.value.expected or kind is MissingDataError or "cannot be read" in str(caught)
    for fragment in fragments:
        assert str(fragment) in str(caught.value)
    return caught.value


def change_cell(path: Path, separator: bytes, line: int, column: int, cell: bytes) -> None:
    lines = path.read_bytes().split(b"\n")
    cells = lines[line - 1].split(separator)
    cells[column - 1] = cell
    lines[line - 1] = separator.join(cells)
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize("name", sorted(GENERATORS))
class TestEveryDataset:
    def test_a_missing_folder(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "nowhere"
        fails(MissingDataError, lambda: read(name, root), root, REGISTRY[name].patterns[0])

    def test_a_file_instead_of_a_folder(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "archive.zip"
        root.write_bytes(b"PK")
        fails(MissingDataError, lambda: read(name, root), root)

    def test_another_layout(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "photos").mkdir()
        (tmp_path / "notes.txt").write_text("1,2,3\n")
        pattern = REGISTRY[name].patterns[0]
        fails(
            MissingDataError, lambda: read(name, tmp_path), tmp_path, pattern, "notes.txt, photos/"
        )

    def test_an_empty_folder(self, name: str, tmp_path: Path) -> None:
        fails(MissingDataError, lambda: read(name, tmp_path), tmp_path, "it is empty")

    def test_a_folder_too_high(self, name: str, tmp_path: Path) -> None:
        root = tmp_path / "unpacked"
        write(name, root)
        fails(MissingDataError, lambda: read(name, tmp_path), f"give {root} instead")

    def test_a_folder_too_low(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        inner = tmp_path / FILES[name].split("/")[0]
        if inner.is_file():
            pytest.skip("the files lie in the root itself")
        fails(MissingDataError, lambda: read(name, inner), "give the folder 1 level above instead")

    def test_a_file_without_a_byte(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        path.write_bytes(b"")
        fails(DataFormatError, lambda: read(name, tmp_path), path)

    def test_something_else_in_the_file(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        path.write_bytes(gzip.compress(bytes(range(256)) * 40))
        fails(DataFormatError, lambda: read(name, tmp_path), path)

    def test_a_half_of_the_file(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        content = path.read_bytes()
        half = content[: len(content) // 2]
        separator = SEPARATORS.get(name)
        if separator:  # cut within the last line
            half = half.rstrip(b"\n")
            half = half[: half.rindex(separator)]
        path.write_bytes(half)
        place = [f"line {half.count(bytes([10])) + 1}", "cut off"] if separator else []
        fails(DataFormatError, lambda: read(name, tmp_path), path, *place)


@pytest.mark.parametrize("name", TEXT_DATASETS)
class TestText:
    def test_a_word_where_a_number_belongs(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        column = 11 if name == "dsads" else 3
        change_cell(path, SEPARATORS[name], 17, column, b"off")
        place = f"{path}, line 17, column {column}"
        fails(DataFormatError, lambda: read(name, tmp_path), place, "'off' is not a number")

    def test_a_column_too_many(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        change_cell(path, SEPARATORS[name], 9, 2, SEPARATORS[name].join([b"1", b"2"]))
        columns = {"dsads": 46, "selfback": 5, "wharf": 4}[name]
        fails(DataFormatError, lambda: read(name, tmp_path), f"{path}, line 9: {columns} columns")

    def test_an_infinite_number(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        column = 10 if name == "dsads" else 2
        change_cell(path, SEPARATORS[name], 5, column, b"inf")
        place = f"{path}, line 5, column {column}"
        fails(DataFormatError, lambda: read(name, tmp_path), place, "'inf'")

    def test_a_number_that_no_sensor_measures(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        column = 10 if name == "dsads" else 2
        change_cell(path, SEPARATORS[name], 5, column, b"1e30")
        fails(DataFormatError, lambda: read(name, tmp_path), path.parent, "1e+30 is not", "sample")

    def test_line_ends_of_windows_and_a_byte_order_mark(self, name: str, tmp_path: Path) -> None:
        path = write(name, tmp_path)
        sound = read(name, tmp_path)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        for before, after in zip(sound, read(name, tmp_path), strict=True):
            np.testing.assert_array_equal(before.acceleration, after.acceleration)

    def test_a_system_folder_beside_the_data_is_passed_over(
        self, name: str, tmp_path: Path
    ) -> None:
        path = write(name, tmp_path)
        shutil.copy(path, path.with_name("._" + path.name))
        read(name, tmp_path)


@pytest.mark.parametrize(("name", "column"), [("dsads", 11), ("selfback", 3)])
def test_missing_numbers_become_missing_samples(name: str, column: int, tmp_path: Path) -> None:
    path = write(name, tmp_path)
    sound = read(name, tmp_path)
    for line in range(20, 30):
        change_cell(path, b",", line, column, b"NaN")
    lost = [np.isnan(recording.acceleration) for recording in read(name, tmp_path)]
    assert all(np.array_equal(rows.any(axis=1), rows.all(axis=1)) for rows in lost)
    already = sum(np.isnan(recording.acceleration).all(axis=1).sum() for recording in sound)
    assert sum(rows.all(axis=1).sum() for rows in lost) == already + 10


class TestDsads:
    def test_a_line_too_few(self, tmp_path: Path) -> None:
        path = write("dsads", tmp_path)
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
        fails(DataFormatError, lambda: read("dsads", tmp_path), path, "124 lines", "125 lines")

    @pytest.mark.parametrize("other", ["a00/p1/s01", "a20/p1/s01", "a01/p9/s01", "a01/p1/s61"])
    def test_a_label_outside_the_table(self, other: str, tmp_path: Path) -> None:
        path = write("dsads", tmp_path)
        wrong = tmp_path / "data" / f"{other}.txt"
        wrong.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, wrong)
        fails(DataFormatError, lambda: read("dsads", tmp_path), wrong, "a01 to a19")


class TestSelfback:
    def test_a_label_outside_the_table(self, tmp_path: Path) -> None:
        path = write("selfback", tmp_path)
        wrong = path.parents[1] / "dancing" / path.name
        wrong.parent.mkdir()
        shutil.copy(path, wrong)
        fails(DataFormatError, lambda: read("selfback", tmp_path), wrong, "'dancing'", "walk_slow")

    @pytest.mark.parametrize("stamp", [b"yesterday", b"2016-02-31 10:00:00.000", b"NaN", b"12.5"])
    def test_a_stamp_that_is_no_time(self, stamp: bytes, tmp_path: Path) -> None:
        path = write("selfback", tmp_path)
        change_cell(path, b",", 8, 1, stamp)
        place = f"{path}, line 8, column 1"
        fails(DataFormatError, lambda: read("selfback", tmp_path), place, "is not a time stamp")

    def test_time_that_goes_back(self, tmp_path: Path) -> None:
        path = write("selfback", tmp_path)
        change_cell(path, b",", 8, 1, b"2016-02-25 23:00:00.000")
        place = f"{path}, line 8, column 1"
        fails(DataFormatError, lambda: read("selfback", tmp_path), place, "the time does not go on")

    def test_another_header(self, tmp_path: Path) -> None:
        path = write("selfback", tmp_path)
        path.write_text(path.read_text().replace("time,x,y,z", "time,x,z,y"))
        fails(
            DataFormatError,
            lambda: read("selfback", tmp_path),
            f"{path}, line 1",
            "time,x,z,y",
            "time,x,y,z",
        )

    def test_a_header_alone(self, tmp_path: Path) -> None:
        path = write("selfback", tmp_path)
        path.write_text("time,x,y,z\n")
        fails(DataFormatError, lambda: read("selfback", tmp_path), path, "no line after the header")


class TestWharf:
    @pytest.mark.parametrize("code", ["64", "-1", "12.5", "NaN"])
    def test_a_code_out_of_range(self, code: str, tmp_path: Path) -> None:
        path = write("wharf", tmp_path)
        change_cell(path, b" ", 12, 3, code.encode())
        place = f"{path}, sample 12, column 3"
        fails(DataFormatError, lambda: read("wharf", tmp_path), place, code.lower(), "0 to 63")

    @pytest.mark.parametrize(
        "other",
        [
            "Dancing/Accelerometer-2011-03-24-11-00-00-dancing-f1.txt",
            "Walk/Accelerometer-2011-03-24-11-00-00-climb_stairs-f1.txt",
            "Walk/Accelerometer-2011-03-24-11-00-walk-f1.txt",
            "Walk/Accelerometer-2011-03-24-11-00-00-walk-x1.txt",
        ],
    )
    def test_a_name_that_says_nothing(self, other: str, tmp_path: Path) -> None:
        path = write("wharf", tmp_path)
        wrong = path.parents[1] / other
        wrong.parent.mkdir(exist_ok=True)
        shutil.copy(path, wrong)
        fails(DataFormatError, lambda: read("wharf", tmp_path), wrong, "climb_stairs", "f1 or m10")


def _struct(good: dict[str, np.ndarray]) -> dict[str, object]:
    return {"data": {"inner": good["data"]}, "labels": good["labels"]}


class TestActrectut:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda good: {"labels": good["labels"]}, "'data' is missing"),
            (lambda good: {"data": good["data"]}, "'labels' is missing"),
            (lambda good: {**good, "data": good["data"][:, :14]}, "× 14"),
            (lambda good: {**good, "data": good["data"].T}, "'data' is 15 ×"),
            (lambda good: {**good, "labels": good["labels"][1:]}, "labels"),
            (lambda good: {**good, "data": good["data"] + 1j}, "complex"),
            (lambda good: {**good, "data": good["data"].astype(object)}, "'data' is a cell array"),
            (lambda good: {**good, "data": "x" * 15}, "'data' is text"),
            (_struct, "'data' is a struct"),
            (
                lambda good: {**good, "labels": good["labels"] * 0 + 13},
                "sample 1: 13 is not a label",
            ),
            (
                lambda good: {**good, "labels": good["labels"] * np.nan},
                "sample 1: nan is not a label",
            ),
            (lambda good: {**good, "labels": good["labels"] + 0.5}, "sample 1: 1.5 is not a label"),
            (lambda good: {**good, "data": good["data"] + np.inf}, "inf is not an acceleration"),
        ],
    )
    def test_other_variables(
        self,
        change: Callable[[dict[str, np.ndarray]], dict[str, object]],
        said: str,
        tmp_path: Path,
    ) -> None:
        path = write("actrectut", tmp_path)
        good = {key: value for key, value in loadmat(path).items() if key in ("data", "labels")}
        good = {key: value.astype(float) for key, value in good.items()}
        savemat(path, change(good))
        fails(DataFormatError, lambda: read("actrectut", tmp_path), path, said)

    def test_missing_numbers_become_missing_samples(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        good = loadmat(path)
        data = good["data"].astype(float)
        data[30:40, 2] = np.nan
        savemat(path, {"data": data, "labels": good["labels"]})
        lost = np.isnan(read("actrectut", tmp_path)[1].acceleration)
        np.testing.assert_array_equal(np.flatnonzero(lost.all(axis=1)), np.arange(30, 40))
        np.testing.assert_array_equal(lost.any(axis=1), lost.all(axis=1))

    def test_a_newer_matlab_file(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
        path.write_bytes(header + b"\x89HDF\r\n\x1a\n" + bytes(512))
        fails(DataFormatError, lambda: read("actrectut", tmp_path), path, "not a MATLAB 5 file")

    def test_any_damage_is_told(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        sound = path.read_bytes()
        rng = np.random.default_rng(0)
        for _ in range(200):
            content = bytearray(sound[: int(rng.integers(1, len(sound) + 1))])
            for position in rng.integers(0, len(content), 8):
                content[position] = rng.integers(256)
            path.write_bytes(bytes(content))
            try:
                read("actrectut", tmp_path)
            except DataFormatError as error:
                assert str(path) in str(error)  # noqa: PT017  damage may also go unseen


class TestTables:
    LAYOUT = TextLayout(columns=3, separator=" ")

    def table(self, path: Path, content: bytes, use: Sequence[int] = (0, 1, 2)) -> np.ndarray:
        (path / "table.dat").write_bytes(content)
        return read_table(FolderTree(path), "table.dat", self.LAYOUT, use)

    @settings(max_examples=50, deadline=None)
    @given(
        rows=st.lists(
            st.tuples(*[st.floats(allow_infinity=False, width=64)] * 3), min_size=1, max_size=20
        ),
        use=st.permutations([0, 1, 2]).flatmap(
            lambda order: st.integers(1, 3).map(lambda n: order[:n])
        ),
    )
    def test_numbers_come_back_to_the_last_bit(
        self,
        rows: list[tuple[float, ...]],
        use: list[int],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        text = "".join(" ".join(map(repr, row)) + "\n" for row in rows)
        found = self.table(tmp_path_factory.getbasetemp(), text.encode(), use)
        np.testing.assert_array_equal(found, np.array(rows)[:, use])

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "table.dat: the file is empty"),
            (b"\r\n\r\n", "table.dat: the file is empty"),
            (b"1 2 3\n4 5", "line 2: the last line is cut off: 2 columns"),
            (b"1 2 3\n4 5 ", "line 2, column 3: the last line is cut off: an empty cell"),
            (b"1 2 3\n4  6\n7 8 9\n", "line 2, column 2: an empty cell"),
            (b"1 2 3\n\n\n4 5\n7 8 9\n", "line 4: 2 columns"),
            (b"1,5 2,0 3,0\n", "line 1, column 1: '1,5' is not a number: it has a decimal comma"),
            (b"1,5 2 3 4\n", "line 1: 4 columns, and decimal commas"),
            (b"1 2 3\n1 1e999 3\n", "line 2, column 2: '1e999'"),
            (b'1 2 3\n1 "2" 3\n', "line 2, column 2: '\"2\"'"),
            (b"1 2 3\n1 \xff\xfe 3\n", "line 2, column 2"),
        ],
    )
    def test_the_place_is_told(self, content: bytes, said: str, tmp_path: Path) -> None:
        fails(DataFormatError, lambda: self.table(tmp_path, content), said)

    def test_a_fault_far_into_the_file(self, tmp_path: Path) -> None:
        lines = [b"0.25 -1 NaN\n"] * 300_000
        lines[278_122] = b"0.25 -l NaN\n"
        said = "line 278123, column 2: '-l'"
        fails(DataFormatError, lambda: self.table(tmp_path, b"".join(lines)), said)

    def test_columns_that_are_not_used_may_hold_anything(self, tmp_path: Path) -> None:
        np.testing.assert_array_equal(self.table(tmp_path, b"1 on 3\n", (2, 0)), [[3.0, 1.0]])

    def test_a_missing_file(self, tmp_path: Path) -> None:
        tree = FolderTree(tmp_path)
        fails(MissingDataError, lambda: read_table(tree, "no.dat", self.LAYOUT, [0]), "no.dat")


class FailingFile(io.RawIOBase):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise self.error


class FailingTree(FolderTree):
    """A disk that fails, or an archive that is damaged, in the middle of a file."""

    def open(self, name: str) -> io.BufferedIOBase:
        error = zlib.error("invalid distance") if name == "z.txt" else OSError("lost")
        return io.BufferedReader(FailingFile(error))


@pytest.mark.parametrize("name", ["a.txt", "z.txt"])
def test_a_failing_disk_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    tree = FailingTree(tmp_path)
    layout = TextLayout(columns=3, separator=" ")
    fails(DataFormatError, lambda: read_table(tree, name, layout, [0]), tmp_path / name)
    fails(DataFormatError, lambda: fingerprint(tree, ("*.txt",)), tmp_path / name)
