"""Classical baselines: one contract for all, and the arrays say what their libraries say."""

from __future__ import annotations

import copy
import io
import sys
from collections.abc import Callable

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from crosswear.baselines import BUNDLED, Classifier, forest
from crosswear.baselines.hydra_multirocket import fit_hydra_multirocket
from crosswear.baselines.minirocket import MiniRocket, fit_minirocket
from crosswear.baselines.positive_shares import KERNELS, TAPS
from crosswear.baselines.vote import fit_vote
from crosswear.baselines.whitening import LabelledWindows, whitening
from crosswear.core.errors import UsageError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.signal.features import window_features
from crosswear.signal.windows import in_steps

pytestmark = pytest.mark.usefixtures("few_trees")

RATE = 25.0


@pytest.fixture(scope="module")
def train(gestures: Domain) -> tuple[np.ndarray, np.ndarray]:
    """Windows [60, 3, 100] of all ten classes, and these."""
    rows = np.random.default_rng(0).permutation(gestures.indices(Subset.TRAIN))[:60]
    assert len(np.unique(gestures.windows.y[rows])) == 10
    return np.array(gestures.windows.x[rows]), gestures.windows.y[rows]


@pytest.fixture(scope="module")
def asked(gestures: Domain) -> tuple[np.ndarray, np.ndarray]:
    rows = gestures.indices(Subset.TEST)[::5]
    return np.array(gestures.windows.x[rows]), gestures.windows.y[rows]


@pytest.fixture(scope="module", params=BUNDLED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def fitted(name: str, train: tuple[np.ndarray, np.ndarray]) -> Classifier:
    return BUNDLED[name].fit(*train, 10, RATE, 7)


Data = tuple[np.ndarray, np.ndarray]


@pytest.mark.slow
def test_it_gives_probabilities_and_learns(fitted: Classifier, asked: Data) -> None:
    scores = fitted.scores(asked[0])
    assert scores.dtype == np.float64
    assert scores.shape == (len(asked[0]), 10)
    assert (scores >= 0).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (scores.argmax(axis=1) == asked[1]).mean() > 0.4  # the majority has about 0.13
    assert fitted.scores(asked[0][:0]).shape == (0, 10)


@pytest.mark.slow
def test_equal_arguments_give_equal_classifiers(
    fitted: Classifier, name: str, train: Data, asked: Data
) -> None:
    np.random.default_rng().random()
    again = BUNDLED[name].fit(*train, 10, RATE, 7).scores(asked[0])
    np.testing.assert_array_equal(again, fitted.scores(asked[0]))
    other = BUNDLED[name].fit(*train, 10, RATE, 8).scores(asked[0])
    assert not np.array_equal(other, again)


def test_its_state_is_plain_arrays_and_all_of_it(
    fitted: Classifier, name: str, asked: Data
) -> None:
    file = io.BytesIO()
    np.savez(file, **fitted.state())
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        loaded = BUNDLED[name].load(dict(stored))
    np.testing.assert_array_equal(loaded.scores(asked[0]), fitted.scores(asked[0]))


@pytest.mark.slow
def test_a_window_gets_the_same_whatever_its_neighbours(fitted: Classifier, asked: Data) -> None:
    together = fitted.scores(asked[0][:40])
    alone = np.concatenate([fitted.scores(asked[0][i : i + 1]) for i in range(40)])
    np.testing.assert_allclose(alone, together, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [(4,), (2, 7), (0, 3, 9)])
def test_classes_that_were_not_seen_have_none(
    name: str, train: Data, asked: Data, kept: tuple[int, ...]
) -> None:
    x, y = train
    some = np.isin(y, kept)
    scores = BUNDLED[name].fit(x[some], y[some], 10, RATE, 7).scores(asked[0])
    assert scores.shape[1] == 10
    np.testing.assert_array_equal(np.flatnonzero(scores.any(axis=0)), kept)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    of_these = np.isin(asked[1], kept)
    right = scores[of_these].argmax(axis=1) == asked[1][of_these]
    assert right.mean() > 0.5


def test_constant_windows_are_classified_too(name: str) -> None:
    x = np.zeros((12, 3, 100), np.float32)
    x[::2, 2] = 1
    y = np.arange(12, dtype=np.int16) % 2
    scores = BUNDLED[name].fit(x, y, 2, RATE, 0).scores(x)
    assert np.isfinite(scores).all()


@pytest.mark.slow
def test_hydra_takes_windows_of_a_sensor_at_rest(train: Data) -> None:
    x = train[0][:20].copy()
    x[:7, 1] = 0.5  # an axis that does not move; warnings are errors here
    scores = fit_hydra_multirocket(x, train[1][:20], 10, RATE, 3).scores(x)
    assert (scores.sum(axis=1) == 1).all()


@pytest.mark.slow
def test_the_forests_arrays_say_what_sklearn_says(train: Data, asked: Data) -> None:
    known, unknown = (window_features(x, RATE) for x in (train[0], asked[0]))
    ours = forest.grow_forest(known, train[1], 10, RATE, 7)
    theirs = RandomForestClassifier(forest.TREES, random_state=7).fit(known, train[1])
    np.testing.assert_allclose(ours.vote(unknown), theirs.predict_proba(unknown), atol=1e-6)


def others(seed: int) -> LabelledWindows:
    """Windows [90, 3, 100] of three classes that no target has."""
    rng = np.random.default_rng(seed)
    y = np.arange(90, dtype=np.int16) % 3
    wave = np.sin(np.arange(100) * (y[:, None] + 1) / 8)
    return LabelledWindows((wave[:, None] + rng.normal(size=(90, 3, 100))).astype(np.float32), y)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fit"), [("minirocket", fit_minirocket), ("vote", fit_vote)])
def test_windows_of_others_change_it_and_its_state_holds_all_of_that(
    name: str, fit: Callable[..., Classifier], train: Data, asked: Data
) -> None:
    baseline = BUNDLED[name]
    plain = baseline.fit(*train, 10, RATE, 7).scores(asked[0])
    whitened = fit(*train, 10, RATE, 7, [others(0), others(1)])
    scores = whitened.scores(asked[0])
    assert not np.allclose(scores, plain)
    assert (scores.argmax(axis=1) == asked[1]).mean() > 0.4
    np.testing.assert_array_equal(baseline.load(whitened.state()).scores(asked[0]), scores)
    np.testing.assert_array_equal(fit(*train, 10, RATE, 7, ()).scores(asked[0]), plain)


def test_whitening_damps_what_differs_within_classes_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    within, between = np.linalg.qr(rng.normal(size=(300, 2)))[0].T
    y = np.arange(120) % 4
    x = 100 * rng.normal(size=(120, 1)) * within + 50 * y[:, None] * between
    x = (x + 0.1 * rng.normal(size=x.shape)).astype(np.float32)
    map_ = whitening([x[:60], x[60:]], [y[:60], y[60:]])
    assert np.abs(map_(within[None]) @ within)[0] < 0.1
    assert np.abs(map_(between[None]) @ between)[0] > 0.99
    # Symmetric: weights of mapped features are mapped weights of the features.
    weight = rng.normal(size=(1, 300))
    np.testing.assert_allclose(map_(x) @ weight.T, x @ map_(weight).T, rtol=1e-3, atol=1e-2)


def test_whitening_of_windows_without_a_second_one_of_their_class_is_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    np.testing.assert_array_equal(whitening([x], [np.arange(5)])(x), x)


@pytest.mark.slow
def test_the_transform_is_aeons(train: Data, asked: Data) -> None:
    aeon = pytest.importorskip("aeon.transformations.collection.convolution_based")
    theirs = aeon.MiniRocket(n_jobs=1, random_state=7).fit(train[0]).transform(asked[0])
    ours = fit_minirocket(*train, 10, RATE, 7).features(asked[0])
    assert ours.shape == theirs.shape
    # Sums in another order: a sample may fall on the other side of a bias.
    assert (np.abs(ours - theirs) > 1e-6).mean() < 1e-3
    assert np.abs(ours - theirs).max() < 0.1


@given(hnp.arrays(np.float32, (8, 3, 100), elements=st.floats(-16, 16, width=32)))
@settings(max_examples=20)
def test_in_steps_the_order_of_sums_changes_no_feature(
    steps_rocket: MiniRocket, x: np.ndarray
) -> None:
    x = in_steps(x)
    ours = steps_rocket.features(x)
    double = copy.deepcopy(steps_rocket).double()
    with torch.inference_mode():
        exact = double.transform(torch.from_numpy(x).double()).numpy()
    np.testing.assert_allclose(ours, exact, atol=1e-6)  # a sample more or less is 0.01


@pytest.mark.parametrize("name", ["minirocket", "vote"])
def test_windows_shorter_than_a_kernel_are_refused(name: str, train: Data) -> None:
    with pytest.raises(UsageError, match="windows of 8 samples are too short"):
        BUNDLED[name].fit(train[0][:, :, :8], train[1], 10, RATE, 7)


@given(st.data(), st.integers(9, 300))
@settings(max_examples=25)
def test_in_steps_the_two_ways_are_equal_for_any_kernels(data: st.DataObject, samples: int) -> None:
    longest = (samples - 1) // (TAPS - 1)
    dilations = data.draw(st.lists(st.integers(1, longest), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    quantiles = rng.integers(1, 4, len(dilations))
    kernels = len(KERNELS) * len(dilations)
    size = len(KERNELS) * int(quantiles.sum())
    rocket = MiniRocket(
        {
            "dilations": np.array(dilations),
            "quantiles": quantiles,
            # Some are the value of a convolution, as quantiles of these are.
            "biases": in_steps(rng.normal(size=size).astype(np.float32)),
            "channels": rng.permuted(np.tile([True, False, True], (kernels, 1)), axis=1),
            "fitted": np.zeros(1, np.int64),
            "classes": np.array(1),
            "weight": np.zeros((1, size), np.float32),
            "bias": np.zeros(1, np.float32),
        }
    )
    scale = data.draw(st.sampled_from([0, 0.01, 1, 16]))
    x = in_steps((scale * rng.normal(size=(3, 3, samples))).astype(np.float32))
    with torch.inference_mode():
        exported = rocket.transform(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(rocket.shares(x), exported)


@pytest.mark.parametrize("samples", [100, 300])
def test_a_window_has_the_same_features_alone_among_others_and_in_a_graph(
    steps_rocket: MiniRocket, samples: int
) -> None:
    x = np.random.default_rng(1).normal(size=(150, 3, samples)).astype(np.float32)
    together = steps_rocket.shares(x)  # not in steps: sums are rounded
    for one in (0, 70, 149):
        np.testing.assert_array_equal(together[one], steps_rocket.shares(x[one : one + 1])[0])
    x = in_steps(x[:32])
    with torch.inference_mode():
        of_graph = steps_rocket.transform(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(steps_rocket.features(x), of_graph)


def test_windows_that_are_not_in_steps_keep_the_features_of_published_records(
    steps_rocket: MiniRocket,
) -> None:
    x = np.random.default_rng(1).normal(size=(150, 3, 100)).astype(np.float32)
    with torch.inference_mode():
        parts = torch.split(torch.from_numpy(x[:144]), 16)
        published = torch.cat([steps_rocket.transform(part) for part in parts]).numpy()
    np.testing.assert_array_equal(steps_rocket.features(x)[:144], published)


@pytest.fixture(scope="module")
def steps_rocket(train: Data) -> MiniRocket:
    return fit_minirocket(in_steps(train[0]), train[1], 10, RATE, 7)


@pytest.mark.slow
def test_minirocket_is_a_network_without_control_flow(train: Data, asked: Data) -> None:
    fitted = fit_minirocket(*train, 10, RATE, 7)
    assert isinstance(fitted, MiniRocket)
    x = torch.from_numpy(asked[0][:16])
    program = torch.export.export(fitted, (x,))
    torch.testing.assert_close(program.module()(x), fitted(x))


def test_without_the_extra_it_says_what_to_install(
    train: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aeon.transformations.collection.convolution_based", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[minirocket\]'"):
        fit_minirocket(*train, 10, RATE, 7)
