"""The simulated domains, and the model of the wrist that makes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording, Windows
from crosswear.datasets.simulated import DAILY, GESTURES, MANIPULATION, SPECS, SPORTS
from crosswear.datasets.spec import DatasetSpec
from crosswear.datasets.tree import FolderTree
from crosswear.datasets.wrist_model import (
    ARM_RADIUS_M,
    CADENCE_WANDER,
    LONGEST_LOSS,
    Activity,
    Device,
    Pose,
    Rhythm,
    Scenario,
    Variability,
    minimum_jerk,
    simulate,
    smooth_noise,
)
from crosswear.signal.resample import resample
from crosswear.signal.windows import cut_recordings

SCENARIOS = (GESTURES, MANIPULATION, DAILY, SPORTS)
IDEAL = Device(rate_hz=100.0, range_g=16.0, step_g=2.0**-14, noise_density=0.0)
NO_VARIABILITY = Variability(
    tilt_deg=0.0, person_deg=0.0, bout_deg=0.0, person_log=0.0, bout_log=0.0
)
MAJORITY = {
    "simulated-gestures": 0.13,
    "simulated-manipulation": 0.19,
    "simulated-daily": 0.24,
    "simulated-sports": 0.26,
}


@pytest.fixture(scope="module")
def recordings() -> dict[str, list[Recording]]:
    return {spec.name: _read(spec) for spec in SPECS}


def _read(spec: DatasetSpec) -> list[Recording]:
    return list(spec.read(FolderTree(Path()), spec.default_options, lambda sentence: None))


def _one(activity: Activity, device: Device = IDEAL) -> Recording:
    """One long bout of one activity by somebody who is like everybody."""
    scenario = Scenario("test", 1, (activity,), (1.0, 1.0), device, NO_VARIABILITY)
    return simulate(scenario, "01")


def _labelled(recording: Recording) -> np.ndarray:
    return recording.acceleration[recording.labels == 0].astype(np.float64)


def _still(pose: Pose) -> Activity:
    return Activity("still", (pose,), 5.0, (300.0, 300.0), vibration_g=0.0, wander_deg=0.0)


def _peak_hz(signal: np.ndarray, rate_hz: float, lowest_hz: float = 0.5) -> float:
    power = np.abs(np.fft.rfft(signal - signal.mean())) ** 2
    hz = np.fft.rfftfreq(len(signal), 1 / rate_hz)
    near = hz >= lowest_hz
    return float(hz[near][power[near].argmax()])


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_declaration_holds_and_says_that_it_is_simulated(
    spec: DatasetSpec, recordings: dict[str, list[Recording]]
) -> None:
    made = recordings[spec.name]
    classes = spec.variants["default"]
    assert spec.name.startswith("simulated-")
    assert "imulated" in spec.title
    assert "made by a model" in spec.title
    assert any("no claim about transfer may be drawn" in trap for trap in spec.traps)
    assert spec.licence == "MIT"
    assert spec.patterns == ()
    assert len({recording.subject for recording in made}) == len(made) == spec.subjects
    for recording in made:
        assert recording.rate_hz == spec.rate_hz
        assert set(np.unique(recording.labels)) == {NO_LABEL, *range(len(classes))}


def test_people_and_classes_are_as_many_as_in_the_domains_they_stand_for() -> None:
    counts = {spec.name: (spec.subjects, len(spec.variants["default"])) for spec in SPECS}
    assert counts == {
        "simulated-gestures": (1, 10),
        "simulated-manipulation": (4, 21),
        "simulated-daily": (10, 8),
        "simulated-sports": (9, 15),
    }


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_windows_are_few_enough_for_a_tutorial_and_as_unbalanced_as_in_the_study(
    spec: DatasetSpec, recordings: dict[str, list[Recording]]
) -> None:
    pieces = [(number, resample(made)) for number, made in enumerate(recordings[spec.name])]
    windows = Windows.joined([some for some, _ in cut_recordings(pieces)])
    counts = np.bincount(windows.y)
    assert 900 <= len(windows) <= 1300
    assert counts.min() >= 25
    assert counts.max() / counts.sum() == pytest.approx(MAJORITY[spec.name], abs=0.03)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_device_clips_rounds_and_loses_samples_as_declared(
    scenario: Scenario, recordings: dict[str, list[Recording]]
) -> None:
    device = scenario.device
    for recording in recordings[scenario.name]:
        lost = np.isnan(recording.acceleration).any(axis=1)
        kept = recording.acceleration[~lost].astype(np.float64)
        assert np.abs(kept).max() <= device.range_g
        np.testing.assert_array_equal(kept / device.step_g, np.round(kept / device.step_g))
        assert bool(lost.any()) == (device.losses_per_minute > 0)
        assert (recording.time_s is not None) == (device.jitter > 0)
        if recording.time_s is not None:
            period = np.diff(recording.time_s) * recording.rate_hz
            assert period.min() > 0
            assert period.std() > 0.05
            assert period.mean() == pytest.approx(1.0, abs=1e-3)


def test_losses_are_as_frequent_and_as_short_as_declared() -> None:
    device = replace(IDEAL, losses_per_minute=20.0)
    lost = np.isnan(_one(_still((0.0, 0.0, 0.0, 0.0, 0.0)), device).acceleration)
    assert np.all(lost.all(axis=1) == lost.any(axis=1))
    runs = np.diff(np.flatnonzero(np.diff(lost[:, 0].astype(int))))[::2]
    assert len(runs) == pytest.approx(100, abs=30)
    assert runs.mean() == pytest.approx((1 + LONGEST_LOSS) / 2, abs=0.4)


def test_what_is_beyond_the_range_is_clipped() -> None:
    hard = Activity("hard", ((0.0,) * 5,), 5.0, (60.0, 60.0), rhythm=Rhythm(2.5, 0.0, 2.0))
    assert np.abs(_one(hard, replace(IDEAL, range_g=2.0)).acceleration).max() == 2.0


@pytest.mark.parametrize(
    ("roll_deg", "pitch_deg", "gravity"),
    [
        (0.0, 0.0, (0.0, 0.0, 1.0)),
        (0.0, 90.0, (-1.0, 0.0, 0.0)),
        (0.0, -90.0, (1.0, 0.0, 0.0)),
        (90.0, 0.0, (0.0, 1.0, 0.0)),
        (180.0, 0.0, (0.0, 0.0, -1.0)),
        (50.0, 90.0, (-1.0, 0.0, 0.0)),
    ],
)
def test_a_resting_wrist_feels_gravity_where_its_pose_puts_it(
    roll_deg: float, pitch_deg: float, gravity: tuple[float, float, float]
) -> None:
    mean = _labelled(_one(_still((0.3, 0.0, 0.3, roll_deg, pitch_deg)))).mean(axis=0)
    np.testing.assert_allclose(mean, gravity, atol=0.06)


def test_the_axes_of_a_device_turn_what_it_measures() -> None:
    device = replace(IDEAL, axes_deg=(90.0, 0.0, 0.0))
    mean = _labelled(_one(_still((0.0, 0.0, 0.0, 0.0, 90.0)), device)).mean(axis=0)
    np.testing.assert_allclose(mean, (0.0, 1.0, 0.0), atol=0.06)


@pytest.mark.parametrize("name", ["lying", "sitting", "standing"])
def test_people_at_rest_read_one_g(recordings: dict[str, list[Recording]], name: str) -> None:
    for spec in SPECS[2:]:
        label = [activity.name for activity in spec.variants["default"]].index(name)
        for recording in recordings[spec.name]:
            length = np.linalg.norm(recording.acceleration[recording.labels == label], axis=1)
            assert np.median(length) == pytest.approx(1.0, abs=0.06)
            assert length.std() < 0.1


@pytest.mark.parametrize("cadence_hz", [1.4, 1.9, 2.8])
def test_the_cadence_is_found_in_the_spectrum_and_the_arm_swings_at_half_of_it(
    cadence_hz: float,
) -> None:
    flat: Pose = (0.0, 0.0, 0.0, 0.0, 0.0)
    steps = Activity("steps", (flat,), 5.0, (60.0, 60.0), rhythm=Rhythm(cadence_hz, 0.0, 0.3))
    swing = Activity("swing", (flat,), 5.0, (60.0, 60.0), rhythm=Rhythm(cadence_hz, 20.0, 0.0))
    found = _peak_hz(_labelled(_one(steps))[:, 2], 100.0)
    assert found == pytest.approx(cadence_hz, rel=3 * CADENCE_WANDER)
    found = _peak_hz(_labelled(_one(swing))[:, 2], 100.0)
    assert found == pytest.approx(cadence_hz / 2, rel=3 * CADENCE_WANDER)


def test_a_pendulum_at_its_own_frequency_feels_nothing_across_the_arm() -> None:
    """Gravity's tangential part and the acceleration it causes cancel: free fall along the arc."""
    own_hz = float(np.sqrt(STANDARD_GRAVITY / ARM_RADIUS_M) / (2 * np.pi))
    hanging = _still((0.0, 0.0, 0.0, 0.0, 90.0))

    def across(swing_hz: float) -> float:
        swinging = replace(hanging, rhythm=Rhythm(2 * swing_hz, 10.0, 0.0))
        signal = _labelled(_one(swinging))[:, 2]
        hz = np.fft.rfftfreq(len(signal), 1 / IDEAL.rate_hz)
        return float(np.linalg.norm(np.fft.rfft(signal)[np.abs(hz - swing_hz) < 0.1]))

    assert across(own_hz) < 0.15 * min(across(0.5 * own_hz), across(1.5 * own_hz))


def test_runners_step_faster_and_harder_than_walkers(
    recordings: dict[str, list[Recording]],
) -> None:
    names = [activity.name for activity in SPECS[3].variants["default"]]
    for recording in recordings["simulated-sports"]:
        walk, run = (
            np.linalg.norm(recording.acceleration[recording.labels == names.index(name)], axis=1)
            for name in ("walking", "running")
        )
        assert run.std() > 1.5 * walk.std()
        # Above the frequency of the arms.
        assert _peak_hz(run, 100.0, 1.8) > 1.1 * _peak_hz(walk, 100.0, 1.2)


def test_the_same_person_is_the_same_whatever_else_was_read(
    recordings: dict[str, list[Recording]],
) -> None:
    for scenario in SCENARIOS:
        last = recordings[scenario.name][-1]
        again = simulate(scenario, last.subject)
        np.testing.assert_array_equal(again.acceleration, last.acceleration)
        np.testing.assert_array_equal(again.labels, last.labels)
        np.testing.assert_array_equal(
            simulate(replace(scenario, subjects=99), last.subject).labels, last.labels
        )


def test_people_differ(recordings: dict[str, list[Recording]]) -> None:
    for scenario in SCENARIOS:
        prefix = {made.acceleration[:500].tobytes() for made in recordings[scenario.name]}
        assert len(prefix) == scenario.subjects
    names = [activity.name for activity in SPECS[3].variants["default"]]
    means = np.array(
        [
            made.acceleration[made.labels == names.index("standing")].mean(axis=0)
            for made in recordings["simulated-sports"]
        ]
    )
    assert means.std(axis=0).max() > 0.1


@given(
    st.lists(st.floats(0.3, 3.0), min_size=1, max_size=5),
    st.lists(st.floats(-2.0, 2.0), min_size=6, max_size=6),
)
def test_minimum_jerk_reaches_every_point_and_its_derivative_is_right(
    spans: list[float], values: list[float]
) -> None:
    times = np.concatenate([[0.0], np.cumsum(spans)])
    points = np.array(values[: len(times)])[:, None]
    reached, _ = minimum_jerk(times, points, times)
    np.testing.assert_allclose(reached, points, atol=1e-12)
    step = 1e-3
    t = np.arange(0.0, times[-1], step)
    value, second = minimum_jerk(times, points, t)
    numeric = np.diff(value, n=2, axis=0) / step**2
    # The third derivative jumps to 60 D/T³ in every point.
    tolerance = 60 * 4 / min(spans) ** 3 * step
    np.testing.assert_allclose(numeric, second[1:-1], atol=tolerance)


def test_the_peak_speed_of_a_reach_is_as_flash_and_hogan_found() -> None:
    t = np.linspace(0.0, 2.0, 2001)
    value, _ = minimum_jerk(np.array([0.0, 2.0]), np.array([[0.0], [0.4]]), t)
    assert np.gradient(value[:, 0], t).max() == pytest.approx(1.875 * 0.4 / 2.0, rel=1e-4)


@pytest.mark.parametrize("rate_hz", [30.0, 100.0])
@pytest.mark.parametrize("time_constant_s", [0.5, 2.0])
def test_smooth_noise_has_unit_variance_at_any_rate(rate_hz: float, time_constant_s: float) -> None:
    rng = np.random.default_rng(1)
    noise = smooth_noise(
        rng, (int(20000 * rate_hz * time_constant_s / 15), 3), rate_hz, time_constant_s
    )
    assert noise.std() == pytest.approx(1.0, rel=0.1)
    assert np.abs(np.diff(noise, axis=0)).max() < 6 / (rate_hz * time_constant_s)
