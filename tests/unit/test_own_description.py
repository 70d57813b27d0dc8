"""`dataset.toml`: every key explained, written as it is read, and refused where it is wrong."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_helpers import TOML, describe, fails, read

from crosswear.core.errors import DataFormatError
from crosswear.datasets.own.label_files import Labels
from crosswear.datasets.own.layout import KEYS, Columns, Layout, parse_layout
from crosswear.datasets.propose.toml import render


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
    labels = {f"labels.{field.name}" for field in dataclasses.fields(Labels)}
    with_others = {"columns.y", "columns.z", "labels.stop", "labels.label"}
    with_others |= {"columns.gravity_y", "columns.gravity_z"}
    assert set(KEYS) == (keys | columns | labels) - with_others


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.slow
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
