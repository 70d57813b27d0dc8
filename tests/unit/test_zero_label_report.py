"""The report of networks that learned without labels of the target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crosswear.evidence.compare import compare
from crosswear.evidence.gather import gather
from crosswear.evidence.records import StudyRecords, read_records, write_records
from crosswear.evidence.statements import ZeroLabel
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import ALIGNMENTS
from crosswear.report.whole import report_study
from generators.records import planted_records

LABELS = """
alignments = ["source-only", "adabn", "mmd", "adversarial", "target-labels"]
[labels.one]
a = ["a0", "a1"]
b = ["b0"]
[labels.two]
a = ["a2"]
b = ["b1", "b2"]
"""
ALONE = f"""
name = "planted"
[domains]
a = "simulated-daily"
b = "simulated-gestures"
[grid]
sizes = []
blocks = []
seeds = 5
{LABELS}
"""
BESIDE = ALONE.replace("sizes = []\nblocks = []", "sizes = [20, 50]\nblocks = [0, 2]")
SHARES = {"source-only": 0.5, "adabn": 0.7, "mmd": 0.5, "adversarial": 0.3, "target-labels": 0.9}


def share(cell: Cell) -> float:
    return SHARES.get(cell.method, 0.6)


def records(text: str = ALONE) -> StudyRecords:
    return planted_records(share, text)


def rows_of(records: StudyRecords) -> dict[tuple[str, str], ZeroLabel]:
    return {(row.target, row.alignment): row for row in gather(records).zero_label}


@pytest.mark.parametrize("text", [ALONE, BESIDE])
def test_planted_differences_are_found_and_no_others(text: str) -> None:
    rows = rows_of(records(text))
    assert set(rows) == {(target, one) for target in "ab" for one in ALIGNMENTS}
    effects = {"adabn": "helps", "mmd": "no difference", "adversarial": "hurts"}
    for (_, alignment), row in rows.items():
        assert (row.score.done, row.classes) == (5, 2)
        score, contrast = row.score.micro_f1, row.over_source_only
        assert score is not None
        assert score.value == pytest.approx(SHARES[alignment], abs=0.03)
        assert row.score.majority_f1 == 0.5  # as many windows of either class
        if alignment not in effects:
            assert contrast is None
            continue
        assert contrast is not None
        assert contrast.effect == effects[alignment]
        gain = SHARES[alignment] - SHARES["source-only"]
        assert contrast.difference.value == pytest.approx(gain, abs=0.05)


def test_p_values_are_corrected_over_alignments_and_pairs() -> None:
    contrasts = [row.over_source_only for row in rows_of(records()).values()]
    p = [one.p for one in contrasts if one is not None and one.p is not None]
    adjusted = [one.adjusted_p for one in contrasts if one is not None]
    assert len(p) == 6
    assert min(one for one in adjusted if one is not None) == pytest.approx(6 * min(p))


def test_a_pair_without_all_repetitions_has_no_score_and_no_effect() -> None:
    whole = records()
    lost = next(key for key, cell in whole.cells() if cell.method == "source-only")
    target = whole.observed[lost].cell.target
    observed = {key: one for key, one in whole.observed.items() if key != lost}
    rows = rows_of(replace(whole, observed=observed))
    assert rows[target, "source-only"].score.micro_f1 is None
    assert rows[target, "adabn"].score.micro_f1 is not None
    assert rows[target, "adabn"].over_source_only is None


def test_the_rest_of_the_evidence_does_not_know_of_them() -> None:
    beside, without = (
        gather(planted_records(share, text)) for text in (BESIDE, BESIDE.replace(LABELS, ""))
    )
    assert [one.micro_f1 for one in beside.scores] == [one.micro_f1 for one in without.scores]
    assert beside.verdicts == without.verdicts
    assert beside.summary.startswith(without.summary)
    assert [one.name for one in beside.findings if one not in without.findings] == [
        "alignment_adabn",
        "alignment_mmd",
        "alignment_adversarial",
    ]
    assert without.zero_label == ()


def test_findings_count_targets_and_comparisons() -> None:
    evidence = gather(records())
    assert evidence.summary.endswith("better in 2 of 6 comparisons, worse in 2.")
    found = {one.name: one for one in evidence.findings}
    assert found["alignment_adabn"].n == 2
    assert found["alignment_adabn"].support == "undecided"  # two targets decide nothing
    assert "better in 2 of 2 comparisons, worse in 0" in found["alignment_adabn"].sentence


@pytest.mark.slow
@pytest.mark.parametrize("text", [ALONE, BESIDE])
def test_the_report_shows_them(text: str, tmp_path: Path) -> None:
    report = report_study(records(text), tmp_path, allow_partial=False)
    names = {path.name for path in report.paths}
    assert {f"zero_label.{kind}" for kind in ("csv", "parquet", "tex")} <= names
    assert ("curves.png" in names) == ("heatmaps.png" in names) == (text == BESIDE)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert page.count('id="zero-label"') == 1
    assert ('id="matrix"' in page) == ("plotly" in page) == (text == BESIDE)
    table = (tmp_path / "report.md").read_text("utf-8").split("## Without labels of the target")[1]
    rows = [row for row in table.split("##")[0].splitlines() if row.startswith("| ")]
    assert len(rows) == 1 + 2 * len(ALIGNMENTS)
    for name in ("source only", "AdaBN", "MMD", "adversarial training", "target labels"):
        assert sum(name in row for row in rows[1:]) == 2
        assert name in page


@pytest.mark.slow
def test_a_study_without_alignments_has_no_such_table(tmp_path: Path) -> None:
    plain = planted_records(share, BESIDE.replace(LABELS, ""))
    report = report_study(plain, tmp_path, allow_partial=False)
    assert "zero_label.csv" not in {path.name for path in report.paths}
    assert "zero-label" not in (tmp_path / "index.html").read_text("utf-8")
    assert "Without labels" not in (tmp_path / "report.md").read_text("utf-8")


def test_a_partial_study_is_told_as_such(tmp_path: Path) -> None:
    partial = planted_records(share, ALONE, keep=lambda cell: cell.seed == 0)
    report_study(partial, tmp_path, allow_partial=True)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "10 of 50 cells are done" in text


def test_records_hold_them(tmp_path: Path) -> None:
    write_records(records(), tmp_path / "records.parquet")
    again = read_records(tmp_path / "records.parquet")
    assert rows_of(again).keys() == rows_of(records()).keys()
    assert again.observed.keys() == records().observed.keys()


def test_two_runs_are_compared_alignment_by_alignment() -> None:
    better = planted_records(lambda cell: min(1, share(cell) + 0.1), ALONE)
    compared = compare(better, records()).compared
    assert len(compared) == 2 * len(ALIGNMENTS)
    assert all(one.contrast.difference.value > 0 for one in compared)
    assert any(one.key.approach.label == "mmd, classes shared with a" for one in compared)
