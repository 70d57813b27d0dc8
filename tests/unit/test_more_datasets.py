"""Faults of Skoda, SP-SW-HAR, WISDM 2019 and mHealth, and repairs; those that texts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.core.recording import Recording
from crosswear.datasets import lookup
from crosswear.datasets.published_text import place, read_words
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FolderTree
from crosswear.signal.resample import resample
from generators import GENERATORS, wisdm2019

TEXT = {
    "jsi_fos": ("subject2.csv", b","),
    "sp_sw_har": ("DATA/s01/s01_02_sw.csv", b","),
    "wisdm2019": ("raw/watch/accel/data_1650_accel_watch.txt", b","),
    "mhealth": ("mHealth_subject10.log", b"\t"),
    "hhar": ("Watch_accelerometer.csv", b","),
    "wear": ("raw/inertial/50hz/sbj_18.csv", b","),
}
Z_COLUMN = {"jsi_fos": 6, "sp_sw_har": 3, "wisdm2019": 6, "mhealth": 17, "hhar": 6, "wear": 4}
LABEL_COLUMN = {"jsi_fos": 7, "sp_sw_har": 8, "wisdm2019": 2, "mhealth": 24, "hhar": 10, "wear": 14}


def write(name: str, root: Path) -> None:
    GENERATORS[name](root, np.random.default_rng(1))


def read(reference: str, root: Path) -> tuple[list[Recording], list[str]]:
    spec, options = lookup(reference)
    notes: list[str] = []
    return list(spec.read(FolderTree(root), options, notes.append)), notes


def fails(kind: type[CrosswearError], reference: str, root: Path, *fragments: object) -> None:
    with pytest.raises(CrosswearError) as caught:
        read(reference, root)
    assert type(caught.value) is kind
    assert caught.value.expected
    for fragment in fragments:
        assert str(fragment) in str(caught.value)


def change(path: Path, line: int, separator: bytes, cells: Mapping[int, bytes]) -> None:
    """Put other text into some cells, by 1-based column, of a 1-based line."""
    lines = path.read_bytes().split(b"\n")
    row = lines[line - 1].split(separator)
    for column, cell in cells.items():
        row[column - 1] = cell
    lines[line - 1] = separator.join(row)
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize("name", sorted(TEXT))
class TestText:
    def test_line_ends_of_windows_and_a_byte_order_mark(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        sound, _ = read(name, tmp_path)
        path = tmp_path / TEXT[name][0]
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        again, _ = read(name, tmp_path)
        assert len(again) == len(sound)
        for before, after in zip(sound, again, strict=True):
            np.testing.assert_array_equal(before.acceleration, after.acceleration)
            np.testing.assert_array_equal(before.labels, after.labels)

    def test_decimal_commas(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        relative, separator = TEXT[name]
        path = tmp_path / relative
        lines = path.read_bytes().split(b"\n")
        lines[20] = lines[20].replace(b".", b",")
        path.write_bytes(b"\n".join(lines))
        said = ["decimal comma"] if separator != b"," else ["columns"]
        fails(DataFormatError, name, tmp_path, f"{path}, line 21", *said)

    def test_a_word_where_a_number_belongs(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        relative, separator = TEXT[name]
        cell = b"off;" if name == "wisdm2019" else b"off"
        change(tmp_path / relative, 21, separator, {Z_COLUMN[name]: cell})
        fails(DataFormatError, name, tmp_path, f"{tmp_path / relative}, line 21", "'off'")

    def test_a_number_that_no_sensor_measures(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        relative, separator = TEXT[name]
        cell = b"1e30;" if name == "wisdm2019" else b"1e30"
        change(tmp_path / relative, 21, separator, {Z_COLUMN[name]: cell})
        fails(DataFormatError, name, tmp_path, tmp_path / relative, "1e+30 is not")

    def test_a_cell_too_many(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        relative, separator = TEXT[name]
        change(tmp_path / relative, 21, separator, {2: b"1" + separator + b"2"})
        fails(DataFormatError, name, tmp_path, f"{tmp_path / relative}, line 21", "columns")

    def test_bytes_that_are_no_text(self, name: str, tmp_path: Path) -> None:
        write(name, tmp_path)
        relative, separator = TEXT[name]
        change(tmp_path / relative, 21, separator, {LABEL_COLUMN[name]: b"\xff\xfe"})
        fails(DataFormatError, name, tmp_path, tmp_path / relative)


@pytest.mark.parametrize(
    ("name", "column", "cell", "said"),
    [
        ("sp_sw_har", 8, b"JOGGING", ["'JOGGING' is not a class", "'SITTING_DOWN'"]),
        ("sp_sw_har", 8, b"", ["'' is not a class"]),
        ("wisdm2019", 2, b"N", ["'N' is not a class", "'A'", "'S'"]),
        ("mhealth", 24, b"13", ["13 is not a class", "0 to 12"]),
        ("mhealth", 24, b"1.5", ["1.5 is not a class"]),
        ("mhealth", 24, b"NaN", ["nan is not a class"]),
        ("jsi_fos", 7, b"flying", ["'flying'", "'walks'"]),
    ],
)
def test_a_label_outside_the_table(
    name: str, column: int, cell: bytes, said: list[str], tmp_path: Path
) -> None:
    write(name, tmp_path)
    relative, separator = TEXT[name]
    path = tmp_path / relative
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n", 1))
    change(path, 30, separator, {column: cell})
    fails(DataFormatError, name, tmp_path, f"{path}, line 30", *said)


class TestWords:
    LAYOUT = TextLayout(columns=2, header=("word", "number"))

    def test_words_come_in_the_order_of_their_first_line(self, tmp_path: Path) -> None:
        lines = ["word,number"] + [f"{word},1" for word in ("é f", "", "NaN", "é f", "b")]
        (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
        found = read_words(FolderTree(tmp_path), "t.csv", self.LAYOUT, 0)
        assert found.values == ("é f", "", "NaN", "b")
        assert found.indices.tolist() == [0, 1, 2, 0, 3]

    def test_words_of_a_long_file_are_the_same_in_all_its_parts(self, tmp_path: Path) -> None:
        rows = ["walk,1"] * 200_000 + ["lie,1", "walk,1"] * 100_000
        (tmp_path / "t.csv").write_text("\n".join(["word,number", *rows]))
        found = read_words(FolderTree(tmp_path), "t.csv", self.LAYOUT, 0)
        assert found.values == ("walk", "lie")
        assert np.bincount(found.indices).tolist() == [300_000, 100_000]
        assert found.indices[-2:].tolist() == [1, 0]

    def test_the_place_counts_empty_lines(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_bytes(b"word,number\r\n\r\na,1\r\n\r\nb,2\r\n")
        told = place(FolderTree(tmp_path), "t.csv", self.LAYOUT, 1, 1)
        assert told == f"{tmp_path / 't.csv'}, line 5, column 2"


class TestSkoda:
    NAME = "right_classall_clean"

    def changed(self, root: Path, alter: Callable[[np.ndarray], np.ndarray]) -> Path:
        write("skoda", root)
        path = root / f"{self.NAME}.mat"
        savemat(path, {self.NAME: alter(loadmat(path)[self.NAME])})
        return path

    def test_ids_that_vary(self, tmp_path: Path) -> None:
        def shift(table: np.ndarray) -> np.ndarray:
            table[:, 8:-1] = table[:, 9:].copy()
            return table

        path = self.changed(tmp_path, shift)
        said = ["column 9", "sensor ids vary", "the id of one sensor", "taken for an acceleration"]
        fails(DataFormatError, "skoda", tmp_path, path, *said)

    def test_one_id_that_is_missing(self, tmp_path: Path) -> None:
        def lose(table: np.ndarray) -> np.ndarray:
            table[7, 1] = np.nan
            return table

        path = self.changed(tmp_path, lose)
        fails(DataFormatError, "skoda", tmp_path, path, "column 2", "sensor ids vary")

    def test_the_arms_exchanged(self, tmp_path: Path) -> None:
        write("skoda", tmp_path)
        other = "left_classall_clean"
        table = loadmat(tmp_path / f"{other}.mat")[other]
        savemat(tmp_path / f"{self.NAME}.mat", {self.NAME: table})
        said = ["the sensors are", "sensors of the right arm: 1, 2, 14, 16", "exchanged"]
        fails(DataFormatError, "skoda", tmp_path, *said)

    @pytest.mark.parametrize(("code", "said"), [(58, "58"), (0, "0"), (48.5, "48.5")])
    def test_a_label_outside_the_table(self, code: float, said: str, tmp_path: Path) -> None:
        def relabel(table: np.ndarray) -> np.ndarray:
            table[11, 0] = code
            return table

        path = self.changed(tmp_path, relabel)
        fails(DataFormatError, "skoda", tmp_path, path, "sample 12", f"{said} is not a label", "57")

    def test_a_column_too_few(self, tmp_path: Path) -> None:
        path = self.changed(tmp_path, lambda table: table[:, :70])
        fails(DataFormatError, "skoda", tmp_path, path, "× 70", "[T, 71]")

    def test_one_arm_alone(self, tmp_path: Path) -> None:
        write("skoda", tmp_path)
        (tmp_path / "left_classall_clean.mat").unlink()
        recordings, notes = read("skoda", tmp_path)
        assert [one.placement for one in recordings] == ["right_2"]
        assert notes == ["The file of the left arm is not there."]
        said = ["left_classall_clean.mat", "choose a placement other than left_30"]
        fails(MissingDataError, "skoda:placement=left_30", tmp_path, *said)

    def test_a_sensor_is_found_by_id_wherever_it_stands(self, tmp_path: Path) -> None:
        write("skoda", tmp_path)
        before, _ = read("skoda:placement=right_29", tmp_path)

        def reverse(table: np.ndarray) -> np.ndarray:
            slots = [table[:, 1 + 7 * slot : 8 + 7 * slot] for slot in range(10)]
            return np.hstack([table[:, :1], *reversed(slots)])

        path = tmp_path / f"{self.NAME}.mat"
        savemat(path, {self.NAME: reverse(loadmat(path)[self.NAME])})
        after, _ = read("skoda:placement=right_29", tmp_path)
        np.testing.assert_array_equal(before[0].acceleration, after[0].acceleration)


class TestSpSwHar:
    def test_repeated_stamps_are_told_and_no_sample_is_dropped(self, tmp_path: Path) -> None:
        write("sp_sw_har", tmp_path)
        recordings, notes = read("sp_sw_har", tmp_path)
        lines = len((tmp_path / TEXT["sp_sw_har"][0]).read_text().splitlines()) - 1
        assert len(recordings[1].labels) == lines
        assert recordings[1].time_s is None
        assert notes[0] == "220 of 223 recordings are missing."
        assert "time stamps repeat the one before" in notes[1]
        assert "104.28 Hz" in notes[1]
        piece = resample(recordings[1])
        assert len(piece) == 1
        assert len(piece[0]) == pytest.approx(lines / 104.28 * 25, abs=1.1)

    @pytest.mark.parametrize("stamp", [b"1657533977000", b"1657533999000", b"NaN"])
    def test_a_stamp_away_from_the_grid(self, stamp: bytes, tmp_path: Path) -> None:
        write("sp_sw_har", tmp_path)
        path = tmp_path / TEXT["sp_sw_har"][0]
        change(path, 40, b",", {7: stamp})
        fails(DataFormatError, "sp_sw_har", tmp_path, f"{path}, line 40, column 7")

    def test_lost_samples(self, tmp_path: Path) -> None:
        write("sp_sw_har", tmp_path)
        path = tmp_path / TEXT["sp_sw_har"][0]
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:300] + lines[350:]))
        fails(DataFormatError, "sp_sw_har", tmp_path, path, "away from an even grid")

    def test_a_file_of_somebody_else_in_the_folder(self, tmp_path: Path) -> None:
        write("sp_sw_har", tmp_path)
        path = tmp_path / TEXT["sp_sw_har"][0]
        wrong = path.rename(path.with_name("s02_02_sw.csv"))
        fails(DataFormatError, "sp_sw_har", tmp_path, wrong, "sXX/sXX_YY_sw.csv")


class TestWisdm:
    def written(self, root: Path, *blocks: tuple[str, float, float]) -> list[np.ndarray]:
        """A file of letter, rate and start in seconds; returns the planted signals."""
        rng = np.random.default_rng(3)
        parts = [
            wisdm2019.lines(rng, "1601", letter, rate_hz, int(start * 1e9))
            for letter, rate_hz, start in blocks
        ]
        path = root / "raw/watch/accel/data_1601_accel_watch.txt"
        path.parent.mkdir(parents=True)
        path.write_text("".join(line for text, _, _ in parts for line in text))
        return [signal for _, signal, _ in parts]

    def test_other_rates_are_read_as_such_and_told(self, tmp_path: Path) -> None:
        self.written(tmp_path, ("A", 20.0, 10), ("B", 50.0, 100), ("C", 24.4, 200))
        recordings, notes = read("wisdm2019", tmp_path)
        assert [one.rate_hz for one in recordings] == [20.0, 50.0, 25.0]
        assert notes[1:] == [
            "1 recordings are at 25 Hz instead of 20 Hz.",
            "1 recordings are at 50 Hz instead of 20 Hz.",
        ]

    def test_a_rate_that_cannot_be(self, tmp_path: Path) -> None:
        self.written(tmp_path, ("A", 20.0, 10), ("B", 33.0, 100))
        fails(
            DataFormatError,
            "wisdm2019",
            tmp_path,
            "data_1601",
            "activity B: the time stamps give 3",
            "20, 25",
        )

    def test_what_is_written_twice_is_read_once(self, tmp_path: Path) -> None:
        signals = self.written(tmp_path, ("A", 20.0, 10), ("B", 20.0, 100))
        path = tmp_path / "raw/watch/accel/data_1601_accel_watch.txt"
        lines = path.read_text().splitlines(keepends=True)
        again = len(signals[0])
        path.write_text("".join(lines[:again] + lines[:again] + lines[again:]))
        recordings, notes = read("wisdm2019", tmp_path)
        assert [len(one.labels) for one in recordings] == [len(one) for one in signals]
        assert notes[1:] == [
            f"{again} lines repeat the time stamp of an earlier line and are left out."
        ]

    def test_time_that_runs_backwards_begins_another_recording(self, tmp_path: Path) -> None:
        signals = self.written(tmp_path, ("A", 20.0, 500), ("A", 20.0, 10))
        recordings, notes = read("wisdm2019", tmp_path)
        assert [one.session for one in recordings] == ["A1", "A2"]
        for recording, signal in zip(recordings, signals, strict=True):
            np.testing.assert_allclose(recording.acceleration, signal, atol=2e-6)
        assert notes[1:] == ["The time runs backwards 1 times; another recording begins there."]

    def test_a_gap_splits_when_resampled(self, tmp_path: Path) -> None:
        self.written(tmp_path, ("A", 20.0, 10), ("A", 20.0, 100))
        recordings, _ = read("wisdm2019", tmp_path)
        assert [len(resample(one)) for one in recordings] == [2]

    def test_a_line_of_another_subject(self, tmp_path: Path) -> None:
        write("wisdm2019", tmp_path)
        path = tmp_path / TEXT["wisdm2019"][0]
        change(path, 12, b",", {1: b"1600"})
        said = [f"{path}, line 12, column 1", "another subject", "1650"]
        fails(DataFormatError, "wisdm2019", tmp_path, *said)

    @pytest.mark.parametrize("stamp", [b"NaN", b"-5"])
    def test_a_stamp_that_is_missing(self, stamp: bytes, tmp_path: Path) -> None:
        write("wisdm2019", tmp_path)
        path = tmp_path / TEXT["wisdm2019"][0]
        change(path, 12, b",", {3: stamp})
        fails(DataFormatError, "wisdm2019", tmp_path, f"{path}, line 12, column 3", "nanoseconds")

    def test_a_line_without_its_semicolon(self, tmp_path: Path) -> None:
        write("wisdm2019", tmp_path)
        path = tmp_path / TEXT["wisdm2019"][0]
        path.write_bytes(path.read_bytes().replace(b";", b"", 1))
        fails(DataFormatError, "wisdm2019", tmp_path, f"{path}, line 1", "x,y,z; in every line")

    def test_a_subject_that_does_not_exist(self, tmp_path: Path) -> None:
        write("wisdm2019", tmp_path)
        path = tmp_path / TEXT["wisdm2019"][0]
        wrong = path.rename(path.with_name("data_1651_accel_watch.txt"))
        fails(DataFormatError, "wisdm2019", tmp_path, wrong, "data_1650_accel_watch.txt")


class TestMhealth:
    def test_a_subject_that_does_not_exist(self, tmp_path: Path) -> None:
        write("mhealth", tmp_path)
        path = tmp_path / TEXT["mhealth"][0]
        wrong = path.rename(path.with_name("mHealth_subject11.log"))
        fails(DataFormatError, "mhealth", tmp_path, wrong, "mHealth_subject10.log")

    def test_missing_subjects_are_told(self, tmp_path: Path) -> None:
        write("mhealth", tmp_path)
        assert read("mhealth", tmp_path)[1] == ["2 of 10 subjects were found."]
