"""Layouts that look right: counts whose zero is off by 1 g, and |a| in the place of z."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layout_helpers import guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import UsageError
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files

RATE_HZ = 50
NAMED = "time,x,y,z"
OFF = np.array([0, 0, 1])


def source(path: Path, **stated: float) -> RecordingFile:
    [found] = input_files(path, Overrides(**stated), None, BUNDLE.manifest)
    return found


def table(
    folder: Path, header: str | None, values: np.ndarray, form: str = ".4f", *, time: bool = True
) -> Path:
    """Write a file of one person, with or without a column of time."""
    stamps = [f"{i / RATE_HZ:.2f}," if time else "" for i in range(len(values))]
    rows = [",".join(format(v, form) for v in row) for row in values]
    path = folder / "s01_sitting.csv"
    return put(path, header, [a + b for a, b in zip(stamps, rows, strict=True)])


def still(*pose: float) -> np.ndarray:
    """Return six seconds at rest."""
    noise = np.random.default_rng(3).normal(size=(6 * RATE_HZ, 3)) * 0.004
    return np.asarray(np.array(pose) / np.linalg.norm(pose) + noise)


def moving(*pose: float) -> np.ndarray:
    """Return the same posture in movement."""
    waves = motion("walking", RATE_HZ, 6) - motion("sitting", RATE_HZ, 6)
    return still(*pose) + waves


@pytest.mark.parametrize("header", [NAMED, None, "time,acc1,acc2,acc3"])
@pytest.mark.parametrize("counts", [64, 8192])
@pytest.mark.parametrize("moves", [False, True])
def test_counts_that_rest_in_one_posture_may_have_their_zero_anywhere(
    header: str | None, counts: int, moves: bool, tmp_path: Path
) -> None:
    pieces = [still(0, 0, 1), moving(0, 0, 1)] if moves else [still(0, 0, 1)] * 2
    path = table(tmp_path, header, (np.concatenate(pieces) + OFF) * counts, ".0f")
    with pytest.raises(UsageError, match="no other posture shows whether zero is at 0"):
        source(path)
    _, asked, _ = guessed(tmp_path)
    assert "no other posture" in asked["unit"]
    assert source(path, unit=counts).layout.units_per_g == counts


@pytest.mark.parametrize("other", [still, moving])
def test_counts_of_the_same_length_in_two_postures_are_read(other: object, tmp_path: Path) -> None:
    values = np.concatenate([still(0, 0.2, 1), other(1, 0.3, 0)])  # type: ignore[operator]
    path = table(tmp_path, NAMED, values * 64, ".0f")
    assert source(path).layout.unit == 64
    values, asked, _ = guessed(tmp_path)
    assert values["unit"] == 64
    assert "unit" not in asked


@pytest.mark.parametrize(
    ("header", "one_g"),
    [(NAMED, 1), (None, 9.80665), ("time,x (m/s2),y (m/s2),z (m/s2)", 9.80665)],
)
def test_a_length_that_changes_with_the_posture_is_no_gravity(
    header: str | None, one_g: float, tmp_path: Path
) -> None:
    # At rest |a| is 1 g, with z 1 g off; and 1.9 g where the limb moves in another posture.
    values = np.concatenate([still(0.6, 0.6, -0.52), moving(0.3, 0.1, 0.95)]) + OFF
    path = table(tmp_path, header, values * one_g)
    with pytest.raises(UsageError, match="in one posture and"):
        source(path)
    assert "in one posture and" in guessed(tmp_path)[1]["unit"]


@pytest.mark.parametrize(
    ("header", "time", "one_g"),
    [(None, True, 1), (None, False, 1), (None, True, 9.80665), ("time,acc1,acc2,acc3", True, 1)],
)
@pytest.mark.parametrize("moves", [False, True])
def test_a_magnitude_is_not_taken_for_z(
    header: str | None, time: bool, one_g: float, moves: bool, tmp_path: Path
) -> None:
    values = np.concatenate([still(0.1, 0.35, 0.9), (moving if moves else still)(0.2, -0.3, 0.9)])
    values[:, 2] = np.linalg.norm(values, axis=1)
    path = table(tmp_path, header, values * one_g, time=time)
    with pytest.raises(UsageError, match="the magnitude of acceleration, not z"):
        source(path, rate_hz=RATE_HZ)
    asked = guessed(tmp_path, rate_hz=RATE_HZ)[1]
    assert "the magnitude of acceleration, not z" in asked["columns.x"]


@pytest.mark.parametrize("header", [None, NAMED])
def test_z_of_a_sensor_that_lies_flat_is_read(header: str | None, tmp_path: Path) -> None:
    values = np.concatenate([still(0.1, 0.35, 0.9), still(0.2, -0.3, 0.9)])
    assert values[:, 2].min() > np.hypot(values[:, 0], values[:, 1]).max()
    columns = source(table(tmp_path, header, values)).layout.columns
    assert columns.z == (3 if header is None else "z")


def test_a_magnitude_beside_three_axes_is_asked_about(tmp_path: Path) -> None:
    values = np.concatenate([still(0.1, 0.35, 0.9), moving(0.2, -0.3, 0.9)])
    values = np.column_stack([values, np.linalg.norm(values, axis=1)])
    with pytest.raises(UsageError, match="2 times three columns"):
        source(table(tmp_path, None, values))
