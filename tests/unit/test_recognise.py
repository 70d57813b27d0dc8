"""Recognition: a stream gives what the whole file gives, and notes report trouble."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_helpers import CLASSES, a_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crosswear.baselines import BUNDLED
from crosswear.core.errors import BundleError, DataFormatError, UsageError
from crosswear.core.recording import Recording
from crosswear.deploy.bundle import Bundle, load_bundle, save_bundle
from crosswear.deploy.bundle.smoothing import Smoothing
from crosswear.deploy.recognise import Event, Recognizer, recognise
from crosswear.signal.gravity import spread
from crosswear.signal.resample import StreamResampler, resample
from crosswear.signal.windows import in_steps

pytestmark = pytest.mark.usefixtures("few_trees")

Floats = NDArray[np.float64]
BUNDLE = a_bundle()
RATES = (20.0, 25.0, 31.25, 50.0, 98.0, 99.87654321, 100.0)


def movement(samples: int, seed: int = 0, gaps: bool = True) -> Floats:
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=(samples, 3)) * 0.1, axis=0)
    values -= values.mean(axis=0)
    if gaps:
        values[samples // 5 : samples // 5 + 3] = np.nan
        values[samples // 2 : samples // 2 + 60] = np.nan
    return values


def stamps(samples: int, rate_hz: float, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    time_s = (np.arange(samples) + rng.uniform(-0.3, 0.3, samples)) / rate_hz
    time_s[3 * samples // 4 :] += 3
    return time_s + 1.7e9


def pieces(sizes: list[int], samples: int) -> list[slice]:
    found, at = [], 0
    while at < samples:
        size = sizes[len(found) % len(sizes)]
        found.append(slice(at, at + size))
        at += size
    return found


def resampled(
    values: Floats, time_s: Floats | None, rate_hz: float, cuts: list[slice]
) -> list[tuple[float, NDArray[np.float32]]]:
    resampler = StreamResampler(rate_hz, 25.0, 0.2)
    parts = [
        part
        for cut in cuts
        for part in resampler.push(values[cut], None if time_s is None else time_s[cut])
    ]
    found: list[tuple[float, NDArray[np.float32]]] = []
    open_: list[NDArray[np.float32]] = []
    for part in [*parts, *resampler.flush()]:
        open_.append(part.values)
        if part.last:
            found.append((part.start_s, np.concatenate(open_)))
            open_ = []
    return found


@pytest.mark.slow
@settings(max_examples=60)
@given(
    rate_hz=st.sampled_from(RATES),
    samples=st.integers(2, 2500),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=5),
    stamped=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_streams_are_resampled_as_training_does_however_they_are_cut(
    rate_hz: float, samples: int, sizes: list[int], stamped: bool, seed: int
) -> None:
    values = movement(samples, seed).astype(np.float32)
    time_s = stamps(samples, rate_hz, seed) if stamped else None
    together = resampled(values.astype(float), time_s, rate_hz, [slice(None)])
    cut = resampled(values.astype(float), time_s, rate_hz, pieces(sizes, samples))
    for (start, one), (other_start, other) in zip(together, cut, strict=True):
        assert start == other_start
        np.testing.assert_array_equal(one, other)
    recording = Recording(
        values,
        rate_hz,
        np.zeros(samples, np.int16),
        "s",
        "1",
        "wrist",
        None if time_s is None else time_s - time_s[0],
    )
    trained = resample(recording, 25.0, 0.2)
    found = [one for _, one in together if len(one) > 1]
    wanted = [segment.channels for segment in trained if len(segment) > 1]
    splined = stamped or rate_hz == 99.87654321  # streams solve the spline in blocks
    for one, segment in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, segment, rtol=0, atol=1e-6 if splined else 0)


@pytest.mark.parametrize(("hertz", "kept"), [(5.0, 1.0), (11.0, 1.0), (14.0, 0.0), (20.0, 0.0)])
def test_what_would_fold_back_is_filtered(hertz: float, kept: float) -> None:
    values = np.repeat(np.sin(2 * np.pi * hertz * np.arange(4000) / 100)[:, None], 3, axis=1)
    [(_, found)] = resampled(values, None, 100.0, [slice(None)])
    wanted = kept * np.sin(2 * np.pi * hertz * np.arange(len(found)) / 25)
    assert np.abs(found - wanted[:, None])[50:-50].max() < 0.01


def test_live_samples_come_out_soon() -> None:
    resampler = StreamResampler(100.0, 25.0, 0.2)
    values = movement(1000, gaps=False)
    given_ = sum(
        len(part.values) for i in range(1000) for part in resampler.push(values[i : i + 1])
    )
    assert given_ >= 250 - 15  # the filter reaches half a second
    resampler = StreamResampler(100.0, 25.0, 0.2)
    time_s = np.arange(1000) / 100
    given_ = sum(len(part.values) for part in resampler.push(values, time_s))
    assert given_ >= 250 - 35


def events(
    values: Floats,
    time_s: Floats | None,
    cuts: list[slice],
    bundle: Bundle = BUNDLE,
    **options: Any,
) -> list[Event]:
    recognizer = Recognizer(bundle, **options)
    chunks = ((values[cut], None if time_s is None else time_s[cut]) for cut in cuts)
    return list(recognise(recognizer, chunks))


@pytest.mark.slow
@settings(max_examples=25)
@given(
    rate_hz=st.sampled_from(RATES),
    samples=st.integers(1, 4000),
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=4),
    stamped=st.booleans(),
)
def test_a_stream_gives_what_the_whole_gives(
    rate_hz: float, samples: int, sizes: list[int], stamped: bool
) -> None:
    values = movement(samples)
    time_s = stamps(samples, rate_hz) if stamped else None
    whole = events(values, time_s, [slice(None)], rate_hz=rate_hz)
    assert events(values, time_s, pieces(sizes, samples), rate_hz=rate_hz) == whole


@pytest.mark.slow
def test_single_samples_give_what_the_whole_gives() -> None:
    values = movement(800)
    whole = events(values, None, [slice(None)], rate_hz=50)
    assert events(values, None, pieces([1], 800), rate_hz=50) == whole
    assert len(whole) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["forest", "minirocket", "vote"])
def test_classical_bundles_recognise_and_stream_alike(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = (rng.normal(size=(60, 3, 100)) * (1 + y)[:, None, None]).astype(np.float32)
    state = BUNDLED[kind].fit(x, y, 3, 25.0, 0).state()
    saved = a_bundle(state=state, kind=kind, model=None)
    save_bundle(tmp_path / "bundle", saved)
    bundle = load_bundle(tmp_path / "bundle")
    expected = BUNDLED[kind].load(state).scores(in_steps(x))
    scores = replace(bundle, manifest=replace(bundle.manifest, temperature=1.0)).classifier()
    np.testing.assert_allclose(scores.scores(x), expected, atol=1e-4)
    values = movement(3000)
    whole = events(values, None, [slice(None)], bundle, rate_hz=50)
    assert events(values, None, pieces([77, 400], 3000), bundle, rate_hz=50) == whole
    state.pop(next(iter(state)))
    with pytest.raises(BundleError, match=f"not those of a {kind}"):
        a_bundle(state=state, kind=kind, model=None).classifier()


def test_events_tell_when_and_how_surely() -> None:
    found = events(movement(25 * 60, gaps=False), None, [slice(None)])
    assert [event.start_s for event in found] == [2.0 * k for k in range(29)]
    assert all(event.end_s - event.start_s == 4 for event in found)
    for event in found:
        assert event.label == CLASSES[int(np.argmax(event.probabilities))]
        assert event.probability == max(event.probabilities)
        assert event.unsure == (event.probability < 0.4)


def test_smoothed_labels_are_the_mean_of_three_windows_of_a_segment() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(3), 7)
    smoothing = Smoothing(3, 3)
    parts = [smoothing.push(p[:1], last=False), smoothing.push(p[1:5], last=False)]
    parts += [smoothing.push(p[5:], last=True), smoothing.push(p[:2], last=True)]
    own = np.concatenate([one for one, _ in parts])
    smoothed = np.concatenate([two for _, two in parts])
    np.testing.assert_array_equal(own, np.concatenate([p, p[:2]]))
    np.testing.assert_allclose(smoothed[0], p[:2].mean(axis=0))
    np.testing.assert_allclose(smoothed[3], p[2:5].mean(axis=0))
    np.testing.assert_allclose(smoothed[6], p[5:].mean(axis=0))
    np.testing.assert_allclose(smoothed[7], p[:2].mean(axis=0))


@pytest.mark.parametrize("windows", [1, 3, 5])
def test_however_many_windows_are_averaged_a_stream_is_a_batch(windows: int) -> None:
    bundle = replace(BUNDLE, manifest=replace(BUNDLE.manifest, smoothing=windows))
    values = movement(2000)
    whole = events(values, None, [slice(None)], bundle)
    assert events(values, None, pieces([1, 130, 7], 2000), bundle) == whole
    if windows == 1:
        assert all(event.smoothed == event.label for event in whole)


def test_a_sensor_that_sits_otherwise_is_said_and_nothing_is_turned() -> None:
    rng = np.random.default_rng(0)
    down = rng.normal([0.9, 0.3, 0.2], 0.15, (60, 3))
    known = spread(down / np.linalg.norm(down, axis=1, keepdims=True))
    bundle = replace(BUNDLE, manifest=replace(BUNDLE.manifest, gravity=tuple(known.tolist())))
    values = np.repeat(down, 50, axis=0) + rng.normal(0, 0.02, (3000, 3))
    notes = {}
    for name, turned in (("as it was", values), ("turned", values * (-1, -1, 1))):
        recognizer = Recognizer(bundle)
        found = [*recognizer.push(turned), *recognizer.flush()]
        assert found == events(turned, None, [slice(None)])
        notes[name] = recognizer.notes()
    assert notes["as it was"] == []
    assert "in its terms, x is -x, y is -y, z is z" in notes["turned"][0]
    short = Recognizer(bundle)
    short.push(values[:500] * (-1, -1, 1))
    assert short.notes() == []


@pytest.mark.parametrize(("unit", "factor"), [("mg", 1000.0), ("m/s2", 9.80665), (256, 256.0)])
def test_units_are_converted(unit: str | float, factor: float) -> None:
    values = movement(1000)
    in_g = events(values, None, [slice(None)])
    other = events(values * factor, None, [slice(None)], unit=unit)
    for one, two in zip(in_g, other, strict=True):
        np.testing.assert_allclose(one.probabilities, two.probabilities, atol=1e-5)


def test_trouble_is_said() -> None:
    values = movement(3000) / 4
    values[2000:2400] = 0.5
    values[:300, 0] = np.clip(values[:300, 0] * 20, -2, 2)
    recognizer = Recognizer(BUNDLE, rate_hz=20)
    recognizer.push(values)
    recognizer.flush()
    told = " ".join(recognizer.notes())
    for part in ("20 Hz is less", "63 of 3000", "3 lost samples", "1 gap splits", "do not vary"):
        assert part in told
    assert "x is clipped at 2.00 g" in told
    quiet = Recognizer(BUNDLE)
    quiet.push(movement(500, gaps=False) / 10 + (0, 0, 1))
    assert quiet.notes() == []
    short = Recognizer(BUNDLE)
    short.push(movement(50, gaps=False))
    assert "no window" in short.notes()[0]


@pytest.mark.parametrize(
    ("unit", "factor", "told"),
    [
        ("g", 9.81, "gravity measures 9.79 g, not 1 g"),
        ("mg", 9.81, "the numbers look like m/s2"),
        ("g", 0.1, "without gravity"),
        ("m/s2", 9.81, ""),
        (9.81, 9.81 * 1.4, ""),  # a stream does not show when the sensor rests
    ],
)
def test_a_unit_that_cannot_be_is_said(unit: str | float, factor: float, told: str) -> None:
    recognizer = Recognizer(BUNDLE, rate_hz=50, unit=unit)
    rng = np.random.default_rng(0)
    for _ in range(5):  # a second each
        recognizer.push(factor * rng.normal([0.0, 0.6, 0.8], 0.2, (50, 3)))
    recognizer.flush()
    notes = recognizer.notes()
    assert told in " ".join(notes)
    assert bool(notes) == bool(told)


def test_nothing_but_lost_samples_has_no_events() -> None:
    assert events(np.full((500, 3), np.nan), None, [slice(None)]) == []
    assert events(np.empty((0, 3)), None, [slice(None)]) == []


@pytest.mark.parametrize(
    ("values", "time_s", "told"),
    [
        (np.full((3, 3), np.inf), None, "inf"),
        (np.full((3, 3), 5000.0), None, "5000 g"),
        (np.zeros((3, 3)), np.array([0.0, 1.0, 1.0]), "repeats"),
        (np.zeros((3, 3)), np.array([0.0, np.nan, 1.0]), "missing"),
    ],
)
def test_samples_that_cannot_be_are_refused(
    values: Floats, time_s: Floats | None, told: str
) -> None:
    with pytest.raises(DataFormatError, match=told):
        Recognizer(BUNDLE).push(values, time_s)


@pytest.mark.parametrize(
    ("values", "time_s"),
    [
        ("walking", None),
        ([["0", "0", "1"]], None),
        ([[0, 0, 1], [0, 0]], None),
        ([[0, 0, "up"]], None),
        ({"x": 0}, None),
        (np.zeros((1, 3)), ["noon"]),
        (np.zeros((1, 3)), np.array(["2026-01-01"], "datetime64[s]")),
    ],
)
def test_what_is_no_number_is_told(values: Any, time_s: Any) -> None:
    with pytest.raises(UsageError, match=r"no numbers.*\n.*an array of numbers"):
        Recognizer(BUNDLE).push(values, time_s)


def test_wrong_calls_are_told() -> None:
    recognizer = Recognizer(BUNDLE)
    with pytest.raises(UsageError, match="shape"):
        recognizer.push(np.zeros((3, 4)))
    with pytest.raises(UsageError, match="time stamps"):
        recognizer.push(np.zeros((3, 3)), np.zeros(2))
    recognizer.push(np.zeros((3, 3)), np.arange(3.0))
    with pytest.raises(UsageError, match="some have none"):
        recognizer.push(np.zeros((3, 3)))
    with pytest.raises(UsageError, match="load_bundle"):
        Recognizer("the folder of a bundle")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unit"):
        Recognizer(BUNDLE, unit="lb")
    with pytest.raises(UsageError, match="rate"):
        Recognizer(BUNDLE, rate_hz=float("nan"))
