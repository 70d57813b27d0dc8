"""Input that is unlike what a model has learned from: limits, marks, notes and the bundle."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from bundle_helpers import CLASSES, a_bundle

from crosswear.adaptation.familiar_reference import Familiar, calibrate_reference
from crosswear.adaptation.learners import TrainingData
from crosswear.core.errors import BundleError
from crosswear.deploy.bundle import REFERENCE, Bundle, load_bundle, pack, save_bundle
from crosswear.deploy.bundle.manifest import Familiarity
from crosswear.deploy.recognise import Event, Recognizer
from crosswear.deploy.recognise.inputs import Overrides
from crosswear.deploy.recognise.recognised import recognise_files
from crosswear.signal.familiarity import Reference, Watch
from crosswear.signal.folds import make_folds

RATE_HZ, SAMPLES = 25.0, 100
HZ = (0.0, 1.0, 2.5)
"""Of the movement of each class."""


def person(seed: int, windows: int = 30, factor: float = 1.0) -> np.ndarray:
    """Windows [3·windows, 3, L] in g of someone who moves at `factor` times the usual speed."""
    rng = np.random.default_rng(seed)
    speed, strength = rng.normal(factor, 0.05 * factor), rng.normal(0.4, 0.03)
    time_s = np.arange(SAMPLES) / RATE_HZ
    found = []
    for hz in HZ:
        phase = rng.uniform(0, 7, (windows, 3, 1))
        wave = strength * np.sin(2 * np.pi * hz * speed * time_s + phase) * (hz > 0)
        tilt = np.array([0.1, 0.5, 0.85]) + rng.normal(0, 0.05, (windows, 3))
        found.append(wave + tilt[:, :, None] + rng.normal(0, 0.02, wave.shape))
    return np.concatenate(found).astype(np.float32)


def answers(windows: int = 30) -> np.ndarray:
    return np.repeat(np.arange(3), windows)


@pytest.fixture(scope="module")
def familiar() -> Familiar:
    return calibrated(np.concatenate([person(seed) for seed in range(8)]))


def calibrated(x: np.ndarray) -> Familiar:
    """A reference of eight people."""
    y, groups = np.tile(answers(), 8), np.repeat(np.arange(8), 90)
    data = TrainingData(x, y, groups, 3, RATE_HZ, 0)
    found = calibrate_reference(data, make_folds(y, groups, 0), np.arange(len(y)), y)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def bundle(familiar: Familiar) -> Bundle:
    plain = a_bundle()
    arrays = asdict(familiar.reference).items()
    state = {**plain.state, **{REFERENCE + name: one.astype(np.float32) for name, one in arrays}}
    limits = Familiarity(familiar.limit, familiar.recording_limit, 0.01)
    about = replace(plain.manifest, familiarity=limits, weights=pack(state)[1])
    return Bundle(about, state)


def judged(familiar: Familiar, x: np.ndarray) -> tuple[float, bool]:
    """Share of unfamiliar windows, and whether the recording is unfamiliar as a whole."""
    watch = Watch(familiar.limit, familiar.recording_limit)
    watch.push(familiar.reference.strangeness(x, answers(len(x) // 3), RATE_HZ))
    return watch.share, watch.is_unfamiliar


def test_new_people_are_familiar(familiar: Familiar) -> None:
    found = [judged(familiar, person(seed)) for seed in range(100, 130)]
    assert np.mean([share for share, _ in found]) < 0.04
    assert sum(whole for _, whole in found) <= 3


@pytest.mark.parametrize(
    ("kind", "least"), [("unit", 1.0), ("axes", 0.9), ("rate", 0.3), ("noise", 0.5)]
)
def test_altered_input_is_not(kind: str, least: float, familiar: Familiar) -> None:
    x = person(200, factor=2.0 if kind == "rate" else 1.0)
    noise = np.random.default_rng(0).normal(0, 0.3, x.shape).astype(np.float32)
    altered = {"unit": x * 9.81, "axes": x[:, [2, 0, 1]], "rate": x, "noise": x + noise}[kind]
    share, whole = judged(familiar, altered)
    assert share >= least
    assert whole


def test_an_axis_that_never_moves_is_as_strange_as_it_was() -> None:
    x = np.concatenate([person(seed) for seed in range(8)])
    x[:, 1] = 0.03
    found = calibrated(x)
    again = person(0) + np.float32(1e-4) * np.random.default_rng(0).normal(size=(90, 3, SAMPLES))
    again[:, 1] = 0.03 + 1e-4  # read through another filter, it is not the same to the last digit
    strange = found.reference.strangeness(again.astype(np.float32), answers(), RATE_HZ)
    assert (strange > found.limit).mean() < 0.1


def test_a_window_gets_the_same_number_alone(familiar: Familiar) -> None:
    x, y = person(300), answers()
    together = familiar.reference.strangeness(x, y, RATE_HZ)
    alone = [familiar.reference.strangeness(x[[i]], y[[i]], RATE_HZ)[0] for i in range(0, 90, 7)]
    assert together[::7].tolist() == alone


def test_too_few_people_have_no_limits() -> None:
    x = np.concatenate([person(seed) for seed in range(2)])
    y, groups = np.tile(answers(), 2), np.repeat(np.arange(2), 90)
    data = TrainingData(x, y, groups, 3, RATE_HZ, 0)
    assert calibrate_reference(data, make_folds(y, groups, 0), np.arange(len(y)), y) is None


def stream(seed: int, factor: float = 1.0) -> np.ndarray:
    """Samples [t, 3] of a minute of each class."""
    return person(seed, 15).transpose(0, 2, 1).reshape(-1, 3) * factor


def recognised(bundle: Bundle, samples: np.ndarray, step: int) -> tuple[list[Event], list[str]]:
    recognizer = Recognizer(bundle, RATE_HZ)
    pieces = [recognizer.push(samples[i : i + step]) for i in range(0, len(samples), step)]
    return [*(event for piece in pieces for event in piece), *recognizer.flush()], [
        one for one in recognizer.notes() if "unlike" in one
    ]


def test_a_stream_in_another_unit_is_unsure_with_a_note(bundle: Bundle) -> None:
    events, (note,) = recognised(bundle, stream(400, 9.81), 10_000)
    assert {one.reason for one in events} == {"unfamiliar"}
    assert all(one.unsure for one in events)
    for cause in ("unit", "axes", "rate", "'right_wrist'"):
        assert cause in note


def test_pieces_of_a_stream_give_the_same_marks(bundle: Bundle) -> None:
    samples = (stream(401) + np.random.default_rng(0).normal(0, 0.1, (4500, 3)))[::3]
    assert recognised(bundle, samples, 1500) == recognised(bundle, samples, 137)


def test_without_gravity_every_bundle_is_unsure() -> None:
    events, notes = recognised(a_bundle(), stream(402, 0.1), 10_000)
    assert {one.reason for one in events} == {"unfamiliar"}
    assert not notes


def test_a_file_that_is_unfamiliar_as_a_whole_is_unsure(bundle: Bundle, tmp_path: Path) -> None:
    samples = stream(403)[:, [2, 0, 1]]
    np.savetxt(tmp_path / "a.csv", samples, "%.5f", ",", header="x,y,z", comments="")
    (found,) = recognise_files(bundle, [tmp_path / "a.csv"], Overrides(rate_hz=RATE_HZ, unit="g"))
    assert {one.reason for one in found.events} <= {"unfamiliar", "still"}
    assert any("unlike those that the model has learned from" in note for note in found.notes)


def test_the_bundle_keeps_the_reference(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(tmp_path / "model", bundle)
    loaded = load_bundle(tmp_path / "model").reference()
    ours = bundle.reference()
    assert isinstance(loaded, Reference)
    assert isinstance(ours, Reference)
    for name, array in asdict(ours).items():
        np.testing.assert_array_equal(array, getattr(loaded, name))


@pytest.mark.parametrize("name", ["mean", "whitening", "usual"])
def test_a_reference_of_another_shape_is_refused(name: str, bundle: Bundle, tmp_path: Path) -> None:
    state = {**bundle.state, REFERENCE + name: np.zeros((3, len(CLASSES) + 1))}
    about = replace(bundle.manifest, weights=pack(state)[1])
    with pytest.raises(BundleError, match=f"{REFERENCE}{name} is float64"):
        save_bundle(tmp_path / "model", Bundle(about, state))
