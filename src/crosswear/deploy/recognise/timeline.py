"""Activities that were recognised in files, as a table and as a picture."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from numpy.typing import NDArray

from crosswear.core.files import write_bytes, write_text
from crosswear.deploy.recognise.recognizer import Event

Timeline = Mapping[str, Sequence[Event]]
"""The events of each file, by its name."""

COLUMNS = (
    "file",
    "start_s",
    "end_s",
    "label",
    "smoothed",
    "probability",
    "unsure",
    "reason",
    "worn",
)
MOST_PANELS = 24
"""Files in a picture; a longer one would be no picture."""
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f")
"""Distinct to everybody (Okabe and Ito, Color Universal Design, 2008); grey for the yellow."""
_WIDTH, _ROW, _PANEL = 10.0, 0.19, 0.75  # inches
_PIXELS = 1400  # of a panel: an image takes no more memory for a longer recording
_LONGEST_NAME = 60
_UNITS = (("h", 3600.0), ("min", 60.0), ("s", 1.0))


def write_timeline(
    path: Path, timeline: Timeline, classes: Sequence[str], *, probabilities: bool
) -> None:
    """Write a CSV file with a row for each window.

    Args:
        path: of the file.
        timeline: what was recognised.
        classes: names of the classes.
        probabilities: a column for the probability of every class, too.

    Raises:
        DiskError: if it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *(cell(f"p {name}") for name in classes if probabilities)])
    for file, events in timeline.items():
        name = cell(file)
        for one in events:
            row = [
                *(name, f"{one.start_s:.3f}", f"{one.end_s:.3f}"),
                *(cell(one.label), cell(one.smoothed), f"{one.probability:.4f}"),
                *(int(one.unsure), one.reason, int(one.worn)),
            ]
            writer.writerow(row + [f"{p:.4f}" for p in one.probabilities if probabilities])
    write_text(path, text.getvalue())


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@") else text


def draw_timeline(path: Path, timeline: Timeline, classes: Sequence[str], hop_s: float) -> None:
    """Write a PNG picture (150 dpi): a panel for each file, a row in it for each class.

    Bars are the smoothed labels of sensors that are worn; the row below shows in black where the
    model is unsure. Of more than `MOST_PANELS` files the first ones are drawn.

    Args:
        path: of the file.
        timeline: what was recognised.
        classes: names of the classes.
        hop_s: distance between windows: a window stands for the time up to the next one.

    Raises:
        DiskError: if it cannot be written.
    """
    shown = list(timeline.items())[:MOST_PANELS]
    height = _PANEL + _ROW * (len(classes) + 1)
    size = (_WIDTH, 0.4 + height * len(shown))
    # Names of files and classes are text, not formulas.
    with matplotlib.rc_context({"text.parse_math": False, "font.size": 8}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(max(len(shown), 1), 1, squeeze=False)[:, 0]
        for panel, (file, events) in zip(axes, shown, strict=False):
            _draw(panel, file, events, classes, hop_s)
        content = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            figure.savefig(content, format="png", dpi=150)
    write_bytes(path, content.getvalue())


def bands(
    events: Sequence[Event], classes: Sequence[str], hop_s: float, columns: int
) -> NDArray[np.int64]:
    """Return which class is when: for each class a row of an image, and one for "unsure".

    Returns:
        [C + 1, columns]: 0 where nothing is, 1 + the index of the class, C + 1 for "unsure".
    """
    image = np.zeros((len(classes) + 1, columns), np.int64)
    end = max((one.end_s for one in events), default=1.0)
    for one in events:
        first = int(one.start_s / end * columns)
        stop = max(int((one.start_s + hop_s) / end * columns), first + 1)
        row = classes.index(one.smoothed)
        if one.worn:
            image[row, first:stop] = row + 1
        if one.unsure:
            image[-1, first:stop] = len(classes) + 1
    return image


def _draw(
    axes: Axes, file: str, events: Sequence[Event], classes: Sequence[str], hop_s: float
) -> None:
    end = max((one.end_s for one in events), default=1.0)
    unit, second = next(((name, s) for name, s in _UNITS if end >= 3 * s), _UNITS[-1])
    names = ["white", *(COLOURS[row % len(COLOURS)] for row in range(len(classes))), "black"]
    colours = (255 * to_rgba_array(names)).astype(np.uint8)
    axes.imshow(
        colours[bands(events, classes, hop_s, _PIXELS)],
        aspect="auto",
        interpolation="nearest",
        extent=(0, end / second, len(classes) + 0.5, -0.5),
    )
    axes.hlines(np.arange(len(classes)) + 0.5, 0, end / second, color="white", linewidth=1.5)
    labels = [name if len(name) <= 48 else name[:47] + "…" for name in (*classes, "(unsure)")]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel(unit)
    axes.grid(axis="x", linewidth=0.4)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    shown = file if len(file) <= _LONGEST_NAME else "…" + file[1 - _LONGEST_NAME :]
    axes.set_title(shown, loc="left", fontsize=8)
