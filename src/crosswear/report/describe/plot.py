"""Pictures of a domain: an example window and the duration of every class."""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from crosswear.core.config import PreparationConfig
from crosswear.core.files import write_bytes
from crosswear.core.recording import PURGED, Subset
from crosswear.datasets.domain import Domain
from crosswear.report.describe.domain_table import display_name
from crosswear.signal.blocks import by_blocks

AXES = {"x": "#0072b2", "y": "#d55e00", "z": "#009e73"}
SUBSETS = {
    Subset.TRAIN: ("train", "#0072b2"),
    Subset.VALIDATION: ("validation", "#e69f00"),
    Subset.TEST: ("test", "#56b4e9"),
    PURGED: ("purged", "#bbbbbb"),
}
"""Colours that everyone can distinguish (Okabe and Ito, Color Universal Design, 2008)."""
COLUMNS = 4
PANEL_WIDTH, PANEL_HEIGHT, BAR_HEIGHT, MARGIN = 2.2, 1.45, 0.24, 1.1
"""In inches."""
TITLE_CHARACTERS, NAME_CHARACTERS = 34, 60
_LONGEST_NAME = 80


def draw_domains(domains: Sequence[Domain], config: PreparationConfig, folder: Path) -> list[Path]:
    """Write two PNG pictures (150 dpi) for each domain; returns their paths.

    `NAME-windows.png` has a typical window of each class, `NAME-classes.png` the minutes of each
    class. Equal domains give equal files.

    Args:
        domains: prepared with `config`.
        config: the sampling rate and the hop.
        folder: created if it does not exist.

    Raises:
        DiskError: if one cannot be written.
    """
    paths: list[Path] = []
    for domain in domains:
        name = _file_name(display_name(domain.summary.reference))
        while folder / f"{name}-windows.png" in paths:
            name += "_"
        for kind, figure in (
            ("windows", windows_figure(domain, config)),
            ("classes", classes_figure(domain, config)),
        ):
            paths.append(folder / f"{name}-{kind}.png")
            write_bytes(paths[-1], _png(figure))
    return paths


def windows_figure(domain: Domain, config: PreparationConfig) -> Figure:
    """Draw a panel for every class: x, y and z of its window whose spread is the median one."""
    columns = min(COLUMNS, len(domain.classes))
    rows = -(-len(domain.classes) // columns)
    time_s = np.arange(domain.samples) / config.rate_hz
    with _style():
        figure = Figure(
            figsize=(columns * PANEL_WIDTH, rows * PANEL_HEIGHT + MARGIN), layout="constrained"
        )
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for index, panel in enumerate(grid.flat):
            if index >= len(domain.classes):
                panel.set_axis_off()
                continue
            window = np.asarray(domain.windows.acceleration[_typical(domain, index)])
            for values, colour in zip(window, AXES.values(), strict=True):
                panel.plot(time_s, values, color=colour, linewidth=0.8)
            panel.set_title(_wrapped(domain.classes[index], TITLE_CHARACTERS))
            # Panels that have none below them show the time, too.
            panel.tick_params(labelbottom=index + columns >= len(domain.classes))
        figure.legend(
            grid[0, 0].get_lines(), list(AXES), loc="outside upper right", ncols=3, frameon=False
        )
        figure.suptitle(f"{_about(domain)}: a typical window of each class", x=0.01, ha="left")
        figure.supxlabel("time (s)")
        figure.supylabel("acceleration (g)")
    return figure


def classes_figure(domain: Domain, config: PreparationConfig) -> Figure:
    """Draw a bar for every class: its windows, a hop each, in minutes, by subset."""
    classes = np.arange(len(domain.classes))
    with _style():
        figure = Figure(
            figsize=(COLUMNS * PANEL_WIDTH, len(classes) * BAR_HEIGHT + MARGIN),
            layout="constrained",
        )
        axes = figure.subplots()
        left = np.zeros(len(classes))
        for subset, (name, colour) in SUBSETS.items():
            windows = np.bincount(domain.windows.y[domain.subset == subset], minlength=len(classes))
            length = windows * config.hop_s / 60
            if subset != PURGED or windows.any():
                axes.barh(classes, length, left=left, color=colour, label=name, height=0.75)
            left += length
        for index, minutes in enumerate(left.tolist()):
            axes.text(minutes, index, f" {minutes:.1f}", va="center")
        axes.set_yticks(classes, [_wrapped(name, NAME_CHARACTERS) for name in domain.classes])
        axes.set_ylim(len(classes) - 0.4, -0.6)
        axes.set_xlabel(f"minutes ({config.hop_s:g} s for each window)")
        figure.legend(loc="outside upper right", ncols=len(SUBSETS), frameon=False)
        figure.suptitle(f"{_about(domain)}: duration of each class", x=0.01, ha="left")
    return figure


def _typical(domain: Domain, label: int) -> int:
    windows = np.flatnonzero(domain.windows.y == label)
    x = domain.windows.acceleration
    spread = by_blocks(lambda some: some.std(axis=2).mean(axis=1), x, windows)
    return int(windows[np.argsort(spread, kind="stable")[(len(windows) - 1) // 2]])


def _about(domain: Domain) -> str:
    return textwrap.shorten(display_name(domain.summary.reference), _LONGEST_NAME, placeholder=" …")


def _wrapped(text: str, width: int) -> str:
    lines = textwrap.wrap(text, width) or [""]
    return "\n".join(lines[:2]) + " …" * (len(lines) > 2)


def _file_name(reference: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._=,-]+", "-", reference).strip("-.")
    return plain[-_LONGEST_NAME:] or "domain"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with _style():
        figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()


@contextlib.contextmanager
def _style() -> Iterator[None]:
    """Draw alike on every machine, with any settings of matplotlib."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # of scripts we lack
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.size": 8,
                "axes.titlesize": 8,
                "axes.titlelocation": "left",
                "axes.titlepad": 3,
                "axes.spines.right": False,
                "axes.spines.top": False,
                "figure.titlesize": 10,
                "figure.labelsize": 8,
                "text.parse_math": False,  # names are names, not formulas
            }
        )
        yield
