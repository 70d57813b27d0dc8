"""The report as Markdown that reads well in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from crosswear.core.markdown import escaped, table
from crosswear.core.texts import counted
from crosswear.evidence.statements import Evidence
from crosswear.report import readable
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.formats import TextTable


def markdown(index: EvidenceIndex) -> str:
    """Return the text of `report.md`: summary, coverage, verdicts at each size, findings."""
    return "\n\n".join(_parts(index)) + "\n"


def coverage(evidence: Evidence) -> str:
    """Return the coverage of the study in one sentence."""
    lacking = evidence.expected - evidence.done
    if not lacking:
        return f"All {counted(evidence.expected, 'cell')} of the study are done."
    return (
        f"{evidence.done:,} of {counted(evidence.expected, 'cell')} are done; "
        f"{evidence.failed:,} failed, {lacking - evidence.failed:,} are missing. A score is given "
        "only where all of its repetitions are done."
    )


def _parts(index: EvidenceIndex) -> Iterator[str]:
    evidence = index.evidence
    yield f"# {escaped(evidence.study.name)}"
    yield escaped(evidence.summary)
    if index.notice:
        yield escaped(index.notice)
    yield coverage(evidence)
    judged = index.sizes if index.transferred_to else ()
    if judged:
        yield "## Transfer against the alternatives"
        yield _table(readable.tally(index))
    for size in judged:
        yield f"## Verdicts with {counted(size, 'window')}"
        verdicts = readable.brief(index, size)
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
    if evidence.encoders:
        judged_encoders = readable.encoders(evidence)
        yield "## Imported encoders"
        yield judged_encoders.caption
        yield _table(judged_encoders)
        yield "\n".join(f"- {escaped(card)}" for card in evidence.encoder_cards)
    if evidence.zero_label:
        shared = readable.zero_label(evidence)
        yield "## Without labels of the target"
        yield shared.caption
        yield _table(shared)
    yield "## Findings"
    for finding in evidence.findings:
        yield f"**{escaped(finding.question)}** {escaped(finding.sentence)}"
    if not evidence.findings:
        yield "None: there are too few results to test a hypothesis."


def _table(shown: TextTable) -> str:
    rows = [[escaped(cell) for cell in row] for row in shown.rows]
    return table(shown.headings, rows, shown.names)
