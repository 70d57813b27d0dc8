"""Errors of a settings file use the words of the file, not of a library."""

from __future__ import annotations

import pytest

from crosswear.core.errors import StudyFileError
from crosswear.grid.study_file import parse_study

STUDY = """
name = "tiny"
seed = 1
[domains]
a = "simulated-gestures"
b = "simulated-daily"
[grid]
sizes = [20]
blocks = [0]
[model]
filters = [2, 2, 2]
"""


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('b = "simulated-daily"', "", "domains", "2 entries or more"),
        ('"simulated-daily"', "3", "domains.b", "a text"),
        ("b = ", '"b c" = ', "domains.b c", "a name of letters, digits, '.', '-' and '_'"),
        ("[grid]", '[grid]\nsources = ["a + b"]', "grid.sources.0", "names of letters"),
        ("seed = 1", 'seed = "x"', "seed", "a whole number"),
        ("seed = 1", "seed = 1.5", "seed", "a whole number"),
        ("seed = 1", "seed = -1", "seed", "greater than or equal to 0"),
        ("[20]", "20", "grid.sizes", "a list"),
        ("[grid]", "[[grid]]", "grid", "a table"),
        ("[2, 2, 2]", "[2, 2]", "model.filters", "3 entries or more"),
        ("[2, 2, 2]", "[2, 2, 2, 2, 2, 2]", "model.filters", "5 entries or fewer"),
        ("[model]", "[source]\nl2 = true\n[model]", "source.l2", "a number"),
        ("[model]", "[preparation]\nhop_s = 0.019\n[model]", "preparation.hop_s", "1 or more"),
        ("[model]", "[preparation]\nwindow_s = 0.05\n[model]", "preparation.window_s", "2 or more"),
        ("[model]", "[preparation]\nrate_hz = 0.2\n[model]", "preparation.window_s", "2 or more"),
        ("[grid]", "[grid]\nwhitening = 1", "grid.whitening", "true or false"),
    ],
)
def test_a_wrong_value_is_told(old: str, new: str, key: str, expected: str) -> None:
    assert old in STUDY
    with pytest.raises(StudyFileError) as caught:
        parse_study(STUDY.replace(old, new), "tiny.toml")
    assert caught.value.where == f"tiny.toml: {key}"
    assert caught.value.expected.startswith(expected)
    assert "should" not in str(caught.value)
