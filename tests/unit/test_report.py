"""The report, its tables and its text say what the evidence says, no more."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from sklearn.metrics import f1_score

from crosswear.core.errors import IncompleteError
from crosswear.grid.experiment import Cell
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import (
    CELLS,
    ENCODERS,
    SCHEMAS,
    ZERO_LABEL,
    cells_table,
    evidence_tables,
)
from crosswear.report.formats import write_table
from crosswear.report.notice import notice
from crosswear.report.report_folder import write_report
from crosswear.report.text_report import markdown
from crosswear.report.whole import report_study
from crosswear.signal.metrics import per_class_f1
from generators.evidence import (
    AWKWARD_CLASSES,
    AWKWARD_DOMAINS,
    STUDY,
    Planted,
    planted,
)
from generators.records import planted_records

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


@pytest.fixture(scope="module")
def whole() -> Planted:
    return planted()


@pytest.fixture(scope="module")
def partial() -> Planted:
    return planted(lost=0.1)


@pytest.fixture(scope="module")
def awkward() -> Planted:
    return planted(class_names=AWKWARD_CLASSES, classes=10, renamed=AWKWARD_DOMAINS)


@pytest.fixture(scope="module")
def awkward_report(awkward: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awkward")
    assert write_report(awkward.evidence, awkward.cells, folder)
    return folder


def index(made: Planted) -> EvidenceIndex:
    return EvidenceIndex(made.evidence)


# The table of cells


@pytest.mark.slow
def test_a_row_for_every_cell_in_order_with_scores_as_in_scikit_learn() -> None:
    records = planted_records(lambda cell: 0.6)
    rows = cells_table(records).to_pylist()
    assert [row["key"] for row in rows] == [key for key, _ in records.cells()]
    assert {row["status"] for row in rows} == {"done"}
    for row in rows[::40]:
        counts = records.observed[row["key"]].confusion
        pairs = np.indices(counts.shape).reshape(2, -1)
        truth, predicted = np.repeat(pairs, counts.ravel(), axis=1)
        assert row["micro_f1"] == pytest.approx(f1_score(truth, predicted, average="micro"))
        assert row["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
        assert row["test_windows"] == len(truth)


@pytest.mark.slow
def test_missing_and_failed_cells_have_a_row_without_numbers() -> None:
    def majority(cell: Cell) -> bool:
        return cell.method == "majority" and cell.target in "ab"

    records = planted_records(lambda cell: 0.6, keep=lambda cell: not majority(cell))
    first = next(key for key, cell in records.cells() if majority(cell))
    rows = cells_table(replace(records, failed=frozenset([first]))).to_pylist()
    assert [r["status"] for r in rows if r["status"] != "done"] == ["failed", "missing"]
    for row in rows:
        if row["status"] != "done":
            assert row["micro_f1"] is row["test_windows"] is row["train_s"] is None


def test_an_incomplete_study_is_not_reported_by_accident(tmp_path: Path) -> None:
    records = planted_records(lambda cell: 0.6, keep=lambda cell: cell.target != "a")
    with pytest.raises(IncompleteError, match="cells are done, 0 failed"):
        report_study(records, tmp_path / "report", allow_partial=False)
    assert not (tmp_path / "report").exists()


# All files


@pytest.mark.slow
def test_every_file_is_there_and_the_same_every_time(
    partial: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_report(partial.evidence, partial.cells, tmp_path / "first")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20.0)  # a user's own style
    second = write_report(partial.evidence, partial.cells, tmp_path / "second")
    assert first[0].name == "index.html"
    assert sorted(first) == sorted((tmp_path / "first").iterdir())
    tables = {"results", *SCHEMAS}
    expected = {"index.html", "report.md"}
    expected |= {f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")}
    expected |= {f"{name}.tex" for name in SCHEMAS}
    expected |= {f"{n}.{kind}" for n in ("heatmaps", "curves") for kind in ("png", "svg", "pdf")}
    assert {path.name for path in first} == expected
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


@pytest.mark.slow
def test_nothing_at_all_and_one_repetition_are_written_too(tmp_path: Path) -> None:
    none = planted(classes=3, lost=1.0)
    assert write_report(none.evidence, none.cells, tmp_path / "none")
    alone = STUDY.replace("seeds = 3", "seeds = 1").replace("20, 100", "20").replace("0, 1, 3", "0")
    made = planted(alone, people=False)
    assert {s.micro_f1.low for s in made.evidence.scores if s.micro_f1} == {None}
    assert write_report(made.evidence, made.cells, tmp_path / "alone")


# Tables of the evidence


def test_tables_hold_the_numbers_of_the_evidence(partial: Planted) -> None:
    evidence, tables = partial.evidence, evidence_tables(partial.evidence)
    assert {name: table.schema for name, table in tables.items()} == SCHEMAS
    for score, row in zip(evidence.scores, tables["scores"].to_pylist(), strict=True):
        assert (row["target"], row["size"]) == (score.target, score.size)
        assert (row["done"], row["repetitions"]) == (score.done, score.repetitions)
        mean = score.micro_f1.value if score.micro_f1 else None
        assert (row["micro_f1"], row["macro_f1"]) == (mean, score.macro_f1)
    for verdict, row in zip(evidence.verdicts, tables["verdicts"].to_pylist(), strict=True):
        assert row["effect"] == row["over_scratch_effect"] == verdict.effect
        for name in ("over_scratch", "over_untrained", "over_classical"):
            contrast = getattr(verdict, name)
            assert row[name] == (contrast.difference.value if contrast else None)
            assert row[f"{name}_low"] == (contrast.difference.low if contrast else None)
            assert row[f"{name}_adjusted_p"] == (contrast.adjusted_p if contrast else None)
    assert tables["findings"]["sentence"].to_pylist() == [f.sentence for f in evidence.findings]
    assert tables["similarities"].num_rows == len(evidence.similarities)


def test_a_class_never_predicted_has_f1_zero_and_its_windows(whole: Planted) -> None:
    rows = evidence_tables(whole.evidence)["per_class"].to_pylist()
    scored = [score for score in whole.evidence.scores if score.confusion is not None]
    assert len(rows) == 6 * len(scored)
    last = [row for row in rows if row["class"] == "activity 5"]
    assert {row["predicted"] for row in last} == {0}
    assert {row["f1"] for row in last} == {0.0}
    assert all(row["windows"] > 0 for row in last)
    assert scored[0].confusion is not None
    assert [r["f1"] for r in rows[:6]] == list(per_class_f1(scored[0].confusion))


def test_a_class_neither_true_nor_predicted_has_no_f1(whole: Planted) -> None:
    score = next(score for score in whole.evidence.scores if score.confusion is not None)
    assert score.confusion is not None
    without = score.confusion.copy()
    without[5] = 0
    evidence = replace(whole.evidence, scores=(replace(score, confusion=without),))
    assert evidence_tables(evidence)["per_class"]["f1"].to_pylist()[5] is None


def test_no_text_in_a_csv_file_is_a_formula(awkward: Planted, tmp_path: Path) -> None:
    for name, table in evidence_tables(awkward.evidence).items():
        csv, parquet = write_table(table, name, tmp_path)
        assert pyarrow.parquet.read_table(parquet).equals(table)
        texts = pa.csv.ConvertOptions(column_types=table.schema, strings_can_be_null=False)
        newlines = pa.csv.ParseOptions(newlines_in_values=True)
        read = pa.csv.read_csv(csv, parse_options=newlines, convert_options=texts)
        assert read.num_rows == table.num_rows
        for field in table.schema:
            column = [text for text in read[field.name].to_pylist() if text is not None]
            if field.type == pa.string():
                assert not any(text.startswith(("=", "+", "-", "@")) for text in column)
            elif field.type == pa.float64():
                assert read[field.name].equals(table[field.name])
    assert "'=SUM(A1:A9)" in (tmp_path / "per_class.csv").read_text()


@pytest.mark.slow
def test_latex_is_escaped(awkward_report: Path) -> None:
    for name in SCHEMAS:
        body = (awkward_report / f"{name}.tex").read_text().split("\n", 1)[1]
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in rows}) == 1
        assert not re.search(r"(?<!\\)[$%#_]", body)
        assert "−" not in body
    assert r"\$\textbackslash{}frac\{a\}\{b\}\$" in (awkward_report / "per_class.tex").read_text()


def glossary() -> dict[str, list[str]]:
    """Columns by table, as docs/glossary.md lists them."""
    found: dict[str, list[str]] = {}
    for line in GLOSSARY.read_text("utf-8").splitlines():
        if heading := re.match(r"## `(\w+)`", line):
            found[heading[1]] = []
        elif line.startswith("| `"):
            found[list(found)[-1]] += re.findall(r"`(\w+)`", line.split("|")[1])
    return found


def test_the_glossary_has_every_column_of_every_table_and_no_other() -> None:
    schemas = {"results": CELLS, **SCHEMAS, "zero_label": ZERO_LABEL, "encoders": ENCODERS}
    assert glossary() == {name: schema.names for name, schema in schemas.items()}


# report.md


def test_the_text_says_all_that_matters(partial: Planted) -> None:
    text = markdown(index(partial))
    evidence = partial.evidence
    assert evidence.done < evidence.expected
    assert f"{evidence.done:,} of {evidence.expected:,} cells are done" in text
    for size in (20, 100):
        rows = text.split(f"## Verdicts with {size} windows")[1].split("##")[0].splitlines()
        verdicts = [verdict for verdict in evidence.verdicts if verdict.size == size]
        for verdict, row in zip(verdicts, (r for r in rows if r[:2] == "| "), strict=False):
            assert row.count("|") == rows[4].count("|")
            assert verdict.target in text
        for verdict in verdicts:
            (row,) = (r for r in rows if re.match(rf"\| {verdict.target} +\| {verdict.source} ", r))
            if verdict.over_scratch:
                mean = f"{100 * abs(verdict.over_scratch.difference.value):.1f}"
                assert mean in row
            else:
                assert "? –" in row
    for finding in evidence.findings:
        assert finding.support.capitalize() in text


def test_simulated_data_are_called_so_beside_the_verdict(partial: Planted) -> None:
    evidence = partial.evidence
    assert "The data are simulated: " in markdown(index(partial)).split("##")[0]
    real = dict.fromkeys(evidence.study.domains, "dsads:placement=torso")
    for domains, said in ((real, ""), ({**real, "beta": "simulated-daily"}, "Simulated: beta. ")):
        others = replace(evidence, study=replace(evidence.study, domains=domains))
        assert notice(others).startswith(said)
        assert bool(notice(others)) is bool(said)


def test_names_are_no_markup_in_the_text(awkward: Planted) -> None:
    text = markdown(index(awkward))
    assert r"\<script\>alert(9)\</script\>" in text
    assert "<" not in text.replace(r"\<", "")
