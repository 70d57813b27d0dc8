"""The study's Table 1, computed: one row for each domain, as text, CSV and LaTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.report.formats import TextTable, latex_escaped, to_csv, to_latex
from crosswear.signal.blocks import by_blocks
from crosswear.signal.splits import SplitReport


@dataclass(frozen=True)
class DomainRow:
    """The row of one domain.

    Attributes:
        domain: the dataset reference; of own recordings the name of their folder.
        placement: where the sensor was.
        rate_hz: nominal rate of the recordings.
        subjects: how many people.
        resting_g: length of the mean acceleration in the quietest tenth of the windows, median;
            near 1 if the unit is right.
        activities: how many classes have a window.
        recorded_min: length of all recordings, null and gaps included, in minutes.
        windowed_min: a hop for each window, in minutes: about the time in which a class goes on
            for as long as a window.
        windows: how many there are, those that the split gave up included.
        majority_f1: micro-F1, in per cent, of always answering the class that has most windows in
            train, on test.
        split: what the split reached.
        missing: names of the classes without a window in each `Subset`.
        by_class: windows of each class in each `Subset`.
    """

    domain: str
    placement: str
    rate_hz: float
    subjects: int
    resting_g: float
    activities: int
    recorded_min: float
    windowed_min: float
    windows: int
    majority_f1: float
    split: SplitReport
    missing: tuple[tuple[str, ...], ...]
    by_class: Mapping[str, tuple[int, ...]]


def describe_domain(domain: Domain, hop_s: float) -> DomainRow:
    """Return the row of a domain whose windows start `hop_s` seconds apart."""
    summary = domain.summary
    counts = np.array(
        [
            np.bincount(domain.windows.y[domain.indices(subset)], minlength=len(domain.classes))
            for subset in Subset
        ]
    )
    train, test = counts[Subset.TRAIN], counts[Subset.TEST]
    return DomainRow(
        domain=display_name(summary.reference),
        placement=summary.placement,
        rate_hz=summary.rate_hz,
        subjects=len(summary.subjects),
        resting_g=_resting_g(domain.windows.acceleration),
        activities=len(summary.classes),
        recorded_min=summary.duration_s / 60,
        windowed_min=len(domain.windows) * hop_s / 60,
        windows=len(domain.windows),
        majority_f1=100 * float(test[train.argmax()] / test.sum()),
        split=summary.split,
        missing=tuple(
            tuple(domain.classes[index] for index in part) for part in summary.split.missing
        ),
        by_class={
            name: tuple(column.tolist())
            for name, column in zip(domain.classes, counts.T, strict=True)
        },
    )


def display_name(reference: str) -> str:
    """Return the name of a domain: the folder of own recordings, the reference of others."""
    return Path(reference).resolve().parent.name if reference.endswith(".toml") else reference


def _resting_g(x: NDArray[np.float32]) -> float:
    movement = by_blocks(lambda some: some.std(axis=2).sum(axis=1), x)
    lengths = by_blocks(lambda some: np.linalg.norm(some.mean(axis=2), axis=1), x)
    return float(np.median(lengths[movement <= np.quantile(movement, 0.1)]))


def recorded(rows: Sequence[DomainRow]) -> TextTable:
    """Return the recordings, one line for each domain."""
    return TextTable(
        "Recorded, null and gaps included",
        ("domain", "placement", "split by", "Hz", "subjects", "at rest", "minutes"),
        tuple(
            (
                row.domain,
                row.placement,
                row.split.unit,
                f"{row.rate_hz:g}",
                str(row.subjects),
                f"{row.resting_g:.2f} g",
                f"{row.recorded_min:.1f}",
            )
            for row in rows
        ),
        names=3,
    )


def windowed(rows: Sequence[DomainRow]) -> TextTable:
    """Return the windows made of the recordings, one line for each domain."""
    return TextTable(
        "Windowed",
        ("domain", "activities", "windows", "minutes", "majority F1"),
        tuple(
            (
                row.domain,
                str(row.activities),
                str(row.windows),
                f"{row.windowed_min:.1f}",
                f"{row.majority_f1:.1f} %",
            )
            for row in rows
        ),
    )


def split_reached(rows: Sequence[DomainRow]) -> TextTable:
    """Return one line for each subset of each domain; groups are what the split keeps whole."""
    return TextTable(
        "Split reached",
        ("domain", "subset", "%", "groups", "windows", "purged", "missing"),
        tuple(
            (
                row.domain if subset == Subset.TRAIN else "",
                subset.name.lower(),
                f"{row.split.percent[subset]:.1f}",
                str(row.split.groups[subset]),
                str(row.split.windows[subset]),
                str(row.split.purged[subset]),
                str(len(row.missing[subset])),
            )
            for row in rows
            for subset in Subset
        ),
        names=2,
    )


def missing_classes(rows: Sequence[DomainRow]) -> TextTable:
    """Return one line for each subset that lacks classes."""
    return TextTable(
        "Classes missing",
        ("domain", "subset", "classes without a window in it"),
        tuple(
            (row.domain, subset.name.lower(), ", ".join(row.missing[subset]))
            for row in rows
            for subset in Subset
            if row.missing[subset]
        ),
        names=3,
    )


def windows_by_class(row: DomainRow) -> TextTable:
    """Return one line for each class."""
    return TextTable(
        f"{row.domain}: windows by class",
        ("class", *(subset.name.lower() for subset in Subset)),
        tuple((name, *map(str, counts)) for name, counts in row.by_class.items()),
    )


def describe_csv(rows: Sequence[DomainRow]) -> str:
    """Return the table as CSV, one line for each domain; semicolons join the missing classes."""
    return to_csv(pa.Table.from_pylist([_record(row) for row in rows]))


def describe_latex(rows: Sequence[DomainRow]) -> str:
    r"""Return the table as LaTeX for `\input`; it needs the package booktabs."""
    left, right = recorded(rows), windowed(rows)
    table = TextTable(
        "",
        (
            *(*left.headings[:-1], "recorded (min)", *right.headings[1:3], "windowed (min)"),
            *("majority F1", *(f"{subset.name.lower()} (%)" for subset in Subset)),
        ),
        tuple(
            (*one, *other[1:], *(f"{share:.1f}" for share in row.split.percent))
            for row, one, other in zip(rows, left.rows, right.rows, strict=True)
        ),
        left.names,
    )
    lacking = (
        f"\n{latex_escaped(f'{domain}: no window in {subset} of {classes}.')}"
        for domain, subset, classes in missing_classes(rows).rows
    )
    head = "% needs \\usepackage{booktabs}"
    return "\n".join([head, to_latex(table, "tabular"), *lacking]) + "\n"


def _record(row: DomainRow) -> dict[str, str | int | float]:
    split = row.split
    by_subset: dict[str, Sequence[str | float]] = {
        "percent": [round(share, 2) for share in split.percent],
        "windows": split.windows,
        "groups": split.groups,
        "purged": split.purged,
        "missing": ["; ".join(names) for names in row.missing],
    }
    return {
        "domain": row.domain,
        "placement": row.placement,
        "rate_hz": row.rate_hz,
        "subjects": row.subjects,
        "resting_g": round(row.resting_g, 3),
        "activities": row.activities,
        "recorded_min": round(row.recorded_min, 2),
        "windowed_min": round(row.windowed_min, 2),
        "windows": row.windows,
        "majority_f1_percent": round(row.majority_f1, 2),
        "split_by": split.unit,
        **{
            f"{subset.name.lower()}_{name}": values[subset]
            for name, values in by_subset.items()
            for subset in Subset
        },
    }
