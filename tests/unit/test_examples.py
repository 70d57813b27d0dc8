"""The examples run as they stand."""

from __future__ import annotations

import importlib.util
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "examples.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names that the page leaves behind."""
    left: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # Of the exporter of torch that needs no further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        patch.chdir(tmp_path_factory.mktemp("examples"))
        for block in BLOCKS:
            if "EncoderCard" in block and importlib.util.find_spec("onnxruntime") is None:
                continue
            exec(compile(block, str(PAGE), "exec"), left)  # noqa: S102
    return left


def test_each_person_is_tested_once(names: dict[str, Any]) -> None:
    scores = names["scores"].set_index(["target", "method"])
    assert scores.loc[("sports", "forest"), "repetitions"].item() == 9
    assert scores.loc[("sports", "forest"), "micro_f1"].item() > 2 * (
        scores.loc[("sports", "majority"), "micro_f1"].item()
    )


def test_an_encoder_is_compared_with_its_control(names: dict[str, Any]) -> None:
    pytest.importorskip("onnxruntime")
    assert {*names["table"]["target"]} == {"sports", "daily"}
    # It has learned as little as its control.
    assert names["table"]["over_untrained"].abs().mean() < 0.15


def test_a_classifier_is_compared_on_windows_of_other_people(names: dict[str, Any]) -> None:
    domain, train, test = names["domain"], names["train"], names["test"]
    people = domain.windows.subject
    assert not {*people[train].tolist()} & {*people[test].tolist()}
    assert 0.3 < names["correct"]["mine"].mean() < names["correct"]["forest"].mean()
