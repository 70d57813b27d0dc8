"""Files of all kinds become a timeline; what is no recording is refused."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bundle_helpers import a_bundle
from predict_helpers import BUNDLE, RATE_HZ, movement, pushed, write_csv
from pyarrow import parquet
from typer.testing import CliRunner

from crosswear.cli import app
from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError, UsageError
from crosswear.datasets.tree import FolderTree
from crosswear.deploy.bundle import save_bundle
from crosswear.deploy.recognise.inputs import Overrides
from crosswear.deploy.recognise.recognised import recognise_files
from crosswear.tables import reader, sniffing


@pytest.mark.parametrize(("unit", "factor"), [("g", 1.0), ("mg", 1000.0), ("m/s2", 9.80665)])
def test_a_plain_file_tells_columns_rate_and_unit(tmp_path: Path, unit: str, factor: float) -> None:
    values = movement(unit=factor)
    path = write_csv(tmp_path / "walk.csv", values)
    [found] = recognise_files(BUNDLE, [path])
    assert (found.rate_hz, found.unit) == (RATE_HZ, unit)
    assert found.columns == ("x", "y", "z", "time")
    assert found.notes == ()
    wanted = pushed(np.round(values, 5), unit, np.arange(len(values)) / RATE_HZ)
    assert list(found.events) == wanted


@pytest.mark.slow
def test_small_blocks_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "walk.csv", movement())
    whole = recognise_files(BUNDLE, [path])
    monkeypatch.setattr(reader, "BLOCK_BYTES", 1000)
    assert recognise_files(BUNDLE, [path]) == whole


@pytest.mark.parametrize("nothing", ["", "nan", "inf"])
def test_a_file_without_a_number_is_told(tmp_path: Path, nothing: str) -> None:
    path = tmp_path / "lost.csv"
    lines = [f"{row / RATE_HZ},{nothing},{nothing},{nothing}" for row in range(500)]
    path.write_text("\n".join(["time,x,y,z", *lines]))
    for told in (Overrides(), Overrides(columns=("x", "y", "z"))):
        with pytest.raises(DataFormatError, match="x, y, z hold no finite number in the first 500"):
            recognise_files(BUNDLE, [path], told)


def test_columns_without_the_usual_names_are_listed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "walk.csv", movement(), header="time,a,b,c")
    with pytest.raises(UsageError, match=r"no three.*'a', 'b', 'c'(.|\n)*--columns"):
        recognise_files(BUNDLE, [path])
    [found] = recognise_files(BUNDLE, [path], Overrides(columns=("a", "b", "c")))
    assert found.events


def test_without_time_the_rate_must_be_told(tmp_path: Path) -> None:
    values = movement()
    text = "\n".join(",".join(f"{v:.5f}" for v in row) for row in values)
    path = tmp_path / "bare.csv"
    path.write_text(f"ax,ay,az\n{text}\n", "utf-8")
    with pytest.raises(UsageError, match="--rate"):
        recognise_files(BUNDLE, [path])
    [found] = recognise_files(BUNDLE, [path], Overrides(rate_hz=RATE_HZ))
    assert list(found.events) == pushed(np.round(values, 5))


def test_columns_are_told_where_names_do_not_tell_them(tmp_path: Path) -> None:
    values = movement()
    path = write_csv(tmp_path / "odd.csv", values, "when;one;two;three", ";")
    with pytest.raises(UsageError, match="--columns"):
        recognise_files(BUNDLE, [path])
    told = Overrides(columns=("one", "two", "three", "when"))
    [found] = recognise_files(BUNDLE, [path], told)
    assert len(found.events) == 29
    with pytest.raises(DataFormatError, match="'four'"):
        recognise_files(BUNDLE, [path], Overrides(columns=("one", "two", "four")))
    with pytest.raises(DataFormatError, match="run with time"):
        recognise_files(BUNDLE, [path], Overrides(columns=("one", "two", "three", "four")))


def test_parquet_and_a_dataset_toml(tmp_path: Path) -> None:
    values = movement()
    table = {"a": values[:, 0], "b": values[:, 1], "c": values[:, 2], "who": ["=me"] * len(values)}
    (tmp_path / "mine").mkdir()
    parquet.write_table(pa.table(table), tmp_path / "mine" / "one.parquet")
    toml = tmp_path / "mine" / "dataset.toml"
    toml.write_text(
        'title = "mine"\nfiles = ["*.parquet"]\nrate_hz = 50.0\nunit = "g"\n'
        'placement = "wrist"\ncolumns = {x = "a", y = "b", z = "c", subject = "who", label="k"}\n'
        'classes = {1 = "sit", 2 = "walk"}\n',
        "utf-8",
    )
    wanted = tuple(pushed(values))
    for path in (toml, toml.parent):
        [found] = recognise_files(BUNDLE, [path])
        assert found.events == wanted
    [found] = recognise_files(BUNDLE, [toml.parent / "one.parquet"], toml=toml)
    assert found.events == wanted
    toml.write_text(toml.read_text("utf-8").replace('x = "a"', 'x = "q"'), "utf-8")
    with pytest.raises(DataFormatError, match="'q'"):
        recognise_files(BUNDLE, [toml])


def test_gaps_and_a_wrong_unit_or_rate_are_said(tmp_path: Path) -> None:
    values = movement()
    time_s = np.arange(len(values)) / RATE_HZ
    time_s[1500:] += 60
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "gap.csv", values, time_s=time_s)])
    assert "1 gap splits the recording, the first at 30.0 s" in found.notes
    path = write_csv(tmp_path / "walk.csv", values)
    with pytest.raises(DataFormatError, match="as if in g"):
        recognise_files(BUNDLE, [path], Overrides(unit="m/s2"))
    with pytest.raises(DataFormatError, match="time stamps have 50 Hz"):
        recognise_files(BUNDLE, [path], Overrides(rate_hz=100))
    [found] = recognise_files(
        BUNDLE, [write_csv(tmp_path / "odd.csv", values * 1.5)], Overrides(unit="g")
    )
    assert "reads 1.5 g, not 1 g" in found.notes[0]


@pytest.mark.parametrize("rate_hz", [0, -50, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_is_refused(rate_hz: float) -> None:
    with pytest.raises(UsageError, match=f"a rate of {rate_hz} Hz(.|\n)*above 0"):
        Overrides(rate_hz=rate_hz)


@pytest.mark.slow
def test_a_stamp_that_repeats_hides_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = movement()
    even = np.arange(len(values)) / RATE_HZ + 60 * (np.arange(len(values)) >= 1500)
    time_s = even.copy()
    time_s[[700, 701, 2000]] = time_s[[699, 699, 1999]]
    path = write_csv(tmp_path / "gap.csv", values, time_s=time_s)
    for block in (1 << 19, 100):  # also where rows of one stamp come in different pieces
        monkeypatch.setattr(reader, "BLOCK_BYTES", block)
        [found] = recognise_files(BUNDLE, [path])
        assert found.rate_hz == RATE_HZ
        assert found.columns[-1] == "time"
        assert "3 time stamps repeat" in found.notes[0]
        assert "1 gap splits the recording, the first at 30.0 s" in found.notes
        expected = pushed(np.round(values, 5), time_s=even)
        assert [one.label for one in found.events] == [one.label for one in expected]
        starts = [one.start_s for one in found.events]
        assert starts == pytest.approx([one.start_s for one in expected])


def test_stamps_out_of_order_tell_the_usual_rate(tmp_path: Path) -> None:
    values = movement()
    time_s = np.arange(len(values)) / RATE_HZ
    time_s[600:] += 3
    time_s[1500:] -= 1.5
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "b.csv", values, time_s=time_s)])
    assert found.rate_hz == pytest.approx(RATE_HZ, rel=0.001)
    assert "runs backwards 1 time. Gaps cannot be seen" in found.notes[0]


def test_whole_seconds_are_spread_and_uneven_packets_are_not_used(tmp_path: Path) -> None:
    values = movement()
    time_s = np.floor(np.arange(len(values)) / RATE_HZ + 0.3)
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "s.csv", values, time_s=time_s)])
    assert found.rate_hz == pytest.approx(RATE_HZ, rel=0.001)
    assert found.columns[-1] == "time"
    assert "repeat the one before and were moved" in found.notes[0]
    time_s += time_s % 2 / 3
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "s.csv", values, time_s=time_s)])
    assert found.columns == ("x", "y", "z")
    assert "repeats the row before" in found.notes[0]
    told = Overrides(("x", "y", "z", "time"), RATE_HZ, "g")
    with pytest.raises(DataFormatError, match="stamps have 75 Hz, and the stated rate is 50"):
        recognise_files(BUNDLE, [tmp_path / "s.csv"], told)


def restless(seconds: float = 8, unit: float = 1.0) -> np.ndarray:
    """No second of it at rest."""
    values = movement(2 * seconds)[round(seconds * RATE_HZ) :]
    return np.asarray(values * unit)


@pytest.mark.parametrize(("unit", "one_g"), [("g", 1.0), ("m/s2", 9.80665), ("mg", 1000.0)])
def test_a_unit_that_cannot_be_is_refused_without_a_second_at_rest(
    tmp_path: Path, unit: str, one_g: float
) -> None:
    path = write_csv(tmp_path / "walk.csv", restless(unit=one_g))
    [found] = recognise_files(BUNDLE, [path])
    assert found.unit == unit
    assert "no second at rest shows the unit: the median of |a|" in found.notes[0]
    for other in {"g", "mg", "m/s2"} - {unit}:
        with pytest.raises(DataFormatError, match=f"as if in {unit}|not an acceleration"):
            recognise_files(BUNDLE, [path], Overrides(unit=other))
    with pytest.raises(DataFormatError, match="median of"):
        recognise_files(BUNDLE, [path], Overrides(unit=100.0))
    [found] = recognise_files(BUNDLE, [path], Overrides(unit=one_g * 1.3))  # it may be
    assert len(found.events) == 3


def test_movement_without_gravity_tells_no_unit(tmp_path: Path) -> None:
    values = restless() - (0, 0.6, 0.8)
    path = write_csv(tmp_path / "walk.csv", values * 2)  # |a| is one g now and then
    with pytest.raises(UsageError, match="unit is unknown"):
        recognise_files(BUNDLE, [path])
    [found] = recognise_files(BUNDLE, [path], Overrides(unit="g"))
    assert any("the unit is unchecked" in note for note in found.notes)
    assert any("without gravity" in note for note in found.notes)


def test_lost_samples_do_not_hide_a_second_at_rest(tmp_path: Path) -> None:
    values = movement(unit=9.80665)
    values[::41] = np.nan
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "walk.csv", values)])
    assert found.unit == "m/s2"
    assert not any("unit" in note for note in found.notes)


def test_stamps_of_delivery_are_told_and_not_used(tmp_path: Path) -> None:
    values = movement()
    time_s = np.repeat(np.arange(len(values) // 10) / 5, 10)
    time_s += np.repeat(np.random.default_rng(0).uniform(0, 0.15, len(values) // 10), 10)
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "b.csv", values, time_s=time_s)])
    assert found.rate_hz == pytest.approx(RATE_HZ, rel=0.05)
    assert found.columns == ("x", "y", "z")
    assert "'time' is not used as time" in found.notes[0]


def test_stamps_of_even_packets_are_spread(tmp_path: Path) -> None:
    values = movement()
    cut = values[7:]  # the recording begins within a packet
    time_s = np.repeat(np.arange(len(values) // 10) / 5, 10)[7:]
    time_s[1003:] += 20  # between two packets
    [found] = recognise_files(BUNDLE, [write_csv(tmp_path / "b.csv", cut, time_s=time_s)])
    assert found.columns == ("x", "y", "z", "time")
    assert found.rate_hz == RATE_HZ
    even = np.arange(len(cut)) / RATE_HZ + 20 * (np.arange(len(cut)) >= 1003)
    expected = [(one.label, one.start_s) for one in pushed(cut, time_s=even)]
    assert [(e.label, pytest.approx(e.start_s, abs=0.03)) for e in found.events] == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        b"a,b\n1,2\n",
        b"{}",
        b"\n" * 99,
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.bin"])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CrosswearError) as found:
        recognise_files(BUNDLE, [tmp_path / name])
    assert name in found.value.where


def test_a_text_that_is_not_utf8_is_refused_as_in_training(tmp_path: Path) -> None:
    lines = write_csv(tmp_path / "walk.csv", movement()).read_text("utf-8").splitlines()
    labelled = [f"{line},{'müde' if n == 2500 else 'label'}" for n, line in enumerate(lines)]
    (tmp_path / "walk.csv").write_bytes("\n".join(labelled).encode("latin-1"))
    with pytest.raises(DataFormatError, match="not text in UTF-8") as found:
        recognise_files(BUNDLE, [tmp_path / "walk.csv"])
    assert found.value.where.endswith("walk.csv, line 2501")
    assert found.value.todo == "save the file as UTF-8"


def test_a_text_in_utf16_is_told_as_such(tmp_path: Path) -> None:
    text = write_csv(tmp_path / "walk.csv", movement()).read_text("utf-8")
    (tmp_path / "walk.csv").write_text(text, encoding="utf-16")
    with pytest.raises(CrosswearError, match=r"walk\.csv: a text in UTF-16"):
        recognise_files(BUNDLE, [tmp_path / "walk.csv"])


@pytest.mark.parametrize("line", [20, 100, 300, 2501])
@pytest.mark.parametrize(
    ("row", "what"), [("50.0,oops,1,1", "x is 'oops'"), ("50.0,1", "2 columns where")]
)
def test_the_wrong_line_is_named(tmp_path: Path, line: int, row: str, what: str) -> None:
    path = write_csv(tmp_path / "walk.csv", movement())
    lines = path.read_text("utf-8").splitlines()
    lines[line - 1] = row
    path.write_text("\n".join(lines), "utf-8")
    for told in (Overrides(("x", "y", "z", "time"), 50, "g"), Overrides()):
        with pytest.raises(DataFormatError, match=what) as found:
            recognise_files(BUNDLE, [path], told)
        assert found.value.where == f"{path}, line {line}"


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("50.0,1,1,inf", "inf g is not an acceleration"),
        ("50.0,1,-2000,1", "2000 g is not an acceleration"),
        (",1,1,1", "no time stamp"),
        ("3.0,1,1,1", "runs backwards"),
    ],
)
def test_the_line_of_an_impossible_row_is_named(tmp_path: Path, row: str, what: str) -> None:
    path = write_csv(tmp_path / "walk.csv", movement())
    lines = path.read_text("utf-8").splitlines()
    lines[2500] = row
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DataFormatError, match=what) as found:
        recognise_files(BUNDLE, [path], Overrides(("x", "y", "z", "time"), 50, "g"))
    assert found.value.where == f"{path}, line 2501"


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened from now on."""
    names: list[str] = []
    plain = FolderTree.open

    def counting(tree: FolderTree, name: str) -> io.BufferedIOBase:
        names.append(name)
        return plain(tree, name)

    monkeypatch.setattr(FolderTree, "open", counting)
    return names


def test_a_file_is_opened_twice_and_once_more_for_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = movement()
    path = write_csv(tmp_path / "walk.csv", values)
    text = path.read_bytes()
    (tmp_path / "walk.csv.gz").write_bytes(gzip.compress(text))
    table = {axis: values[:, number] for number, axis in enumerate("xyz")}
    parquet.write_table(pa.table({"time": np.arange(3000) / 50, **table}), tmp_path / "w.parquet")
    names = opened(monkeypatch)
    for name in ("walk.csv", "walk.csv.gz", "w.parquet"):
        recognise_files(BUNDLE, [tmp_path / name])
        assert names == [name, name]
        names.clear()
    path.write_bytes(text + b"oops,1,1,1\n")
    with pytest.raises(DataFormatError, match="line 3002: time is 'oops'"):
        recognise_files(BUNDLE, [path])
    assert names == ["walk.csv"] * 3


def test_folders_without_a_description_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"dataset\.toml"):
        recognise_files(BUNDLE, [tmp_path])
    with pytest.raises(MissingDataError, match="no such file"):
        recognise_files(BUNDLE, [tmp_path / "none.csv"])


@pytest.mark.slow
def test_long_files_take_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", 1 << 18)
    monkeypatch.setattr(sniffing, "SAMPLE_BYTES", 1 << 18)
    peaks = []
    for minutes in (10, 10, 40):  # the first one is for what is cached
        path = write_csv(tmp_path / f"{minutes}.csv", movement(60 * minutes)[: 3000 * minutes])
        tracemalloc.start()
        [found] = recognise_files(BUNDLE, [path])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(found.events) == minutes * 30 - 1
    assert peaks[2] < peaks[1] + 5e6


def test_the_command(tmp_path: Path) -> None:
    save_bundle(tmp_path / "bundle", BUNDLE)
    path = write_csv(tmp_path / "walk.csv", movement())
    out = tmp_path / "timeline.csv"
    arguments = ["predict", str(tmp_path / "bundle"), str(path), "--out", str(out)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "29" in result.output
    assert out.exists()
    assert out.with_suffix(".png").exists()
    result = CliRunner().invoke(app, [*arguments, "--json", "--columns", "x,y,z", "--rate", "50"])
    assert result.exit_code == 0
    assert '"windows": 29' in result.output
    for wrong in (["--unit", "lb"], ["--unit", "nan"], ["--columns", "x,y"], ["--out", "a.png"]):
        assert isinstance(CliRunner().invoke(app, [*arguments, *wrong]).exception, UsageError)


def test_no_input_is_written_over(tmp_path: Path) -> None:
    bundle, file = tmp_path / "bundle", tmp_path / "walk.csv"
    save_bundle(bundle, a_bundle())
    write_csv(file, movement())
    before = {path: path.read_bytes() for path in (file, *bundle.iterdir())}
    for command in (
        ["predict", str(bundle), str(file), "--out", str(file)],
        ["predict", str(bundle), str(file), "--out", str(bundle / "bundle.json")],
        ["export", str(bundle), "--out", str(bundle / "model.safetensors")],
        ["export", str(bundle), "--out", "m.onnx", "--examples", "m.onnx"],
    ):
        assert isinstance(CliRunner().invoke(app, command).exception, UsageError)
    assert {path: path.read_bytes() for path in before} == before
