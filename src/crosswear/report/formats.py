"""Tables as files: CSV, Parquet and LaTeX."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from tabulate import tabulate

from crosswear.core.files import write_bytes, write_text
from crosswear.report.readable import Readable

FORMULA = r"^([=+\-@\t\r])"
"""What a spreadsheet takes for a formula (OWASP, "CSV injection")."""


def write_table(table: pa.Table, name: str, folder: Path) -> list[Path]:
    """Write `NAME.csv` and `NAME.parquet`; returns their paths.

    In the CSV file, a text that a spreadsheet would compute gets an apostrophe in front.

    Raises:
        DiskError: if one cannot be written.
    """
    paths = []
    writers = {"csv": pa.csv.write_csv, "parquet": pa.parquet.write_table}
    for kind, write in writers.items():
        buffer = io.BytesIO()
        write(_without_formulas(table) if kind == "csv" else table, buffer)
        paths.append(folder / f"{name}.{kind}")
        write_bytes(paths[-1], buffer.getvalue())
    return paths


def write_latex(table: Readable, name: str, folder: Path) -> Path:
    r"""Write `NAME.tex`, a `longtable` to be taken in by `\input`; returns its path.

    Raises:
        DiskError: if it cannot be written.
    """
    text = tabulate(
        [[_latin(cell) for cell in row] for row in table.rows],
        headers=[_latin(heading) for heading in table.headings],
        tablefmt="latex_longtable",
        disable_numparse=True,
        colalign=table.alignment if table.rows else None,
    )
    write_text(folder / f"{name}.tex", f"% {table.caption}\n{text}\n")
    return folder / f"{name}.tex"


def _without_formulas(table: pa.Table) -> pa.Table:
    for number, field in enumerate(table.schema):
        if field.type == pa.string():
            safe = pa.compute.replace_substring_regex(table[number], FORMULA, r"'\1")
            table = table.set_column(number, field, safe)
    return table


def _latin(text: str) -> str:
    """Signs that LaTeX has in its text fonts; `tabulate` escapes the rest."""
    return " ".join(text.replace("−", "-").replace("–", "--").split())
