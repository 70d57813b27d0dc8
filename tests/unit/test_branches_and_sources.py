"""Findings on what is transferred and from where, on studies whose truth is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswear.evidence.gather import gather
from crosswear.evidence.model import Evidence, Finding, Rival
from crosswear.evidence.records import read_records, write_records
from crosswear.experiment import UNTRAINED, Cell
from crosswear.report.board import Board
from crosswear.report.heatmaps import heatmaps_figure
from crosswear.report.markdown import markdown
from crosswear.report.readable import heatmap
from crosswear.report.tables import cells_table
from generators.records import TEXT, planted_records

BRANCHES = TEXT.replace("seeds = 5", 'seeds = 5\nbranches = ["both", "temporal", "spectral"]')


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


def test_the_branch_that_carries_more_is_found(branches: Evidence) -> None:
    tuned, frozen = (finding(branches, f"branch_{way}") for way in ("fine_tuned", "frozen"))
    assert tuned.support == "supported"
    assert tuned.value is not None
    assert tuned.value.mean == pytest.approx(0.1, abs=0.02)
    assert tuned.n == 4
    assert tuned.sentence.count(", better") == 4
    assert frozen.support == "undecided"
    assert frozen.sentence.count("no difference") == 4
    swapped = planted_records(
        lambda cell: 1.0 - temporal_carries(cell) if cell.sources else 0.5, BRANCHES
    )
    assert finding(gather(swapped), "branch_fine_tuned").support == "not supported"


@pytest.mark.parametrize(
    ("strategy", "names"),
    [("copy", {"branch_fine_tuned"}), ("copy-freeze", {"branch_frozen"})],
)
def test_where_nothing_is_copied_no_branch_is_judged(strategy: str, names: set[str]) -> None:
    text = f'{BRANCHES}[transfer]\nstrategy = "{strategy}"\n'
    found = gather(planted_records(temporal_carries, text)).findings
    assert {one.name for one in found if one.name.startswith("branch")} == names


def test_a_study_of_one_branch_has_no_finding_on_branches() -> None:
    found = gather(planted_records(temporal_carries)).findings
    assert not any(one.name.startswith("branch") for one in found)


def test_verdicts_are_of_one_kind_of_transfer(branches: Evidence) -> None:
    """2 blocks of the temporal branch are best of all, and no verdict may take its number."""
    assert {verdict.blocks for verdict in branches.verdicts} == {0}
    board = Board(branches)
    judged = board.transfer("a", "b", 20)
    assert judged is not None
    assert judged.rival == Rival("network", "b", 0, "both")
    assert "highest with 0 blocks" in finding(branches, "blocks_20").sentence


def test_a_report_tells_branches_apart(branches: Evidence) -> None:
    board = Board(branches)
    assert [*board.transfers] == [
        *(("both", blocks) for blocks in (0, 2, 5)),
        *(("temporal", blocks) for blocks in (0, 2, 5)),
        *(("spectral", blocks) for blocks in (0, 5)),
    ]
    assert "2 blocks, temporal" in heatmap(board, "a").headings
    assert "Verdicts and curves: both branches." in markdown(board)
    labels = [
        label.get_text() for axes in heatmaps_figure(board).axes for label in axes.get_xticklabels()
    ]
    assert labels[:9] == [
        *("scratch\n", "0\nboth", "2\n", "5\n"),
        *("0\ntemporal", "2\n", "5\n", "0\nspectral", "5\n"),
    ]
    plain = Board(gather(planted_records(temporal_carries)))
    assert plain.judged == ""
    assert "branch" not in markdown(plain)


def test_records_keep_the_branches(tmp_path: Path) -> None:
    records = planted_records(temporal_carries, BRANCHES)
    path = tmp_path / "records.parquet"
    write_records(records, path)
    again = read_records(path)
    assert gather(again).findings == gather(records).findings
    table = cells_table(again).to_pylist()
    assert {row["branches"] for row in table} == {"", "both", "temporal", "spectral"}
    assert all(row["status"] == "done" for row in table)
