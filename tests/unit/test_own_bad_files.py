"""Files of own recordings that are not what their `dataset.toml` says."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_helpers import HEADER, TOML, describe, fails, put, read, rows
from pyarrow import parquet

from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.datasets.propose import propose


class TestBadFiles:
    @pytest.mark.parametrize(
        ("line", "cell", "fragment"),
        [
            (7, "0.10,oops,0,1,sit", "x is 'oops'"),
            (7, "0.10,0,0,sit", "4 columns"),
            (7, "0.10,0,0,1,sit,", "6 columns"),
            (7, "soon,0,0,1,sit", "time is 'soon'"),
            (7, ",0,0,1,sit", "no time stamp"),
            (7, "0.01,0,0,1,sit", "backwards"),
            (7, "0.10,inf,0,1,sit", "an infinite number"),
            (7, "0.10,0,0,1e9,sit", "1e+09 is not an acceleration"),
            (7, "0.10,0,0,1,dance", "label 'dance'"),
            (7, "0.10,0,0,1,", "label ''"),
            (7, '0.10,"0,0",0,1,sit', "x is '0,0': a decimal comma"),
        ],
    )
    def test_a_wrong_row(self, tmp_path: Path, line: int, cell: str, fragment: str) -> None:
        lines = rows()
        lines[line - 2] = cell
        path = put(tmp_path, "anna.csv", lines)
        place = "sample 6" if "e9" in cell else f"line {line}"
        fails(describe(tmp_path), fragment, path, place)

    def test_stamps_that_mostly_repeat(self, tmp_path: Path) -> None:
        lines = [f"{i // 50},{line.partition(',')[2]}" for i, line in enumerate(rows())]
        path = put(tmp_path, "anna.csv", lines)
        fails(describe(tmp_path), path, "line 3", "repeats the one before it, as 196 of 200 do")

    def test_lines_are_counted_with_empty_ones(self, tmp_path: Path) -> None:
        lines = rows()
        lines[9] = lines[9].replace("sit", "dance")
        path = put(tmp_path, "anna.csv", [*lines[:4], "", "", *lines[4:]])
        fails(describe(tmp_path), f"{path}, line 13", "dance")

    def test_decimal_commas_that_are_not_declared(self, tmp_path: Path) -> None:
        lines = [line.replace(",", ";").replace(".", ",") for line in rows()]
        put(tmp_path, "anna.csv", lines, HEADER.replace(",", ";"))
        toml = describe(tmp_path, ('["*.csv"]', '["*.csv"]\nseparator = ";"'))
        fails(toml, "decimal comma", "line 2", "decimal")

    def test_decimal_points_where_commas_are_declared(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", [line.replace(",", ";") for line in rows()], "t;x;y;z;what")
        toml = describe(tmp_path, ('["*.csv"]', '["*.csv"]\nseparator = ";"\ndecimal = ","'))
        fails(toml, "x is '", "line 2", "decimal commas")

    @pytest.mark.parametrize(
        ("content", "fragment"),
        [
            (b"", "the file is empty"),
            (b"\r\n\r\n", "the file is empty"),
            (b"t,x,y,z,what\n", "no line after the header"),
            (b"a,x,y,z,what\n1,2,3,4,sit\n", "no column 't'"),
            (b"t,x,y,z,z,what\n1,2,3,4,5,sit\n", "2 columns are named 'z'"),
            ("t,x,y,z,what\n".encode("utf-16"), "UTF-16"),
            ("t,x,y,z,what\n0,0,0,1,p\xe4use\n".encode("latin-1"), "not text in UTF-8"),
            (bytes(range(256)) * 20, ""),
            (b'"t,x,y,z,what\n0,0,0,1,sit\n', "no column"),
        ],
    )
    def test_other_content(self, tmp_path: Path, content: bytes, fragment: str) -> None:
        (tmp_path / "anna.csv").write_bytes(content)
        fails(describe(tmp_path), tmp_path / "anna.csv", fragment)

    def test_not_parquet(self, tmp_path: Path) -> None:
        (tmp_path / "anna.parquet").write_bytes(b"PAR1 nothing")
        toml = describe(tmp_path, ('"*.csv"', '"*.parquet"'))
        fails(toml, tmp_path / "anna.parquet", "Parquet")

    def test_words_in_parquet(self, tmp_path: Path) -> None:
        table = pa.table({name: ["a", "b"] for name in HEADER.split(",")})
        parquet.write_table(table, tmp_path / "anna.parquet")
        fails(describe(tmp_path, ('"*.csv"', '"*.parquet"')), "anna.parquet", "numbers")

    def test_parquet_without_a_column(self, tmp_path: Path) -> None:
        parquet.write_table(pa.table({"x": [1.0]}), tmp_path / "anna.parquet")
        fails(describe(tmp_path, ('"*.csv"', '"*.parquet"')), "anna.parquet", "no column 'y'")

    def test_the_line_that_cannot_be_split(self, tmp_path: Path) -> None:
        lines = rows()
        lines[7] = lines[7].replace(",", "," + "1" * 140_000 + "x,", 1)
        path = put(tmp_path, "anna.csv", lines)
        fails(describe(tmp_path), f"{path}, line 9: cannot be split: field larger")

    def test_a_column_beyond_the_last_one_below_skipped_lines(self, tmp_path: Path) -> None:
        numbers = "x = 1\ny = 2\nz = 7\nlabel = 4\n"
        toml = TOML.split("[columns]")[0] + "skip_lines = 3\n[columns]\n" + numbers
        toml += "\n[classes]\n" + TOML.split("[classes]\n")[1]
        path = put(tmp_path, "anna.csv", ["one", "two", *rows()], "zero")
        fails(
            describe(tmp_path, ('time_unit = "s"\n', ""), toml=toml),
            f"{path}, line 4: no column 7: there are 5",
        )

    def test_mixed_units_name_two_files(self, tmp_path: Path) -> None:
        for name, one_g in (("a", 1.0), ("b", 9.80665), ("c", 1.0)):
            put(tmp_path, f"{name}.csv", rows(one_g=one_g))
        toml = describe(tmp_path)
        fails(toml, "mixed units", tmp_path / "a.csv", tmp_path / "b.csv", "m/s2")
        describe(tmp_path, ('unit = "g"', 'unit = "m/s2"'))
        fails(toml, "mixed units", tmp_path / "a.csv", tmp_path / "b.csv")

    def test_another_unit_than_declared(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows(one_g=1000.0))
        fails(describe(tmp_path), "as if in mg", tmp_path / "anna.csv", "unit")

    def test_another_rate_than_declared(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows())
        fails(describe(tmp_path, ("rate_hz = 50", "rate_hz = 100")), "have 50 Hz", "rate_hz")

    def test_a_person_who_comes_again(self, tmp_path: Path) -> None:
        lines = [f"{line},{who}" for who in "aba" for line in rows(60)]
        put(tmp_path, "all.csv", lines, HEADER + ",who")
        toml = describe(
            tmp_path,
            ("path = '(?P<subject>[^/]+)\\.csv'\n", ""),
            ("[classes]", 'subject = "who"\n[classes]'),
        )
        fails(toml, "'a' comes again", "line 122")

    def test_a_name_that_the_pattern_does_not_match(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows())
        fails(describe(tmp_path, ("[^/]+)", "p\\d+)")), tmp_path / "anna.csv", "p\\d+")

    def test_no_file(self, tmp_path: Path) -> None:
        fails(describe(tmp_path), tmp_path, "*.csv", kind=MissingDataError)

    def test_no_toml(self, tmp_path: Path) -> None:
        fails(tmp_path / "dataset.toml", tmp_path, "data new", kind=MissingDataError)


FRAGMENTS = [
    "",
    ",",
    ";",
    '"',
    "NaN",
    "inf",
    "1e999",
    "-",
    "\n",
    "\r",
    "\0",
    "\ufeff",
    "0,5",
    "2024",
]


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_told_and_never_a_crash(tmp_path: Path, data: st.DataObject) -> None:
    text = "\n".join([HEADER, *rows(60)]) + "\n"
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, min(len(text), 200)))
        stop = start + data.draw(st.integers(0, 8))
        text = text[:start] + data.draw(st.sampled_from(FRAGMENTS)) + text[stop:]
    (tmp_path / "anna.csv").write_bytes(text.encode())
    toml = describe(tmp_path)
    for action in (lambda: read(toml), lambda: propose(tmp_path, {})):
        try:
            action()
        except CrosswearError as error:
            assert error.where  # noqa: PT017


@pytest.mark.parametrize("nothing", ["", "nan"])
def test_recordings_without_a_number_are_told_with_their_columns(
    tmp_path: Path, nothing: str
) -> None:
    lines = [f"{row / 50},{nothing},{nothing},{nothing}" for row in range(500)]
    (tmp_path / "lost.csv").write_text("\n".join(["time,x,y,z", *lines]))
    with pytest.raises(DataFormatError, match=r"'lost.csv' has 'time', 'x', 'y', 'z'"):
        propose(tmp_path, {})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_files_in_utf16_are_told_as_such(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text("a letter\nto nobody\n", encoding=encoding)
    with pytest.raises(DataFormatError) as caught:
        propose(tmp_path, {})
    assert ("'a.csv' is in UTF-16" in str(caught.value)) == (encoding == "utf-16")
