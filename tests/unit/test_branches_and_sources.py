"""Findings on what is transferred and from where, on studies whose truth is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswear.evidence.gather import gather
from crosswear.evidence.records import read_records, write_records
from crosswear.evidence.statements import Evidence, Finding, LearningMethod
from crosswear.grid.experiment import UNTRAINED, Cell
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import cells_table
from crosswear.report.heatmaps import heatmaps_figure
from crosswear.report.lines import lines_of
from crosswear.report.readable import heatmap
from crosswear.report.text_report import markdown
from generators.records import TEXT, planted_records

PLAIN = TEXT.replace("20, 50, 100", "20, 100").replace(', "forest", "minirocket", "logistic"', "")
BRANCHES = PLAIN.replace("seeds = 5", 'seeds = 5\nbranches = ["both", "temporal", "spectral"]')


def finding(evidence: Evidence, name: str) -> Finding:
    return next(one for one in evidence.findings if one.name == name)


def temporal_carries(cell: Cell) -> float:
    """Fine-tuned, the temporal branch gains 10 points and the spectral one nothing; frozen, both
    lose 10; 2 blocks of the temporal branch alone are splendid."""
    if cell.method != "network" or not cell.sources or UNTRAINED in cell.sources:
        return 0.5
    if cell.branches == "temporal" and cell.blocks == 2:
        return 0.9
    if cell.blocks:
        return 0.4
    return 0.5 if cell.branches == "spectral" else 0.6


@pytest.fixture(scope="module")
def branches() -> Evidence:
    return gather(planted_records(temporal_carries, BRANCHES))


@pytest.mark.slow
def test_the_branch_that_carries_more_is_found(branches: Evidence) -> None:
    tuned, frozen = (finding(branches, f"branch_{way}") for way in ("fine_tuned", "frozen"))
    assert tuned.support == "supported"
    assert tuned.value is not None
    assert tuned.value.value == pytest.approx(0.1, abs=0.02)
    assert tuned.n == 4
    assert tuned.sentence.count(", better") == 4
    assert frozen.support == "undecided"
    assert frozen.sentence.count("no difference") == 4
    swapped = planted_records(
        lambda cell: 1.0 - temporal_carries(cell) if cell.sources else 0.5, BRANCHES
    )
    assert finding(gather(swapped), "branch_fine_tuned").support == "not supported"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "names"),
    [("copy", {"branch_fine_tuned"}), ("copy-freeze", {"branch_frozen"})],
)
def test_where_nothing_is_copied_no_branch_is_judged(strategy: str, names: set[str]) -> None:
    text = f'{BRANCHES}[transfer]\nstrategy = "{strategy}"\n'
    found = gather(planted_records(temporal_carries, text)).findings
    assert {one.name for one in found if one.name.startswith("branch")} == names


def test_a_study_of_one_branch_has_no_finding_on_branches() -> None:
    found = gather(planted_records(temporal_carries, PLAIN)).findings
    assert not any(one.name.startswith("branch") for one in found)


def test_verdicts_are_of_one_kind_of_transfer(branches: Evidence) -> None:
    """2 blocks of the temporal branch are best of all, and no verdict may take its number."""
    assert {verdict.blocks for verdict in branches.verdicts} == {0}
    index = EvidenceIndex(branches)
    judged = index.transfer("a", "b", 20)
    assert judged is not None
    assert judged.approach == LearningMethod("network", "b", 0, "both")
    assert "highest with 0 blocks" in finding(branches, "blocks_20").sentence


@pytest.mark.slow
def test_a_report_tells_branches_apart(branches: Evidence) -> None:
    index = EvidenceIndex(branches)
    assert [*index.transfers] == [
        *(("both", blocks) for blocks in (0, 2, 5)),
        *(("temporal", blocks) for blocks in (0, 2, 5)),
        *(("spectral", blocks) for blocks in (0, 5)),
    ]
    assert "2 blocks, temporal" in heatmap(index, "a").headings
    assert "Verdicts and curves: both branches." in markdown(index)
    labels = [
        label.get_text() for axes in heatmaps_figure(index).axes for label in axes.get_xticklabels()
    ]
    assert labels[:9] == [
        *("scratch\n", "0\nboth", "2\n", "5\n"),
        *("0\ntemporal", "2\n", "5\n", "0\nspectral", "5\n"),
    ]
    plain = EvidenceIndex(gather(planted_records(temporal_carries, PLAIN)))
    assert plain.judged == ""
    assert "branch" not in markdown(plain)


JOINT = PLAIN.replace('"d", "random"', '"d", "others", "a+b", "random"')


def as_good_as_the_best(cell: Cell) -> float:
    """From a or b 70 % are right, from c or d 50 %, from several at once 70 %."""
    if cell.method != "network" or not cell.sources:
        return 0.4
    return 0.7 if len(cell.sources) > 1 or cell.sources[0] in "ab" else 0.5


def test_a_joint_source_as_good_as_the_best_one() -> None:
    evidence = gather(planted_records(as_good_as_the_best, JOINT))
    best, mean = (finding(evidence, f"joint_others_over_{whom}") for whom in ("best", "mean"))
    assert best.support == "undecided"
    assert best.sentence.count(", no difference") == 4
    assert best.value is not None
    assert abs(best.value.value) < 0.02
    assert mean.support == "supported"
    assert mean.value is not None  # two of three are bad for c and d, one of three for a and b
    assert mean.value.value == pytest.approx(0.2 / 2, abs=0.02)
    assert finding(evidence, "joint_a+b_over_mean").n == 2


@pytest.mark.parametrize(("gain", "support"), [(0.1, "supported"), (-0.1, "not supported")])
def test_a_joint_source_better_or_worse_than_the_best_one(gain: float, support: str) -> None:
    planted = planted_records(
        lambda cell: as_good_as_the_best(cell) + gain * (len(cell.sources) > 1), JOINT
    )
    found = finding(gather(planted), "joint_others_over_best")
    assert found.support == support
    assert found.value is not None
    assert found.value.value == pytest.approx(gain, abs=0.02)
    assert found.n == 4


def test_luck_makes_no_single_source_the_best_one() -> None:
    """All are alike, and vary much between repetitions: the luckiest is not what is compared."""
    noisy = planted_records(lambda cell: 0.5 if cell.method == "network" else 0.3, JOINT, noise=0.2)
    found = finding(gather(noisy), "joint_others_over_best")
    assert found.value is not None
    assert abs(found.value.value) < 0.02


def test_one_repetition_tells_no_best_source() -> None:
    once = planted_records(as_good_as_the_best, JOINT.replace("seeds = 5", "seeds = 1"))
    names = {one.name for one in gather(once).findings if one.name.startswith("joint")}
    assert names == {"joint_others_over_mean", "joint_a+b_over_mean"}


@pytest.mark.slow
def test_a_report_calls_joint_sources_by_their_name() -> None:
    evidence = gather(planted_records(as_good_as_the_best, JOINT))
    index = EvidenceIndex(evidence)
    assert index.sources == ("a", "b", "c", "d", "others", "a+b", "random")
    assert index.sources_of("a") == ("b", "c", "d", "others", "random")
    assert index.sources_of("c") == ("a", "b", "d", "others", "a+b", "random")
    judged = {(one.target, one.source) for one in evidence.verdicts}
    assert len(judged) == 4 * 3 + 4 + 2
    assert all(one.micro_f1 is not None for one in evidence.verdicts)
    titles = [axes.get_title(loc="left") for axes in heatmaps_figure(index).axes]
    assert sum(title.endswith("S: a+b") for title in titles) == 2
    shown = {one.label for one in lines_of(index, "c")}
    assert {"transfer from others", "transfer from a+b"} <= shown


@pytest.mark.slow
def test_records_keep_the_branches(tmp_path: Path) -> None:
    records = planted_records(temporal_carries, BRANCHES)
    path = tmp_path / "records.parquet"
    write_records(records, path)
    again = read_records(path)
    assert gather(again).findings == gather(records).findings
    table = cells_table(again).to_pylist()
    assert {row["branches"] for row in table} == {"", "both", "temporal", "spectral"}
    assert all(row["status"] == "done" for row in table)
