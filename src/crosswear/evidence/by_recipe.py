"""Findings on the recipe for few labels and its ingredients, against the classical baselines."""

from __future__ import annotations

from collections.abc import Iterator

from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import CorrectCounts, ScoreKey, Scores
from crosswear.evidence.statements import Finding, LearningMethod
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.methods import MethodName

Kind = tuple[MethodName, bool]
"""A classical method, and whether windows of the other domains whiten it."""

PAIRS: tuple[tuple[str, str, Kind, Kind], ...] = (
    ("recipe_over_forest", "the forest", ("vote", True), ("forest", False)),
    ("recipe_over_minirocket", "MiniRocket", ("vote", True), ("minirocket", False)),
    ("extra_trees", "the forest", ("extra-trees", False), ("forest", False)),
    ("voting", "MiniRocket", ("vote", False), ("minirocket", False)),
    ("whitening_minirocket", "MiniRocket", ("minirocket", True), ("minirocket", False)),
    ("whitening_vote", "the vote", ("vote", True), ("vote", False)),
    ("stacking", "the vote", ("stack", False), ("vote", False)),
    ("stacking_whitened", "the whitened vote", ("stack", True), ("vote", True)),
    ("hydra_over_minirocket", "MiniRocket", ("hydra-multirocket", False), ("minirocket", False)),
    ("hydra_over_vote", "the vote", ("hydra-multirocket", False), ("vote", False)),
)
"""Name of the finding, name of the baseline, and the two methods that are paired."""


def recipe_findings(study: StudyDesign, scores: Scores) -> Iterator[Finding]:
    """Compare each pair over all sizes with equal labels, as far as the study has both."""
    for name, beaten, ours, theirs in PAIRS:
        by_target = {
            target: pooled(_pairs(study, scores, target, ours, theirs)) for target in study.domains
        }
        mine = LearningMethod(ours[0], "others" if ours[1] else "").label
        found = paired_finding(
            name=name,
            question=f"With the same labels, is {mine} better than {beaten}?",
            what=f"{mine} less {beaten}, over all sizes,",
            by_target=by_target,
        )
        if found:
            yield found


def _pairs(
    study: StudyDesign, scores: Scores, target: str, ours: Kind, theirs: Kind
) -> Iterator[tuple[CorrectCounts, CorrectCounts]]:
    for size in scores.sizes:
        one, other = (
            scores.counts.get(ScoreKey(target, size, learning_method_of(study, target, kind)))
            for kind in (ours, theirs)
        )
        if one and other:
            yield one, other


def learning_method_of(study: StudyDesign, target: str, kind: Kind) -> LearningMethod:
    """Return a classical method on a target."""
    method, whitened = kind
    return LearningMethod(method, "+".join(study.others(target)) if whitened else "")
