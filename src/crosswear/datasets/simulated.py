"""Four simulated domains, made by `crosswear.datasets.wrist_model`.

They show that the machinery runs, from recordings to report, where no files may be downloaded.
They differ in people, classes and devices as real domains do, and say nothing about people.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from crosswear.core.recording import Recording
from crosswear.core.texts import Note
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree
from crosswear.datasets.wrist_model import (
    Activity,
    Device,
    Pose,
    Rhythm,
    Scenario,
    Variability,
    simulate,
)

HANGS: Pose = (0.0, 0.0, 0.0, 20.0, 78.0)
LAP: Pose = (0.25, 0.1, 0.15, 25.0, 15.0)
DESK: Pose = (0.35, 0.1, 0.3, 10.0, 0.0)
FRONT: Pose = (0.45, 0.0, 0.4, 40.0, -5.0)
MOUTH: Pose = (0.25, 0.1, 0.6, 70.0, -55.0)
GRIP: Pose = (0.45, 0.0, 0.35, 5.0, 25.0)
BENT: Pose = (0.2, 0.1, 0.25, 80.0, 5.0)
LIES: Pose = (0.0, 0.2, 0.0, 65.0, -8.0)

_gesture = partial(Activity, bouts=38, vibration_g=0.02, wander_deg=6.0)

GESTURES = Scenario(
    name="simulated-gestures",
    subjects=1,
    pause_s=(1.0, 3.0),
    device=Device(rate_hz=98.0, range_g=4.0, step_g=1 / 256, noise_density=4e-4),
    variability=Variability(
        tilt_deg=15.0, person_deg=0.0, bout_deg=14.0, person_log=0.0, bout_log=0.3
    ),
    activities=(
        _gesture("write_on_notepad", (DESK, (0.36, 0.06, 0.3, 18.0, 4.0)), 0.5, (4.0, 8.0)),
        _gesture("open_hood", (HANGS, FRONT, (0.5, 0.0, 0.9, 60.0, -60.0)), 1.2, (4.0, 7.0)),
        _gesture("close_hood", ((0.5, 0.0, 0.9, 10.0, -60.0), FRONT, HANGS), 1.0, (3.0, 6.0)),
        _gesture(
            "check_gaps_front_door",
            ((0.5, 0.2, 0.5, 0.0, -20.0), (0.5, 0.0, 0.1, 0.0, 30.0), (0.5, -0.2, 0.4, 10.0, -5.0)),
            1.0,
            (5.5, 8.0),
        ),
        _gesture(
            "open_left_front_door", (HANGS, FRONT, (0.1, -0.2, 0.4, 70.0, 10.0)), 0.9, (3.0, 5.0)
        ),
        _gesture(
            "close_left_front_door", ((0.2, -0.2, 0.4, 15.0, 5.0), FRONT, HANGS), 0.8, (3.0, 5.0)
        ),
        _gesture(
            "close_both_left_doors",
            ((0.2, -0.2, 0.4, 15.0, 5.0), FRONT, (0.1, -0.4, 0.4, 60.0, 15.0), FRONT),
            0.8,
            (4.0, 7.0),
        ),
        _gesture(
            "check_trunk_gaps",
            ((0.5, 0.3, 0.5, -10.0, 0.0), (0.5, -0.3, 0.5, 25.0, 0.0), (0.5, -0.3, 0.1, 0.0, 40.0)),
            1.0,
            (5.0, 8.0),
        ),
        _gesture(
            "open_and_close_trunk",
            (HANGS, (0.4, 0.0, 1.0, 40.0, -75.0), (0.4, 0.0, 1.0, 0.0, -60.0), HANGS),
            1.1,
            (5.0, 8.0),
        ),
        _gesture(
            "check_steering_wheel",
            ((0.45, 0.15, 0.4, 60.0, -10.0), (0.45, -0.15, 0.4, -30.0, -10.0)),
            0.7,
            (4.0, 7.0),
        ),
    ),
)

_short = partial(Activity, bouts=5, vibration_g=0.02, wander_deg=6.0)
_DOOR_1: Pose = (0.5, 0.1, 0.35, 75.0, 0.0)
_DOOR_2: Pose = (0.5, -0.2, 0.35, 25.0, 0.0)
_FRIDGE: Pose = (0.5, 0.0, 0.6, 90.0, -30.0)
_WASHER: Pose = (0.4, 0.0, 0.1, -10.0, 45.0)
_DRAWERS: tuple[Pose, ...] = (
    (0.45, 0.0, 0.35, 0.0, 5.0),
    (0.45, 0.0, 0.2, 5.0, 30.0),
    (0.45, 0.0, 0.0, 10.0, 55.0),
)


def _moved(pose: Pose, forward_m: float, left_m: float, roll_deg: float, pitch_deg: float) -> Pose:
    x, y, z, roll, pitch = pose
    return (x + forward_m, y + left_m, z, roll + roll_deg, pitch + pitch_deg)


def _open_close(name: str, number: str, handle: Pose, pulled: Pose) -> tuple[Activity, Activity]:
    return (
        _short(f"open_{name}{number}", (handle, handle, pulled, HANGS), 0.8, (2.5, 4.5)),
        _short(f"close_{name}{number}", (pulled, handle, HANGS), 0.8, (2.0, 4.0)),
    )


MANIPULATION = Scenario(
    name="simulated-manipulation",
    subjects=4,
    pause_s=(0.5, 2.0),
    device=Device(
        rate_hz=30.0, range_g=2.0, step_g=1 / 1024, noise_density=3e-4, losses_per_minute=1.0
    ),
    variability=Variability(
        tilt_deg=10.0, person_deg=5.0, bout_deg=6.0, person_log=0.12, bout_log=0.2
    ),
    activities=(
        *_open_close("door", "_1", _DOOR_1, _moved(_DOOR_1, -0.3, -0.2, 20.0, 15.0)),
        *_open_close("door", "_2", _DOOR_2, _moved(_DOOR_2, -0.3, 0.2, -35.0, 15.0)),
        *_open_close("fridge", "", _FRIDGE, _moved(_FRIDGE, -0.3, -0.3, -20.0, 10.0)),
        *_open_close("dishwasher", "", _WASHER, _moved(_WASHER, -0.2, 0.0, -50.0, 20.0)),
        *(
            gesture
            for number, handle in enumerate(_DRAWERS, 1)
            for gesture in _open_close(
                "drawer", f"_{number}", handle, _moved(handle, -0.3, 0.0, -10.0, 5.0)
            )
        ),
        _short(
            "clean_table", ((0.4, 0.25, 0.3, 0.0, 5.0), (0.4, -0.2, 0.3, 5.0, 5.0)), 0.6, (3.0, 6.0)
        ),
        _short("drink_from_cup", (DESK, MOUTH, MOUTH, DESK), 1.3, (4.0, 6.0)),
        _short("toggle_switch", (HANGS, (0.5, 0.0, 0.7, 0.0, -45.0), HANGS), 0.7, (2.0, 3.5)),
        Activity("stand", (HANGS, BENT), 5.0, (10.0, 19.0), bouts=8, wander_deg=8.0),
        Activity(
            "walk",
            (HANGS,),
            4.0,
            (6.0, 11.0),
            bouts=6,
            rhythm=Rhythm(cadence_hz=1.75, swing_deg=10.0, bounce_g=0.15),
            wander_deg=8.0,
        ),
        Activity("sit", (LAP, DESK), 6.0, (8.0, 18.0), bouts=5, wander_deg=5.0),
        Activity(
            "lie", ((0.0, 0.2, 0.1, -60.0, -5.0),), 8.0, (15.0, 25.0), bouts=2, wander_deg=3.0
        ),
    ),
)

DAILY = Scenario(
    name="simulated-daily",
    subjects=10,
    pause_s=(1.0, 3.0),
    device=Device(
        rate_hz=50.0,
        range_g=4.0,
        step_g=1 / 128,
        noise_density=1e-3,
        axes_deg=(90.0, 0.0, 0.0),
        jitter=0.2,
    ),
    variability=Variability(
        tilt_deg=20.0, person_deg=22.0, bout_deg=10.0, person_log=0.25, bout_log=0.2
    ),
    activities=(
        Activity("lying", (LIES,), 10.0, (22.0, 30.0), wander_deg=2.0),
        Activity("sitting", (LAP, DESK), 6.0, (26.0, 32.0), bouts=2, wander_deg=5.0),
        Activity("standing", (HANGS, BENT), 6.0, (22.0, 30.0), wander_deg=7.0),
        Activity("walking", (HANGS,), 5.0, (26.0, 34.0), rhythm=Rhythm(1.85, 12.0, 0.2)),
        Activity("running", (BENT,), 5.0, (22.0, 30.0), rhythm=Rhythm(2.7, 20.0, 0.9)),
        Activity(
            "cycling", (GRIP,), 6.0, (22.0, 30.0), rhythm=Rhythm(2.3, 1.0, 0.05), vibration_g=0.08
        ),
        Activity(
            "cleaning", (GRIP, (0.3, 0.25, 0.3, 15.0, 20.0)), 0.8, (22.0, 30.0), wander_deg=10.0
        ),
        Activity("eating", (DESK, MOUTH, DESK, DESK), 1.6, (22.0, 30.0), wander_deg=6.0),
    ),
)

_bout = partial(Activity, seconds=(13.0, 16.0))

SPORTS = Scenario(
    name="simulated-sports",
    subjects=9,
    pause_s=(1.0, 3.0),
    device=Device(
        rate_hz=100.0, range_g=16.0, step_g=1 / 2048, noise_density=2e-4, axes_deg=(90.0, 0.0, 0.0)
    ),
    variability=Variability(
        tilt_deg=12.0, person_deg=12.0, bout_deg=6.0, person_log=0.15, bout_log=0.15
    ),
    activities=(
        _bout("lying", (LIES,), 10.0, wander_deg=2.0),
        Activity("sitting", (LAP, DESK), 6.0, (22.0, 27.0), bouts=3, wander_deg=4.0),
        _bout("standing", (HANGS, BENT), 7.0, wander_deg=7.0),
        _bout("walking", (HANGS,), 5.0, rhythm=Rhythm(1.85, 12.0, 0.2)),
        _bout("running", (BENT,), 5.0, rhythm=Rhythm(2.75, 22.0, 1.0)),
        _bout("cycling", (GRIP,), 6.0, rhythm=Rhythm(2.4, 1.0, 0.05), vibration_g=0.08),
        _bout(
            "nordic_walking", ((0.2, 0.0, 0.2, 70.0, 40.0),), 5.0, rhythm=Rhythm(1.8, 24.0, 0.25)
        ),
        _bout("ascending_stairs", (HANGS,), 4.0, rhythm=Rhythm(1.55, 8.0, 0.15)),
        _bout("descending_stairs", (HANGS,), 4.0, rhythm=Rhythm(1.75, 8.0, 0.32)),
        _bout("vacuum_cleaning", (GRIP, (0.15, 0.0, 0.3, 10.0, 45.0)), 1.0, vibration_g=0.05),
        _bout("ironing", (DESK, (0.5, -0.1, 0.3, 15.0, -5.0)), 1.3, wander_deg=6.0),
        _bout(
            "folding_laundry",
            (DESK, FRONT, (0.35, -0.2, 0.4, 70.0, 0.0), (0.35, 0.2, 0.35, -10.0, 10.0)),
            0.9,
            wander_deg=8.0,
        ),
        _bout("house_cleaning", (FRONT, GRIP, HANGS, (0.4, 0.2, 0.6, 10.0, -40.0)), 0.9),
        _bout("playing_soccer", (BENT, HANGS), 1.5, rhythm=Rhythm(2.4, 18.0, 0.6), wander_deg=15.0),
        _bout("rope_jumping", (BENT,), 5.0, rhythm=Rhythm(2.1, 4.0, 1.2), vibration_g=0.1),
    ),
)


def _read(
    scenario: Scenario, tree: FileTree, options: ReadOptions, note: Note
) -> Iterator[Recording]:
    """Make the recordings, one a person; there are no files, one placement and one class table."""
    for number in range(1, scenario.subjects + 1):
        yield simulate(scenario, f"{number:02d}")


def _spec(scenario: Scenario, alike: str) -> DatasetSpec:
    classes = tuple(
        ActivityClass(code=str(code), name=activity.name)
        for code, activity in enumerate(scenario.activities)
    )
    return DatasetSpec(
        name=scenario.name,
        title=f"Simulated wrist acceleration, laid out like {alike} (made by a model)",
        licence="MIT",
        citation="Simulated by crosswear; see crosswear.datasets.wrist_model for the equations.",
        home="made on the spot by crosswear.datasets.simulated",
        rate_hz=scenario.device.rate_hz,
        unit="g",
        subjects=scenario.subjects,
        placements=("right_wrist",),
        variants={"default": classes},
        patterns=(),
        read=partial(_read, scenario),
        traps=(
            "Made by a model, not measured: no claim about transfer may be drawn from it.",
            "Its class names are those of real datasets, its movements are not.",
        ),
    )


SPECS: tuple[DatasetSpec, ...] = (
    _spec(GESTURES, "Skoda Mini Checkpoint"),
    _spec(MANIPULATION, "OPPORTUNITY"),
    _spec(DAILY, "JSI-FOS"),
    _spec(SPORTS, "PAMAP2"),
)
