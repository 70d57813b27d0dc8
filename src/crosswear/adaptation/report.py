"""The report of an adaptation: `report.md`, `report.json` and `curve.png`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crosswear.adaptation.curve import Curve
from crosswear.adaptation.findings import Findings
from crosswear.adaptation.scoring import Interval
from crosswear.core.files import write_bytes, write_text
from crosswear.core.keys import to_json
from crosswear.grid.methods import METHODS, Role

BLUE, GREY = "#0072b2", "#777777"
_MARKUP = re.compile(r"([\\`*_\[\]#|<>~])")


def write_report(findings: Findings, folder: Path) -> list[Path]:
    """Write all of it; returns the paths.

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
    """The sentences that matter.

    Args:
        findings: all of it.
        shown: makes names fit for the page that they are to stand on.
    """
    people = "people" if findings.unit == "subject" else "occurrences of activities"
    expected = findings.expected
    lines = [
        f"chosen: {shown(findings.chosen)}",
        f"expected on new {people}: {_share(expected)} micro-F1 "
        f"(95 % interval for {findings.groups} new ones; estimated on {findings.folds} folds "
        f"of {findings.groups} {people})",
        advantage(findings, shown),
    ]
    if findings.curve is not None:
        lines.append(
            f"the next {findings.curve.more} labelled windows: {_points(findings.curve.next_gain)}"
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
    """By how much, and how surely, the chosen one is better than the best of another kind."""
    of_networks = METHODS[findings.kind].role is Role.NETWORK
    rivals = [
        one
        for one in findings.standings[1:]
        if one.behind is not None and (one.kind != findings.kind or of_networks)
    ]
    if not rivals:
        return "nothing else ran all folds"
    best = max(rivals, key=lambda one: one.micro_f1 or 0.0)
    if best.behind is None:
        raise AssertionError("filtered above")
    gain = best.behind
    if gain.low > 0:
        verdict = "clearly better than"
    elif gain.value >= 0:
        verdict = "not clearly better than"
    else:
        verdict = "simpler than, and not clearly worse than,"
    return f"{verdict} the next best, {shown(best.name)}: by {_points(gain)}"


def report_text(findings: Findings) -> str:
    """Markdown."""
    standing_rows = (
        (
            _plain(one.name),
            "not run" if one.micro_f1 is None else f"{100 * one.micro_f1:.1f}",
            str(one.folds),
            f"{one.seconds:.1f}",
            "" if one.behind is None else _points(one.behind),
        )
        for one in findings.standings
    )
    unit = "people" if findings.unit == "subject" else "occurrences"
    class_rows = (
        (
            _plain(one.name),
            str(one.windows),
            str(one.groups),
            "unknown" if one.f1 is None else f"{100 * one.f1:.1f}",
            _plain(one.taken_for or ""),
            _plain(one.advice),
        )
        for one in findings.classes
    )
    names = [_plain(one.name) for one in findings.classes]
    matrix = ((name, *map(str, row)) for name, row in zip(names, findings.confusion, strict=True))
    sections = [
        f"# Adaptation to {_plain(findings.recordings)}",
        "\n".join(f"- {line}" for line in summary(findings, _plain)),
        f"{findings.windows} labelled windows; {findings.seconds:.0f} s.",
        "## Candidates",
        "Micro-F1 of windows that were held back, in per cent. A candidate that ran fewer folds "
        "was behind, or there was no time for it.",
        _table(("candidate", "micro-F1", "folds", "seconds", "chosen is better by"), standing_rows),
        "## Classes",
        _table(("class", "windows", unit, "F1", "most taken for", "advice"), class_rows),
        "## Confusion",
        "Rows: what it was. Columns: the answer. Windows that were held back.",
        _table(("", *(str(number) for number in range(1, len(names) + 1))), _numbered(matrix)),
    ]
    if findings.curve is not None:
        points = (
            (str(one.windows), f"{100 * one.micro_f1:.1f}", f"{100 * one.error:.1f}")
            for one in findings.curve.points
        )
        sections += [
            "## Learning curve",
            _table(("windows learned from", "micro-F1", "standard error"), points),
            "![Learning curve](curve.png)",
        ]
    if findings.notes:
        sections += ["## Notes", "\n".join(f"- {_plain(note)}" for note in findings.notes)]
    return "\n\n".join(sections) + "\n"


def curve_figure(curve: Curve) -> Figure:
    """Micro-F1 on held-back windows over the number that was learned from, and the fit."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    n = np.array([point.windows for point in curve.points])
    f1 = 100 * np.array([point.micro_f1 for point in curve.points])
    error = 100 * np.array([min(point.error, 1.0) for point in curve.points])
    axes.errorbar(n, f1, error, fmt="o", color=BLUE, capsize=3, label="held back, ± 1 error")
    line = np.geomspace(n[0], n[-1] + 2 * curve.more, 100)
    fit = 100 * (curve.a - curve.b * line**-curve.c)
    axes.plot(line, fit, color=GREY, linewidth=1, label="inverse power law")
    axes.set_xlabel("labelled windows learned from")
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


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _share(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _points(interval: Interval) -> str:
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * interval.value:+.1f} points [{low:+.1f}, {high:+.1f}]"


def _plain(text: str) -> str:
    """Text of whoever made the recordings, on one line and without any meaning in Markdown."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
