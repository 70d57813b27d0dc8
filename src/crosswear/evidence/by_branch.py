"""Which branch of the network carries what transfers: the temporal or the spectral one."""

from __future__ import annotations

from collections.abc import Iterator

from crosswear.evidence.model import Finding, LearningMethod
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import CorrectCounts, ScoreKey, Scores
from crosswear.grid.experiment import StudyDesign


def branch_findings(study: StudyDesign, scores: Scores) -> Iterator[Finding]:
    """Temporal less spectral transfer: fine-tuned and frozen, as far as the grid has both."""
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
    """What becomes of a branch, by the number of blocks; those that copy nothing are left out."""
    match study.transfer.strategy:
        case "freeze":
            return {0: "fine-tuned", study.model.blocks: "frozen"}
        case "copy":
            return {study.model.blocks: "fine-tuned"}
    return {study.model.blocks: "frozen"}


def _pairs(
    study: StudyDesign, scores: Scores, target: str, blocks: int
) -> Iterator[tuple[CorrectCounts, CorrectCounts]]:
    sizes = sorted({question.size for question in scores.by_question})
    for source in study.trained_origins(target):
        for size in sizes:
            ours, theirs = (
                scores.hits.get(
                    ScoreKey(target, size, LearningMethod("network", source, blocks, branch))
                )
                for branch in ("temporal", "spectral")
            )
            if ours and theirs:
                yield ours, theirs
