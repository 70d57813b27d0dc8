"""Choice within the adaptation data alone: candidates, estimate, bundle and report."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import crosswear
from crosswear.adaptation.assessment import Findings, certainty_of, class_findings
from crosswear.adaptation.choose import CandidateResult, Chosen, choose
from crosswear.adaptation.curve import fit_curve
from crosswear.adaptation.from_recordings import AdaptationSettings, adapt
from crosswear.adaptation.learners import TrainingData
from crosswear.adaptation.report_files import report_text, write_report
from crosswear.cli.adapt import parse_duration
from crosswear.core.config import PreparationConfig
from crosswear.core.errors import CrosswearError, DiskError, UsageError
from crosswear.core.intervals import Interval
from crosswear.datasets.domain import Domain
from crosswear.deploy.bundle import load_bundle
from crosswear.deploy.bundle.manifest import Kind
from crosswear.engine.task import Task
from crosswear.engine.transfer_source import model_for
from crosswear.networks.checkpoint import load_checkpoint
from crosswear.networks.models import build
from generators.movements import movements

pytestmark = pytest.mark.usefixtures("few_trees")

UNKNOWN = AdaptationSettings(sources=("nosuchdata",))
FEW_WINDOWS = PreparationConfig(hop_s=6.0)

# --- the choice


def labelled(x: np.ndarray, y: np.ndarray, who: np.ndarray) -> TrainingData:
    return TrainingData(x, y, who, classes=3, rate_hz=25.0, seed=1)


@pytest.fixture(scope="module")
def chosen() -> Chosen:
    return choose(labelled(*movements(5, 8)), {}, 0.5, kinds=("forest",))


@pytest.mark.slow
def test_what_is_easy_is_chosen_well_and_said_so(chosen: Chosen) -> None:
    x, y, _ = movements(5, 20, seed=9)
    scores = chosen.classifier(100).scores(x)
    share = float((scores.argmax(axis=1) == y).mean())
    assert share > 0.95
    assert chosen.expected.low <= share <= chosen.expected.high
    assert chosen.standings[0].name == "forest"


@pytest.mark.slow
def test_labels_of_noise_are_not_believed() -> None:
    x, y, who = movements(6, 8)
    y = np.random.default_rng(4).permutation(y)
    found = choose(labelled(x, y, who), {}, 0.5, kinds=("forest",))
    assert found.expected.low <= 1 / 3 <= found.expected.high
    assert found.expected.value < 0.5


@pytest.mark.slow
def test_no_time_for_any_candidate_is_said(wide_source: Task) -> None:
    assert wide_source.source is not None
    data = labelled(*movements(3, 3))
    source = load_checkpoint(wide_source.source)
    with pytest.raises(UsageError, match="no time to try any candidate"):
        choose(data, {"s": source}, 1e-6, kinds=("network",), model=source.model)


@pytest.mark.slow
def test_networks_race_with_the_classical(gestures: Domain, wide_source: Task) -> None:
    """A network of two epochs is of little use: the bundle of the winner answers alike."""
    assert wide_source.source is not None
    source = load_checkpoint(wide_source.source)
    x, y, who = movements(3, 3)
    budget_s = 300.0  # time enough for all, on any machine
    data = labelled(x, y, who)
    found = choose(data, {"gestures": source}, budget_s, kinds=("network",), model=source.model)
    ran = [one for one in found.standings if one.folds]
    assert len(ran) == 4
    assert found.learner.kind == "network"
    scores = found.classifier(100).scores(x)
    assert (scores.argmax(axis=1) == y).mean() > 0.8


@pytest.mark.slow
def test_the_vote_learns_from_others_and_says_so(cache: Path, tmp_path: Path) -> None:
    made = adapt(
        "simulated-daily",
        tmp_path / "model",
        AdaptationSettings(("simulated-sports",), budget_s=1.0, preparation=FEW_WINDOWS),
        cache=cache,
    )
    about = load_bundle(made.bundle).manifest
    assert {one.kind for one in made.findings.standings if one.folds} >= {"vote", "minirocket"}
    origins = [one.reference for one in about.origins if one.role == "source"]
    assert about.kind == "vote"
    assert origins == ["simulated-sports"]


@pytest.mark.slow
def test_without_aeon_the_forest_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "aeon" else find_spec(name)
    )
    said: list[str] = []
    kinds: tuple[Kind, ...] = ("vote", "minirocket", "forest")
    found = choose(labelled(*movements(4, 8)), {}, 0.5, kinds=kinds, note=said.append)
    assert [one.name for one in found.standings] == ["forest"]
    assert "pip install '.[minirocket]'" in said[0]


# --- the whole way


@pytest.mark.slow
def test_a_bundle_and_its_report(gestures: Domain, cache: Path, tmp_path: Path) -> None:
    said: list[str] = []
    made = adapt(
        "simulated-gestures",
        tmp_path / "model",
        AdaptationSettings(sources=(), budget_s=1.0, preparation=FEW_WINDOWS),
        cache=cache,
        note=said.append,
    )
    bundle = load_bundle(made.bundle)
    assert bundle.manifest.classes == gestures.classes
    assert bundle.manifest.expected is not None
    assert bundle.manifest.split is not None
    assert bundle.manifest.split.unit == "occurrence"
    assert bundle.manifest.familiarity is not None
    assert bundle.reference() is not None
    assert any("too few for folds of people" in sentence for sentence in said)
    text = (tmp_path / "model-report" / "report.md").read_text("utf-8")
    for name in gestures.classes:
        assert name.replace("_", "\\_") in text
    assert ("next 50 labelled windows" in text) == (made.findings.curve is not None)
    assert all(path.is_file() for path in made.report)
    scores = bundle.classifier().scores(np.array(gestures.windows.x[:50]))
    assert (scores.argmax(axis=1) == gestures.windows.y[:50]).mean() > 0.8


def test_a_bundle_is_not_written_over(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="already exists"):
        adapt("simulated-gestures", tmp_path / "there", AdaptationSettings(()), cache=cache)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that takes nothing")
def test_where_nothing_can_be_made_is_told_before_the_work(cache: Path) -> None:
    with pytest.raises(DiskError, match="nothing can be made in /proc") as caught:
        adapt("simulated-gestures", "/proc/x/model", UNKNOWN, cache=cache)
    assert caught.value.todo == "choose a folder that you may write to"


@pytest.mark.slow
def test_nothing_is_left_where_something_fails(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(CrosswearError):
        adapt("simulated-gestures", tmp_path / "model", UNKNOWN, cache=cache)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_names_have_no_meaning_in_the_report(chosen: Chosen, tmp_path: Path) -> None:
    _, y, who = movements(5, 8)
    matrix = np.diag([5, 0, 9]) + np.array([[0, 4, 0], [5, 0, 0], [0, 0, 0]])
    found = class_findings(["a|b", "*c*", "<d>"], y, who, matrix.astype(np.int64), "subject")
    assert found[1].advice
    assert found[2].advice == ""
    findings = Findings(
        "x`y",
        "forest",
        "forest",
        "subject",
        5,
        5,
        len(y),
        chosen.expected,
        chosen.standings,
        found,
        tuple(map(tuple, matrix.tolist())),
        certainty_of(chosen, y),
        None,
        1.0,
        ("[note](x)",),
    )
    text = report_text(findings)
    assert "a\\|b" in text
    assert "\\*c\\*" in text
    assert "\\<d\\>" in text
    assert "\\[note\\](x)" in text
    answers = np.random.default_rng(5).random((3, len(y))) < np.array([[0.5], [0.7], [0.8]])
    with_curve = replace(findings, curve=fit_curve([10, 20, 40], answers, who, 60, 0))
    assert "next 50 labelled windows" in report_text(with_curve)
    paths = write_report(with_curve, tmp_path)
    assert [path.name for path in paths] == ["report.md", "report.json", "curve.png"]
    behind = CandidateResult("vote", "vote", 0.9, 5, 1.0, Interval(-0.02, -0.05, 0.01))
    second = replace(findings, standings=(findings.standings[0], behind), unit="occurrence")
    said = report_text(second)
    assert "vote scores higher, but not clearly" in said
    assert "its gain is −2.0 (−5.0 to +1.0) points" in said
    assert "unknown: the score on other people" in said
    assert "unknown: the score on other people" not in text
    assert "unknown: the scores of" not in text
    alone = replace(second, classes=(replace(found[0], groups=1, f1=None), *found[1:]))
    assert "unknown: the scores of a\\|b, labelled for too few occurrences" in report_text(alone)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("45", 45)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0s", "5 days"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="duration"):
        parse_duration(text)


def test_the_public_names_are_there() -> None:
    for name in crosswear.__all__:
        assert callable(getattr(crosswear, name)), name
    with pytest.raises(AttributeError):
        crosswear.nothing  # noqa: B018


def test_short_windows_get_a_shallower_network_or_none() -> None:
    depths = {}
    for samples in (20, 33, 50, 75, 100, 400):
        model = model_for(samples)
        depths[samples] = len(model.filters) if model else 0
        if model:
            build(model, 3, samples, seed=0)(torch.zeros(2, 3, samples))
    assert depths[20] == 0
    assert depths[50] == 4
    assert depths[100] == depths[400] == 5
