"""A folder of one's own files with a dataset.toml is a dataset like every other."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_helpers import HEADER, TOML, describe, put, read, rows
from pyarrow import parquet

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DomainError
from crosswear.core.recording import NO_LABEL
from crosswear.datasets import lookup
from crosswear.datasets.prepare import prepare
from crosswear.datasets.tree import FolderTree, fingerprint
from crosswear.tables.units import reading


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
        spec, _ = lookup(str(toml := describe(tmp_path)))
        assert set(fingerprint(FolderTree(tmp_path), spec.patterns)) == {"anna.csv"}
        assert spec.description == toml

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

    def test_a_stamp_that_repeats_is_moved_and_a_gap_is_still_a_gap(self, tmp_path: Path) -> None:
        lines = rows()
        lines[50] = ",".join([lines[49].split(",")[0], *lines[50].split(",")[1:]])
        del lines[100:150]
        put(tmp_path, "anna.csv", lines)
        notes: list[str] = []
        (one,) = read(describe(tmp_path), notes)
        assert one.time_s is not None
        wanted = np.delete(np.arange(200), slice(100, 150)) / 50
        np.testing.assert_allclose(one.time_s, wanted, atol=1e-9)
        assert "1 time stamp repeats the one before in 1 file" in notes[0]

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

    @pytest.mark.parametrize("separator", [",", "\t"])
    @pytest.mark.parametrize("packed", [False, True])
    def test_packed_files_and_tabs(self, tmp_path: Path, separator: str, packed: bool) -> None:
        path = put(tmp_path, "anna.csv", rows())
        (plain,) = read(describe(tmp_path))
        text = path.read_bytes().replace(b",", separator.encode())
        path.unlink()
        name = ("tsv" if separator == "\t" else "csv") + ".gz" * packed
        (tmp_path / f"anna.{name}").write_bytes(gzip.compress(text) if packed else text)
        changes = [('["*.csv"]', f'["*.{name}"]\nseparator = {json.dumps(separator)}')]
        (found,) = read(describe(tmp_path, *changes, ("\\.csv", f"\\.{name}")))
        np.testing.assert_array_equal(found.acceleration, plain.acceleration)
        np.testing.assert_array_equal(found.labels, plain.labels)
        assert (found.subject, found.session) == (plain.subject, plain.session)

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


@given(one_g=st.sampled_from([1.0, 9.80665, 64.0, 1000.0]), share=st.floats(0.2, 1.0))
def test_gravity_is_found_where_a_part_of_the_time_is_rest(one_g: float, share: float) -> None:
    rng = np.random.default_rng(1)
    still = np.arange(2000) < 2000 * share
    scale = np.where(still, 0.004, 0.8)[:, None]
    values = one_g * (np.array([0.6, 0.0, 0.8]) + scale * rng.normal(size=(2000, 3)))
    found = reading(values, 50.0)
    assert found is not None
    assert found.at_rest
    assert abs(found.length / one_g - 1) < 0.02


class TestSuspicions:
    """Notes on recordings that are read as described, and may not be meant so."""

    def people(self, root: Path) -> Path:
        for seed, name in enumerate(("anna", "ben", "cleo", "dora")):
            noise = np.random.default_rng(seed).normal(0, 0.1, (3000, 3)).round(5).tolist()
            lines = [
                f"{i / 50:.2f},{x},{y},{z},{'sit' if i < 1500 else 'walk'}"
                for i, (x, y, z) in enumerate(noise)
            ]
            put(root, f"{name}.csv", lines)
        return describe(root)

    def test_both_files_are_named(self, tmp_path: Path) -> None:
        toml = self.people(tmp_path / "mine")
        prepare(toml, None, PreparationConfig(), tmp_path / "cache")
        (tmp_path / "mine" / "zoe.csv").write_bytes((tmp_path / "mine" / "ben.csv").read_bytes())
        with pytest.raises(DomainError) as caught:
            prepare(toml, None, PreparationConfig(), tmp_path / "cache")
        assert "ben (person ben) and zoe (person zoe) hold the same samples" in str(caught.value)
        assert "delete one of the two" in caught.value.todo

    def test_names_in_another_case_are_said(self, tmp_path: Path) -> None:
        self.people(tmp_path / "mine")
        for toml, told in ((TOML, 0), (TOML.replace('run = "walking"', 'run = "WALKING"'), 1)):
            path = describe(tmp_path / "mine", toml=toml)
            notes = prepare(path, None, PreparationConfig(), tmp_path / "cache").summary.notes
            assert sum("'walking'/'WALKING'" in one for one in notes) == told

    def test_sensors_that_were_stuck_are_no_copies(self, tmp_path: Path) -> None:
        toml = self.people(tmp_path / "mine")
        still = [f"{i / 50:.2f},0,0,1,sit" for i in range(3000)]
        put(tmp_path / "mine", "yan.csv", still)
        put(tmp_path / "mine", "zoe.csv", still)
        found = prepare(toml, None, PreparationConfig(), tmp_path / "cache")
        assert len(found.summary.subjects) == 6
