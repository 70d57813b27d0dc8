"""Write the tables of docs/results.md from the records in docs/records.

    python benchmarks/results.py [--check]

A table stands between `<!-- NAME: KIND -->` and `<!-- end -->`; `records/NAME.parquet` makes it,
or, of `NAME+NAME`, those of several studies.
`--check` writes nothing and fails where the document differs from the records.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from result_tables import DOCS, index_of
from result_tables.questions import hydra, mirrored, pairs, recipe, stacked
from result_tables.several import compared, networks, sensors, settings
from result_tables.study import (
    findings,
    heatmap,
    methods,
    shared_classes,
    sources,
    summary,
    verdicts,
    zero_label,
)

RESULTS = DOCS / "results.md"
SECTION = re.compile(r"(<!-- (\S+): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(
    check: Annotated[bool, typer.Option("--check", help="Only compare.")] = False,
) -> None:
    """Bring the document up to date, or check that it is."""
    text = RESULTS.read_text("utf-8")
    made = SECTION.sub(lambda found: found[1] + table(found[2], found[3]) + "\n" + found[4], text)
    if made == text:
        return
    if check:
        sys.exit("docs/results.md differs from docs/records: run `python benchmarks/results.py`")
    RESULTS.write_text(made, "utf-8")


def table(name: str, kind: str) -> str:
    """Return one table, or the summary, of the studies with these records."""
    return KINDS[kind](*map(index_of, name.split("+")))


KINDS: dict[str, Callable[..., str]] = {
    "summary": summary,
    "sources": sources,
    "methods": methods,
    "heatmap": heatmap,
    "verdicts": verdicts,
    "findings": findings,
    "shared_classes": shared_classes,
    "branch_findings": lambda index: findings(index, "branch"),
    "joint_findings": lambda index: findings(index, "joint"),
    "placement_findings": lambda index: findings(index, "over_", "similarity_a", "similarity_m"),
    "zero_label": zero_label,
    "recipe": recipe,
    "hydra": hydra,
    "stacked": stacked,
    "stack_findings": lambda index: findings(index, "stacking", "encoder_joint_over_"),
    "compared": compared,
    "pairs": pairs,
    "mirrored": mirrored,
    "sensors": sensors,
    "networks": networks,
    "settings": settings,
}

if __name__ == "__main__":
    typer.run(main)
