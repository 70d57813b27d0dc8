"""Counts whose zero is elsewhere, axes with scales of their own, gravity in columns of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layout_helpers import KINDS, guessed, motion, put
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.datasets import lookup
from crosswear.datasets.own.layout import parse_layout
from crosswear.datasets.propose import parse_answer, write_proposal
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, input_files


def put_columns(path: Path, header: str, values: np.ndarray, form: str = "{:.4f}") -> Path:
    rows = [
        ",".join([f"{i / 50:.2f}", *(form.format(v) for v in row)]) for i, row in enumerate(values)
    ]
    return put(path, header, rows)


def predicted(path: Path, **overrides: Any) -> np.ndarray:
    """Return what `predict` reads, in g."""
    [one] = input_files(path, Overrides(**overrides), None, BUNDLE.manifest)
    pieces = [values for values, _ in read_chunks(one, lambda _note: None)]
    return np.concatenate(pieces) / one.layout.units_per_g


def described(folder: Path, **answers: Any) -> np.ndarray:
    """Return what the proposed `dataset.toml` reads of the first file, in g."""
    _, asked, proposal = guessed(folder, **answers)
    assert not asked
    spec, options = lookup(str(write_proposal(proposal, force=True)))
    first = next(iter(spec.read(FolderTree(folder), options, lambda _note: None)))
    return np.asarray(first.acceleration)


@pytest.mark.parametrize(
    ("zero", "scale"),
    [
        ((512, 512, 512), (102, 102, 102)),
        ((338, 338, 338), (67, 67, 67)),
        ((2048, 2048, 2048), (400, 400, 400)),
        ((510, 515, 508), (104, 101, 99)),
    ],
)
def test_counts_of_a_converter_are_asked_for(
    zero: tuple[int, ...], scale: tuple[int, ...], tmp_path: Path
) -> None:
    for kind in KINDS:
        counts = np.rint(np.array(zero) + motion(kind, 50) * scale)
        put_columns(tmp_path / f"{kind}_1.csv", "millis,x,y,z", counts, "{:.0f}")
    _, asked, _ = guessed(tmp_path, subject="me")
    assert set(asked) == {"zero"}
    _, asked, _ = guessed(tmp_path, subject="me", zero=list(zero))
    assert set(asked) == {"unit"}
    path = tmp_path / "sitting_1.csv"
    with pytest.raises(UsageError, match="never below 0") as caught:
        predicted(path)
    assert "--zero" in caught.value.todo
    with pytest.raises(UsageError, match=r"the unit is unknown: .a. at rest is"):
        predicted(path, zero=zero)
    units: Any = scale if len(set(scale)) > 1 else float(scale[0])
    want = motion("sitting", 50)
    step = 1 / min(scale)
    np.testing.assert_allclose(predicted(path, zero=zero, unit=units), want, atol=step)
    found = described(tmp_path, subject="me", zero=list(zero), unit=units)
    np.testing.assert_allclose(found, motion("jogging", 50), atol=step)


def test_volts_and_shares_are_asked_for_and_turned_sensors_are_not(tmp_path: Path) -> None:
    for name, values in (
        ("volts", 1.65 + motion("sitting", 50) * 0.33),
        ("shares", 0.5 + motion("sitting", 50) * 0.1),
    ):
        path = put_columns(tmp_path / name / "sitting.csv", "time,x,y,z", values)
        with pytest.raises(UsageError, match="never below 0"):
            predicted(path)
    turned = np.abs(motion("sitting", 50))
    np.testing.assert_allclose(
        predicted(put_columns(tmp_path / "turned.csv", "time,x,y,z", turned)), turned, atol=1e-3
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("512", 512), ("[510, 512, 515]", [510, 512, 515]), ("0", 0)],
)
def test_answers_on_zero(text: str, expected: Any) -> None:
    assert parse_answer(f"zero={text}") == ("zero", expected)
    assert parse_answer("unit=[104, 101, 99]") == ("unit", [104, 101, 99])


@pytest.mark.parametrize(
    ("gravity", "user"),
    [
        ("gravityX,gravityY,gravityZ", "accelerationX,accelerationY,accelerationZ"),
        (
            "motionGravityX(G),motionGravityY(G),motionGravityZ(G)",
            "motionUserAccelerationX(G),motionUserAccelerationY(G),motionUserAccelerationZ(G)",
        ),
        ("gravity_z,gravity_y,gravity_x", "linear_acc_z,linear_acc_y,linear_acc_x"),
    ],
)
def test_gravity_is_added_where_it_stands_apart(gravity: str, user: str, tmp_path: Path) -> None:
    for kind in KINDS:
        whole = motion(kind, 50)
        down = np.tile(whole.mean(axis=0), (len(whole), 1))
        if gravity.startswith("gravity_z"):
            table = np.hstack([down[:, ::-1], (whole - down)[:, ::-1]])
        else:
            table = np.hstack([down, whole - down])
        put_columns(tmp_path / f"{kind}_1.csv", f"time,{gravity},{user}", table)
    for kind in ("sitting", "walking"):
        found = predicted(tmp_path / f"{kind}_1.csv")
        np.testing.assert_allclose(found, motion(kind, 50), atol=1e-3)
    found = described(tmp_path, subject="me")
    np.testing.assert_allclose(found, motion("jogging", 50), atol=1e-3)


def test_gravity_is_not_added_to_acceleration_that_contains_it(tmp_path: Path) -> None:
    whole = motion("walking", 50)
    table = np.hstack([np.tile(whole.mean(axis=0), (len(whole), 1)), whole])
    path = put_columns(tmp_path / "a.csv", "time,grav_x,grav_y,grav_z,acc_x,acc_y,acc_z", table)
    np.testing.assert_allclose(predicted(path), whole, atol=1e-3)


def put_phone_and_watch(root: Path) -> None:
    still = np.tile([0.02, -0.98, 0.15], (400, 1))
    for person in ("P01", "P02"):
        for kind in KINDS:
            folder = root / person / kind
            put_columns(folder / "WristMotion.csv", "time,x,y,z", motion(kind, 50))
            put_columns(folder / "Accelerometer.csv", "time,z,y,x", still[:, ::-1])


@pytest.mark.parametrize(
    ("placement", "expected"),
    [("left_wrist", "WristMotion.csv"), ("pocket", "Accelerometer.csv")],
)
def test_the_file_that_the_placement_names_is_taken(
    placement: str, expected: str, tmp_path: Path
) -> None:
    put_phone_and_watch(tmp_path)
    found, asked, _ = guessed(tmp_path, placement=placement)
    assert not asked
    assert found["files"] == [f"*/*/{expected}"]


def test_two_kinds_of_files_at_rest_are_asked_for(tmp_path: Path) -> None:
    for kind in KINDS:
        put_columns(tmp_path / kind / "first_acc.csv", "time,x,y,z", motion(kind, 50))
        put_columns(tmp_path / kind / "other.csv", "time,z,y,x", motion(kind, 50, seed=1))
    _, asked, _ = guessed(tmp_path, subject="me")
    assert "Several kinds of files rest at one g" in asked["files"]
    found, asked, _ = guessed(tmp_path, subject="me", files=["*/other.csv"])
    assert not asked
    assert found["files"] == ["*/other.csv"]


@pytest.mark.parametrize("line", ["unit = [1, 2]", "unit = [1, 2, 0]", 'zero = "x"', "zero = [1]"])
def test_what_is_no_scale_or_zero_is_refused(line: str) -> None:
    unit = "" if line.startswith("unit") else 'unit = "g"\n'
    text = 'title = "t"\nfiles = ["*.csv"]\nrate_hz = 50\nplacement = "hip"\nsubject = "me"\n'
    tables = '[columns]\nx = "x"\ny = "y"\nz = "z"\nlabel = "l"\n[classes]\na = "a"\nb = "b"\n'
    with pytest.raises(DataFormatError, match=line.split(" ")[0]):
        parse_layout(text + unit + line + "\n" + tables, "dataset.toml")
    with pytest.raises(DataFormatError, match="only gravity_x"):
        parse_layout(
            text + 'unit = "g"\n' + tables.replace('z = "z"\n', 'z = "z"\ngravity_x = "g"\n'), "d"
        )
