"""Choosing within the adaptation data alone: folds, the race, the estimate, curve, signals."""

from __future__ import annotations

import importlib.util
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import crosswear
from crosswear.adaptation.adapt import adapt
from crosswear.adaptation.calibrate import fit_temperature, tempered, unsure_below
from crosswear.adaptation.choose import Chosen, choose, prefer
from crosswear.adaptation.curve import fit_curve, fit_power
from crosswear.adaptation.findings import Findings, certainty_of, class_findings
from crosswear.adaptation.folds import group_windows, make_folds
from crosswear.adaptation.models import classifier_of
from crosswear.adaptation.network import model_for
from crosswear.adaptation.report import report_text, write_report
from crosswear.adaptation.scoring import expected_share, paired_gain
from crosswear.bundle import load_bundle
from crosswear.bundle.manifest import Kind
from crosswear.checkpoint import load_checkpoint
from crosswear.cli.adapt import parse_duration
from crosswear.domain import Domain
from crosswear.engine.task import Task
from crosswear.errors import CrosswearError, DomainError, UsageError
from crosswear.models import build
from crosswear.recording import Windows
from generators.movements import movements


def windows_of(domain: Domain, rows: np.ndarray) -> Windows:
    return Windows(
        **{f.name: np.array(getattr(domain.windows, f.name)[rows]) for f in fields(Windows)}
    )


# --- folds


@given(st.integers(3, 9), st.integers(2, 4), st.integers(0, 2**16), st.integers(10, 60))
def test_nobody_is_on_both_sides_of_a_fold(people: int, classes: int, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y, groups = rng.integers(classes, size=n), rng.integers(people, size=n)
    try:
        folds = make_folds(y, groups, seed)
    except DomainError:
        return
    asked = np.concatenate([part for fold in folds for part in (fold.test, fold.unknown)])
    assert len(np.unique(asked)) == len(asked)
    for fold in folds:
        held = np.concatenate([fold.test, fold.unknown])
        assert not set(groups[fold.train]) & set(groups[held])
        assert set(y[fold.test]) <= set(y[fold.train])
        assert not set(y[fold.unknown]) & set(y[fold.train])


def test_one_person_or_two_are_held_back_by_occurrences(gestures: Domain) -> None:
    windows = windows_of(gestures, np.arange(200))
    grouping = group_windows(windows)
    assert grouping.unit == "occurrence"
    kept = np.flatnonzero(grouping.kept)
    assert len(kept) > 150
    for a in np.unique(grouping.groups[kept]):
        mine = grouping.groups == a
        others = grouping.kept & ~mine & (windows.recording == windows.recording[mine][0])
        mine &= grouping.kept
        apart = (windows.stop[mine][:, None] <= windows.start[others]) | (
            windows.start[mine][:, None] >= windows.stop[others]
        )
        assert apart.all()


def test_people_are_held_back_where_there_are_three(gestures: Domain) -> None:
    windows = windows_of(gestures, np.arange(90))
    windows = replace(windows, subject=np.repeat([3, 5, 8], 30).astype(np.int16))
    assert group_windows(windows).unit == "subject"


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        ([0, 0, 0, 0, 0], [0, 1, 2, 3, 4]),  # one class
        ([0, 1, 2, 0, 1], [0, 0, 0, 0, 0]),  # one group
        ([0, 1, 0, 1, 0], [0, 1, 0, 1, 0]),  # each class in one group only
    ],
)
def test_what_cannot_be_held_back_is_refused(y: list[int], groups: list[int]) -> None:
    with pytest.raises(DomainError, match="groups") as refused:
        make_folds(np.array(y), np.array(groups), 0)
    assert refused.value.todo


# --- scores


def test_the_interval_holds_for_new_people() -> None:
    """People differ: 12 were seen, 12 others come; 95 of 100 times their score is inside."""
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(300):
        skill = rng.beta(8, 3, size=24)
        right = rng.random((24, 40)) < skill[:, None]
        expected = expected_share(right[:12].ravel(), np.repeat(np.arange(12), 40))
        hits.append(expected.low <= right[12:].mean() <= expected.high)
    assert stats.binom.ppf(0.01, 300, 0.95) / 300 <= np.mean(hits) <= 1.0
    assert np.mean(hits) < 0.995  # and it is not merely wide


def test_nobody_failing_is_no_certainty() -> None:
    expected = expected_share(np.ones(20, np.bool_), np.arange(20))
    assert expected.value == 1.0
    assert expected.low < 0.95


def test_a_gain_of_few_groups_that_agree_is_not_sure() -> None:
    ours = np.array([True] * 10 + [False] * 10)
    theirs = np.array([True] * 9 + [False] + [False] * 10)
    gain = paired_gain(ours, theirs, np.repeat([0, 1], 10))
    assert gain.low < 0 < gain.high


def test_the_simpler_one_is_preferred_unless_beaten() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(10), 20)
    simple = rng.random(200) < 0.7
    lucky = simple.copy()
    lucky[np.flatnonzero(~simple)[:2]] = True
    better = simple | (rng.random(200) < 0.5)
    assert prefer(np.stack([simple, lucky]), groups) == 0
    assert prefer(np.stack([simple, better]), groups) == 1
    assert prefer(np.stack([better, simple]), groups) == 0


# --- calibration


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, (4000, 4))
    true = tempered(np.exp(logits), 1.0)
    y = (true.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)
    assert fit_temperature(tempered(true, 0.25), y) == pytest.approx(4.0, rel=0.1)
    threshold = unsure_below(true, y)
    near = np.abs(true.max(axis=1) - threshold) < 0.05
    assert np.mean(true.argmax(axis=1)[near] == y[near]) == pytest.approx(0.5, abs=0.1)


def test_answers_that_are_all_right_are_not_believed_without_end() -> None:
    y = np.arange(60) % 3
    answers = np.full((60, 3), 0.2)
    answers[np.arange(60), y] = 0.6
    warm = tempered(answers, fit_temperature(answers, y))
    assert 0.9 < warm.max() < 0.999
    assert unsure_below(warm, y) == pytest.approx(warm.max(axis=1).min())


def test_a_class_that_was_never_seen_keeps_its_zero() -> None:
    warm = tempered(np.array([[0.7, 0.3, 0.0]]), 2.0)
    assert warm[0, 2] == 0
    assert warm.sum() == pytest.approx(1.0)


# --- curve


@given(st.floats(0.5, 1.0), st.floats(0.1, 2.0), st.sampled_from([0.3, 0.5, 1.0, 1.5]))
def test_the_fit_finds_the_power_law(a: float, b: float, c: float) -> None:
    sizes = np.array([20.0, 40.0, 80.0, 160.0, 320.0])
    shares = a - b * sizes**-c
    found = fit_power(sizes, shares[None])
    np.testing.assert_allclose(found[0] - found[1] * sizes ** -found[2], shares, atol=2e-3)


def test_the_next_labels_gain_where_the_last_ones_did() -> None:
    rng = np.random.default_rng(3)
    sizes, groups = [25, 50, 100, 200], np.repeat(np.arange(30), 40)
    score = [0.95 - 2.0 * n**-0.5 for n in sizes]
    draw = rng.random(1200)
    rising = fit_curve(sizes, np.stack([draw < s for s in score]), groups, 200, 0)
    flat = fit_curve(sizes, np.stack([draw < 0.8] * 4), groups, 200, 0)
    truth = 2.0 * (200**-0.5 - 250**-0.5)
    assert rising.next_gain.low <= truth <= rising.next_gain.high
    assert rising.next_gain.value > 0.003
    assert flat.next_gain.value == pytest.approx(0.0, abs=1e-6)


# --- signals


@pytest.fixture(scope="module")
def chosen() -> Chosen:
    x, y, who = movements(5, 8)
    return choose(
        x, y, who, classes=3, rate_hz=25.0, sources={}, budget_s=0.5, seed=1, kinds=("forest",)
    )


def test_what_is_easy_is_chosen_well_and_said_so(chosen: Chosen) -> None:
    x, y, _ = movements(5, 20, seed=9)
    scores = classifier_of(chosen, 3, 100).scores(x)
    share = float((scores.argmax(axis=1) == y).mean())
    assert share > 0.95
    assert chosen.expected.low <= share <= chosen.expected.high
    assert chosen.standings[0].name == "forest"


def test_labels_of_noise_are_not_believed() -> None:
    x, y, who = movements(6, 8)
    y = np.random.default_rng(4).permutation(y)
    found = choose(
        x, y, who, classes=3, rate_hz=25.0, sources={}, budget_s=0.5, seed=1, kinds=("forest",)
    )
    assert found.expected.low <= 1 / 3 <= found.expected.high
    assert found.expected.value < 0.5


def test_no_time_for_any_candidate_is_said(wide_source: Task) -> None:
    assert wide_source.source is not None
    x, y, who = movements(3, 3)
    source = load_checkpoint(wide_source.source)
    with pytest.raises(UsageError, match="no time to try any candidate"):
        choose(
            x,
            y,
            who,
            classes=3,
            rate_hz=25.0,
            sources={"s": source},
            budget_s=1e-6,
            seed=1,
            kinds=("network",),
            model=source.model,
        )


def test_networks_race_with_the_classical(gestures: Domain, wide_source: Task) -> None:
    """A network of two epochs helps nobody: whatever wins, the bundle's arrays answer alike."""
    assert wide_source.source is not None
    source = load_checkpoint(wide_source.source)
    x, y, who = movements(3, 3)
    found = choose(
        x,
        y,
        who,
        classes=3,
        rate_hz=25.0,
        sources={"gestures": source},
        budget_s=300.0,  # time enough for all, on whatever machine
        seed=1,
        kinds=("network",),
        model=source.model,
    )
    ran = [one for one in found.standings if one.folds]
    assert len(ran) == 4
    assert found.learner.kind == "network"
    scores = classifier_of(found, 3, 100).scores(x)
    assert (scores.argmax(axis=1) == y).mean() > 0.8


def test_the_vote_learns_from_others_and_says_so(cache: Path, tmp_path: Path) -> None:
    made = adapt(
        "simulated-daily",
        tmp_path / "model",
        sources=("simulated-sports",),
        cache=cache,
        budget_s=8.0,
    )
    about = load_bundle(made.bundle).manifest
    assert {one.kind for one in made.findings.standings if one.folds} >= {"vote", "minirocket"}
    origins = [one.reference for one in about.origins if one.role == "source"]
    assert about.kind == "vote"
    assert origins == ["simulated-sports"]


def test_without_aeon_the_forest_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "aeon" else find_spec(name)
    )
    said: list[str] = []
    x, y, who = movements(4, 8)
    kinds: tuple[Kind, ...] = ("vote", "minirocket", "forest")
    found = choose(
        x,
        y,
        who,
        classes=3,
        rate_hz=25.0,
        sources={},
        budget_s=0.5,
        seed=1,
        kinds=kinds,
        note=said.append,
    )
    assert [one.name for one in found.standings] == ["forest"]
    assert "crosswear[minirocket]" in said[0]


# --- the whole way


def test_a_bundle_and_its_report(gestures: Domain, cache: Path, tmp_path: Path) -> None:
    said: list[str] = []
    made = adapt(
        "simulated-gestures",
        tmp_path / "model",
        sources=(),
        cache=cache,
        budget_s=6.0,
        note=said.append,
    )
    bundle = load_bundle(made.bundle)
    assert bundle.manifest.classes == gestures.classes
    assert bundle.manifest.expected is not None
    assert bundle.manifest.split is not None
    assert bundle.manifest.split.unit == "occurrence"
    assert any("too few to hold people back" in sentence for sentence in said)
    text = (tmp_path / "model-report" / "report.md").read_text("utf-8")
    for name in gestures.classes:
        assert name.replace("_", "\\_") in text
    assert ("next 50 labelled windows" in text) == (made.findings.curve is not None)
    assert all(path.is_file() for path in made.report)
    scores = bundle.classifier().scores(np.array(gestures.windows.x[:50]))
    assert (scores.argmax(axis=1) == gestures.windows.y[:50]).mean() > 0.8


def test_a_bundle_is_not_written_over(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="there already"):
        adapt("simulated-gestures", tmp_path / "there", sources=(), cache=cache)


def test_nothing_is_left_where_something_fails(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(CrosswearError):
        adapt("simulated-gestures", tmp_path / "model", sources=("nosuchdata",), cache=cache)
    assert list(tmp_path.iterdir()) == []


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
