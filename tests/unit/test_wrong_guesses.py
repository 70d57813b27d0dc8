"""Guesses that were wrong without showing: each kind is now read right, or asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import UsageError
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files
from crosswear.tables.scale import unit_in
from crosswear.tables.vectors import ONE_LENGTH, no_acceleration
from fuzz.guesses import run_case

RATE_HZ = 50


def source(path: Path) -> RecordingFile:
    [found] = input_files(path, Overrides(), None, BUNDLE.manifest)
    return found


def table(path: Path, header: str | None, *parts: np.ndarray, form: str = "{:.4f}") -> Path:
    """Write the time and columns side by side."""
    values = np.hstack([part.reshape(len(parts[0]), -1) for part in parts])
    rows = [
        ",".join([f"{i / RATE_HZ:.2f}", *(form.format(v) for v in row)])
        for i, row in enumerate(values)
    ]
    return put(path, header, rows)


def both() -> np.ndarray:
    """A limb that rests, then walks."""
    return np.concatenate([motion("sitting", RATE_HZ), motion("walking", RATE_HZ)])


def turning(values: np.ndarray, length: float) -> np.ndarray:
    """A vector of one length that turns with a limb, as a magnetometer's."""
    other = np.cross(values, [0.3, 0.9, -0.2]) + values
    return np.asarray(other / np.linalg.norm(other, axis=1, keepdims=True) * length)


@pytest.mark.slow
def test_a_small_sample_of_the_study_has_no_wrong_guess(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / str(number)).mkdir()
        one = run_case(2, number, tmp_path / str(number))
        assert one.verdict != "wrong", one


@pytest.mark.parametrize(
    ("seed", "number", "verdict", "what"),
    [
        (7, 1502, "refused", "three columns apart, of names that say nothing"),
        (
            6,
            329,
            "asked",
            "columns without names: an unknown unit beside a vector that looks like g",
        ),
        (6, 825, "asked", "two sensors without gravity beside columns of gravity"),
        (10, 283, "right", "acceleration beside its two parts: one folder, and each file alone"),
        (10, 296, "asked", "gravity in m/s² beside acceleration without it, of unknown names"),
        (
            15,
            486,
            "asked",
            "a gyroscope that never rests, beside gravity and acceleration without it",
        ),
        (14, 1405, "asked", "the same, without a unit in its names"),
        (17, 889, "asked", "a magnetometer of length 1 beside gravity and two sensors without it"),
        (20, 1971, "asked", "counts that are called mg, of one who never rests, beside gravity"),
        (17, 1692, "right", "stamps in whole seconds, of packets of 0.32 s"),
    ],
)
def test_cases_that_were_wrong(
    seed: int, number: int, verdict: str, what: str, tmp_path: Path
) -> None:
    assert run_case(seed, number, tmp_path).verdict == verdict, what


def test_a_magnetometer_of_length_1_is_no_acceleration(tmp_path: Path) -> None:
    values = both()
    path = table(tmp_path / "a.csv", "time,k1x,k1y,k1z,k2x,k2y,k2z", turning(values, 1), values)
    assert source(path).layout.columns.x == "k2x"


@pytest.mark.parametrize("one_g", [1.0, 9.80665, 1000.0])
def test_computed_gravity_is_no_acceleration(one_g: float, tmp_path: Path) -> None:
    angle = np.linspace(0, 1, 16 * RATE_HZ)
    turns = np.stack([np.sin(angle), np.cos(angle) * 0.6, np.cos(angle) * 0.8], axis=1) * one_g
    assert no_acceleration(turns.round(4), RATE_HZ) == ONE_LENGTH
    assert not no_acceleration(motion("sitting", RATE_HZ, 16) * one_g, RATE_HZ)
    user = motion("walking", RATE_HZ, 16) * one_g
    user -= user.mean(axis=0)
    for order in ([turns, user], [user, turns]):
        path = table(tmp_path / "a.csv", "time,p X,p Y,p Z,q X,q Y,q Z", *order)
        with pytest.raises(UsageError):
            source(path)


@pytest.mark.parametrize("header", ["p X,p Y,p Z,q X,q Y,q Z,r X,r Y,r Z", None])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_acceleration_beside_its_two_parts_is_read(
    header: str | None, place: int, tmp_path: Path
) -> None:
    down = turning(motion("sitting", RATE_HZ), 1).round(4)
    user = motion("sitting", RATE_HZ, seed=3)
    user = (user - user.mean(axis=0)).round(4)
    parts = [down, user]
    parts.insert(place, down + user)
    named = None if header is None else f"time,{header}"
    found = source(table(tmp_path / "a.csv", named, *parts))
    assert found.layout.columns.x == (1 + 3 * place if header is None else "pqr"[place] + " X")
    assert found.layout.columns.gravity_x is None


@pytest.mark.parametrize(("name", "asked"), [("k", True), ("acc_", False)])
def test_what_has_the_direction_of_gravity_on_average_alone_is_asked_for(
    name: str, asked: bool, tmp_path: Path
) -> None:
    """Several postures; each sensor is noisier than a computed direction."""
    rng = np.random.default_rng(1)
    down = np.repeat([[0, 0.6, 0.8], [0, 0.8, -0.6], [0.6, 0.8, 0]], 5 * RATE_HZ, axis=0)
    turned = down + np.repeat([[0.4, 0, 0], [-0.4, 0, 0], [0, 0, 0.4]], 5 * RATE_HZ, axis=0)
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    turned += rng.normal(size=down.shape) * 0.02
    names = [f"{one}{axis}" for one in (name, "gravity_") for axis in "xyz"]
    path = table(tmp_path / "a.csv", ",".join(["time", *names]), turned, down)
    if asked:
        with pytest.raises(UsageError, match="gravity"):
            source(path)
    else:
        assert source(path).layout.columns.x == "acc_x"


@pytest.mark.parametrize("rows", range(4000, 4600, 75))
def test_even_packets_are_read_wherever_a_file_is_cut(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last block of a file may hold a packet or two."""
    monkeypatch.setattr("crosswear.tables.reader.BLOCK_BYTES", 1 << 14)
    values = np.resize(both(), (rows, 3))
    lines = [f"{1000 + i // RATE_HZ},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(values)]
    found = source(put(tmp_path / "a.csv", "time,acc_x,acc_y,acc_z", lines))
    assert sum(len(piece) for piece, _ in read_chunks(found, lambda _: None)) == rows


@pytest.mark.parametrize("name", ["k", "acc_"])
@pytest.mark.parametrize(("one", "other"), [(1.0, 9.80665), (9.80665, 1.0), (1000.0, 1.0)])
def test_gravity_in_another_unit_than_acceleration_is_asked_about(
    name: str, one: float, other: float, tmp_path: Path
) -> None:
    values = both()
    down = np.where(np.arange(len(values))[:, None] < len(values) / 2, values, values.mean(axis=0))
    names = [f"{text}{axis}" for text in (name, "gravity_") for axis in "xyz"]
    header = ",".join(["time", *names])
    path = table(tmp_path / "a.csv", header, values * one, down * other)
    with pytest.raises(UsageError, match="gravity"):
        source(path)


@pytest.mark.parametrize("kind", ["walking", "jogging"])
def test_gravity_in_acceleration_is_seen_where_nobody_rests(kind: str, tmp_path: Path) -> None:
    values = motion(kind, RATE_HZ, 30)
    down = np.tile(values.mean(axis=0), (len(values), 1))
    header = "time,kx,ky,kz,gravity_x,gravity_y,gravity_z"
    found = source(table(tmp_path / "a.csv", header, values, down)).layout
    assert (found.columns.x, found.columns.gravity_x) == ("kx", None)


def test_a_direction_in_three_digits_is_no_acceleration() -> None:
    angle = np.linspace(0, 1, 16 * RATE_HZ)
    turns = np.stack([np.sin(angle), np.cos(angle) * 0.6, np.cos(angle) * 0.8], axis=1)
    assert no_acceleration(turns.round(3), RATE_HZ) == ONE_LENGTH


def test_names_that_say_little_are_no_reason_against_columns_beside_them(tmp_path: Path) -> None:
    still = motion("sitting", RATE_HZ)
    path = table(tmp_path / "a.csv", "time,a,b,c,kx,ky,kz", still * 9.81, still[:, [1, 2, 0]])
    with pytest.raises(UsageError, match="2 times three columns"):
        source(path)


@pytest.mark.parametrize("row", [",,,", '"","","",""'])
def test_a_row_of_units_without_any_is_no_row_of_values(row: str, tmp_path: Path) -> None:
    values = [",".join(map(str, row)) for row in motion("walking", RATE_HZ).round(4).tolist()]
    lines = [f"{i / RATE_HZ},{one}" for i, one in enumerate(values)]
    found = source(put(tmp_path / "a.csv", "time,x,y,z", [row, *lines]))
    assert sum(len(piece) for piece, _ in read_chunks(found, lambda _: None)) == len(lines)


def test_counts_of_a_converter_beside_a_vector_of_length_1_are_asked_for(tmp_path: Path) -> None:
    still = motion("sitting", RATE_HZ)
    rows = np.hstack([turning(still, 1).round(4), (still * 83).round()]).tolist()
    lines = [f"{i / RATE_HZ},{a},{b},{c},{x:.0f},{y:.0f},{z:.0f}" for i, (a, b, c, x, y, z) in
             enumerate(rows)]  # fmt: skip
    with pytest.raises(UsageError, match=r"2 times three columns|the unit is unknown"):
        source(put(tmp_path / "a.csv", None, lines))


def test_columns_without_names_that_move_about_gravity_are_not_given_up(tmp_path: Path) -> None:
    moving = motion("walking", RATE_HZ, 10)
    field = turning(moving, 1) + np.random.default_rng(0).normal(0, 0.001, moving.shape)
    rows = [
        ",".join([f"{i / RATE_HZ:.2f}", *(f"{v:.4f}" for v in row)])
        for i, row in enumerate(np.hstack([field, moving * 81.3]))
    ]
    with pytest.raises(UsageError, match=r"2 times three columns|the unit is unknown"):
        source(put(tmp_path / "a.csv", None, rows))


def test_columns_with_a_unit_are_not_given_up_for_a_vector_of_length_1(tmp_path: Path) -> None:
    still = motion("sitting", RATE_HZ)
    header = "time,x [m/s2],y [m/s2],z [m/s2],kx,ky,kz"
    with pytest.raises(UsageError, match=r"2 times three columns|the unit is unknown"):
        source(table(tmp_path / "a.csv", header, still * 89, turning(still, 1)))


@pytest.mark.parametrize("header", ["AccX,AccY,AccZ,kx,ky,kz", "kx,ky,kz,acc_x,acc_y,acc_z"])
def test_columns_that_are_called_acceleration_are_not_given_up_either(
    header: str, tmp_path: Path
) -> None:
    still = motion("sitting", RATE_HZ)
    pair = [still * 79.3, turning(still, 1)]
    path = table(tmp_path / "a.csv", f"time,{header}", *(pair if header[0] == "A" else pair[::-1]))
    with pytest.raises(UsageError, match=r"2 times three columns|the unit is unknown"):
        source(path)


@pytest.mark.parametrize(
    ("name", "minutes", "rate_hz"),
    [
        ("time_minutes", True, None),
        ("Time (min)", True, None),
        ("t", True, None),
        ("time", True, None),
        ("t", False, 25),
        ("time_s", False, 25),
    ],
)
def test_minutes_are_not_taken_for_seconds(
    name: str, minutes: bool, rate_hz: float | None, tmp_path: Path
) -> None:
    values = motion("walking", 25, 20)
    unit_s = 60 if minutes else 1
    rows = [f"{i / 25 / unit_s:.9f},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(values)]
    path = put(tmp_path / "a.csv", f"{name},x,y,z", rows)
    if rate_hz is not None:
        assert source(path).layout.rate_hz == rate_hz
        return
    with pytest.raises(UsageError, match=r"minutes|rate is unknown"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "rate_hz" in asked


def test_fast_stamps_whose_name_states_the_unit_are_read(tmp_path: Path) -> None:
    values = motion("walking", 800, 4)
    rows = [f"{i / 800:.5f},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(values)]
    assert source(put(tmp_path / "a.csv", "Time (s),x,y,z", rows)).layout.rate_hz == 800


@pytest.mark.parametrize(
    "header",
    ["time,linacc_x [g],linacc_y [g],linacc_z [g]", "time,s1_X [g],s1_Y [g],s1_Z [g]"],
)
def test_a_unit_in_the_names_is_no_gravity(header: str, tmp_path: Path) -> None:
    moving = motion("walking", RATE_HZ, 10)
    path = table(tmp_path / "a.csv", header, moving - moving.mean(axis=0))
    with pytest.raises(UsageError, match="Gravity is not in x, y and z"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "Gravity is not in x, y and z" in asked["unit"]
    assert "no model can be trained: choose files that have it" in asked["unit"]


@pytest.mark.parametrize("kind", ["sitting", "walking"])
def test_a_direction_is_no_acceleration(kind: str, tmp_path: Path) -> None:
    down = motion(kind, RATE_HZ, 10)
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    user = motion("walking", RATE_HZ, 10) * 0.01
    path = table(tmp_path / "a.csv", "time,fourth x,fourth y,fourth z,q x,q y,q z", down, user)
    with pytest.raises(UsageError):
        source(path)


def test_columns_of_two_sensors_are_no_triple(tmp_path: Path) -> None:
    walk = motion("walking", RATE_HZ)
    down = turning(walk, 1)
    with pytest.raises(UsageError, match="times three columns"):
        source(table(tmp_path / "a.csv", None, down, walk - down, np.full((len(walk), 2), 0.5)))


def test_another_accelerometer_whose_names_say_less_is_seen(tmp_path: Path) -> None:
    values = both()
    header = "time,l_ax,l_ay,l_az,right_acc_x,right_acc_y,right_acc_z"
    with pytest.raises(UsageError, match="2 times three columns"):
        source(table(tmp_path / "a.csv", header, values, values[:, [1, 0, 2]]))


@pytest.mark.parametrize("factor", [0.75, 1.3, 7.5, 12.5, 700, 1300])
def test_a_unit_that_is_far_off_is_asked_for(factor: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the unit is unknown"):
        source(table(tmp_path / "a.csv", "time,x,y,z", both() * factor))


@pytest.mark.parametrize("counts", [60, 70, 110, 290])
def test_counts_between_two_powers_of_2_are_asked_for(counts: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the unit is unknown"):
        source(table(tmp_path / "a.csv", "time,x,y,z", both() * counts, form="{:.0f}"))


@pytest.mark.parametrize(
    ("line", "rate_hz"),
    [("12 Hz low-pass", None), ("cut-off at 12 Hz", None), ("Abtastfrequenz: 50 Hz", 50)],
)
def test_the_frequency_of_a_filter_is_no_rate(
    line: str, rate_hz: float | None, tmp_path: Path
) -> None:
    rows = [f"{x:.4f},{y:.4f},{z:.4f}" for x, y, z in both()]
    path = put(tmp_path / "a.csv", f"{line}\nx,y,z", rows)
    if rate_hz is None:
        with pytest.raises(UsageError, match="the sampling rate is unknown"):
            source(path)
    else:
        assert source(path).layout.rate_hz == rate_hz


def test_a_column_of_one_value_is_no_label(tmp_path: Path) -> None:
    for name in ("walking_1", "sitting_2"):
        values = both()
        table(tmp_path / f"{name}.csv", "time,x,y,z,code", values, np.full(len(values), 7.0))
    found, asked, _ = guessed(tmp_path, subject="me")
    assert "columns.label" not in found
    assert not asked


def test_labels_that_are_rare_do_not_hide_the_header(tmp_path: Path) -> None:
    rows = [
        f"{i / 50:.2f},{x:.4f},{y:.4f},{z:.4f},{'' if i % 300 else 'walk'}"
        for i, (x, y, z) in enumerate(np.tile(both(), (2, 1)))
    ]
    path = put(tmp_path / "a.csv", "time,x,y,z,what", rows)
    assert source(path).layout.skip_lines == 0


class TestUnitsInNames:
    @pytest.mark.parametrize(
        ("name", "unit"),
        [
            *[("acc_x (m/s^2)", "m/s2"), ("x [mg]", "mg"), ("Accel_X_CAL m/(s^2)", None)],
            *[("Acceleration x (m/s²)", "m/s2"), ("x_g", "g"), ("ax(g)", "g"), ("gFx", None)],
            *[("[m/(s^2)]", "m/s2"), ("m/s/s", "m/s2"), ("motionUserAccelerationX(G)", "g")],
            *[("x (counts)", None), ("gyro_x (deg/s)", None), ("mg", "mg")],
        ],
    )
    def test_are_read(self, name: str, unit: str | None) -> None:
        assert unit_in(name) == unit

    def test_are_evidence_where_nobody_rests(self, tmp_path: Path) -> None:
        walk = motion("walking", RATE_HZ)
        one = source(table(tmp_path / "a.csv", "time,x (g),y (g),z (g)", walk))
        assert one.layout.unit == "g"
        assert one.notes == ()

    @pytest.mark.parametrize("units", ["row", "names"])
    def test_that_gravity_contradicts_are_asked_for(self, units: str, tmp_path: Path) -> None:
        header = "time,x [m/s2],y [m/s2],z [m/s2]"
        header = "time,x,y,z\ns,m/s2,m/s2,m/s2" if units == "row" else header
        path = table(tmp_path / "sitting.csv", header, both())
        with pytest.raises(UsageError, match="The names say m/s2, but at rest the sensor reads"):
            source(path)
        _, asked, _ = guessed(tmp_path, subject="me", **{"columns.label": ""})
        assert "The names say m/s2, but at rest the sensor reads 1" in asked["unit"]
