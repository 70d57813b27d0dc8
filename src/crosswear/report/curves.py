"""The learning curves as a static figure: a plot for every target. Lengths are in inches."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, get_args

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.lines import Kind, Line, ends_of, lines_of
from crosswear.report.style import HEADING, LINE, PALETTE, TITLE, one_look, save

WIDTH, HEIGHT = 3.4, 2.6
GAP, MARGIN = 0.55, 0.3
ACROSS = 3
"""Plots side by side."""
LONGEST = 42
"""Characters of a name at most."""
MARKERS = {"classical": "sP^hpd", "whitened": "sP<*>d"}
"""Markers of the classical methods, all of one grey, in the order of `crosswear.grid.methods`."""
BAND = 0.12
"""Opacity of the intervals."""


def draw_curves(index: EvidenceIndex, folder: Path) -> list[Path]:
    """Write `curves.png`, `.svg` and `.pdf`; returns their paths.

    Raises:
        DiskError: if one cannot be written.
    """
    return save(curves_figure(index), "curves", folder)


def curves_figure(index: EvidenceIndex) -> Figure:
    """Draw micro-F1 against windows in the adaptation set; bands are 95 % intervals.

    A line stops where not every repetition is done.
    """
    across = min(ACROSS, len(index.targets))
    rows = math.ceil(len(index.targets) / across)
    lines = {target: lines_of(index, target) for target in index.targets}
    kinds = get_args(Kind)
    known = {line.label: line for of_target in lines.values() for line in of_target}
    labels = sorted(known, key=lambda label: kinds.index(known[label].kind))
    width = MARGIN + across * (WIDTH + GAP)
    top = MARGIN + LINE * math.ceil(len(labels) / across) + MARGIN + rows * (HEIGHT + GAP)
    height = top + 3.5 * LINE
    with one_look():
        figure = Figure(figsize=(width, height))
        drawn: dict[str, Any] = {}
        for number, (target, of_target) in enumerate(lines.items()):
            row, column = divmod(number, across)
            x = MARGIN + GAP / 2 + column * (WIDTH + GAP)
            y = top - (row + 1) * (HEIGHT + GAP) + GAP - LINE
            axes = figure.add_axes((x / width, y / height, WIDTH / width, HEIGHT / height))
            axes.set_title(_shortened(target), loc="left")
            drawn |= {line.label: _draw(axes, line, index) for line in of_target}
            _scale(axes, index.sizes)
            if ends := ends_of(of_target):
                low, high = axes.get_ylim()
                axes.set_ylim(max(low, ends[0]), min(high, ends[1]))
        figure.legend(
            [drawn[label] for label in labels],
            [_shortened(label) for label in labels],
            loc="lower left",
            bbox_to_anchor=(MARGIN / width, MARGIN / 2 / height),
            ncols=across,
            frameon=False,
        )
        left, upper = MARGIN / width, 1 - MARGIN / 2 / height
        title = _shortened(index.evidence.study.name)
        figure.text(left, upper, title, va="top", fontsize=HEADING)
        about = "micro-F1 in per cent against windows in the adaptation set; bands: 95 % intervals"
        figure.text(left, upper - 1.4 * LINE / height, about, va="top", fontsize=TITLE)
    return figure


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _scale(axes: Axes, sizes: tuple[int, ...]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
    axes.xaxis.set_major_locator(FixedLocator(_apart(sizes)))
    axes.xaxis.set_major_formatter(lambda size, _: f"{size:.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def _apart(sizes: tuple[int, ...]) -> list[int]:
    """Return sizes whose labels do not overlap, the last one included."""
    reach = math.log(sizes[-1] * 1.15**2 / sizes[0])
    kept = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        if math.log(kept[-1] / size) / reach > 0.1:
            kept.append(size)
    return kept


def _draw(axes: Axes, line: Line, index: EvidenceIndex) -> Any:
    intervals = [score.micro_f1 if score else None for score in line.scores]
    mean, low, high = (
        np.array(
            [
                np.nan if one is None or (v := getattr(one, part)) is None else 100 * v
                for one in intervals
            ]
        )
        for part in ("value", "low", "high")
    )
    how = _look(line, index)
    if line.kind in ("scratch", "transfer", "classical"):
        axes.fill_between(index.sizes, low, high, color=how["color"], alpha=BAND, linewidth=0)
    (drawn,) = axes.plot(index.sizes, mean, markersize=3.5, linewidth=1.3, **how)
    return drawn


def _look(line: Line, index: EvidenceIndex) -> dict[str, Any]:
    match line.kind:
        case "scratch":
            return {"color": "black", "marker": "o"}
        case "classical" | "whitened":
            dashes = "--" if line.kind == "classical" else "-"
            marker = MARKERS[line.kind][line.number % len(MARKERS[line.kind])]
            return {"color": "0.35", "marker": marker, "linestyle": dashes}
        case "floor":
            return {"color": "0.6", "linestyle": ":"}
        case "control":
            return {"color": "0.5", "marker": "x", "linestyle": "-."}
        case "encoder":
            return {"color": PALETTE[-1 - line.number % len(PALETTE)], "marker": "*"}
        case "encoder-control":
            colour = PALETTE[-1 - line.number % len(PALETTE)]
            return {"color": colour, "marker": "x", "linestyle": "-."}
    untrained = line.source not in index.trained_sources
    number = -1 if untrained else index.trained_sources.index(line.source)
    colour = "0.5" if untrained else PALETTE[number % len(PALETTE)]
    if line.kind == "features":
        return {"color": colour, "marker": "+", "linestyle": ":"}
    return {"color": colour, "marker": "D" if number < len(PALETTE) else "v"}
