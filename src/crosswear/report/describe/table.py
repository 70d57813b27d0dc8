"""The study's Table 1, computed: one row for each domain, as text, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.signal.splits import SplitReport

Cells: TypeAlias = tuple[list[str], list[list[str]]]
"""Names of the columns, and the rows."""

_STARTS_A_FORMULA = tuple("=+-@＝＋－＠")
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
    }
)


@dataclass(frozen=True)
class DomainRow:
    """What the table says about one domain.

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
    """The row of a domain whose windows start `hop_s` seconds apart."""
    summary = domain.summary
    counts = np.array(
        [
            np.bincount(domain.windows.y[domain.indices(subset)], minlength=len(domain.classes))
            for subset in Subset
        ]
    )
    train, test = counts[Subset.TRAIN], counts[Subset.TEST]
    return DomainRow(
        domain=called(summary.reference),
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


def called(reference: str) -> str:
    """What a domain is called: own recordings by their folder, others by their reference."""
    return Path(reference).resolve().parent.name if reference.endswith(".toml") else reference


def _resting_g(x: NDArray[np.float32]) -> float:
    movement = x.std(axis=2).sum(axis=1)
    quiet = x[movement <= np.quantile(movement, 0.1)]
    return float(np.median(np.linalg.norm(quiet.mean(axis=2), axis=1)))


def recorded(rows: Sequence[DomainRow]) -> Cells:
    """What was recorded, one line for each domain."""
    columns = ["domain", "placement", "Hz", "subjects", "split by", "at rest", "minutes"]
    return columns, [
        [
            row.domain,
            row.placement,
            f"{row.rate_hz:g}",
            str(row.subjects),
            row.split.unit,
            f"{row.resting_g:.2f} g",
            f"{row.recorded_min:.1f}",
        ]
        for row in rows
    ]


def windowed(rows: Sequence[DomainRow]) -> Cells:
    """What became of it, one line for each domain."""
    columns = ["domain", "activities", "windows", "minutes", "majority F1"]
    return columns, [
        [
            row.domain,
            str(row.activities),
            str(row.windows),
            f"{row.windowed_min:.1f}",
            f"{row.majority_f1:.1f} %",
        ]
        for row in rows
    ]


def split_reached(rows: Sequence[DomainRow]) -> Cells:
    """One line for each subset of each domain; groups are what the split is by."""
    columns = ["domain", "subset", "%", "groups", "windows", "purged", "missing"]
    return columns, [
        [
            row.domain if subset == Subset.TRAIN else "",
            subset.name.lower(),
            f"{row.split.percent[subset]:.1f}",
            str(row.split.groups[subset]),
            str(row.split.windows[subset]),
            str(row.split.purged[subset]),
            str(len(row.missing[subset])),
        ]
        for row in rows
        for subset in Subset
    ]


def missing_classes(rows: Sequence[DomainRow]) -> Cells:
    """One line for each subset that lacks classes."""
    columns = ["domain", "subset", "classes without a window in it"]
    return columns, [
        [row.domain, subset.name.lower(), ", ".join(row.missing[subset])]
        for row in rows
        for subset in Subset
        if row.missing[subset]
    ]


def windows_by_class(row: DomainRow) -> Cells:
    """One line for each class."""
    columns = ["class", *(subset.name.lower() for subset in Subset)]
    return columns, [
        [name, *(str(count) for count in counts)] for name, counts in row.by_class.items()
    ]


def to_csv(rows: Sequence[DomainRow]) -> str:
    """The table as CSV, one line for each domain; no cell can be taken for a formula.

    Where a text would begin one, an apostrophe stands before it. Classes are joined by semicolons.
    """
    lines = [_record(row) for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def to_latex(rows: Sequence[DomainRow]) -> str:
    r"""The table as LaTeX, to be read in with ``\input``; needs the package booktabs."""
    left, right = recorded(rows), windowed(rows)
    columns = [*left[0][:-1], "recorded (min)", *right[0][1:3], "windowed (min)", "majority F1"]
    columns += [f"{subset.name.lower()} (%)" for subset in Subset]
    cells = [
        [*one, *other[1:], *(f"{share:.1f}" for share in row.split.percent)]
        for row, one, other in zip(rows, left[1], right[1], strict=True)
    ]
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{tabular}{llrrlrrrrrrrrr}",
        "\\toprule",
        _latex_line(columns),
        "\\midrule",
        *map(_latex_line, cells),
        "\\bottomrule",
        "\\end{tabular}",
        *(
            f"\n{latex_escaped(f'{domain}: no window in {subset} of {classes}.')}"
            for domain, subset, classes in missing_classes(rows)[1]
        ),
    ]
    return "\n".join(lines) + "\n"


def latex_escaped(text: str) -> str:
    """A text as LaTeX that prints it; what cannot be printed becomes a space."""
    return "".join(_LATEX.get(character, character) for character in _one_line(text))


def _latex_line(cells: Sequence[str]) -> str:
    return " & ".join(map(latex_escaped, cells)) + " \\\\"


def _record(row: DomainRow) -> dict[str, str]:
    def by_subset(name: str, value: Callable[[Subset], str]) -> dict[str, str]:
        return {f"{subset.name.lower()}_{name}": value(subset) for subset in Subset}

    split = row.split
    return {
        "domain": _harmless(row.domain),
        "placement": _harmless(row.placement),
        "rate_hz": f"{row.rate_hz:g}",
        "subjects": str(row.subjects),
        "resting_g": f"{row.resting_g:.3f}",
        "activities": str(row.activities),
        "recorded_min": f"{row.recorded_min:.2f}",
        "windowed_min": f"{row.windowed_min:.2f}",
        "windows": str(row.windows),
        "majority_f1_percent": f"{row.majority_f1:.2f}",
        "split_by": split.unit,
        **by_subset("percent", lambda subset: f"{split.percent[subset]:.2f}"),
        **by_subset("windows", lambda subset: str(split.windows[subset])),
        **by_subset("groups", lambda subset: str(split.groups[subset])),
        **by_subset("purged", lambda subset: str(split.purged[subset])),
        **by_subset("missing", lambda subset: _harmless("; ".join(row.missing[subset]))),
    }


def _harmless(text: str) -> str:
    text = _one_line(text)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
