"""Numbers that are no acceleration as they are written: refused, or asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files
from crosswear.tables.written import has_thousands, lacks_signs, scaled_to

RATE_HZ = 50


def moving() -> np.ndarray:
    """A limb that rests, walks and jogs, and turns over once."""
    parts = [motion(kind, RATE_HZ, 10) for kind in ("sitting", "walking", "jogging")]
    return np.concatenate([*parts, -parts[0]])


def source(path: Path, **stated: float) -> RecordingFile:
    [found] = input_files(path, Overrides(**stated), None, BUNDLE.manifest)
    return found


def write(path: Path, header: str | None, values: np.ndarray, form: str = ".4f") -> Path:
    rows = [
        ",".join([f"{i / RATE_HZ:.2f}", *(format(v, form) for v in row)])
        for i, row in enumerate(values)
    ]
    return put(path, header, rows)


@pytest.mark.parametrize("sign", [".", ","])
def test_signs_between_thousands_are_refused(sign: str, tmp_path: Path) -> None:
    rows = [
        ";".join([f"{20 * i}", *(f"{v:,.0f}".replace(",", sign) for v in row)])
        for i, row in enumerate(moving() * 1000)
    ]
    path = put(tmp_path / "a.csv", "Zeit;X;Y;Z", rows)
    with pytest.raises(DataFormatError, match="points between thousands"):
        source(path)
    with pytest.raises(DataFormatError, match="points between thousands"):
        guessed(tmp_path)


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_numbers_without_such_signs_are_read(digits: int) -> None:
    assert not has_thousands((moving() * 1000).round(digits))
    assert not has_thousands(moving().round(digits))
    assert not has_thousands((512 + moving() * 102).round() / 2)


@pytest.mark.parametrize(("one_g", "bits"), [(16384, 16), (4096, 16), (256, 10), (64, 8)])
def test_negative_counts_without_a_sign_are_refused(one_g: int, bits: int, tmp_path: Path) -> None:
    counts = np.round(moving() * one_g).clip(-(1 << bits - 1), (1 << bits - 1) - 1)
    path = write(tmp_path / "a.csv", "time,x,y,z", np.mod(counts, 1 << bits), ".0f")
    with pytest.raises(DataFormatError, match=f"jump between 0 and {(1 << bits) - 1}"):
        source(path)
    assert not lacks_signs(counts)


def test_counts_of_a_converter_have_their_signs() -> None:
    rng = np.random.default_rng(0)
    wild = np.clip(np.round(512 + moving() * 200 + rng.normal(0, 40, (2000, 3))), 0, 1023)
    assert not lacks_signs(wild)
    hit = rng.random(wild.shape) < 0.01
    assert not lacks_signs(np.where(hit, np.where(wild > 512, 0, 1023), wild))


SCALED = {
    "numbers from 0 to 1": lambda a: (a - a.min(axis=0)) / np.ptp(a, axis=0),
    "numbers from -1 to 1": lambda a: 2 * (a - a.min(axis=0)) / np.ptp(a, axis=0) - 1,
    "a mean of 0 and a deviation of 1": lambda a: (a - a.mean(axis=0)) / a.std(axis=0),
}


@pytest.mark.parametrize("to", SCALED)
def test_scaled_axes_have_no_unit(to: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time,x,y,z", SCALED[to](moving()))
    with pytest.raises(UsageError, match=f"scaled to {to}|x, y and z are never below 0"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert {"unit", "zero"} & set(asked)
    assert scaled_to(SCALED[to](moving())) == to


def test_axes_that_end_where_the_sensor_does_are_not_scaled() -> None:
    assert not scaled_to((moving() * 2).clip(-2, 2))
    assert not scaled_to(moving())


def quaternions() -> np.ndarray:
    """Half of a turn that slowly changes: x, y and z have almost length 1 [T, 4]."""
    wide = moving()
    angle = np.linspace(2.4, 3.3, len(wide))[:, None]
    slow = np.stack([np.cos(angle[:, 0]), np.sin(angle[:, 0]), 0.3 + angle[:, 0] / 9], axis=1)
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    return np.concatenate([np.cos(angle / 2), np.sin(angle / 2) * slow], axis=1)


@pytest.mark.parametrize("header", ["time,w,x,y,z", None])
def test_quaternions_are_no_acceleration(header: str | None, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", header, quaternions())
    with pytest.raises(UsageError, match=r"quaternion|no three of its columns") as refused:
        source(path)
    assert "expected: columns named x, y and z" in str(refused.value)
    with pytest.raises(DataFormatError, match="three columns of acceleration"):
        guessed(tmp_path)


def test_acceleration_beside_quaternions_is_read(tmp_path: Path) -> None:
    both = np.concatenate([quaternions(), moving() * 9.80665], axis=1)
    found = source(write(tmp_path / "a.csv", "time,qw,qx,qy,qz,ax,ay,az", both))
    assert (found.layout.columns.x, found.layout.unit) == ("ax", "m/s2")


@pytest.mark.parametrize("one", [1.0, 1000.0, 9.81])
def test_positions_are_no_acceleration(one: float, tmp_path: Path) -> None:
    at = np.repeat([[0.3, 0.2, 0.95], [0.5, -0.3, 0.45], [0.1, 0.9, 0.6]], 10 * RATE_HZ, axis=0)
    still = motion("sitting", RATE_HZ, 30)
    path = write(tmp_path / "a.csv", "time,x,y,z", (at + (still - still.mean(axis=0)) / 4) * one)
    with pytest.raises(UsageError, match="in one posture and"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "gravity is the same in each" in asked["unit"]


def test_a_gyroscope_with_an_offset_of_a_degree_is_no_acceleration(tmp_path: Path) -> None:
    time_s = np.arange(40 * RATE_HZ) / RATE_HZ
    turns = np.sin(2 * np.pi * 1.8 * time_s)[:, None] * [90, 40, -60] * (time_s > 15)[:, None]
    noise = np.random.default_rng(3).normal(size=turns.shape) * 0.05
    path = write(tmp_path / "a.csv", "time,x,y,z", turns + noise + [0.5, -0.7, 0.45])
    with pytest.raises(UsageError, match="Gravity is not in x, y and z"):
        source(path)
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "Gravity is not in x, y and z" in asked["unit"]


def test_heavy_movements_have_gravity_in_them(tmp_path: Path) -> None:
    heavy = (
        moving()
        + 1.5
        * (moving() - np.array([-0.36, -0.85, 0.38]))
        * (np.arange(len(moving())) % 1500 > 500)[:, None]
    )
    assert source(write(tmp_path / "a.csv", "time,x,y,z", heavy)).layout.unit == "g"


@pytest.mark.parametrize("header", ["time,x (g),y (g),z (g)", "time,x,y,z"])
def test_a_sensor_whose_zero_is_off_by_a_tenth_is_read(header: str, tmp_path: Path) -> None:
    postures = np.repeat([[0, 0, 1], [0, 0, -1], [0, 1, 0], [1, 0, 0]], 5 * RATE_HZ, axis=0)
    still = motion("sitting", RATE_HZ, 20)
    path = write(tmp_path / "a.csv", header, postures + still - still.mean(axis=0) + 0.1)
    assert source(path).layout.unit == "g"


@pytest.mark.parametrize(("rows", "is_said"), [(300, True), (2, False)])
def test_rows_of_zeros_are_said(rows: int, is_said: bool, tmp_path: Path) -> None:
    values = moving()
    values[700 : 700 + rows] = 0
    found = source(write(tmp_path / "a.csv", "time,x,y,z", values))
    said = "300 rows are 0 in x, y and z, 300 rows on end: no sensor measures so"
    assert any(said in note for note in found.notes) == is_said
    _, _, proposal = guessed(tmp_path, subject="me")
    assert any(said in note for note in proposal.notes) == is_said


@pytest.mark.parametrize("time", [".2f", ".0f"])
def test_decimal_commas_between_commas_are_refused(time: str, tmp_path: Path) -> None:
    forms = (time, *3 * [".3f"])
    rows = [
        ",".join(format(v, form).replace(".", ",") for v, form in zip(row, forms, strict=True))
        for row in np.column_stack([20 * np.arange(len(moving())), moving()])
    ]
    path = put(tmp_path / "a.csv", "time,x,y,z", rows)
    with pytest.raises(DataFormatError, match="4 names above rows of"):
        source(path)
    with pytest.raises(DataFormatError):
        guessed(tmp_path)
