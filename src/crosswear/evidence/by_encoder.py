"""Imported encoders against their untrained controls and the classical baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crosswear.core.texts import counted
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import ScoreKey, Scores, holm
from crosswear.evidence.statements import (
    CLASSICAL,
    EncoderVerdict,
    Finding,
    LearningMethod,
)
from crosswear.evidence.verdicts import best_classical
from crosswear.grid.experiment import StudyDesign

TRAINED, CONTROL = "encoder", "untrained-encoder"


def encoder_verdicts_of(study: StudyDesign, scores: Scores) -> tuple[EncoderVerdict, ...]:
    """Judge every encoder; p-values are corrected within each kind of contrast."""
    found = [
        _judge(scores, target, size, name)
        for target in study.domains
        for size in (scores.sizes if study.encoders else ())
        for name in study.encoders
        if ScoreKey(target, size, LearningMethod(TRAINED, name)) in scores.by_key
    ]
    untrained = holm(one.over_untrained for one in found)
    classical = holm(one.over_classical for one in found)
    return tuple(
        replace(one, over_untrained=a, over_classical=b)
        for one, a, b in zip(found, untrained, classical, strict=True)
    )


def encoder_findings(study: StudyDesign, scores: Scores) -> Iterator[Finding]:
    """Compare each encoder with its control and each classical baseline, over all sizes."""
    for name in study.encoders:
        ours = LearningMethod(TRAINED, name)
        control = LearningMethod(CONTROL, name)
        for short, theirs in (("untrained", control), *((one.method, one) for one in CLASSICAL)):
            found = paired_finding(
                name=f"encoder_{name}_over_{short}",
                question=f"With the same labels, is {ours.label} better than {theirs.label}?",
                what=f"{ours.label} less {theirs.label}, over all sizes,",
                by_target={
                    target: pooled(
                        (scores.counts[one], scores.counts[other])
                        for one, other in (
                            (ScoreKey(target, size, ours), ScoreKey(target, size, theirs))
                            for size in scores.sizes
                        )
                        if {one, other} <= scores.counts.keys()
                    )
                    for target in study.domains
                },
            )
            if found:
                yield found


def encoder_summary(verdicts: Sequence[EncoderVerdict]) -> str:
    """Return the results of all encoders in one sentence; empty where there is none."""
    kinds = (
        ("against their untrained controls", [one.over_untrained for one in verdicts]),
        ("against the best classical baseline", [one.over_classical for one in verdicts]),
    )
    parts = []
    for against, contrasts in kinds:
        effects = Counter(one.effect for one in contrasts if one)
        if effects:
            comparisons = counted(sum(effects.values()), "comparison")
            parts.append(
                f"{against} better in {effects['helps']} of {comparisons}, worse in "
                f"{effects['hurts']}"
            )
    return f"Imported encoders: {'; '.join(parts)}." if parts else ""


def _judge(scores: Scores, target: str, size: int, name: str) -> EncoderVerdict:
    ours = ScoreKey(target, size, LearningMethod(TRAINED, name))
    best = best_classical(scores, target, size)
    return EncoderVerdict(
        target=target,
        encoder=name,
        size=size,
        micro_f1=scores.by_key[ours].micro_f1,
        over_untrained=scores.contrast(ours, ScoreKey(target, size, LearningMethod(CONTROL, name))),
        over_classical=scores.contrast(ours, ScoreKey(target, size, best)) if best else None,
        classical=best.label if best else "",
    )
