"""The report as Markdown that reads well in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tabulate import tabulate

from crosswear.core.texts import counted
from crosswear.evidence.model import Evidence
from crosswear.report import readable
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.readable import Readable

SPECIAL = re.compile(r"[\\`*<>|\[\]$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def markdown(board: EvidenceIndex) -> str:
    """The text of `report.md`: summary, coverage, verdicts at each size, findings."""
    return "\n\n".join(_parts(board)) + "\n"


def coverage(evidence: Evidence) -> str:
    """How much of the study there is, in one sentence."""
    lacking = evidence.expected - evidence.done
    if not lacking:
        return f"All {counted(evidence.expected, 'cell')} of the study are done."
    return (
        f"{evidence.done:,} of {counted(evidence.expected, 'cell')} are done; "
        f"{evidence.failed:,} failed, {lacking - evidence.failed:,} are missing. A score is given "
        "only where all of its repetitions are done."
    )


def _parts(board: EvidenceIndex) -> Iterator[str]:
    evidence = board.evidence
    yield f"# {_plain(evidence.study.name)}"
    yield _plain(evidence.summary)
    if board.notice:
        yield _plain(board.notice)
    yield coverage(evidence)
    judged = board.sizes if board.transferred_to else ()
    if judged:
        yield "## Transfer against what else could be done"
        yield _table(readable.tally(board))
    for size in judged:
        yield f"## Verdicts with {counted(size, 'window')}"
        verdicts = readable.brief(board, size)
        yield verdicts.caption
        yield _table(verdicts)
    carried = readable.sensors(evidence)
    if carried.rows:
        yield "## Sensors"
        yield carried.caption
        yield _table(carried)
    if evidence.source_networks:
        networks = readable.source_networks(evidence)
        yield "## Source networks"
        yield networks.caption
        yield _table(networks)
    if evidence.zero_label:
        shared = readable.zero_label(evidence)
        yield "## Without labels of the target"
        yield shared.caption
        yield _table(shared)
    yield "## Findings"
    for finding in evidence.findings:
        yield f"**{_plain(finding.question)}** {_plain(finding.sentence)}"
    if not evidence.findings:
        yield "None: there is too little to put a reading to the test."


def _table(table: Readable) -> str:
    return tabulate(
        [[_plain(cell) for cell in row] for row in table.rows],
        headers=table.headings,
        tablefmt="pipe",
        disable_numparse=True,
        colalign=table.alignment if table.rows else None,
    )


def _plain(text: str) -> str:
    """A text as text: nothing in it is markup, and it stays on its line."""
    return SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
