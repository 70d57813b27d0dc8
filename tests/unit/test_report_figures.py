"""The static figures say what the evidence says, can be read, and no text meets another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from crosswear.core.intervals import Interval
from crosswear.evidence.statements import SCRATCH, LearningMethod, Score
from crosswear.report.curves import curves_figure
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.heatmaps import heatmaps_figure
from generators.evidence import STUDY, Planted, planted


@pytest.fixture(scope="module")
def whole() -> Planted:
    return planted()


def index(made: Planted) -> EvidenceIndex:
    return EvidenceIndex(made.evidence)


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
    """The cells of the panel, by the labels of its ticks: (column, size)."""
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


def test_cells_show_the_score_in_per_cent(whole: Planted) -> None:
    shown = numbers(panel(heatmaps_figure(index(whole)), "alpha", "beta"))
    assert len(shown) == 2 * 4

    def mean(approach: LearningMethod, size: int) -> str:
        score = index(whole).score("alpha", size, approach)
        assert score is not None
        assert score.micro_f1 is not None
        return f"{100 * score.micro_f1.value:.0f}"

    assert shown["scratch", "20"] == mean(SCRATCH, 20)
    assert shown["0", "20"] == mean(LearningMethod("network", "beta", 0), 20)
    assert shown["3", "100"] == mean(LearningMethod("network", "beta", 3), 100)


def without(made: Planted, target: str, size: int, approach: LearningMethod) -> Planted:
    """One repetition of a method is not done."""

    def lacking(score: Score) -> Score:
        if (score.target, score.size, score.approach) != (target, size, approach):
            return score
        return replace(score, done=2, micro_f1=None, macro_f1=None, confusion=None)

    scores = tuple(map(lacking, made.evidence.scores))
    return replace(made, evidence=replace(made.evidence, scores=scores))


@pytest.mark.slow
def test_one_missing_repetition_hatches_its_cell_and_no_other(whole: Planted) -> None:
    made = without(whole, "alpha", 20, LearningMethod("network", "beta", 1))
    figure = heatmaps_figure(index(made))
    axes = panel(figure, "alpha", "beta")
    assert ("1", "20") not in numbers(axes)
    assert len(numbers(axes)) == 7
    (patch,) = hatched(axes)
    assert patch.get_center() == pytest.approx((axes.get_xticks()[2], axes.get_yticks()[0]))
    others = [other for other in panels(figure).values() if other is not axes]
    assert not any(hatched(other) for other in others)
    assert any("hatched" in text.get_text() for text in figure.texts)


def test_a_missing_scratch_is_hatched_in_every_panel_of_its_target(whole: Planted) -> None:
    figure = heatmaps_figure(index(without(whole, "alpha", 100, SCRATCH)))
    for source in ("beta", "gamma", "untrained control"):
        axes = panel(figure, "alpha", source)
        assert ("scratch", "100") not in numbers(axes)
        assert len(hatched(axes)) == 1


def test_panels_stand_by_target_and_source_on_one_scale_of_colours(whole: Planted) -> None:
    figure = heatmaps_figure(index(whole))
    majority = index(whole).score("alpha", 20, LearningMethod("majority"))
    assert majority is not None
    assert majority.micro_f1 is not None
    assert f"T: alpha ({100 * majority.micro_f1.value:.0f})" in " ".join(panels(figure))
    assert len(panels(figure)) == 9
    assert len({axes.collections[0].get_clim() for axes in panels(figure).values()}) == 1

    def place(target: str, source: str) -> tuple[float, float]:
        box = panel(figure, target, source).get_position()
        return box.x0, box.y0

    assert place("alpha", "gamma")[0] == place("beta", "gamma")[0]
    assert place("alpha", "beta")[1] == place("alpha", "gamma")[1] > place("beta", "gamma")[1]
    axes = panel(figure, "alpha", "beta")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["20", "100"]
    assert not axes.yaxis_inverted()


NAMES = {"alpha": "T" * 64, "beta": "b" * 40, "gamma": "$\\frac$"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "blocks", "renamed"),
    [
        ("20", "1", {}),
        ("20, 300", "0, 1", NAMES),
        (", ".join(map(str, range(20, 260, 20))), "0, 1, 2, 3, 4, 5", {}),
    ],
)
@pytest.mark.parametrize(  # cells without a score have no number inside
    ("draw", "lost"), [(heatmaps_figure, 1.0), (curves_figure, 0.0)]
)
def test_no_text_meets_another_or_the_edge(
    sizes: str,
    blocks: str,
    renamed: dict[str, str],
    draw: Callable[[EvidenceIndex], Figure],
    lost: float,
) -> None:
    text = (
        STUDY.replace("20, 100", sizes).replace("0, 1, 3", blocks).replace("seeds = 3", "seeds = 1")
    )
    figure = draw(index(planted(text, classes=3, renamed=renamed, lost=lost)))
    figure.set_dpi(150)
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    with matplotlib.rc_context({"text.hinting": "none"}):  # as the files are written
        FigureCanvasAgg(figure).draw()
        boxes = [text.get_window_extent() for text in texts if _within(text, figure)]
    boxes += [axes.get_window_extent() for axes in figure.axes]
    for number, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert box.count_overlaps(boxes[:number]) == 0


def _within(text: Text, figure: Figure) -> bool:
    """A label of a tick outside of its axes is not drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if text in (tick.label1, tick.label2):
                    return bool(low <= tick.get_loc() <= high)
    return True


def luminance(colour: Iterable[float]) -> float:
    red, green, blue = (((c + 0.055) / 1.055) ** 2.4 for c in list(colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.slow
def test_every_number_from_0_to_100_can_be_read(whole: Planted) -> None:
    networks = [s for s in whole.evidence.scores if s.approach.method == "network"]
    spread = dict(zip(map(id, networks), np.linspace(0, 1, len(networks)), strict=True))
    scores = tuple(
        replace(s, micro_f1=Interval(float(spread.get(id(s), 0)), None, None))
        for s in whole.evidence.scores
    )
    figure = heatmaps_figure(EvidenceIndex(replace(whole.evidence, scores=scores)))
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


def test_curves_are_the_scores_and_stop_where_repetitions_are_missing(whole: Planted) -> None:
    figure = curves_figure(index(without(whole, "beta", 100, LearningMethod("forest"))))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"scratch", "forest", "minirocket", "majority", "logistic on alpha"} < set(labels)
    axes = panels(figure)["beta"]
    score = index(whole).score("beta", 20, SCRATCH)
    assert score is not None
    assert score.micro_f1 is not None
    scratch = axes.get_lines()[0].get_ydata()
    assert scratch[0] == pytest.approx(100 * score.micro_f1.value)
    assert sum(np.isnan(line.get_ydata()).tolist() == [False, True] for line in axes.lines) == 1
