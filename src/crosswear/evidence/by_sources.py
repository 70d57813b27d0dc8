"""Findings on several sources at once against single ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import CorrectCounts, Scores
from crosswear.evidence.statements import Finding, Verdict
from crosswear.evidence.verdicts import transfer_of
from crosswear.grid.experiment import StudyDesign


def source_findings(
    study: StudyDesign, scores: Scores, verdicts: Sequence[Verdict]
) -> Iterator[Finding]:
    """Compare each joint source with its single ones, by the judged transfers.

    Only test windows show the best single source. The highest score would be lucky in part; so each
    repetition takes the source that did best in the *other* repetitions. The test people are the
    same there, which still favours the single source.
    """
    for name in study.sources:
        matches = {
            target: _matches(study, scores, verdicts, target, name) for target in study.domains
        }
        best = {
            target: pooled(
                (joint, _best_elsewhere(singles))
                for joint, singles in mine
                if len(joint.correct) > 1
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
    """Return a joint source and all its single ones at each size, where all of them are done."""
    origins = study.trained_origins(target)
    members = [single for single in origins if origins[single] == (single,)]
    members = [single for single in members if single in origins.get(name, ())]
    found = []
    for verdict in verdicts:
        if (verdict.target, verdict.source) == (target, name) and verdict.blocks is not None:
            keys = [
                transfer_of(study, target, verdict.size, source, verdict.blocks)
                for source in (name, *members)
            ]
            counts = [scores.counts[one] for one in keys if one in scores.counts]
            if len(counts) == len(keys) > 2:
                found.append((counts[0], counts[1:]))
    return found


def _best_elsewhere(singles: Sequence[CorrectCounts]) -> CorrectCounts:
    """Take in each repetition the source that did best in all others; of equal ones the first."""
    each = np.stack([one.correct for one in singles])  # sources, repetitions, groups
    others = each.sum(axis=(1, 2))[:, None] - each.sum(axis=2)
    return CorrectCounts(each[others.argmax(axis=0), np.arange(each.shape[1])], singles[0].windows)
