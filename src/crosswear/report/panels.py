"""From the table of cells to the numbers of the heatmaps: one panel for each target and source."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosswear.experiment import UNTRAINED


@dataclass(frozen=True, eq=False)
class Panel:
    """One target adapted from one source.

    Attributes:
        row: place of the target among the targets.
        column: place of the source among the sources.
        target, source: their names.
        majority: micro-F1 of the majority classifier in per cent; NaN where it is not done.
        scores: float64 [sizes, 1 + blocks], micro-F1 in per cent, mean over the repetitions;
            first the network from scratch. NaN unless every repetition is done.
    """

    row: int
    column: int
    target: str
    source: str
    majority: float
    scores: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panels:
    """The panels and the axes that they share.

    Attributes:
        panels: by target, then by source.
        rows, columns: how many targets and sources there are.
        sizes: windows in the adaptation set, rising.
        blocks: numbers of transferred blocks, rising.
        repetitions: how often each cell is repeated, seeds and splits together.
        strategy: of the transfers.
    """

    panels: tuple[Panel, ...]
    rows: int
    columns: int
    sizes: tuple[int, ...]
    blocks: tuple[int, ...]
    repetitions: int
    strategy: str


def panels_of(table: pa.Table) -> Panels:
    """Average the networks of a table from `cells_table`, over repetitions."""
    rows: list[dict[str, Any]] = table.to_pylist()
    majority = {
        target: _mean([r for r in rows if (r["method"], r["target"]) == ("majority", target)])
        for target in {row["target"] for row in rows}
    }
    networks = [row for row in rows if row["method"] == "network"]
    transfers = [row for row in networks if row["source"]]
    alike = defaultdict(list)
    for row in networks:
        alike[row["target"], row["source"], row["blocks"], row["size"]].append(row)

    targets = list(dict.fromkeys(row["target"] for row in networks))
    sources = sorted(
        {row["source"] for row in transfers},
        key=lambda source: [(*targets, UNTRAINED).index(name) for name in source.split("+")],
    )
    sizes = tuple(sorted({row["size"] for row in networks}))
    blocks = tuple(sorted({row["blocks"] for row in transfers}))

    def scores(target: str, source: str) -> NDArray[np.float64]:
        columns = [("", None), *((source, count) for count in blocks)]
        return np.array(
            [[_mean(alike[target, name, count, size]) for name, count in columns] for size in sizes]
        )

    pairs = sorted({(targets.index(r["target"]), sources.index(r["source"])) for r in transfers})
    return Panels(
        panels=tuple(
            Panel(
                row=row,
                column=column,
                target=targets[row],
                source=sources[column],
                majority=majority[targets[row]],
                scores=scores(targets[row], sources[column]),
            )
            for row, column in pairs
        ),
        rows=len(targets),
        columns=len(sources),
        sizes=sizes,
        blocks=blocks,
        repetitions=len({(row["split"], row["seed"]) for row in networks}),
        strategy=", ".join(sorted({row["strategy"] for row in transfers})),
    )


def _mean(rows: list[dict[str, Any]]) -> float:
    """Mean micro-F1 in per cent; NaN unless all are done."""
    if not rows or any(row["status"] != "done" for row in rows):
        return float("nan")
    return 100 * fmean(row["micro_f1"] for row in rows)
