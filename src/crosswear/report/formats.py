"""Tables as files: CSV and Parquet for machines, LaTeX for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet
from tabulate import DataRow, Line, TableFormat, tabulate

from crosswear.core.files import write_bytes, write_text
from crosswear.core.markdown import alignment

Row: TypeAlias = tuple[str, ...]

FORMULA = tuple("=+-@＝＋－＠")
"""Signs that begin a formula in a spreadsheet (OWASP, "CSV injection")."""
_LATEX: Mapping[str, str] = MappingProxyType(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {
        "\\": "\\textbackslash{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        "<": "\\textless{}",
        ">": "\\textgreater{}",
        "|": "\\textbar{}",
        # After the end of a row, these three would belong to the command that ended it.
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        # Signs that the text fonts of LaTeX have under other names.
        "−": "-",
        "–": "--",
    }
)


@dataclass(frozen=True)
class TextTable:
    """A table for people.

    Attributes:
        caption: what it shows, in one sentence.
        headings: of its columns.
        rows: texts.
        names: columns of text on the left; the others hold numbers.
    """

    caption: str
    headings: Row
    rows: tuple[Row, ...]
    names: int = 1

    def without(self, heading: str) -> TextTable:
        """Return the table without a column of names."""
        place = self.headings.index(heading)
        headings, *rows = ((*row[:place], *row[place + 1 :]) for row in (self.headings, *self.rows))
        return replace(self, headings=headings, rows=tuple(rows))


def write_table(table: pa.Table, name: str, folder: Path) -> list[Path]:
    """Write `NAME.csv` and `NAME.parquet`; return their paths.

    Raises:
        DiskError: if one cannot be written.
    """
    buffer = io.BytesIO()
    pa.parquet.write_table(table, buffer)
    write_text(folder / f"{name}.csv", to_csv(table))
    write_bytes(folder / f"{name}.parquet", buffer.getvalue())
    return [folder / f"{name}.csv", folder / f"{name}.parquet"]


def to_csv(table: pa.Table) -> str:
    """Return a table as CSV; a text that a spreadsheet would compute gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    columns = (column.to_pylist() for column in table.columns)
    writer.writerows(zip(*(map(_harmless, column) for column in columns), strict=True))
    return text.getvalue()


def write_latex(table: TextTable, name: str, folder: Path) -> Path:
    r"""Write `NAME.tex`, a `longtable` for `\input`; return its path.

    Raises:
        DiskError: if it cannot be written.
    """
    head = f"% {table.caption} Needs the packages booktabs and longtable."
    write_text(folder / f"{name}.tex", f"{head}\n{to_latex(table, 'longtable')}\n")
    return folder / f"{name}.tex"


def to_latex(table: TextTable, environment: str) -> str:
    r"""Return a table as LaTeX for `\input`; it needs the package booktabs.

    Args:
        table: the table.
        environment: `tabular`, or `longtable` of the package of that name.
    """
    return tabulate(
        [[latex_escaped(cell) for cell in row] for row in table.rows],
        headers=[latex_escaped(heading) for heading in table.headings],
        tablefmt=_format(environment),
        disable_numparse=True,
        colalign=alignment(table.headings, table.names) if table.rows else None,
    )


def latex_escaped(text: str) -> str:
    """Return a text as LaTeX that prints it; a space replaces characters that cannot be printed."""
    return "".join(_LATEX.get(character, character) for character in _one_line(text))


def _format(environment: str) -> TableFormat:
    def begin(_widths: list[int], alignments: list[str]) -> str:
        columns = "".join(side[0] for side in alignments)
        return f"\\begin{{{environment}}}{{{columns}}}\n\\toprule"

    head = "\\midrule" + ("\n\\endhead" if environment == "longtable" else "")
    row = DataRow("", "&", "\\\\")
    return TableFormat(
        lineabove=begin,
        linebelowheader=Line(head, "", "", ""),
        linebetweenrows=None,
        linebelow=Line(f"\\bottomrule\n\\end{{{environment}}}", "", "", ""),
        headerrow=row,
        datarow=row,
        padding=1,
        with_header_hide=None,
    )


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _one_line(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
