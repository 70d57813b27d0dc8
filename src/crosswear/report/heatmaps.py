"""The study's heatmaps: a row of panels for every target, a column for every source.

In a panel, adaptation sizes rise from bottom to top; the leftmost column, set apart, is the network
trained from scratch, then come the numbers of transferred blocks, of each branch apart where there
are several. Lengths here are in inches.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crosswear.evidence.phrases import source_name
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.panels import Panel, panels_of
from crosswear.report.style import HEADING, LINE, TEXT, TITLE, one_look, save, text_width

CELL_WIDTH, CELL_HEIGHT = 0.4, 0.26
GAP = 0.3
"""Space before the transfers, and between those of different branches, in widths of a cell."""
MARGIN, PADDING = 0.25, 0.3
COLOURS = "viridis"
"""Even to the eye, also to one that sees red and green alike."""
BLOCKS = MappingProxyType(
    {"freeze": "frozen", "copy": "copied", "copy-freeze": "copied and frozen"}
)
"""Treatment of the blocks that a column counts, by strategy."""
BAR_WIDTH, BAR_HEIGHT, BAR_LABELS = 0.15, 1.6, 0.4


def draw_heatmaps(index: EvidenceIndex, folder: Path) -> list[Path]:
    """Write `heatmaps.png`, `.svg` and `.pdf`; returns their paths.

    Args:
        index: the evidence of a study.
        folder: created if it does not exist.

    Raises:
        DiskError: if one cannot be written.
    """
    return save(heatmaps_figure(index), "heatmaps", folder)


def heatmaps_figure(index: EvidenceIndex) -> Figure:
    """Return the heatmaps as a figure; it grows with the study, so that texts never overlap.

    A cell shows the mean of the micro-F1 over its repetitions, in per cent; it is hatched and has
    no number unless every repetition is done. All panels share one scale of colours.
    """
    panels, title = panels_of(index), index.evidence.study.name
    strategy = index.evidence.study.transfer.strategy
    scores = np.array([panel.scores for panel in panels])
    norm = _limits(scores)
    below = f"residual blocks {BLOCKS.get(strategy, 'transferred')} ({strategy})"
    with one_look():
        titles = _titles(panels, _panel_width(index))
        title_height = LINE * (max(text.count("\n") for text in titles) + 1)
        width, height = _panel_width(index), CELL_HEIGHT * len(index.sizes)
        labels = max(text_width(str(size), TEXT) for size in index.sizes) + 0.1
        slot_width = labels + max(width, *(text_width(text, TITLE) for text in titles)) + PADDING
        slot_height = title_height + height + LINE * (1 + _several(index)) + PADDING

        left, bottom = MARGIN + 1.5 * LINE, MARGIN + 1.5 * LINE - PADDING
        right, top = (
            left + len(index.sources) * slot_width,
            bottom + len(index.targets) * slot_height,
        )
        heading, total_height = top + 3.5 * LINE, top + 3.5 * LINE + MARGIN
        about = _about(index, partial=bool(np.isnan(scores).any()))
        total_width = MARGIN + max(
            right + BAR_WIDTH + BAR_LABELS,
            left + labels + text_width(below, TITLE),
            MARGIN + text_width(title, HEADING),
            MARGIN + text_width(about, TITLE),
        )
        figure = Figure(figsize=(total_width, total_height))
        for panel, text in zip(panels, titles, strict=True):
            x = left + panel.column * slot_width + labels
            y = top - panel.row * slot_height - title_height - height
            axes = _axes(figure, x, y, width, height)
            axes.set_title(text, loc="left")
            _draw(axes, panel.scores, index, norm)
        bar_height = min(BAR_HEIGHT, top - title_height - bottom - PADDING)
        bar = _axes(figure, right, top - title_height - bar_height, BAR_WIDTH, bar_height)
        figure.colorbar(ScalarMappable(norm, COLOURS), cax=bar)
        _write(figure, MARGIN, heading, title, va="top", fontsize=HEADING)
        _write(figure, MARGIN, heading - 1.4 * LINE, about, va="top")
        _write(figure, left + labels, MARGIN, below)
        middle = (bottom + PADDING + top) / 2
        _write(figure, MARGIN, middle, "adaptation windows", va="center", rotation="vertical")
    return figure


def _draw(axes: Axes, scores: NDArray[np.float64], index: EvidenceIndex, norm: Normalize) -> None:
    """Draw one panel; `scores` is [sizes, 1 + transfers]."""
    rows, columns = scores.shape
    left = _lefts(index)
    edges = np.unique(np.concatenate([left, np.round(left + 1, 6)]))
    filled = np.full((rows, len(edges) - 1), np.nan)  # a gap is a column without a colour
    filled[:, np.searchsorted(edges, left)] = scores
    axes.pcolormesh(
        edges,
        np.arange(rows + 1),
        filled,
        cmap=COLOURS,
        norm=norm,
        edgecolors="white",
        linewidth=0.5,
    )
    colours = matplotlib.colormaps[COLOURS](norm(scores))
    for row, column in np.ndindex(rows, columns):
        x, score = float(left[column]), float(scores[row, column])
        if math.isnan(score):
            axes.add_patch(Rectangle((x, row), 1, 1, hatch="/////", fill=False))
        else:
            ink = _ink(colours[row, column])
            number = axes.text(x + 0.5, row + 0.5, f"{score:.0f}", color=ink)
            number.set(ha="center", va="center_baseline")
    axes.set_xticks(left + 0.5, list(_labels(index)))
    axes.set_yticks(np.arange(rows) + 0.5, [str(size) for size in index.sizes])


def _axes(figure: Figure, x: float, y: float, width: float, height: float) -> Axes:
    across, up = figure.get_size_inches()
    return figure.add_axes((x / across, y / up, width / across, height / up))


def _write(figure: Figure, x: float, y: float, text: str, **how: Any) -> None:
    across, up = figure.get_size_inches()
    figure.text(x / across, y / up, text, **{"fontsize": TITLE} | how)


def _titles(panels: Sequence[Panel], width: float) -> list[str]:
    """Title the panels: target, its majority classifier, source; on two lines if long."""

    def majority(panel: Panel) -> str:
        return "?" if math.isnan(panel.majority) else f"{panel.majority:.0f}"

    for between in ("   ", "\n"):
        titles = [
            f"T: {panel.target} ({majority(panel)}){between}S: {source_name(panel.source)}"
            for panel in panels
        ]
        if max(text_width(title, TITLE) for title in titles) <= width:
            break
    return titles


def _about(index: EvidenceIndex, partial: bool) -> str:
    grid = index.evidence.study.grid
    if isinstance(grid.splits, str):
        mean = "every person tested once" if grid.seeds == 1 else f"{grid.seeds} times every person"
    else:
        count = grid.seeds * grid.splits
        mean = "one repetition" if count == 1 else f"mean over {count} repetitions"
    hatched = "; hatched: not every repetition is done" if partial else ""
    return (
        f"micro-F1 in per cent, {mean}{hatched}\n"
        "T: target (its majority classifier), S: source, scratch: nothing transferred"
    )


def _lefts(index: EvidenceIndex) -> NDArray[np.float64]:
    """Return the left edges of a panel's columns, in widths of a cell."""
    branches = ["scratch", *(branches for branches, _ in index.transfers)]
    gaps = np.cumsum([one != other for one, other in itertools.pairwise(branches)])
    return np.round(np.append(0, np.arange(1, len(branches)) + GAP * gaps), 6)


def _labels(index: EvidenceIndex) -> Iterator[str]:
    """Label the columns; of several branches, the first column of each has its name beneath."""
    several, before = _several(index), ""
    yield "scratch\n" if several else "scratch"  # as many lines everywhere, on one height
    for branches, blocks in index.transfers:
        name = "" if branches == before else branches
        yield f"{blocks}\n{name}" if several else f"{blocks}"
        before = branches


def _several(index: EvidenceIndex) -> bool:
    return len({branches for branches, _ in index.transfers}) > 1


def _panel_width(index: EvidenceIndex) -> float:
    return CELL_WIDTH * float(_lefts(index)[-1] + 1)


def _limits(scores: NDArray[np.float64]) -> Normalize:
    """Return the tens around all scores."""
    if np.isnan(scores).all():
        return Normalize(0, 100)
    low, high = math.floor(np.nanmin(scores) / 10) * 10, math.ceil(np.nanmax(scores) / 10) * 10
    return Normalize(low, max(high, low + 10))


def _ink(colour: NDArray[np.float64]) -> str:
    """Return black or white, the one with more contrast (WCAG 2.2, relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
