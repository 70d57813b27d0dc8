"""A folder of one's own files with a dataset.toml is a dataset like every other."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from crosswear.datasets import lookup
from crosswear.datasets.own.layout import KEYS, Columns, Layout, parse_layout
from crosswear.datasets.own.units import resting
from crosswear.datasets.tree import FolderTree, fingerprint
from crosswear.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.propose import propose
from crosswear.propose.toml import render
from crosswear.recording import NO_LABEL, Recording

TOML = """
title = "Mine"
files = ["*.csv"]
rate_hz = 50
unit = "g"
placement = "right_wrist"
path = '(?P<subject>[^/]+)\\.csv'
time_unit = "s"
null = ["?"]
[columns]
x = "x"
y = "y"
z = "z"
time = "t"
label = "what"
[classes]
sit = "sitting"
walk = "walking"
run = "walking"
"""
HEADER = "t,x,y,z,what"


def rows(
    count: int = 200, one_g: float = 1.0, first: int = 0, labels: tuple[str, ...] = ("sit", "walk")
) -> list[str]:
    """Lines of a sensor that lies still with z upwards, at 50 Hz."""
    noise = np.random.default_rng(0).normal(0, 0.003, count)
    return [
        f"{i / 50:.2f},{n * one_g:.5f},{-n * one_g:.5f},{one_g:.5f},"
        f"{labels[(i - first) * len(labels) // count]}"
        for i, n in zip(range(first, first + count), noise, strict=True)
    ]


def put(root: Path, name: str, lines: list[str], header: str = HEADER) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in [*header.splitlines(), *lines]), "utf-8")
    return path


def describe(root: Path, *changes: tuple[str, str], toml: str = TOML) -> Path:
    for old, new in changes:
        assert old in toml
        toml = toml.replace(old, new)
    (root / "dataset.toml").write_text(toml, "utf-8")
    return root / "dataset.toml"


def read(toml: Path, notes: list[str] | None = None) -> list[Recording]:
    spec, options = lookup(str(toml))
    assert spec.root is not None
    note = (notes if notes is not None else []).append
    return list(spec.read(FolderTree(spec.root), options, note))


def fails(toml: Path, *fragments: object, kind: type[CrosswearError] = DataFormatError) -> None:
    with pytest.raises(CrosswearError) as caught:
        read(toml)
    assert type(caught.value) is kind
    assert caught.value.expected
    for fragment in fragments:
        assert str(fragment) in str(caught.value)


class TestReading:
    def test_a_csv_file(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows(labels=("sit", "?", "run", "walk")))
        (one,) = read(describe(tmp_path))
        assert (one.subject, one.session, one.placement) == ("anna", "anna", "right_wrist")
        assert one.rate_hz == 50
        assert one.time_s is not None
        np.testing.assert_allclose(one.time_s, np.arange(200) / 50)
        np.testing.assert_allclose(one.acceleration[:, 2], 1.0)
        np.testing.assert_array_equal(one.labels, np.repeat([0, NO_LABEL, 1, 1], 50))

    def test_the_declaration(self, tmp_path: Path) -> None:
        spec, options = lookup(str(describe(tmp_path)))
        assert spec.root == tmp_path
        assert options == spec.default_options
        table = spec.variants[options.variant]
        assert [(row.code, row.name) for row in table] == [
            ("sit", "sitting"),
            ("walk/run", "walking"),
        ]

    def test_the_digest_covers_the_toml(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows())
        spec, _ = lookup(str(describe(tmp_path)))
        assert set(fingerprint(FolderTree(tmp_path), spec.patterns)) == {"anna.csv", "dataset.toml"}

    def test_windows_line_ends_a_byte_order_mark_and_empty_lines(self, tmp_path: Path) -> None:
        path = put(tmp_path, "anna.csv", rows())
        plain = path.read_text()
        toml = describe(tmp_path)
        (expected,) = read(toml)
        path.write_bytes(("\ufeff" + plain.replace("\n", "\r\n") + "\r\n\r\n").encode())
        (found,) = read(toml)
        np.testing.assert_array_equal(found.acceleration, expected.acceleration)
        np.testing.assert_array_equal(found.labels, expected.labels)

    def test_decimal_commas_names_with_spaces_and_letters_of_all_kinds(
        self, tmp_path: Path
    ) -> None:
        lines = [line.replace(",", ";").replace(".", ",") for line in rows()]
        put(tmp_path, "Übung 1/Jürgen Ångström.csv", lines, 'Zeit (s);x;"y";z;Tätigkeit')
        toml = describe(
            tmp_path,
            ('time = "t"', 'time = "Zeit (s)"'),
            ('label = "what"', 'label = "Tätigkeit"'),
            ('["*.csv"]', '["*/*.csv"]\nseparator = ";"\ndecimal = ","'),
            ("'(?P<subject>", "'[^/]+/(?P<subject>"),
        )
        (one,) = read(toml)
        assert one.subject == "Jürgen Ångström"
        np.testing.assert_allclose(one.acceleration[:, 2], 1.0)

    def test_letters_that_a_system_writes_as_two_characters(self, tmp_path: Path) -> None:
        put(tmp_path, "Zoe\u0308.csv", rows(labels=("ge\u0301", "walk")))
        (one,) = read(describe(tmp_path, ("sit =", '"g\u00e9" =')))
        assert one.subject == "Zo\u00eb"
        assert set(one.labels.tolist()) == {0, 1}

    def test_columns_by_number_below_other_lines(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows(), "Serial 12\nStart 10:00,really\n")
        numbers = "\nx = 1\ny = 2\nz = 3\ntime = 0\nlabel = 4\n[classes]"
        toml = TOML.split("[columns]")[0] + "skip_lines = 2\n[columns]" + numbers
        (one,) = read(describe(tmp_path, toml=toml + TOML.split("[classes]")[1]))
        assert len(one.labels) == 200

    @pytest.mark.parametrize(
        ("unit", "one_g"), [('"g"', 1.0), ('"mg"', 1000.0), ('"m/s2"', 9.80665), ("256", 256.0)]
    )
    def test_units(self, tmp_path: Path, unit: str, one_g: float) -> None:
        put(tmp_path, "anna.csv", rows(one_g=one_g))
        notes: list[str] = []
        (one,) = read(describe(tmp_path, ('unit = "g"', f"unit = {unit}")), notes)
        np.testing.assert_allclose(one.acceleration[:, 2], 1.0, rtol=1e-5)
        assert notes == []

    @pytest.mark.parametrize(
        ("unit", "stamp"),
        [
            ("ms", lambda i: 1.7e12 + 20 * i),
            ("us", lambda i: 20_000 * i),
            ("ns", lambda i: 1_700_000_000_000_000_000 + 20_000_000 * i),
            (
                "datetime",
                lambda i: np.datetime64("2024-03-01T23:59:59.5") + np.timedelta64(20 * i, "ms"),
            ),
            ("datetime", lambda i: f"2024-03-01 10:00:{i // 50:02}.{i % 50 * 20:03}+01:00"),
        ],
    )
    def test_time_stamps(self, tmp_path: Path, unit: str, stamp) -> None:  # type: ignore[no-untyped-def]
        lines = [f"{stamp(i)},{line.partition(',')[2]}" for i, line in enumerate(rows())]
        put(tmp_path, "anna.csv", lines)
        (one,) = read(describe(tmp_path, ('"s"', f'"{unit}"')))
        assert one.time_s is not None
        np.testing.assert_allclose(one.time_s, np.arange(200) / 50, atol=1e-6)

    def test_lost_samples(self, tmp_path: Path) -> None:
        lines = rows()
        for row, cell in enumerate(["", "NaN", "NA", "null"]):
            cells = lines[row].split(",")
            cells[row % 3 + 1] = cell
            lines[row] = ",".join(cells)
        put(tmp_path, "anna.csv", lines)
        (one,) = read(describe(tmp_path))
        lost = np.isnan(one.acceleration)
        assert lost[:4].all()
        assert not lost[4:].any()

    def test_people_and_sessions_in_one_file(self, tmp_path: Path) -> None:
        header = HEADER + ",who,part"
        parts = [("a", "1"), ("a", "2"), ("b", "1")]
        lines = [f"{line},{who},{part}" for who, part in parts for line in rows(100)]
        put(tmp_path, "all.csv", lines, header)
        toml = describe(
            tmp_path,
            ("path = '(?P<subject>[^/]+)\\.csv'\n", ""),
            ("[classes]", 'subject = "who"\nsession = "part"\n[classes]'),
        )
        found = read(toml)
        assert [(one.subject, one.session) for one in found] == [
            ("a", "all#1"),
            ("a", "all#2"),
            ("b", "all#1"),
        ]
        assert all(one.time_s is not None and one.time_s[0] == 0 for one in found)

    def test_one_person_and_a_folder_for_each_class(self, tmp_path: Path) -> None:
        for code in ("sit", "walk"):
            put(tmp_path, f"{code}/1.csv", rows())
        toml = describe(
            tmp_path,
            ("path = '(?P<subject>[^/]+)\\.csv'", "path = '(?P<label>[^/]+)/.*'\nsubject = \"me\""),
            ('label = "what"\n', ""),
            ('"*.csv"', '"*/*.csv"'),
        )
        found = read(toml)
        assert [(one.subject, one.session) for one in found] == [("me", "sit/1"), ("me", "walk/1")]
        assert [set(one.labels.tolist()) for one in found] == [{0}, {1}]

    def test_parquet(self, tmp_path: Path) -> None:
        count = 100
        table = {
            "t": pa.array(1_700_000_000_000_000_001 + 20_000_000 * np.arange(count)),
            **{
                axis: np.full(count, value, np.int16)
                for axis, value in (("x", 0), ("y", 0), ("z", 1000))
            },
            "what": pa.array([0] * 50 + [1] * 49 + [None], pa.float64()),
        }
        parquet.write_table(pa.table(table), tmp_path / "anna.parquet")
        toml = describe(
            tmp_path,
            ('"*.csv"', '"*.parquet"'),
            ("\\.csv", "\\.parquet"),
            ('"s"', '"ns"'),
            ('unit = "g"', 'unit = "mg"'),
            ("sit =", "0 ="),
            ("walk =", "1 ="),
            ('["?"]', '[""]'),
        )
        (one,) = read(toml)
        assert one.time_s is not None
        np.testing.assert_allclose(one.time_s, np.arange(count) / 50, atol=1e-6)
        assert one.labels.tolist() == [0] * 50 + [1] * 49 + [NO_LABEL]

    def test_gravity_taken_away_is_said(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).normal(0, 0.02, (200, 3))
        lines = [f"{i / 50},{x},{y},{z},sit" for i, (x, y, z) in enumerate(noise.tolist())]
        put(tmp_path, "anna.csv", lines)
        notes: list[str] = []
        read(describe(tmp_path), notes)
        assert "unchecked" in notes[0]

    def test_a_sensor_that_is_off_is_said(self, tmp_path: Path) -> None:
        put(tmp_path, "anna.csv", rows(one_g=2.0))
        notes: list[str] = []
        read(describe(tmp_path), notes)
        assert "2 g, not 1 g" in notes[0]


class TestBadFiles:
    @pytest.mark.parametrize(
        ("line", "cell", "fragment"),
        [
            (7, "0.10,oops,0,1,sit", "x is 'oops'"),
            (7, "0.10,0,0,sit", "4 columns"),
            (7, "0.10,0,0,1,sit,", "6 columns"),
            (7, "soon,0,0,1,sit", "time is 'soon'"),
            (7, ",0,0,1,sit", "no time stamp"),
            (7, "0.08,0,0,1,sit", "repeats"),
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
        fails(describe(tmp_path, ("rate_hz = 50", "rate_hz = 100")), "tell 50 Hz", "rate_hz")

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


class TestBadDescription:
    @pytest.mark.parametrize(
        ("old", "new", "key", "fragment"),
        [
            ("title", "tittle", "tittle", "unknown key"),
            ('title = "Mine"\n', "", "title", "missing key"),
            ("[classes]", "[class]", "class", "unknown key"),
            ("rate_hz = 50", 'rate_hz = "50"', "rate_hz", "number"),
            ("rate_hz = 50", "rate_hz = -1", "rate_hz", "greater than 0"),
            ("rate_hz = 50", "rate_hz = nan", "rate_hz", "NaN"),
            ('unit = "g"', 'unit = "G"', "unit", "'g', 'mg' or 'm/s2'"),
            ('unit = "g"', "unit = true", "unit", "found true"),
            ('"right_wrist"', '"right wrist?"', "placement", "found"),
            ('time_unit = "s"\n', "", "time_unit", "no unit"),
            ('time = "t"\n', "", "time_unit", "without columns.time"),
            ('label = "what"\n', "", "label", "from nowhere"),
            ('title = "Mine"', 'title = "Mine"\nsubject = "me"', "subject", "from path and"),
            ("P<subject>", "P<label>", "path", "columns.label and from path"),
            ("P<subject>", "P<person>", "path", "person"),
            ("[^/]+)", "[^/]+", "path", "not a regular expression"),
            ('y = "y"', 'y = "x"', "columns", "two things"),
            ('y = "y"', "y = 1", "columns", "numbers"),
            ('y = "y"', "y = -1", "columns.y", "found -1"),
            ('["?"]', '["sit"]', "null", "'sit'"),
            ('["*.csv"]', '["../*.csv"]', "files", "leads out"),
            ('["*.csv"]', '["/etc/*.csv"]', "files", "leads out"),
            ('["*.csv"]', "['C:\\\\*.csv']", "files", "leads out"),
            ('["*.csv"]', "[]", "files", "found []"),
            ('title = "Mine"', 'title = "Mine"\ndecimal = ","', "decimal", "separator"),
            ('title = "Mine"', "title = 7", "title", "found 7"),
            ('title = "Mine"', "title = ", "", "not valid TOML"),
        ],
    )
    def test_a_wrong_key(self, tmp_path: Path, old: str, new: str, key: str, fragment: str) -> None:
        toml = describe(tmp_path, (old, new))
        place = f"{toml}: {key}" if key else str(toml)
        with pytest.raises(DataFormatError) as caught:
            read(toml)
        assert caught.value.where == place or (not key and place in str(caught.value))
        assert fragment in str(caught.value)

    def test_one_class(self, tmp_path: Path) -> None:
        toml = TOML.split("[classes]")[0] + "[classes]\nsit = 'sitting'\n"
        fails(describe(tmp_path, toml=toml), "classes")


def test_every_key_is_explained() -> None:
    keys = {field.name for field in dataclasses.fields(Layout)}
    columns = {f"columns.{field.name}" for field in dataclasses.fields(Columns)}
    assert set(KEYS) == keys | columns - {"columns.y", "columns.z"}


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(title=names, codes=st.dictionaries(names, names, min_size=2, max_size=4), regex=names)
def test_what_is_written_is_read(title: str, codes: dict[str, str], regex: str) -> None:
    values = {"title": title, "path": regex, "classes": codes, "columns.x": title, "unit": 64.0}
    found = tomllib.loads(render(values, {"title": "a\nb"}))
    assert found == {
        "title": title,
        "path": regex,
        "unit": 64.0,
        "columns": {"x": title},
        "classes": codes,
    }


@given(st.text(max_size=60))
def test_no_text_makes_a_description_crash(text: str) -> None:
    with pytest.raises(DataFormatError):
        parse_layout(text, "dataset.toml")


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


@given(one_g=st.sampled_from([1.0, 9.80665, 64.0, 1000.0]), share=st.floats(0.2, 1.0))
def test_gravity_is_found_where_a_part_of_the_time_is_rest(one_g: float, share: float) -> None:
    rng = np.random.default_rng(1)
    still = np.arange(2000) < 2000 * share
    scale = np.where(still, 0.004, 0.8)[:, None]
    values = one_g * (np.array([0.6, 0.0, 0.8]) + scale * rng.normal(size=(2000, 3)))
    found = resting(values, 50.0)
    assert found is not None
    assert abs(found / one_g - 1) < 0.02
