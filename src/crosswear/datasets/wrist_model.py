"""A model of what an accelerometer on a wrist measures, from named seeds.

The sensor's x axis points along the forearm to the hand, y to the thumb's side, z out of the back
of the hand. With roll φ about the forearm, pitch θ below the horizontal, and R = Ry(θ) Rx(φ), an
accelerometer measures the specific force (in g) ::

    f = M⁻¹ Rx(φ)⁻¹ [ Ry(θ)⁻¹ (ẑ + p̈/g + b) + s ] + vibration + offset + noise

* M: how the device lies on the wrist: its axes, and a tilt of each wearer's own.
* p, φ, θ: minimum-jerk movements from pose to pose (Flash & Hogan 1985,
  doi:10.1523/JNEUROSCI.05-07-01688.1985), with slow wander added to the angles.
* b: trunk bounce; harmonics 1, 2, 3 of the step phase ψ = 2π∫c(t)dt for cadence c, vertical, and
  half as strong along the way. The cadence wanders by a few per cent.
* s: arm swing α = A sin(ψ/2), once in two steps; it adds to θ, and the wrist at radius L feels
  s = (−L α̇², 0, −L α̈)/g: centripetal and tangential.

Between bouts the hand wanders about, unlabelled, and the last reach ends in the first pose of the
next bout; rhythms start and stop at once. The device clips and rounds, and may lose samples or
jitter. People differ in cadence, vigour, tempo, tilt of the device and, per activity, in pose; the
bouts of one person differ in pose and size. Amplitudes and spreads are chosen by hand so that
signals look plausible and classes overlap; none is fitted to recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crosswear.core.keys import seed_for
from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

FloatArray = NDArray[np.float64]
Pose = tuple[float, float, float, float, float]
"""Wrist position forward, left, up [m]; roll, pitch [degrees]. Pitch 90: the arm hangs."""

ARM_RADIUS_M = 0.55
"""Shoulder to wrist, nearly straight."""
HARMONICS = (1.0, 0.45, 0.2)
"""Relative amplitudes of the bounce at one, two and three times the cadence."""
CADENCE_WANDER = 0.03
"""Relative deviation of the cadence within a bout, one standard deviation."""
CADENCE_WANDER_S = 2.0
"""Time constant of the wander of the cadence."""
POSE_WANDER_S = 1.5
"""Time constant of the wander of roll and pitch."""
REACH_SPREAD: Pose = (0.02, 0.02, 0.02, 4.0, 4.0)
"""Error with which a pose is hit, one standard deviation."""
BEAT_LOG = 0.2
"""Irregularity with which the poses follow each other: standard deviation of the logarithm."""
VIBRATION_BAND_HZ = 12.5
"""An activity's `vibration_g` is the rms below this frequency; its spectrum is flat."""
OFFSET_G = 0.01
"""Zero-g offset of a device, one standard deviation."""
LONGEST_LOSS = 3
"""Samples that a device loses at once, at most."""
NULL_REACH_S = 1.2
"""Seconds from pose to pose in a pause."""
NULL_POSE: Pose = (0.1, 0.0, 0.1, 30.0, 50.0)
"""Mean pose in a pause."""
NULL_SPREAD: Pose = (0.12, 0.12, 0.12, 40.0, 30.0)
"""Standard deviation of the poses in a pause."""


@dataclass(frozen=True)
class Rhythm:
    """Steps, or anything that repeats like steps.

    Attributes:
        cadence_hz: steps a second.
        swing_deg: amplitude A of the arm swing, at half the cadence.
        bounce_g: amplitude of the bounce at the cadence itself.
    """

    cadence_hz: float = 0.0
    swing_deg: float = 0.0
    bounce_g: float = 0.0


@dataclass(frozen=True)
class Activity:
    """One class and how it moves.

    Attributes:
        name: of the class.
        poses: the hand goes through them in turn, again and again.
        beat_s: seconds from one pose to the next.
        seconds: shortest and longest bout.
        bouts: how often each person does it.
        rhythm: steps.
        vibration_g: rms of tremor and shaking in each axis, below `VIBRATION_BAND_HZ`.
        wander_deg: standard deviation of the slow wander of roll and pitch.
    """

    name: str
    poses: tuple[Pose, ...]
    beat_s: float
    seconds: tuple[float, float]
    bouts: int = 1
    rhythm: Rhythm = Rhythm()
    vibration_g: float = 0.008
    wander_deg: float = 3.0


@dataclass(frozen=True)
class Device:
    """The sensor.

    Attributes:
        rate_hz: sampling rate.
        range_g: values beyond ± this are clipped.
        step_g: quantisation step.
        noise_density: white noise, g/√Hz.
        axes_deg: its axes on the wrist, as rotations about z, y, x.
        jitter: time stamps deviate by up to this part of a period; 0: no time stamps.
        losses_per_minute: how often up to `LONGEST_LOSS` neighbouring samples are lost.
    """

    rate_hz: float
    range_g: float
    step_g: float
    noise_density: float
    axes_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    jitter: float = 0.0
    losses_per_minute: float = 0.0


@dataclass(frozen=True)
class Variability:
    """Standard deviations between people, and between the bouts of one person.

    Attributes:
        tilt_deg: tilt of the device on the wrist, about a random axis.
        person_deg: roll and pitch of each activity, between people.
        bout_deg: the same, between bouts.
        person_log: logarithm of cadence (a third of it), vigour and tempo, between people.
        bout_log: logarithm of the size of movements, between bouts.
    """

    tilt_deg: float
    person_deg: float
    bout_deg: float
    person_log: float
    bout_log: float


@dataclass(frozen=True)
class Scenario:
    """A domain: people, activities, pauses between them (seconds, unlabelled) and the device."""

    name: str
    subjects: int
    activities: tuple[Activity, ...]
    pause_s: tuple[float, float]
    device: Device
    variability: Variability


def minimum_jerk(
    times: FloatArray, points: FloatArray, t: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Minimum-jerk movements through points, at rest in each.

    Args:
        times: [K], increasing, K at least 2, seconds.
        points: [K, D].
        t: [T], seconds; outside of `times` the end points hold.

    Returns:
        Value and second derivative by time, each [T, D].
    """
    k = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    span = times[k + 1] - times[k]
    u = np.clip((t - times[k]) / span, 0.0, 1.0)
    value = u**3 * (10 - 15 * u + 6 * u**2)
    second = 60 * u * (1 - 3 * u + 2 * u**2) / span**2
    step = np.diff(points, axis=0)[k]
    return points[k] + value[:, None] * step, second[:, None] * step


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], rate_hz: float, time_constant_s: float
) -> FloatArray:
    """Gaussian noise of unit variance through two equal one-pole low-passes along axis 0.

    It starts at zero, and reaches unit variance after some time constants.
    """
    from scipy.signal import lfilter  # slow to import, needless where domains are prepared

    pole = np.exp(-1.0 / (time_constant_s * rate_hz))
    gain = np.sqrt((1 - pole**2) ** 3 / (1 + pole**2))
    return np.asarray(
        lfilter([gain], [1.0, -2 * pole, pole**2], rng.standard_normal(shape), axis=0)
    )


def simulate(scenario: Scenario, subject: str) -> Recording:
    """The recording of one person; it depends on the scenario and the person's name alone."""
    from scipy.spatial.transform import Rotation  # slow to import, needless to list datasets

    rng = np.random.default_rng(seed_for("wrist model", scenario.name, subject))
    device, variability, activities = scenario.device, scenario.variability, scenario.activities
    person = _Person(
        cadence=float(np.exp(rng.normal(0, variability.person_log / 3))),
        vigour=float(np.exp(rng.normal(0, variability.person_log))),
        tempo=float(np.exp(rng.normal(0, variability.person_log))),
        pose_deg=rng.normal(0, variability.person_deg, (len(activities), 2)),
        mount=Rotation.from_euler("zyx", device.axes_deg, degrees=True)
        * Rotation.from_rotvec(rng.normal(0, variability.tilt_deg / np.sqrt(3), 3), degrees=True),
    )
    plan = _plan(scenario, person, rng)
    samples = int(plan.key_times[-1] * device.rate_hz)
    t = np.arange(samples) / device.rate_hz
    if device.jitter:
        t += rng.uniform(-device.jitter, device.jitter, samples) / device.rate_hz
    force = _specific_force(scenario, plan, person, t, rng)
    return Recording(
        acceleration=_measure(force, device, rng),
        rate_hz=device.rate_hz,
        labels=plan.labels[plan.bout_at(t)],
        subject=subject,
        session="1",
        placement="right_wrist",
        time_s=t - t[0] if device.jitter else None,
    )


@dataclass(frozen=True)
class _Person:
    cadence: float
    vigour: float
    tempo: float
    pose_deg: FloatArray
    mount: Rotation


@dataclass(frozen=True)
class _Plan:
    """Bouts and pauses in turn (starts, labels, scale: size of movements), and the key poses."""

    starts: FloatArray
    labels: NDArray[np.int16]
    scale: FloatArray
    key_times: FloatArray
    key_poses: FloatArray

    def bout_at(self, t: FloatArray) -> NDArray[np.intp]:
        """Return the bout or pause of every time [T]."""
        after = np.searchsorted(self.starts, t, side="right")
        return np.asarray(np.clip(after - 1, 0, len(self.starts) - 1))


def _plan(scenario: Scenario, person: _Person, rng: np.random.Generator) -> _Plan:
    variability = scenario.variability
    counts = [activity.bouts for activity in scenario.activities]
    order = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    now, starts, labels, scale = 0.0, [], [], []
    key_times, key_poses = [np.zeros(1)], [np.array([NULL_POSE])]
    for label in order:
        activity = scenario.activities[label]
        pause, seconds = rng.uniform(*scenario.pause_s), rng.uniform(*activity.seconds)
        size = float(np.exp(rng.normal(0, variability.bout_log)))
        starts += [now, now + pause]
        labels += [NO_LABEL, int(label)]
        scale += [1.0, size]

        reaches = max(1, round(pause / NULL_REACH_S))
        key_times.append(now + pause * np.arange(1, reaches + 1) / reaches)
        key_poses.append(rng.normal(NULL_POSE, NULL_SPREAD, (reaches - 1, 5)))

        rounds = seconds * person.tempo / (activity.beat_s * len(activity.poses))
        fewest = 2 if len(activity.poses) == 1 else 1
        poses = np.tile(np.array(activity.poses), (max(fewest, round(rounds)), 1))
        centre = poses.mean(axis=0)
        poses = centre + size * person.vigour**0.5 * (poses - centre)
        poses[:, 3:] += person.pose_deg[label] + rng.normal(0, variability.bout_deg, 2)
        poses += rng.normal(0, REACH_SPREAD, poses.shape)
        # The last reach of the pause ends in the first pose; the bout begins there.
        beats = np.cumsum(np.exp(rng.normal(0, BEAT_LOG, len(poses) - 1)))
        key_times.append(now + pause + seconds * beats / beats[-1])
        key_poses.append(poses)
        now += pause + seconds
    return _Plan(
        starts=np.array(starts),
        labels=np.array(labels, dtype=np.int16),
        scale=np.array(scale),
        key_times=np.concatenate(key_times),
        key_poses=np.concatenate(key_poses),
    )


def _specific_force(
    scenario: Scenario, plan: _Plan, person: _Person, t: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return what an ideal device feels at times [T]: [T, 3] in g."""
    from scipy.spatial.transform import Rotation

    rate_hz, bout = scenario.device.rate_hz, plan.bout_at(t)
    rest = (0.0, 0.0, 0.0, 0.01, 5.0)
    rows = np.array(
        [
            (
                a.rhythm.cadence_hz,
                a.rhythm.swing_deg,
                a.rhythm.bounce_g,
                a.vibration_g,
                a.wander_deg,
            )
            for a in scenario.activities
        ]
        + [rest]  # NO_LABEL is -1, and finds the last row
    )
    cadence, swing, bounce, vibration, wander = rows[plan.labels[bout]].T
    vigour = person.vigour * plan.scale[bout]

    cadence = (
        cadence
        * person.cadence
        * (1 + CADENCE_WANDER * smooth_noise(rng, t.shape, rate_hz, CADENCE_WANDER_S))
    )
    phase = 2 * np.pi * np.cumsum(cadence * np.gradient(t))
    swing = np.deg2rad(swing) * vigour
    omega = np.pi * cadence
    alpha = swing * np.sin(phase / 2)
    alpha_rate = swing * omega * np.cos(phase / 2)
    alpha_second = -(omega**2) * alpha

    pose, pose_second = minimum_jerk(plan.key_times, plan.key_poses, t)
    angles = np.deg2rad(
        pose[:, 3:] + wander[:, None] * smooth_noise(rng, (len(t), 2), rate_hz, POSE_WANDER_S)
    )
    world = pose_second[:, :3] / STANDARD_GRAVITY
    harmonic = np.arange(1, len(HARMONICS) + 1)[:, None]
    lag = rng.uniform(0, 2 * np.pi, (2, len(HARMONICS), 1))
    waves = np.tensordot(HARMONICS, np.cos(harmonic * phase + lag), axes=(0, 1))
    world[:, 2] += 1 + bounce * vigour * waves[0]
    world[:, 0] += 0.5 * bounce * vigour * waves[1]

    force = Rotation.from_euler("y", (angles[:, 1] + alpha)[:, None]).apply(world, inverse=True)
    force[:, 0] -= ARM_RADIUS_M * alpha_rate**2 / STANDARD_GRAVITY
    force[:, 2] -= ARM_RADIUS_M * alpha_second / STANDARD_GRAVITY
    force = Rotation.from_euler("x", angles[:, :1]).apply(force, inverse=True)
    force = person.mount.apply(force, inverse=True)
    shaking = vibration * vigour * np.sqrt(rate_hz / (2 * VIBRATION_BAND_HZ))
    return np.asarray(force + shaking[:, None] * rng.standard_normal(force.shape))


def _measure(force: FloatArray, device: Device, rng: np.random.Generator) -> NDArray[np.float32]:
    noise = device.noise_density * np.sqrt(device.rate_hz / 2)
    measured = force + rng.normal(0, OFFSET_G, 3) + noise * rng.standard_normal(force.shape)
    measured = np.clip(measured, -device.range_g, device.range_g)
    rounded: NDArray[np.float64] = np.round(measured / device.step_g) * device.step_g
    rounded[_lost(device, len(force), rng)] = np.nan
    return rounded.astype(np.float32)


def _lost(device: Device, samples: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of lost samples."""
    minutes = samples / device.rate_hz / 60
    first = rng.integers(0, samples - LONGEST_LOSS, rng.poisson(device.losses_per_minute * minutes))
    length = rng.integers(1, LONGEST_LOSS + 1, len(first))
    reach = np.arange(LONGEST_LOSS)
    return (first[:, None] + reach)[reach < length[:, None]]
