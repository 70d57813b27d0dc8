"""The report of an adaptation: `report.md`, `report.json` and `curve.png`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crosswear.adaptation.assessment import Findings
from crosswear.adaptation.curve import LearningCurve
from crosswear.core.files import write_bytes, write_text
from crosswear.core.intervals import percent, points
from crosswear.core.keys import to_json
from crosswear.core.markdown import escaped, table
from crosswear.core.recording import GROUP_NAMES
from crosswear.grid.methods import METHODS, Role
from crosswear.signal.folds import PEOPLE

BLUE, GREY = "#0072b2", "#777777"


def write_report(findings: Findings, folder: Path) -> list[Path]:
    """Write the report; return the paths.

    Raises:
        DiskError: if a file cannot be written.
    """
    paths = [folder / "report.md", folder / "report.json"]
    write_text(paths[0], report_text(findings))
    about = json.dumps(to_json(findings), indent=2, ensure_ascii=False)
    write_text(paths[1], about + "\n")
    if findings.curve is not None:
        paths.append(folder / "curve.png")
        write_bytes(paths[2], _png(curve_figure(findings.curve)))
    return paths


def summary(findings: Findings, shown: Callable[[str], str] = str) -> list[str]:
    """Return the most important findings as sentences.

    Args:
        findings: of the adaptation.
        shown: escapes names for the output format.
    """
    people = GROUP_NAMES[findings.unit][1]
    expected = findings.expected
    lines = [
        f"chosen: {shown(findings.chosen)}",
        f"expected on new {people}: {percent(expected)} % micro-F1 "
        f"(95 % interval for {findings.groups} new ones; estimated on {findings.folds} folds "
        f"of {findings.groups} {people})",
        advantage(findings, shown),
    ]
    if findings.unit != "subject":
        lines.append(
            f"unknown: the score on other people, for fewer than {PEOPLE} people are labelled"
        )
    unscored = [shown(one.name) for one in findings.classes if one.groups < 2 or one.f1 is None]
    if unscored:
        lines.append(f"unknown: the scores of {', '.join(unscored)}, labelled for too few {people}")
    if findings.curve is not None:
        lines.append(
            f"the next {findings.curve.more} labelled windows: "
            f"{points(findings.curve.next_gain)} points"
        )
    sure = findings.certainty
    lines.append(
        f'answers below {sure.threshold:.2f} are marked "unsure": {sure.unsure:.0%} of windows; '
        f"the others are right in {sure.right_when_sure:.0%}"
    )
    weak = [shown(one.name) for one in findings.classes if one.advice]
    if weak:
        lines.append(f"classes that need more labels, or others: {', '.join(weak)}")
    return lines


def advantage(findings: Findings, shown: Callable[[str], str] = str) -> str:
    """Return the gain over the best candidate of another kind, and whether it is clear."""
    of_networks = METHODS[findings.kind].role is Role.NETWORK
    others = [
        (one.micro_f1 or 0.0, one.behind, one.name)
        for one in findings.standings[1:]
        if one.behind and (one.kind != findings.kind or of_networks)
    ]
    if not others:
        return "no other candidate ran in all folds"
    _, gain, name = max(others, key=lambda one: one[0])
    if gain.exceeds(0):
        verdict = "clearly better than"
    elif gain.value >= 0:
        verdict = "not clearly better than"
    else:
        return (
            f"{shown(name)} scores higher, but not clearly: the chosen one is preferred until "
            f"another is clearly better, and its gain is {points(gain)} points"
        )
    return f"{verdict} the next best, {shown(name)}: by {points(gain)} points"


def report_text(findings: Findings) -> str:
    """Return the report in Markdown."""
    standing_rows = (
        (
            escaped(one.name),
            "not run" if one.micro_f1 is None else f"{100 * one.micro_f1:.1f}",
            str(one.folds),
            f"{one.seconds:.1f}",
            "" if one.behind is None else points(one.behind),
        )
        for one in findings.standings
    )
    unit = GROUP_NAMES[findings.unit][1]
    class_rows = (
        (
            escaped(one.name),
            str(one.windows),
            str(one.groups),
            "unknown" if one.f1 is None else f"{100 * one.f1:.1f}",
            escaped(one.taken_for or ""),
            escaped(one.advice),
        )
        for one in findings.classes
    )
    names = [escaped(one.name) for one in findings.classes]
    matrix = ((name, *map(str, row)) for name, row in zip(names, findings.confusion, strict=True))
    sections = [
        f"# Adaptation to {escaped(findings.recordings)}",
        "\n".join(f"- {line}" for line in summary(findings, escaped)),
        f"{findings.windows} labelled windows; {findings.seconds:.0f} s.",
        "## Candidates",
        "Micro-F1 on the test windows of cross-validation, in per cent. A candidate with fewer "
        "folds scored lower, or there was no time for it.",
        table(
            ("candidate", "micro-F1", "folds", "seconds", "chosen is better by (points)"),
            standing_rows,
            1,
        ),
        "## Classes",
        table(("class", "windows", unit, "F1", "most confused with", "advice"), class_rows, 6),
        "## Confusion",
        "Rows: true class. Columns: answer. Test windows of cross-validation.",
        table(("", *(str(number) for number in range(1, len(names) + 1))), _numbered(matrix), 1),
    ]
    if findings.curve is not None:
        curve_rows = (
            (str(one.windows), f"{100 * one.micro_f1:.1f}", f"{100 * one.error:.1f}")
            for one in findings.curve.points
        )
        sections += [
            "## Learning curve",
            table(("windows trained on", "micro-F1", "standard error"), curve_rows, 0),
            "![Learning curve](curve.png)",
        ]
    if findings.notes:
        sections += ["## Notes", "\n".join(f"- {escaped(note)}" for note in findings.notes)]
    return "\n\n".join(sections) + "\n"


def curve_figure(curve: LearningCurve) -> Figure:
    """Plot micro-F1 on test windows over the number of training windows, and the fit."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    n = np.array([point.windows for point in curve.points])
    f1 = 100 * np.array([point.micro_f1 for point in curve.points])
    error = 100 * np.array([min(point.error, 1.0) for point in curve.points])
    axes.errorbar(n, f1, error, fmt="o", color=BLUE, capsize=3, label="test, ± 1 standard error")
    line = np.geomspace(n[0], n[-1] + 2 * curve.more, 100)
    fit = 100 * (curve.a - curve.b * line**-curve.c)
    axes.plot(line, fit, color=GREY, linewidth=1, label="inverse power law")
    axes.set_xlabel("labelled windows trained on")
    axes.set_ylabel("micro-F1 (%)")
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", frameon=False)
    return figure


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150, metadata={"Software": None})
    return content.getvalue()


def _numbered(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[f"{number} {row[0]}", *row[1:]] for number, row in enumerate(rows, start=1)]
