"""Whether several sources at once are better than a single one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from crosswear.evidence.model import Finding, Verdict
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import CorrectCounts, Scores
from crosswear.evidence.verdicts import transfer_of
from crosswear.grid.experiment import StudyDesign


def source_findings(
    study: StudyDesign, scores: Scores, verdicts: Sequence[Verdict]
) -> Iterator[Finding]:
    """Each joint source against the single ones that it is made of, by the judged transfers.

    Which single source is best is only known from test windows. To take the one with the highest
    score would take its luck with it; so for each repetition it is the one that did best in the
    *other* repetitions. The test people are the same there, which still favours the single one.
    """
    for name in study.sources:
        matches = {
            target: _matches(study, scores, verdicts, target, name) for target in study.domains
        }
        best = {
            target: pooled(
                (joint, _best_elsewhere(singles)) for joint, singles in mine if len(joint.hits) > 1
            )
            for target, mine in matches.items()
        }
        mean = {
            target: pooled((joint, one) for joint, singles in mine for one in singles)
            for target, mine in matches.items()
        }
        for finding in (
            paired_finding(
                name=f"joint_{name}_over_best",
                question=f"Are several sources at once ({name}) better than the best single one?",
                what="the joint source less the single one that did best in the other repetitions",
                by_target=best,
            ),
            paired_finding(
                name=f"joint_{name}_over_mean",
                question=f"Are several sources at once ({name}) better than a single one on "
                "average?",
                what="the joint source less the mean of its single ones",
                by_target=mean,
            ),
        ):
            if finding:
                yield finding


def _matches(
    study: StudyDesign, scores: Scores, verdicts: Sequence[Verdict], target: str, name: str
) -> list[tuple[CorrectCounts, list[CorrectCounts]]]:
    """A joint source and all its single ones at each size, where all of them are done."""
    origins = study.trained_origins(target)
    members = [single for single in origins if origins[single] == (single,)]
    members = [single for single in members if single in origins.get(name, ())]
    found = []
    for verdict in verdicts:
        if (verdict.target, verdict.source) == (target, name) and verdict.blocks is not None:
            questions = [
                transfer_of(study, target, verdict.size, source, verdict.blocks)
                for source in (name, *members)
            ]
            hits = [scores.hits[one] for one in questions if one in scores.hits]
            if len(hits) == len(questions) > 2:
                found.append((hits[0], hits[1:]))
    return found


def _best_elsewhere(singles: Sequence[CorrectCounts]) -> CorrectCounts:
    """In each repetition the source that did best in all the others; of equal ones the first."""
    each = np.stack([one.hits for one in singles])  # sources, repetitions, groups
    others = each.sum(axis=(1, 2))[:, None] - each.sum(axis=2)
    return CorrectCounts(each[others.argmax(axis=0), np.arange(each.shape[1])], singles[0].windows)
