"""The tables of docs/results.md are what the committed records say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from crosswear.evidence.records import read_records
from crosswear.report.evidence_tables import cells_table

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from results import main

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "records").glob("*.parquet"))
DRAWN = 50
"""Cells of each study: scikit-learn takes milliseconds for each."""


@pytest.mark.slow
def test_the_document_says_what_the_records_say() -> None:
    assert RECORDS
    main(check=True)  # exits where a table differs


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_records_are_small_and_named_in_the_document(path: Path) -> None:
    assert path.stat().st_size < 5_000_000
    sections = re.findall(r"<!-- (\S+): ", (ROOT / "docs" / "results.md").read_text("utf-8"))
    assert path.stem in "+".join(sections).split("+")


@pytest.mark.slow
@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_scores_of_cells_are_those_of_scikit_learn(path: Path) -> None:
    records = read_records(path)
    rows = {row["key"]: row for row in cells_table(records).to_pylist()}
    drawn = np.random.default_rng(2019).permutation([*records.observed])[:DRAWN]
    for key in drawn.tolist():
        one = records.observed[key]
        true, predicted = np.indices(one.confusion.shape).reshape(2, -1)
        there = one.confusion.ravel() > 0
        counted = (true[there], predicted[there])
        weights = one.confusion.ravel()[there]
        micro, macro = (
            f1_score(*counted, average=how, sample_weight=weights) for how in ("micro", "macro")
        )
        assert rows[key]["micro_f1"] == pytest.approx(micro)
        assert rows[key]["macro_f1"] == pytest.approx(macro)
