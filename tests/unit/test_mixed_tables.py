"""Tables with rows of units, rows of several sensors, changing clocks: read right, or asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layout_helpers import guessed, motion, put, put_plain
from predict_helpers import BUNDLE

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.datasets import lookup
from crosswear.datasets.propose import write_proposal
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.chunks import read_chunks
from crosswear.deploy.recognise.inputs import Overrides, RecordingFile, input_files


def source(path: Path, **overrides: Any) -> RecordingFile:
    [found] = input_files(path, Overrides(**overrides), None, BUNDLE.manifest)
    return found


def read(one: RecordingFile) -> np.ndarray:
    return np.concatenate([values for values, _ in read_chunks(one, lambda _note: None)])


@pytest.mark.parametrize(
    ("above", "separator"),
    [
        (['"sep=\t"', "T\tAX\tAY\tAZ\tBattery", "ms\tm/(s^2)\tm/(s^2)\tm/(s^2)\tmV"], "\t"),
        (["T,AX,AY,AZ,Battery", "[ms],[m/s²],[m/s²],[m/s²],[mV]"], ","),
        (["T;AX;AY;AZ;Battery", "CAL;CAL;CAL;CAL;CAL", "ms;m/s^2;m/s^2;m/s^2;mV"], ";"),
    ],
)
@pytest.mark.parametrize("kind", ["sitting", "walking"])
def test_names_above_a_row_of_units(
    above: list[str], separator: str, kind: str, tmp_path: Path
) -> None:
    values = motion(kind, 51.2) * 9.80665
    battery = np.random.default_rng(0).normal(4139, 3, len(values))
    rows = [
        separator.join([f"{1.6e12 + i / 0.0512:.3f}", *(f"{v:.4f}" for v in row), f"{b:.2f}"])
        for i, (row, b) in enumerate(zip(values, battery, strict=True))
    ]
    path = put(tmp_path / "a.csv", "\n".join(above), rows)
    found = source(path)
    assert tuple(found.layout.columns.used().values()) == ("AX", "AY", "AZ", "T")
    assert (found.layout.unit, found.layout.rate_hz) == ("m/s2", 51.2)
    np.testing.assert_allclose(read(found), values, atol=1e-3)
    path.write_text(path.read_text("utf-8").replace(rows[9], rows[9].replace("16", "oops", 1)))
    with pytest.raises(DataFormatError, match=f"line {len(above) + 10}:"):
        read(found)


@pytest.mark.parametrize("kind", ["sitting", "walking"])
def test_a_battery_beside_columns_without_names_is_no_axis(kind: str, tmp_path: Path) -> None:
    values = motion(kind, 50) * 9.80665
    battery = np.random.default_rng(0).normal(4139, 3, len(values))
    rows = [
        f"{i / 50},{x},{y},{z},{b}"
        for i, ((x, y, z), b) in enumerate(zip(values, battery, strict=True))
    ]
    assert source(put(tmp_path / "a.csv", None, rows)).layout.columns.x == 1


@pytest.mark.parametrize("order", ["acceleration first", "turn rate first"])
def test_the_triple_that_rests_at_one_g_is_the_acceleration(order: str, tmp_path: Path) -> None:
    acceleration = motion("sitting", 100)
    turn = np.random.default_rng(0).normal((0.3, -0.5, 15.8), 0.02, acceleration.shape)
    both = [acceleration, turn] if order == "acceleration first" else [turn, acceleration]
    table = np.hstack(both)
    rows = [",".join([f"{i / 100:.2f}", *map(str, row)]) for i, row in enumerate(table.tolist())]
    path = put(tmp_path / "a.csv", None, rows)
    assert source(path).layout.columns.x == (1 if order == "acceleration first" else 4)
    table /= 5.0  # nothing rests at one g
    rows = [",".join([f"{i / 100:.2f}", *map(str, row)]) for i, row in enumerate(table.tolist())]
    with pytest.raises(UsageError, match="2 times three columns"):
        source(put(path, None, rows))


def mixed(path: Path, column: str, names: tuple[str, str], *, blocks: bool = False) -> np.ndarray:
    values = motion("sitting", 50)
    turn = np.random.default_rng(0).normal(size=values.shape)
    first = [f"{20 * i},{names[0]},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(values)]
    other = [f"{20 * i + 3},{names[1]},{x},{y},{z}" for i, (x, y, z) in enumerate(turn)]
    pairs = [row for pair in zip(first, other, strict=True) for row in pair]
    put(path, f"elapsed_ms,{column},x,y,z", first + other if blocks else pairs)
    return values


@pytest.mark.parametrize(
    ("column", "names", "blocks"),
    [
        ("sensor", ("accel_g", "gyro_dps"), False),
        ("Type", ("ACC", "GYR"), True),
        ("quelle", ("Beschleunigung", "Drehrate"), False),
        ("device", ("watch", "phone"), True),
        ("sensor_id", ("1", "2"), False),
    ],
)
def test_rows_of_several_sensors_are_selected(
    column: str, names: tuple[str, str], blocks: bool, tmp_path: Path
) -> None:
    values = mixed(tmp_path / "P01_sitting.csv", column, names, blocks=blocks)
    mixed(tmp_path / "P02_walking.csv", column, names, blocks=blocks)
    _, asked, _ = guessed(tmp_path)
    assert set(asked) == {f"rows.{column}"}
    with pytest.raises(UsageError, match="rows of several kinds are mixed") as caught:
        source(tmp_path / "P01_sitting.csv")
    assert f"--rows {column}=" in caught.value.todo
    one = source(tmp_path / "P01_sitting.csv", rows={column: names[0]})
    assert (one.layout.rate_hz, one.layout.unit) == (50, "g")
    np.testing.assert_allclose(read(one), values, atol=1e-4)
    found, asked, proposal = guessed(tmp_path, subject="me", **{f"rows.{column}": names[0]})
    assert not asked
    assert found["rows"] == {column: names[0]}
    spec, options = lookup(str(write_proposal(proposal, force=False)))
    first = next(iter(spec.read(FolderTree(tmp_path), options, lambda _note: None)))
    np.testing.assert_allclose(first.acceleration, values, atol=1e-4)


def test_the_line_of_a_wrong_cell_counts_the_rows_that_are_not_selected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    mixed(path, "sensor", ("acc", "gyro"))
    lines = path.read_text("utf-8").split("\n")
    lines[201] = lines[201].replace("acc,-0.", "acc,-9999.")
    one = source(path, rows={"sensor": "acc"})
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DataFormatError, match="line 202:"):
        read(one)


def local(seconds: np.ndarray) -> list[str]:
    begin = datetime(2023, 10, 29, 2, 59, 56)
    times = [begin + timedelta(seconds=float(s)) for s in seconds]
    put_back = [t - timedelta(hours=t.hour >= 3) for t in times]
    return [t.isoformat(" ", "milliseconds") for t in put_back]


@pytest.mark.parametrize(
    ("stamps", "what"),
    [
        (lambda s: local(s[::2]), "line 102: the time runs back by an hour"),
        (lambda s: [f"{v:.2f}" for v in (*s[:200:5], *s[200:])], "line 42: the rate changes"),
        (lambda s: [f"{1e12 + 1e3 * v:.0f}" for v in (*s[:200], *s[200::4])], "line 202: the rate"),
    ],
    ids=["summer time", "faster", "slower"],
)
def test_clocks_and_rates_that_change_are_refused_with_the_line(
    stamps: Callable[[np.ndarray], list[str]], what: str, tmp_path: Path
) -> None:
    times = stamps(np.arange(800) / 50)
    values = motion("sitting", 50, 20)
    rows = [f"{t},{x},{y},{z}" for t, (x, y, z) in zip(times, values, strict=False)]
    path = put(tmp_path / "a.csv", "time,x,y,z", rows)
    with pytest.raises(DataFormatError, match=what):
        source(path)
    with pytest.raises(DataFormatError, match=what):
        guessed(tmp_path)


def test_uneven_delivery_and_gaps_are_no_other_rate(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    late, uneven = rng.choice([0.002, 0.038], 800), rng.uniform(0.012, 0.028, 800)
    values = motion("sitting", 100)
    for number, step in enumerate([late, uneven]):
        step[400] = 30
        stamps = step.cumsum()
        rows = [f"{t:.3f},{x},{y},{z}" for t, (x, y, z) in zip(stamps, values, strict=True)]
        source(put(tmp_path / f"{number}.csv", "time,x,y,z", rows))


@pytest.mark.parametrize("header", ["time,axis1,axis2,axis3,steps,vm", "time,x,y,z,a,b"])
def test_activity_counts_are_refused(header: str, tmp_path: Path) -> None:
    counts = np.random.default_rng(0).poisson(np.repeat([0.0, 60.0, 0.0], 100)[:, None], (300, 5))
    stamps = [f"2024-03-05T10:{i // 60:02d}:{i % 60:02d}Z" for i in range(len(counts))]
    rows = [f"{t},{','.join(map(str, row))}" for t, row in zip(stamps, counts, strict=True)]
    path = put(tmp_path / "a.csv", header, rows)
    with pytest.raises(DataFormatError, match="activity counts of epochs, one every 1 s"):
        source(path)
    with pytest.raises(DataFormatError, match="activity counts of epochs"):
        guessed(tmp_path)


@pytest.mark.parametrize("form", ["{:.6E}", "{:.3e}", "{:.4f}"])
def test_decimal_commas_with_exponents(form: str, tmp_path: Path) -> None:
    values = motion("walking", 100, 6) * 9.80665
    rows = [
        ";".join(form.format(v).replace(".", ",") for v in (i / 100, *row))
        for i, row in enumerate(values)
    ]
    path = put(tmp_path / "a.csv", '"Time (s)";"Accel x";"Accel y";"Accel z"', rows)
    one = source(path)
    assert (one.layout.decimal, one.layout.rate_hz, one.layout.unit) == (",", 100, "m/s2")
    np.testing.assert_allclose(read(one), values, atol=0.02)


def test_an_own_dataset_whose_rate_changes_later_is_refused(tmp_path: Path) -> None:
    for name in ("P01_sitting", "P01_walking", "P02_sitting", "P02_walking"):
        put_plain(tmp_path / f"{name}.csv", "walking", 50)
    write_proposal(guessed(tmp_path)[2], force=False)
    path = tmp_path / "P02_walking.csv"
    head, *lines = path.read_text("utf-8").split("\n")
    put(path, head, lines[:200] + lines[200:-1:2])
    spec, options = lookup(str(tmp_path / "dataset.toml"))
    with pytest.raises(DataFormatError, match="line 202: the rate changes from 50 Hz"):
        list(spec.read(FolderTree(tmp_path), options, lambda _note: None))
