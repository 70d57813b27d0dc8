"""Table 1, its pictures and the catalogue: what a reader of them relies on."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread
from own_helpers import describe, put, rows
from typer.testing import CliRunner, Result

from crosswear.cli.data import data_app
from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DiskError
from crosswear.core.recording import PURGED, Subset, Windows
from crosswear.datasets import REGISTRY
from crosswear.datasets.domain import Domain
from crosswear.report.describe.catalogue import COMMAND, catalogue
from crosswear.report.describe.domain_table import (
    DomainRow,
    describe_csv,
    describe_domain,
    describe_latex,
    missing_classes,
    recorded,
    split_reached,
    windowed,
    windows_by_class,
)
from crosswear.report.describe.plot import classes_figure, draw_domains, windows_figure
from crosswear.report.formats import latex_escaped

CONFIG = PreparationConfig()
WINDOW_FIELDS = tuple(field.name for field in dataclasses.fields(Windows))
PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"
NAMES = (
    "=cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "＝1",
    "\t=1",
    "a\nb",
    "[x] 50 % & $_^~{}\\<|>#*",
    "漢字",
)


@pytest.fixture(scope="module")
def row(gestures: Domain) -> DomainRow:
    return describe_domain(gestures, CONFIG.hop_s)


def renamed(domain: Domain, reference: str, classes: tuple[str, ...]) -> Domain:
    classes = (*classes, *domain.classes[len(classes) :])
    summary = dataclasses.replace(domain.summary, reference=reference, classes=classes)
    return dataclasses.replace(domain, summary=summary)


def first_classes(domain: Domain, count: int) -> Domain:
    """The domain without its other classes: quicker to draw."""
    kept = domain.windows.y < count
    windows = Windows(**{name: getattr(domain.windows, name)[kept] for name in WINDOW_FIELDS})
    summary = dataclasses.replace(domain.summary, classes=domain.classes[:count])
    return dataclasses.replace(domain, summary=summary, windows=windows, subset=domain.subset[kept])


def lacking(row: DomainRow) -> DomainRow:
    """A row whose domain and classes have awkward names, and lacks them in train."""
    return dataclasses.replace(row, domain=NAMES[0], missing=(NAMES, (), NAMES[2:3]))


class TestTable:
    def test_the_numbers_are_those_of_the_windows(self, gestures: Domain, row: DomainRow) -> None:
        labels = gestures.windows.y
        train, test = (labels[gestures.subset == part] for part in (Subset.TRAIN, Subset.TEST))
        most = np.bincount(train).argmax()
        assert row.majority_f1 == pytest.approx(100 * (test == most).mean())
        assert row.activities == 10
        assert row.subjects == 1
        assert row.windows == len(labels)
        assert row.windowed_min == pytest.approx(len(labels) * 2 / 60)
        assert row.recorded_min == pytest.approx(gestures.summary.duration_s / 60)
        assert row.windowed_min < row.recorded_min
        inside = (gestures.subset != PURGED).sum()
        assert sum(map(sum, row.by_class.values())) == inside
        totals = np.sum(list(row.by_class.values()), axis=0)
        assert tuple(totals) == row.split.windows

    def test_missing_classes_are_named_below_the_table(self, row: DomainRow) -> None:
        assert missing_classes([row]).rows == ()
        lines = missing_classes([row, lacking(row)]).rows
        assert [line[1] for line in lines] == ["train", "test"]
        assert "漢字" in lines[0][2]
        cells = split_reached([lacking(row)]).rows
        assert [line[-1] for line in cells] == [str(len(NAMES)), "0", "1"]

    def test_every_line_has_every_column(self, row: DomainRow) -> None:
        for table in (
            *(make([row, row]) for make in (recorded, windowed, split_reached)),
            windows_by_class(row),
        ):
            assert table.rows
            assert {len(line) for line in table.rows} == {len(table.headings)}


class TestCsv:
    def test_one_row_for_each_domain(self, row: DomainRow) -> None:
        first, second = csv.DictReader(io.StringIO(describe_csv([row, lacking(row)])))
        assert first["domain"] == "simulated-gestures"
        assert float(first["majority_f1_percent"]) == pytest.approx(row.majority_f1, abs=0.005)
        shares = [float(first[f"{s.name.lower()}_percent"]) for s in Subset]
        assert sum(shares) == pytest.approx(100, abs=0.02)
        assert (first["train_missing"], second["validation_missing"]) == ("", "")
        assert second["train_missing"].count("; ") == len(NAMES) - 1

    def test_no_cell_is_a_formula(self, row: DomainRow) -> None:
        for name in NAMES:
            awkward = dataclasses.replace(row, domain=name, placement=name, missing=((name,),) * 3)
            (found,) = csv.DictReader(io.StringIO(describe_csv([awkward])))
            for cell in found.values():
                assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠\t\r"))
                assert "\n" not in cell


class TestLatex:
    @pytest.mark.parametrize("name", [*NAMES, "\\input{/etc/passwd}", "%", "\\", "{}", "*[2ex]"])
    def test_a_name_is_only_printed(self, name: str, row: DomainRow) -> None:
        escaped = latex_escaped(name)
        known = r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}"
        left = re.sub(rf"{known}|\\[&%$#_{{}}]|\{{[\[\]*]\}}", "", escaped)
        assert not re.search(r"[\\{}$&#^_~%<>|\[\]*\n]", left)
        text = describe_latex([dataclasses.replace(row, domain=name), row])
        body = text[text.index("\\midrule") : text.index("\\bottomrule")]
        lines = [line for line in body.splitlines() if line.endswith("\\\\")]
        columns = text[text.index("{tabular}{") :].split("}")[1].removeprefix("{")
        assert len(lines) == 2
        for line in lines:
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1

    def test_missing_classes_stand_below(self, row: DomainRow) -> None:
        below = describe_latex([lacking(row)]).partition("\\end{tabular}")[2]
        assert "no window in train of" in below
        assert "\\%" in below


class TestPictures:
    @pytest.mark.slow
    def test_two_for_each_domain_the_same_every_time(
        self, gestures: Domain, tmp_path: Path
    ) -> None:
        small = first_classes(gestures, 2)
        paths = draw_domains([small, small], CONFIG, tmp_path / "new" / "folder")
        assert len(set(paths)) == 4
        matplotlib.rcParams["font.size"] = 30  # a user's own settings change nothing
        try:
            again = draw_domains([small], CONFIG, tmp_path)
        finally:
            matplotlib.rcdefaults()
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (*paths, *again)]
        assert digests[:2] == digests[2:4] == digests[4:]
        assert not list(tmp_path.glob(".*"))
        for path in again:
            picture = imread(path)
            assert picture.shape[0] > 200
            assert picture[..., :3].min() < 0.5 < picture[..., :3].max()

    def test_names_are_names_not_formulas(self, gestures: Domain, tmp_path: Path) -> None:
        classes = ("costs $5 and $x^2$", "漢字", "\\frac", "word " * 60, "x" * 300)
        small = first_classes(gestures, len(classes))
        domain = renamed(small, "../../own $1/dataset.toml", classes)
        paths = draw_domains([domain], CONFIG, tmp_path / "pictures")
        assert {path.parent for path in paths} == {tmp_path / "pictures"}
        assert all(re.fullmatch(r"[\w=,.-]+\.png", path.name) for path in paths)

    def test_an_example_of_every_class(self, gestures: Domain) -> None:
        figure = windows_figure(gestures, CONFIG)
        panels = [panel for panel in figure.axes if panel.lines]
        assert [panel.get_title(loc="left") for panel in panels] == list(gestures.classes)
        for label, panel in enumerate(panels):
            drawn = np.array([line.get_ydata() for line in panel.lines], np.float32)
            of_class = np.asarray(gestures.windows.x[gestures.windows.y == label])
            assert (drawn == of_class).all(axis=(1, 2)).any()

    def test_bars_are_as_long_as_the_classes(self, gestures: Domain) -> None:
        (axes,) = classes_figure(gestures, CONFIG).axes
        width = sum(bar.get_width() for bar in axes.patches)
        assert width == pytest.approx(len(gestures.windows) * 2 / 60)
        minutes = [float(text.get_text()) for text in axes.texts]
        counts = np.bincount(gestures.windows.y)
        assert minutes == pytest.approx((counts / 30).tolist(), abs=0.051)


class TestCatalogue:
    def test_the_committed_page_is_what_the_declarations_make(self) -> None:
        assert PAGE.read_text("utf-8") == catalogue(REGISTRY.values()), f"run: {COMMAND}"

    def test_it_has_every_dataset_class_and_trap(self) -> None:
        page = catalogue(REGISTRY.values())
        assert COMMAND in "".join(page.splitlines(keepends=True)[:3])
        plain = re.sub(" +", " ", page.replace("\\", ""))  # columns are aligned
        for spec in REGISTRY.values():
            section = plain.partition(f"\n## {spec.name}\n")[2].partition("\n## ")[0]
            for text in (spec.title, spec.licence, spec.citation, spec.home, *spec.traps):
                assert text in section
            for table in spec.variants.values():
                assert all(f"| `{row.code}` | {row.name} |" in section for row in table)
            assert not spec.patterns or (spec.columns and spec.columns in section)
            assert all(f"`{name}`" in section for name in (*spec.placements, *spec.patterns))

    def test_its_tables_hold(self) -> None:
        widths = []
        for line in catalogue(REGISTRY.values()).splitlines():
            if line.startswith("|"):
                widths.append(len(re.findall(r"(?<!\\)\|", line)))
            elif widths:
                assert len(set(widths)) == 1
                widths = []


class TestCommands:
    def run(self, *arguments: object) -> Result:
        result = CliRunner().invoke(data_app, [str(one) for one in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    @pytest.mark.slow
    def test_describe_writes_what_it_is_asked_for(
        self, gestures: Domain, cache: Path, tmp_path: Path
    ) -> None:
        table, latex, folder = tmp_path / "new" / "t.csv", tmp_path / "t.tex", tmp_path / "pictures"
        reference = gestures.summary.reference
        arguments = ("describe", reference, "--cache", cache, "--csv", table, "--latex", latex)
        result = self.run(*arguments, "--plot", folder)
        assert table.read_text("utf-8").startswith("domain,")
        assert "\\bottomrule" in latex.read_text("utf-8")
        pictures = sorted(path.name for path in folder.iterdir())
        assert pictures == [f"{reference}-classes.png", f"{reference}-windows.png"]
        assert result.stdout.count("wrote ") == 4
        (found,) = json.loads(self.run(*arguments[:4], "--json").stdout)
        assert found["windowed_min"] == pytest.approx(len(gestures.windows) / 30)

    def test_own_recordings_go_by_the_name_of_their_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine = tmp_path / "my-watch"
        for number, name in enumerate(("anna", "berta", "clara", "dora")):
            put(mine, f"{name}.csv", rows(1200 + 50 * number))
        describe(mine)
        for folder, reference in ((mine, "dataset.toml"), (tmp_path, "my-watch/dataset.toml")):
            monkeypatch.chdir(folder)
            arguments = ("describe", reference, "--cache", tmp_path / "cache")
            said = self.run(*arguments, "--csv", tmp_path / "t.csv").stdout
            assert (tmp_path / "t.csv").read_text("utf-8").splitlines()[1].startswith("my-watch,")
            assert "my-watch: windows by class" in said
            assert "dataset.toml" not in said
            (found,) = json.loads(self.run(*arguments, "--json").stdout)
            assert found["summary"]["reference"] == reference, "prepared from another folder"

    def test_a_table_that_cannot_be_written_is_told(self, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        target = tmp_path / "file" / "t.csv"
        with pytest.raises(DiskError, match=r"t\.csv"):
            self.run("describe", "simulated-gestures", "--cache", cache, "--csv", target)

    def test_the_page_is_printed(self) -> None:
        assert self.run("list", "--markdown").stdout == catalogue(REGISTRY.values())
