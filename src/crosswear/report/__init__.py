"""What a study found, as a page, figures, tables and text. Nothing is computed anew here."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from crosswear.core.files import write_text
from crosswear.evidence.model import Evidence
from crosswear.report import readable
from crosswear.report.columns import evidence_tables
from crosswear.report.curves import draw_curves
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.formats import write_latex, write_table
from crosswear.report.heatmaps import draw_heatmaps
from crosswear.report.markdown import markdown
from crosswear.report.page import page


def write_report(evidence: Evidence, cells: pa.Table, folder: Path) -> tuple[Path, ...]:
    """Write everything that shows the evidence of a study.

    `index.html` (needs no network and no other file), `report.md`, `heatmaps` and `curves` (PNG,
    SVG, PDF; where there are adaptation sizes), the table of cells as `results` (CSV, Parquet),
    and the tables of the evidence (CSV, Parquet, LaTeX). `docs/glossary.md` says what their
    columns mean. What a partial study lacks is hatched or said to be missing. Equal evidence gives
    equal files.

    Args:
        evidence: of the study.
        cells: one row for every cell, from `crosswear.report.tables.cells_table`.
        folder: made if it is not there.

    Returns:
        The files, the page first.

    Raises:
        DiskError: if a file cannot be written.
    """
    board = EvidenceIndex(evidence)
    texts = {"index.html": page(board, cells), "report.md": markdown(board)}
    for name, text in texts.items():
        write_text(folder / name, text)
    paths = [folder / name for name in texts]
    if board.sources:
        paths += draw_heatmaps(board, folder)
    if board.sizes:
        paths += draw_curves(board, folder)
    for name, table in {"results": cells, **evidence_tables(evidence)}.items():
        paths += write_table(table, name, folder)
    for_people = {
        "scores": readable.scores(evidence),
        "verdicts": readable.verdicts(board, board.sizes),
        "findings": readable.findings(evidence),
        "similarities": readable.similarities(evidence),
        "per_class": readable.per_class(board),
        "source_networks": readable.source_networks(evidence),
    }
    if evidence.zero_label:
        for_people["zero_label"] = readable.zero_label(evidence)
    paths += [write_latex(table, name, folder) for name, table in for_people.items()]
    return tuple(paths)
