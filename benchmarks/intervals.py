"""Coverage of intervals and error rates of tests, on simulated comparisons with known truth.

    python benchmarks/intervals.py

Coverage of 95 % intervals, beside that of a bootstrap over both repetitions and people
(percentiles). Differences found where there is none, at the 5 % level and at the level of one of
25 corrected comparisons. Power: how often a gain of five points is found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from crosswear.evidence.crossed import crossed_mean

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from generators.gains import Design, draw_counts

STUDIES = 2000
RESAMPLES = 1000
GAIN = 0.05
LEVELS = (0.05, 0.002)
DESIGNS = (
    Design(),
    Design(repetitions=3),
    Design(repetitions=10),
    Design(people=4),
    Design(people=16),
    Design(between_repetitions=0.0),
    Design(between_people=0.0),
    Design(people=3, windows=(700, 200, 100)),
    Design(people=3, windows=(2807, 46, 15)),  # of wharf's test subset with min_subjects = 1
    Design(people=11, windows=(580, 387, 370, 243, 217, 211, 165, 147, 53, 40, 15)),  # with 2
    Design(repetitions=4, people=2, windows=(370, 320)),  # of actrectut
    Design(repetitions=2),
    Design(repetitions=2, people=30),
    Design(repetitions=4, people=4, tested="one"),
    Design(repetitions=9, people=9, tested="one"),
    Design(repetitions=20, people=20, tested="one"),
    Design(repetitions=3, people=16, tested="half"),
    Design(repetitions=5, people=16, tested="half"),
)


def main() -> None:
    """Print one row for each design."""
    table = Table(title=f"{STUDIES} simulated comparisons a row")
    for name in ("repetitions", "people", "tested", "sd repetitions", "sd people"):
        table.add_column(name, justify="right")
    for name in ("coverage", "of a bootstrap", "false, 5 %", "false, 0.2 %", "power at 5 points"):
        table.add_column(name, justify="right")
    for design in DESIGNS:
        rng = np.random.default_rng(0)
        covered = np.zeros(2)
        false, found = np.zeros(2), 0
        for _ in range(STUDIES):
            ours, theirs, windows = draw_counts(design, 0.0, rng)
            mean = crossed_mean(ours - theirs, windows)
            interval = mean.interval()
            covered[0] += (interval.low or 0) <= 0 <= (interval.high or 0)
            low, high = bootstrap(ours - theirs, windows, rng)
            covered[1] += low <= 0 <= high
            false += (mean.p() or 0) < np.array(LEVELS)
            ours, theirs, windows = draw_counts(design, GAIN, rng)
            mean = crossed_mean(ours - theirs, windows)
            found += mean.mean > 0 and (mean.p() or 0) < 0.05
        table.add_row(
            f"{design.repetitions}",
            f"{design.people}" + (f", {design.windows}" if design.windows else ""),
            design.tested,
            f"{design.between_repetitions}",
            f"{design.between_people}",
            *(f"{share / STUDIES:.3f}" for share in (*covered, false[0])),
            f"{false[1] / STUDIES:.4f}",
            f"{found / STUDIES:.2f}",
        )
    Console().print(table)


def bootstrap(
    correct: NDArray[np.int64], windows: NDArray[np.int64], rng: np.random.Generator
) -> tuple[float, float]:
    """Percentiles of means with repetitions and people both drawn anew (Owen 2007)."""
    rows, columns = correct.shape
    drawn_rows = rng.multinomial(rows, np.full(rows, 1 / rows), RESAMPLES)
    drawn_columns = rng.multinomial(columns, np.full(columns, 1 / columns), RESAMPLES)
    sums = [((drawn_rows @ one) * drawn_columns).sum(axis=1) for one in (correct, windows)]
    drawn = sums[1] > 0  # where each repetition tests one person, a draw may have no window
    low, high = np.quantile(sums[0][drawn] / sums[1][drawn], [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
