"""Coverage of a study: cells done, by target and method."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import METHODS, Role
from crosswear.report.evidence_index import EvidenceIndex


@dataclass(frozen=True)
class CoverageRow:
    """Cells of one kind on one target."""

    done: int
    failed: int
    expected: int

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return self.done == self.expected


@dataclass(frozen=True)
class Coverage:
    """Cells by kind and target.

    Attributes:
        kinds: of cells.
        rows: target, and one entry for every kind; None where the study has no such cell.
    """

    kinds: tuple[str, ...]
    rows: tuple[tuple[str, tuple[CoverageRow | None, ...]], ...]


def coverage_table(index: EvidenceIndex, cells: pa.Table) -> Coverage:
    """Count the cells of a study."""
    names = ("target", "method", "source", "status")
    counts = Counter(zip(*(cells[name].to_pylist() for name in names), strict=True))
    by_kind: Counter[tuple[str, str, str]] = Counter()
    for (target, method, source, status), number in counts.items():
        by_kind[target, _kind(method, source), status] += number
    kinds = tuple(dict.fromkeys(kind for _, kind, _ in by_kind))

    def part(target: str, kind: str) -> CoverageRow | None:
        done, failed, missing = (
            by_kind[target, kind, status] for status in ("done", "failed", "missing")
        )
        expected = done + failed + missing
        return CoverageRow(done, failed, expected) if expected else None

    targets = dict.fromkeys((*index.targets, *(target for target, *_ in counts)))  # and joint ones
    rows = ((target, tuple(part(target, kind) for kind in kinds)) for target in targets)
    return Coverage(kinds, tuple(rows))


def _kind(method: str, source: str) -> str:
    role = METHODS[method].role
    if role is Role.NETWORK:
        return {"": "scratch", UNTRAINED: "untrained control"}.get(source, "transfer")
    return METHODS[method].label if role is Role.SOURCE else method
