"""Variation of gains of transfer between repetitions, people and targets, from docs/records.

    python benchmarks/deviations.py

Prints standard deviations in points for each study and target, and their means: the constants of
`crosswear.evidence.power`. Targets with most test windows in one group say nothing of groups.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from crosswear.core.recording import GroupUnit
from crosswear.evidence.power import expected_part
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.evidence.scores import ScoreKey, Scores, scores_of
from crosswear.evidence.statements import SCRATCH, Verdict
from crosswear.evidence.verdicts import transfer_of, verdicts_of
from crosswear.signal.groups import variance_over_groups

RECORDS = Path(__file__).parents[1] / "docs" / "records"
LARGEST = 0.5
"""Share of the test windows of one group, at most."""


def components(
    surplus: NDArray[np.number], windows: NDArray[np.integer]
) -> NDArray[np.float64] | None:
    """Estimate the variances [3] between repetitions, between groups, and of both together.

    By the method of moments: what the model of `crosswear.evidence.power` expects of the variances
    over repetitions, over groups and over all cells is solved for the three.

    Args:
        surplus: [R, G], correct answers of one method less those of the other.
        windows: [R, G].

    Returns:
        Estimates, which may be negative; None if the design cannot separate the three.
    """
    used = windows.any(axis=0)
    windows, surplus = windows[:, used], surplus[:, used]
    surplus = surplus - windows * surplus.sum() / windows.sum()
    units = np.eye(3)
    rows = [expected_part(windows, a, b, rest).expected for a, b, rest in units]
    columns = [expected_part(windows.T, b, a, rest).expected for a, b, rest in units]
    share = windows / windows.sum()
    sums = (share.sum(axis=1), share.sum(axis=0), share)
    cells = [1 - float((one**2).sum()) for one in sums]
    tested = windows > 0
    observed = [
        variance_over_groups(surplus.sum(axis=1), windows.sum(axis=1))[0],
        variance_over_groups(surplus.sum(axis=0), windows.sum(axis=0))[0],
        float((surplus[tested] ** 2 / windows[tested]).sum() / windows.sum()),
    ]
    system = np.array([rows, columns, cells])
    if np.linalg.matrix_rank(system) < 3:
        return None
    return np.linalg.solve(system, observed)


def of_target(
    records: StudyRecords, scores: Scores, verdicts: list[Verdict]
) -> NDArray[np.float64] | None:
    """Return the mean variances [3] over the verdicts on a target."""
    found = []
    for one in verdicts:
        if one.blocks is None or one.over_scratch is None:
            continue
        ours = transfer_of(records.study, one.target, one.size, one.source, one.blocks)
        theirs = scores.counts[ScoreKey(one.target, one.size, SCRATCH)]
        share = theirs.windows.sum(axis=0) / theirs.windows.sum()
        if share.max() > LARGEST:
            return None
        found.append(components(scores.counts[ours].correct - theirs.correct, theirs.windows))
    known = [one for one in found if one is not None]
    return np.mean(known, axis=0) if known else None


def main() -> None:
    """Print one row for each study and target, and the means by the unit of the split."""
    table = Table(title="standard deviations of gains over scratch (points)")
    for name in ("study", "target", "repetitions", "groups", "rest"):
        table.add_column(name, justify="right")
    by_unit: dict[GroupUnit, list[NDArray[np.float64]]] = defaultdict(list)
    between = []
    for path in sorted(RECORDS.glob("*.parquet")):
        records = read_records(path)
        scores = scores_of(records)
        by_target: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in verdicts_of(records.study, scores):
            if verdict.over_scratch is not None:
                by_target[verdict.target].append(verdict)
        for target, verdicts in by_target.items():
            found = of_target(records, scores, verdicts)
            if found is not None:
                unit = records.domains[target, records.study.splits[0]].split.unit
                by_unit[unit].append(found)
                table.add_row(path.stem, target, *map(_points, found))
        gains = [
            np.mean([one.over_scratch.difference.value for one in some if one.over_scratch])
            for some in by_target.values()
        ]
        if len(gains) > 2:
            between.append(np.var(gains, ddof=1))
    for unit, variances in by_unit.items():
        table.add_row("mean", unit, *map(_points, np.mean(variances, axis=0)))
    console = Console()
    console.print(table)
    console.print(f"mean gains between targets: {_points(float(np.mean(between)))}")


def _points(variance: float) -> str:
    return f"{100 * np.sqrt(max(variance, 0.0)):.1f}"


if __name__ == "__main__":
    main()
