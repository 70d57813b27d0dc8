"""Text files of datasets that are not what their publisher describes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import SEPARATORS, change_cell, fails, read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets.published_text import read_numbers
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FolderTree

TEXT_DATASETS = ("dsads", "selfback", "wharf")


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

    @pytest.mark.parametrize(
        "stamp",
        [
            *(b"yesterday", b"2016-02-31 10:00:00.000", b"NaN", b"12.5"),
            *(b"2016-02-25 10:00:00.1234567", b"2016-02-25 10:00:00.123456789"),
        ],
    )
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


class TestTables:
    LAYOUT = TextLayout(columns=3, separator=" ")

    def table(self, path: Path, content: bytes, use: Sequence[int] = (0, 1, 2)) -> np.ndarray:
        (path / "table.dat").write_bytes(content)
        return read_numbers(FolderTree(path), "table.dat", self.LAYOUT, use)

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

    @pytest.mark.slow
    def test_a_fault_far_into_the_file(self, tmp_path: Path) -> None:
        lines = [b"0.25 -1 NaN\n"] * 300_000
        lines[278_122] = b"0.25 -l NaN\n"
        said = "line 278123, column 2: '-l'"
        fails(DataFormatError, lambda: self.table(tmp_path, b"".join(lines)), said)

    def test_columns_that_are_not_used_may_hold_anything(self, tmp_path: Path) -> None:
        np.testing.assert_array_equal(self.table(tmp_path, b"1 on 3\n", (2, 0)), [[3.0, 1.0]])

    def test_a_missing_file(self, tmp_path: Path) -> None:
        tree = FolderTree(tmp_path)
        fails(MissingDataError, lambda: read_numbers(tree, "no.dat", self.LAYOUT, [0]), "no.dat")
