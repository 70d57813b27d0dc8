"""`data new` on a folder and `predict` on its files come to the same conclusions, or both ask."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layout_helpers import write_layout
from predict_helpers import BUNDLE, movement, write_csv

from crosswear.core.errors import CrosswearError, DataFormatError, UsageError
from crosswear.datasets.propose import propose
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.recognise.inputs import Overrides, input_files
from generators.layouts import LAYOUTS

CASES = Path(__file__).parents[3] / "shared" / "cases"
KEYS = (*(f"columns.{role}" for role in ("x", "y", "z", "time")), "unit", "rate_hz", "time_unit")
DIALECT = {"separator": ",", "decimal": ".", "skip_lines": 0}
EVEN = np.arange(3000) / 50
# Writes the inputs, and runs nothing on them.
WRITE = """
import contextlib, sys
sys.path.insert(0, sys.argv[1])
import common
common.run, common.bundle = lambda *arguments: 1, lambda: ""
import reproduce
for case in reproduce.ALL:
    if case.__name__ not in ("no_main_guard", "estimator_without_groups"):
        with contextlib.suppress(OSError):
            case()
"""


def concluded(folder: Path) -> tuple[dict[str, Any], set[str], list[str]]:
    """The conclusions of `data new`, its questions, and the files."""
    proposal = propose(folder, {})
    guesses = {guess.key: guess.value for guess in proposal.guesses}
    said = {key: guesses.get(key) for key in KEYS}
    said |= {key: guesses.get(key, default) for key, default in DIALECT.items()}
    tree = FolderTree(folder)
    names = sorted({name for pattern in guesses["files"] for name in tree.glob(pattern)})
    keys = {question.key for question in proposal.questions}
    asked = {key for key in keys if key in (*KEYS, "columns.y", "zero") or key.startswith("rows.")}
    if {"columns.subject", "columns.session"} & guesses.keys():
        said["people"] = True
    return said, asked, names


def recognised(path: Path) -> dict[str, Any]:
    """Return the conclusions of `predict`."""
    [source] = input_files(path, Overrides(), None, BUNDLE.manifest)
    layout = source.layout
    columns = {f"columns.{role}": column for role, column in layout.columns.used().items()}
    said = {key: columns.get(key, getattr(layout, key, None)) for key in (*KEYS, *DIALECT)}
    return said


def agree(folder: Path) -> None:
    try:
        said, asked, names = concluded(folder)
    except DataFormatError:
        for path in folder.rglob("*"):
            if path.is_file():
                with pytest.raises(CrosswearError):
                    recognised(path)
        return
    assert names
    people = said.pop("people", False)
    for name in names:
        if asked:
            with pytest.raises(UsageError):
                recognised(folder / name)
            continue
        found = recognised(folder / name)
        if people and found["columns.time"] is None:
            # A file is one recording to `predict`: time that begins anew in it is not read.
            found |= {key: said[key] for key in ("columns.time", "time_unit")}
        assert found == said, name


def repack(root: Path, change: Callable[[Path], None]) -> None:
    for path in sorted(root.rglob("*.csv")):
        change(path)
        path.unlink()


def to_gz(path: Path) -> None:
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))


def to_tsv(path: Path) -> None:
    text = path.read_bytes().decode("utf-8-sig")
    separator = ";" if ";" in text else ","
    path.with_suffix(".tsv").write_bytes(text.replace(separator, "\t").encode())


@pytest.mark.parametrize("packed", [to_gz, to_tsv])
@pytest.mark.parametrize("name", ["omgui", "phone_app", "phyphox", "sensor_logger"])
def test_on_packed_exports(name: str, packed: Callable[[Path], None], tmp_path: Path) -> None:
    write_layout(name, tmp_path)
    repack(tmp_path, packed)
    agree(tmp_path)


@pytest.mark.parametrize("name", sorted({*LAYOUTS} - {"cwa", "geneactiv_bin", "embrace"}))
def test_on_exports(name: str, tmp_path: Path) -> None:
    write_layout(name, tmp_path)
    agree(tmp_path)


def bare(path: Path, header: str, values: np.ndarray) -> None:
    rows = [",".join(f"{v:.5f}" for v in row) for row in values]
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("header", "separator", "factor"),
    [
        ("time,x,y,z", ",", 1.0),
        ("time,x,y,z", ",", 1000.0),
        ("t;acc_x;acc_y;acc_z", ";", 9.80665),
        ("time,a,b,c", ",", 1.0),
        (None, " ", 9.80665),
        (None, "\t", 64.0),
    ],
)
def test_on_names_units_and_separators(
    header: str | None, separator: str, factor: float, tmp_path: Path
) -> None:
    write_csv(tmp_path / "walk.csv", movement(unit=factor), header, separator)
    agree(tmp_path)


@pytest.mark.parametrize(
    "time_s",
    [
        EVEN + np.where(EVEN > 30, 60, 0),
        np.where(np.isin(np.arange(3000), [700, 1400]), EVEN - 0.02, EVEN),
        EVEN + 3 * (EVEN >= 12) - 1.5 * (EVEN >= 30),
        np.floor(EVEN + 0.3),
        np.repeat(np.arange(300) / 5, 10),
        EVEN * 1000 + 1.6e12,
    ],
    ids=["gap", "repeats", "backwards", "seconds", "delivery", "epoch"],
)
def test_on_time_stamps(time_s: np.ndarray, tmp_path: Path) -> None:
    write_csv(tmp_path / "walk.csv", movement(), time_s=time_s)
    agree(tmp_path)


@pytest.mark.parametrize(
    ("header", "columns"),
    [("ax,ay,az", 3), ("x,y,z,gyro_x,gyro_y,gyro_z", 6), ("l_x,l_y,l_z,r_x,r_y,r_z", 6)],
)
def test_without_time(header: str, columns: int, tmp_path: Path) -> None:
    bare(tmp_path / "a.csv", header, np.tile(movement(), 2)[:, :columns])
    agree(tmp_path)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_without_a_second_at_rest(shift: float, tmp_path: Path) -> None:
    moving = movement(16)[400:] - np.array([0, 0.6, 0.8]) * shift
    write_csv(tmp_path / "walk.csv", moving)
    agree(tmp_path)


def with_rate_above(path: Path, rate_hz: float) -> Path:
    path.write_text(f"Data File at {rate_hz} Hz\n" + path.read_text("utf-8"), "utf-8")
    return path


def test_a_rate_above_the_names_that_contradicts_the_time_is_asked_for(tmp_path: Path) -> None:
    path = with_rate_above(write_csv(tmp_path / "walk.csv", movement()), 30)
    _, asked, _ = concluded(tmp_path)
    assert asked == {"rate_hz"}
    agree(tmp_path)
    what = "the time stamps give 50 Hz, and 30 Hz is written above the numbers"
    with pytest.raises(UsageError, match=what):
        recognised(path)


def test_a_rate_above_the_names_that_is_near_the_time_gives_way_to_it(tmp_path: Path) -> None:
    path = with_rate_above(write_csv(tmp_path / "walk.csv", movement()), 52)
    agree(tmp_path)
    assert recognised(path)["rate_hz"] == 50


@pytest.mark.parametrize(
    "time_s",
    [
        np.repeat(np.arange(300) / 5.5 + np.arange(300) % 2 / 12, 10),
        EVEN * 0.9 + 3 * (EVEN >= 12) - 1.5 * (EVEN >= 30),
    ],
    ids=["delivery", "backwards"],
)
def test_a_rate_above_the_names_holds_where_stamps_are_not_used(
    time_s: np.ndarray, tmp_path: Path
) -> None:
    path = with_rate_above(write_csv(tmp_path / "walk.csv", movement(), time_s=time_s), 50)
    agree(tmp_path)
    found = recognised(path)
    assert (found["rate_hz"], found["columns.time"]) == (50, None)
    [source] = input_files(path, Overrides(), None, BUNDLE.manifest)
    assert source.notes[0].endswith("Gaps cannot be seen without it")


def test_two_rates_above_the_names_are_asked_for(tmp_path: Path) -> None:
    for rate_hz in (50, 100):
        path = tmp_path / f"{rate_hz}.csv"
        bare(path, "x,y,z", movement())
        with_rate_above(path, rate_hz)
    _, asked, _ = concluded(tmp_path)
    assert asked == {"rate_hz"}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small inputs beside the checkout, written anew."""
    if not CASES.is_dir():
        pytest.skip("there is no ../shared/cases beside the checkout")
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, "-B", "-c", WRITE, CASES], cwd=folder, check=True)
    return folder / "cases"


@pytest.mark.parametrize(
    "name",
    [
        *("units-row-battery", "sensor-column"),
        *("rate-changes", "adc-counts", "trial-as-person", "phone-for-wrist", "same-folder-name"),
        *(
            "names-and-codes/minus-one-and-case",
            "names-and-codes/labels-with-gaps",
            "underscore-in-label",
            "comma-with-exponent",
        ),
        "clock-change",
    ],
)
def test_on_small_inputs(name: str, cases: Path) -> None:
    agree(cases / name)
