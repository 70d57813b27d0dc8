"""The report says what the records say, no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from sklearn.metrics import f1_score

from crosswear.errors import IncompleteError, StoreError
from crosswear.experiment import Cell, DomainFacts, Grid, Study, enumerate_cells
from crosswear.keys import seed_for
from crosswear.report import Report, write_report
from crosswear.report.heatmaps import draw_heatmaps, heatmaps_figure
from crosswear.report.tables import cells_table
from crosswear.result import CellResult, Timing
from crosswear.store import Record, Store

CLASSES = 4
GRID = Grid(sizes=(20, 100), blocks=(0, 1, 2), seeds=2)


@dataclass(frozen=True)
class Fake:
    """A study whose every cell is done, with random confusion matrices."""

    study: Study
    cells: list[Cell]
    domains: Mapping[str, DomainFacts]
    store: Store

    def key(self, **wanted: object) -> str:
        """The key of the one cell that has these attributes."""
        (cell,) = (c for c in self.cells if all(getattr(c, n) == v for n, v in wanted.items()))
        return cell.key(self.domains)

    def lose(self, key: str) -> None:
        (self.store.folder / "cells" / f"{key}.json").unlink()

    def report(self, folder: Path, allow_partial: bool = False) -> Report:
        return write_report(self.study, self.cells, self.domains, self.store, folder, allow_partial)

    def table(self) -> pa.Table:
        return cells_table(self.cells, self.domains, self.store)


def fake_study(
    folder: Path,
    names: tuple[str, ...] = ("skoda", "pamap2", "jsi-fos"),
    grid: Grid = GRID,
    filled: bool = True,
) -> Fake:
    study = Study(name="fake", domains=dict.fromkeys(names, "simulated"), grid=grid)
    domains = {name: DomainFacts(name, digest=name, train_windows=300) for name in names}
    cells = list(enumerate_cells(study, domains))
    store = Store(folder)
    for cell in cells if filled else []:
        key = cell.key(domains)
        counts = np.random.default_rng(seed_for(key)).integers(1, 50, (CLASSES, CLASSES))
        rows = tuple(tuple(int(n) for n in row) for row in counts)
        result = CellResult(confusion=rows, epoch=7)
        store.write(Record(key, cell, result, Timing(train_s=1.5, test_s=0.25), {}))
    return Fake(study, cells, domains, store)


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return fake_study(tmp_path / "out")


def panels(figure: Figure) -> dict[str, Axes]:
    """The axes of the figure by title; the bar of colours has none."""
    return {a.get_title(loc="left"): a for a in figure.axes if a.get_title(loc="left")}


def panel(figure: Figure, target: str, source: str) -> Axes:
    (axes,) = (
        axes
        for title, axes in panels(figure).items()
        if title.startswith(f"T: {target} ") and title.endswith(f"S: {source}")
    )
    return axes


def numbers(axes: Axes) -> dict[tuple[str, str], str]:
    """What the panel says, by the labels of its ticks: (column, size)."""
    xs, ys = axes.get_xticks(), axes.get_yticks()
    columns = [label.get_text() for label in axes.get_xticklabels()]
    sizes = [label.get_text() for label in axes.get_yticklabels()]
    place = {
        (round(x, 6), round(y, 6)): (column, size)
        for x, column in zip(xs, columns, strict=True)
        for y, size in zip(ys, sizes, strict=True)
    }
    return {
        place[round(text.get_position()[0], 6), round(text.get_position()[1], 6)]: text.get_text()
        for text in axes.texts
    }


def hatched(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if patch.get_hatch()]


def test_a_row_for_every_cell_in_order(fake: Fake) -> None:
    table = fake.table()
    assert table["key"].to_pylist() == [cell.key(fake.domains) for cell in fake.cells]
    assert set(table["status"].to_pylist()) == {"done"}
    assert table.num_rows == 3 + 3 + 2 * 3 * 2 * (1 + 2 * 3)


def test_scores_are_those_of_scikit_learn(fake: Fake) -> None:
    for row in fake.table().to_pylist():
        counts = np.array(fake.store.read(row["key"]).result.confusion)
        pairs = np.indices(counts.shape).reshape(2, -1)
        truth, predicted = np.repeat(pairs, counts.ravel(), axis=1)
        assert row["micro_f1"] == pytest.approx(f1_score(truth, predicted, average="micro"))
        assert row["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
        assert row["test_windows"] == len(truth)


def test_a_baseline_has_no_source_and_no_blocks(fake: Fake) -> None:
    rows = {row["key"]: row for row in fake.table().to_pylist()}
    baseline = rows[fake.key(method="network", target="skoda", sources=(), size=20, seed=1)]
    assert (baseline["source"], baseline["strategy"], baseline["blocks"]) == ("", "", None)
    transfer = rows[fake.key(target="skoda", sources=("pamap2",), size=20, seed=1, blocks=0)]
    assert (transfer["source"], transfer["strategy"], transfer["blocks"]) == ("pamap2", "freeze", 0)


def test_missing_and_failed_cells_have_a_row_without_numbers(fake: Fake) -> None:
    lost = fake.key(method="majority", target="skoda")
    broken = fake.key(method="majority", target="pamap2")
    fake.lose(lost)
    fake.lose(broken)
    fake.store.write_failure(broken, fake.cells[1], "Traceback")
    rows = {row["key"]: row for row in fake.table().to_pylist()}
    assert rows[lost]["status"] == "missing"
    assert rows[broken]["status"] == "failed"
    for key in (lost, broken):
        assert rows[key]["micro_f1"] is rows[key]["test_windows"] is rows[key]["train_s"] is None


def test_a_damaged_record_is_an_error_not_a_gap(fake: Fake, tmp_path: Path) -> None:
    path = fake.store.folder / "cells" / f"{fake.key(method='majority', target='skoda')}.json"
    path.write_text(path.read_text().replace('"epoch":7', '"epoch":8'))
    with pytest.raises(StoreError, match="damaged"):
        fake.report(tmp_path / "report", allow_partial=True)


def test_the_files_hold_the_table(fake: Fake, tmp_path: Path) -> None:
    report = fake.report(tmp_path / "report")
    names = ["results.csv", "results.parquet", "heatmaps.png", "heatmaps.svg"]
    assert [path.name for path in report.paths] == names
    assert sorted(p.name for p in (tmp_path / "report").iterdir()) == sorted(names)
    assert report.done == report.expected == len(fake.cells)
    table = fake.table()
    assert pyarrow.parquet.read_table(report.paths[0].with_suffix(".parquet")).equals(table)
    read = pyarrow.csv.read_csv(
        report.paths[0], convert_options=pyarrow.csv.ConvertOptions(column_types=table.schema)
    )
    assert read.equals(table)


def test_an_incomplete_study_is_not_reported_by_accident(fake: Fake, tmp_path: Path) -> None:
    fake.lose(fake.key(method="majority", target="skoda"))
    failed = fake.key(method="majority", target="pamap2")
    fake.lose(failed)
    fake.store.write_failure(failed, fake.cells[1], "Traceback")
    total = len(fake.cells)
    with pytest.raises(IncompleteError, match=f"{total - 2} of {total} cells are done, 1 failed"):
        fake.report(tmp_path / "report")
    assert not (tmp_path / "report").exists()
    report = fake.report(tmp_path / "report", allow_partial=True)
    assert (report.done, report.failed, report.expected) == (total - 2, 1, total)
    assert all(path.exists() for path in report.paths)


def test_a_study_without_any_result_can_be_drawn(fake: Fake, tmp_path: Path) -> None:
    fake = Fake(fake.study, fake.cells, fake.domains, Store(tmp_path / "nothing"))
    report = fake.report(tmp_path / "report", allow_partial=True)
    assert (report.done, report.failed) == (0, 0)
    for axes in panels(heatmaps_figure(fake.table(), "fake")).values():
        assert not axes.texts
        assert len(hatched(axes)) == 2 * 4


def test_cells_show_the_mean_over_seeds_in_per_cent(fake: Fake) -> None:
    table = fake.table()
    shown = numbers(panel(heatmaps_figure(table, "fake"), "skoda", "pamap2"))
    assert len(shown) == 2 * 4
    rows = [row for row in table.to_pylist() if row["target"] == "skoda"]

    def mean(source: str, blocks: int | None, size: int) -> str:
        wanted = ("network", source, blocks, size)
        names = ("method", "source", "blocks", "size")
        scores = [r["micro_f1"] for r in rows if tuple(r[n] for n in names) == wanted]
        assert len(scores) == 2
        return f"{100 * np.mean(scores):.0f}"

    assert shown["scratch", "20"] == mean("", None, 20)
    assert shown["0", "20"] == mean("pamap2", 0, 20)
    assert shown["2", "100"] == mean("pamap2", 2, 100)


def test_one_missing_seed_hatches_its_cell_and_no_other(fake: Fake) -> None:
    fake.lose(fake.key(target="skoda", sources=("pamap2",), size=20, seed=1, blocks=1))
    figure = heatmaps_figure(fake.table(), "fake")
    axes = panel(figure, "skoda", "pamap2")
    assert ("1", "20") not in numbers(axes)
    assert len(numbers(axes)) == 7
    (patch,) = hatched(axes)
    assert patch.get_center() == pytest.approx((axes.get_xticks()[2], axes.get_yticks()[0]))
    others = [other for other in panels(figure).values() if other is not axes]
    assert not any(hatched(other) for other in others)
    assert any("hatched" in text.get_text() for text in figure.texts)


def test_a_missing_baseline_is_hatched_in_every_panel_of_its_target(fake: Fake) -> None:
    fake.lose(fake.key(method="network", target="skoda", sources=(), size=100, seed=0))
    figure = heatmaps_figure(fake.table(), "fake")
    for source in ("pamap2", "jsi-fos"):
        axes = panel(figure, "skoda", source)
        assert ("scratch", "100") not in numbers(axes)
        assert len(hatched(axes)) == 1


def test_panels_stand_by_target_and_source_on_one_scale_of_colours(fake: Fake) -> None:
    figure = heatmaps_figure(fake.table(), "fake")
    majority = fake.table().to_pylist()[0]["micro_f1"]
    assert f"T: skoda ({100 * majority:.0f})" in " ".join(panels(figure))
    assert len(panels(figure)) == 6
    assert len({axes.collections[0].get_clim() for axes in panels(figure).values()}) == 1
    place = {
        (t, s): panel(figure, t, s).get_position()
        for t in fake.study.domains
        for s in fake.study.domains
        if t != s
    }
    assert place["skoda", "jsi-fos"].x0 == place["pamap2", "jsi-fos"].x0
    assert place["skoda", "pamap2"].y0 == place["skoda", "jsi-fos"].y0
    assert place["skoda", "jsi-fos"].y0 > place["pamap2", "jsi-fos"].y0


def test_sizes_rise_from_bottom_to_top(fake: Fake) -> None:
    axes = panel(heatmaps_figure(fake.table(), "fake"), "skoda", "pamap2")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["20", "100"]
    assert not axes.yaxis_inverted()


@pytest.mark.parametrize(
    ("names", "sizes", "blocks"),
    [
        (("a", "b"), (20,), (1,)),
        (("T" * 64, "b" * 40, "c"), (20, 300), (0, 1)),
        (("skoda", "opportunity"), tuple(range(20, 260, 20)), (0, 1, 2, 3, 4, 5)),
    ],
)
def test_no_text_meets_another_or_the_edge(
    tmp_path: Path, names: tuple[str, ...], sizes: tuple[int, ...], blocks: tuple[int, ...]
) -> None:
    fake = fake_study(tmp_path, names, Grid(sizes, blocks), filled=False)
    figure = heatmaps_figure(fake.table(), "W" * 64)
    figure.set_dpi(150)
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    with matplotlib.rc_context({"text.hinting": "none"}):  # as the files are written
        FigureCanvasAgg(figure).draw()
        boxes = [text.get_window_extent() for text in texts]
    boxes += [axes.get_window_extent() for axes in figure.axes]
    for number, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert box.count_overlaps(boxes[:number]) == 0


def luminance(colour: tuple[float, ...]) -> float:
    red, green, blue = (((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_number_from_0_to_100_can_be_read(fake: Fake) -> None:
    table = fake.table()
    column = table.schema.get_field_index("micro_f1")
    others = sum(cell.method != "network" for cell in fake.cells)
    spread = np.linspace(0, 1, (table.num_rows - others) // 2)  # the same for both seeds
    spread = np.concatenate([np.zeros(others), spread, spread])
    figure = heatmaps_figure(table.set_column(column, "micro_f1", [spread]), "fake")
    FigureCanvasAgg(figure).draw()
    shown = set()
    for axes in panels(figure).values():
        width, height = axes.transData.transform((1, 1)) - axes.transData.transform((0, 0))
        mesh = axes.collections[0]
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.width < 0.9 * width
            assert box.height < 0.9 * height
            cell = luminance(mesh.to_rgba(float(text.get_text())))
            dark, light = sorted([cell, luminance(to_rgba(text.get_color()))])
            assert (light + 0.05) / (dark + 0.05) > 4.4  # 4.5, but for the rounded number
            shown.add(int(text.get_text()))
    assert min(shown) == 0
    assert max(shown) == 100


def test_equal_tables_give_equal_pictures_whatever_the_users_style(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draw_heatmaps(fake.table(), "fake", tmp_path / "first")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20.0)
    second = draw_heatmaps(fake.table(), "fake", tmp_path / "second")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert b"<dc:date>" not in first[1].read_bytes()


def test_names_are_not_formulas(fake: Fake) -> None:
    figure = heatmaps_figure(fake.table(), "$\\frac$")
    FigureCanvasAgg(figure).draw()
    assert any(text.get_text() == "$\\frac$" for text in figure.texts)
