"""Findings on the temporal and the spectral branch of the network."""

from __future__ import annotations

from collections.abc import Iterator

from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import CorrectCounts, ScoreKey, Scores
from crosswear.evidence.statements import Finding, LearningMethod
from crosswear.grid.experiment import StudyDesign


def branch_findings(study: StudyDesign, scores: Scores) -> Iterator[Finding]:
    """Compare temporal with spectral transfer, fine-tuned and frozen, where the grid has both."""
    for blocks, way in _ways(study).items():
        if {("temporal", blocks), ("spectral", blocks)} <= set(study.transfers):
            by_target = {
                target: pooled(_pairs(study, scores, target, blocks)) for target in study.domains
            }
            found = paired_finding(
                name=f"branch_{way.replace('-', '_')}",
                question="Does the temporal branch carry more of what transfers than the "
                f"spectral one, {way}?",
                what="temporal less spectral transfer, over all sources and sizes,",
                by_target=by_target,
            )
            if found:
                yield found


def _ways(study: StudyDesign) -> dict[int, str]:
    """Return the training of a branch by its number of blocks, without those that copy nothing."""
    match study.transfer.strategy:
        case "freeze":
            return {0: "fine-tuned", study.model.blocks: "frozen"}
        case "copy":
            return {study.model.blocks: "fine-tuned"}
    return {study.model.blocks: "frozen"}


def _pairs(
    study: StudyDesign, scores: Scores, target: str, blocks: int
) -> Iterator[tuple[CorrectCounts, CorrectCounts]]:
    sizes = scores.sizes
    for source in study.trained_origins(target):
        for size in sizes:
            ours, theirs = (
                scores.counts.get(
                    ScoreKey(target, size, LearningMethod("network", source, blocks, branch))
                )
                for branch in ("temporal", "spectral")
            )
            if ours and theirs:
                yield ours, theirs
