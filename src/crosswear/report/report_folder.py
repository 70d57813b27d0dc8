"""The files of a study's report."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from crosswear.core.files import write_text
from crosswear.evidence.statements import Evidence
from crosswear.report import readable
from crosswear.report.curves import draw_curves
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.evidence_tables import evidence_tables
from crosswear.report.formats import write_latex, write_table
from crosswear.report.heatmaps import draw_heatmaps
from crosswear.report.page import page
from crosswear.report.text_report import markdown


def write_report(evidence: Evidence, cells: pa.Table, folder: Path) -> tuple[Path, ...]:
    """Write the report of a study.

    `index.html` (needs no network and no other file), `report.md`, `heatmaps` and `curves` (PNG,
    SVG, PDF; where there are adaptation sizes), the table of cells as `results` (CSV, Parquet),
    and the tables of the evidence (CSV, Parquet, LaTeX). `docs/glossary.md` explains
    their columns. Parts that a partial study lacks are hatched or named as missing. Equal evidence
    gives equal files.

    Args:
        evidence: of the study.
        cells: one row for every cell, from `crosswear.report.evidence_tables.cells_table`.
        folder: created if it does not exist.

    Returns:
        The files, the page first.

    Raises:
        DiskError: if a file cannot be written.
    """
    index = EvidenceIndex(evidence)
    texts = {"index.html": page(index, cells), "report.md": markdown(index)}
    for name, text in texts.items():
        write_text(folder / name, text)
    paths = [folder / name for name in texts]
    if index.sources:
        paths += draw_heatmaps(index, folder)
    if index.sizes:
        paths += draw_curves(index, folder)
    for name, table in {"results": cells, **evidence_tables(evidence)}.items():
        paths += write_table(table, name, folder)
    for_people = {
        "scores": readable.scores(evidence),
        "verdicts": readable.verdicts(index, index.sizes),
        "findings": readable.findings(evidence),
        "similarities": readable.similarities(evidence),
        "per_class": readable.per_class(index),
        "source_networks": readable.source_networks(evidence),
    }
    if evidence.encoders:
        for_people["encoders"] = readable.encoders(evidence)
    if evidence.zero_label:
        for_people["zero_label"] = readable.zero_label(evidence)
    paths += [write_latex(table, name, folder) for name, table in for_people.items()]
    return tuple(paths)
