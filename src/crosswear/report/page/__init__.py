"""The page: one HTML file that needs no network, no server and no other file.

The template, the style sheet and the scripts lie beside this module. Plotly is taken from its own
Python package and written into the page once; all figures read one block of JSON.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from importlib import resources
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from crosswear.core import intervals
from crosswear.core.texts import counted
from crosswear.evidence import phrases
from crosswear.grid.experiment import StudyDesign
from crosswear.report import readable
from crosswear.report.coverage import coverage_table
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.lines import lines_of
from crosswear.report.page.figures import figures_data
from crosswear.report.text_report import coverage

SCRIPTS = ("base.js", "heatmaps.js", "curves.js", "classes.js", "page.js")
"""In the order in which they need each other."""


def page(index: EvidenceIndex, cells: pa.Table) -> str:
    """Return the HTML of `index.html`.

    Args:
        index: the evidence of a study.
        cells: one row for every cell.
    """
    evidence = index.evidence
    return _template().render(
        index=index,
        evidence=evidence,
        coverage=coverage(evidence),
        readable=readable,
        phrases=phrases,
        intervals=intervals,
        counted=counted,
        lines_of=lines_of,
        missing=coverage_table(index, cells),
        settings=_settings(evidence.study),
        style=Markup(_ours("page.css")),  # noqa: S704 - our own files
        script=Markup(_script("\n".join(map(_ours, SCRIPTS)))),  # noqa: S704
        plotly=Markup(_script(get_plotlyjs())),  # noqa: S704
        data=Markup(_json(figures_data(index))),  # noqa: S704
    )


@functools.cache  # compiled once for all reports of a process
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("crosswear.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _ours(name: str) -> str:
    return resources.files("crosswear.report.page").joinpath(name).read_text("utf-8")


def _script(text: str) -> str:
    """Escape JavaScript so that no HTML parser finds the end of its element in it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _settings(study: StudyDesign) -> dict[str, str]:
    """Return every setting by its key in a study file, defaults included."""
    grid, rest = dataclasses.asdict(study.grid), dataclasses.asdict(study)
    sections = {
        name: value for name, value in rest.items() if name not in ("name", "domains", "grid")
    }
    flat = {f"grid.{name}": value for name, value in grid.items()}
    for name, value in sections.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return {name: _shown(value) for name, value in flat.items()}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "all domains" if value is None else str(value)
