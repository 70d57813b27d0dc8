"""Style of the static figures: the same on every machine, in files without dates."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import matplotlib
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from crosswear.core.files import write_bytes

TEXT, TITLE, HEADING = 8, 9, 12
"""Sizes of type, in points."""
LINE = 0.18
"""Height of a line of text, in inches."""
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5cc0", "#8c6d1f")
"""Distinct also for those who see red and green alike (after Okabe and Ito 2008)."""
DATES: MappingProxyType[str, dict[str, None]] = MappingProxyType(
    {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
)
"""File formats, and the metadata that leave out their date."""


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Set matplotlib up, with any settings of the user."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.size": TEXT,
                "axes.titlesize": TITLE,
                "axes.titlepad": 4,
                "axes.spines.left": False,
                "axes.spines.right": False,
                "axes.spines.top": False,
                "axes.spines.bottom": False,
                "xtick.major.size": 0,
                "ytick.major.size": 0,
                "patch.linewidth": 0,
                "patch.edgecolor": "0.6",  # of the hatching
                "hatch.linewidth": 0.6,
                "text.hinting": "none",  # as wide at every resolution
                "text.parse_math": False,  # names are names, not formulas
                "svg.hashsalt": "crosswear",  # the same identifiers every time
            }
        )
        yield


def save(figure: Figure, name: str, folder: Path) -> list[Path]:
    """Write a figure as PNG (150 dpi), SVG and PDF; returns their paths.

    Equal figures give equal files: none holds a date.

    Raises:
        DiskError: if one cannot be written.
    """
    paths = []
    for kind, metadata in DATES.items():
        buffer = io.BytesIO()
        with one_look():
            figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
        paths.append(folder / f"{name}.{kind}")
        write_bytes(paths[-1], buffer.getvalue())
    return paths


def text_width(text: str, size: float) -> float:
    """Return the width of a text of one or more lines in inches; `size` in points."""
    return max(_line_width(line, size) for line in text.split("\n"))


@functools.cache  # a study has few names and many panels
def _line_width(line: str, size: float) -> float:
    return float(TextPath((0, 0), line, size=size).get_extents().width) / 72
