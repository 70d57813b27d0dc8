"""Encoders as sources of studies: cells, keys, scores, records, and the report."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from study_helpers import ignore

pytest.importorskip("onnxruntime")

from crosswear.adaptation.source_ranking import rank_encoders
from crosswear.api.encoders import export_encoder
from crosswear.api.studies import Run, Study
from crosswear.core.errors import (
    CheckpointError,
    MissingDataError,
    StoreError,
    StudyFileError,
    UsageError,
)
from crosswear.encoders import load_encoder
from crosswear.encoders.card import EncoderCard
from crosswear.encoders.importing import import_encoder
from crosswear.evidence.gather import gather
from crosswear.evidence.records import read_records
from crosswear.grid.experiment import enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.methods import ENCODERS
from crosswear.grid.study_file import parse_study
from generators import encoders

pytestmark = pytest.mark.usefixtures("few_trees")

CARD = EncoderCard(30.0, 2.0, "g", "NCL", "none", "CC0-1.0", "made up for tests")
FACTS = {
    (name, 0): DomainFacts(name=name, digest=name * 64, train_windows=70) for name in ("a", "b")
}
NETWORKS = """
name = "sources"
[domains]
a = "simulated-gestures"
b = "simulated-daily"
[grid]
sizes = [20, 60]
blocks = [3]
sources = ["b", "random"]
baselines = ["logistic"]
seeds = 2
[preparation]
hop_s = 4.0
[model]
filters = [8, 8, 8]
[source]
epochs = 3
[adaptation]
epochs = 1
"""
ENCODED = """
name = "encoded"
[domains]
a = "simulated-gestures"
b = "simulated-daily"
[encoders]
of-b = "of-b"
[grid]
sizes = [20, 60]
blocks = []
networks = false
baselines = ["forest"]
seeds = 2
[preparation]
hop_s = 4.0
"""


def study(text: str = ENCODED) -> str:
    return text.replace("simulated-gestures", "x").replace("simulated-daily", "y")


def on_both(digit: str) -> dict[str, dict[str, str]]:
    return {target: {"of-b": digit * 64} for target in ("a", "b")}


def test_every_encoder_has_its_control_in_each_set() -> None:
    cells = list(enumerate_cells(parse_study(study(), "s"), FACTS, on_both("d")))
    ours = [cell for cell in cells if cell.method in ENCODERS]
    places = {(cell.target, cell.size, cell.seed) for cell in ours}
    assert len(ours) == 2 * len(places) == 2 * 2 * 2 * 2
    assert {cell.sources for cell in ours} == {("of-b",)}
    assert ours[0].describe() == "a with encoder on of-b, 20 windows, seed 0"


def test_the_key_is_of_the_encoders_content() -> None:
    design = parse_study(study(), "s")
    one, same, other = (
        [cell.key(FACTS) for cell in enumerate_cells(design, FACTS, on_both(digit))]
        for digit in "ddc"
    )
    assert one == same
    forests = len(one) // 3
    assert len({*one} & {*other}) == forests
    without = parse_study(study().replace('[encoders]\nof-b = "of-b"\n', ""), "s")
    assert {cell.key(FACTS) for cell in enumerate_cells(without, FACTS)} == {*one} & {*other}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENCODED.replace("of-b =", "a ="), "'a' is the name of a domain"),
        (ENCODED.replace("of-b =", "random ="), "'random' is the name of a domain, or reserved"),
        (ENCODED.replace('"of-b"', "3"), "encoders.of-b"),
        (
            ENCODED.replace('[encoders]\nof-b = "of-b"\n', "").replace('["forest"]', "[]"),
            "nothing is asked for",
        ),
    ],
)
def test_wrong_names_are_refused(text: str, reason: str) -> None:
    with pytest.raises(StudyFileError, match=reason):
        parse_study(text, "s.toml")


def write(folder: Path, text: str = ENCODED) -> Path:
    file = folder / "study.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.slow
def test_an_encoder_that_is_missing_or_too_long_is_named_at_once(tmp_path: Path) -> None:
    opened = Study.load(write(tmp_path), cache=tmp_path / "cache")
    with pytest.raises(MissingDataError, match="no encoder is there"):
        _ = opened.loaded
    model = tmp_path / "file.onnx"
    model.write_bytes(encoders.convolutional(given=("n", 3, "length")))
    import_encoder(model, tmp_path / "of-b", replace(CARD, window_s=10.0))
    with pytest.raises(UsageError, match=r"encoders.of-b: windows of 4 s are shorter"):
        _ = opened.loaded
    assert not (tmp_path / "cache").exists()
    (tmp_path / "of-b" / "encoder.onnx").write_bytes(b"")
    with pytest.raises(CheckpointError, match="not the file that was imported"):
        _ = opened.loaded


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """A run with a source network, and one with the same network as an imported encoder."""
    folder = tmp_path_factory.mktemp("runs")
    known: dict[str, Any] = {"cache": folder / "cache"}
    inside = Study.load(write(folder, NETWORKS), **known).run(folder / "inside", workers=1)
    export_encoder(inside.folder, "b", folder / "of-b", licence="CC0-1.0", origin="simulated")
    outside = Study.load(write(folder), **known).run(folder / "outside", workers=1)
    assert not inside.summary.failed
    assert not outside.summary.failed, outside.failures.traceback[0]
    return {"inside": inside, "outside": outside}


@functools.cache
def cells_of(run: Run) -> pd.DataFrame:
    return run.report(allow_partial=True).cells


def scores(run: Run, method: str, source: str) -> dict[tuple[str, int, int], float]:
    cells = cells_of(run)
    mine = cells[(cells.method == method) & (cells.source == source)]
    return {(c.target, c.size, c.seed): c.micro_f1 for c in mine.itertuples()}


@pytest.mark.slow
def test_an_exported_network_scores_as_it_did_inside(runs: Mapping[str, Run]) -> None:
    inside = scores(runs["inside"], "logistic", "b")
    outside = scores(runs["outside"], "encoder", "of-b")
    assert len(inside) == 4
    for place, score in inside.items():
        assert outside[place] == pytest.approx(score, abs=1e-4)


@pytest.mark.slow
def test_an_untrained_control_scores_as_an_untrained_network(runs: Mapping[str, Run]) -> None:
    inside = scores(runs["inside"], "logistic", "random")
    outside = scores(runs["outside"], "untrained-encoder", "of-b")
    both = np.array([(score, outside[place]) for place, score in inside.items() if place[0] == "a"])
    # Another draw of the weights: benchmarks/encoder_controls.py measures many of them.
    assert np.abs(both.mean(axis=0)[0] - both.mean(axis=0)[1]) < 0.1


@pytest.mark.slow
def test_the_report_compares_with_control_and_baselines(runs: Mapping[str, Run]) -> None:
    run = runs["outside"]
    report = run.report()
    table = report.frame("encoders")
    assert list(table.encoder.unique()) == ["of-b"]
    assert {*table.classical} == {"forest"}
    assert table.over_untrained.notna().all()
    assert "Imported encoders: against their untrained controls better in" in report.text
    names = {*report.findings.name}
    assert {"encoder_of-b_over_untrained", "encoder_of-b_over_forest"} <= names
    page = report.page.read_text("utf-8")
    assert "untrained control of of-b" in page
    card = "of-b, for a, b: licence CC0-1.0; origin simulated."
    assert card in page
    assert f"- {card}" in (report.folder / "report.md").read_text("utf-8")
    again = gather(read_records(run.folder / "records.parquet"))
    assert again.encoders == gather(run.records()).encoders
    assert again.done == again.expected


@pytest.mark.slow
def test_features_are_computed_once(
    runs: Mapping[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = sorted((runs["outside"].study.cache / "encoded").glob("*.npy"))
    assert len(kept) == 2 * 2
    monkeypatch.setattr("crosswear.encoders.Encoder.features", ignore)
    again = runs["outside"].study.run(tmp_path / "again", workers=1)
    assert not again.summary.failed
    assert again.status.done == again.status.cells


@pytest.mark.slow
def test_a_plan_times_encoders(runs: Mapping[str, Run], tmp_path: Path) -> None:
    plan = runs["outside"].study.plan(tmp_path / "new", workers=1)
    assert plan.cells["encoder"] == plan.cells["untrained-encoder"] == 8
    assert 0 < plan.seconds < 600


@pytest.mark.slow
def test_a_network_that_is_not_there_is_not_exported(
    runs: Mapping[str, Run], tmp_path: Path
) -> None:
    stated = {"licence": "CC0-1.0", "origin": "simulated"}
    with pytest.raises(UsageError, match=r"no source network 'a'[\s\S]*b \(split 0\)"):
        export_encoder(runs["inside"].folder, "a", tmp_path / "new", **stated)
    with pytest.raises(StoreError, match="no such run"):
        export_encoder(tmp_path, "a", tmp_path / "new", **stated)
    with pytest.raises(UsageError, match="already exists"):
        export_encoder(runs["inside"].folder, "b", tmp_path, **stated)


@pytest.mark.slow
def test_encoders_are_ranked_beside_their_controls(runs: Mapping[str, Run]) -> None:
    encoder = load_encoder(runs["inside"].folder.parent / "of-b")
    target = runs["inside"].loaded.domains["b", 0]  # which it was trained on
    (ranked,) = rank_encoders(target, [encoder], 25.0)
    assert ranked.encoder == "of-b"
    assert ranked.logme > ranked.untrained


@pytest.mark.slow
def test_a_cluster_is_sent_its_encoders(runs: Mapping[str, Run], tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    folder = runs["outside"].folder.parent
    (folder / "alone.toml").write_text(ENCODED.replace('["forest"]', "[]"), "utf-8")
    alone = Study.load(folder / "alone.toml", cache=folder / "cache")
    there = alone.run(tmp_path / "cluster", workers=1, cluster="local")
    assert not there.summary.failed
    assert scores(there, "encoder", "of-b") == scores(runs["outside"], "encoder", "of-b")
