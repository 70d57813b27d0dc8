"""Verdicts: whether transfer helps, for every target, source and size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from crosswear.evidence.scores import ScoreKey, Scores, holm
from crosswear.evidence.statements import CLASSICAL, SCRATCH, LearningMethod, Verdict
from crosswear.grid.experiment import UNTRAINED, StudyDesign


def verdicts_of(study: StudyDesign, scores: Scores) -> tuple[Verdict, ...]:
    """Judge every transfer of a study; p-values are corrected within each kind of contrast."""
    verdicts = list(_uncorrected(study, scores))
    scratch = holm(verdict.over_scratch for verdict in verdicts)
    untrained = holm(verdict.over_untrained for verdict in verdicts)
    classical = holm(verdict.over_classical for verdict in verdicts)
    return tuple(
        replace(verdict, over_scratch=a, over_untrained=b, over_classical=c)
        for verdict, a, b, c in zip(verdicts, scratch, untrained, classical, strict=True)
    )


def blocks_for(study: StudyDesign, scores: Scores, target: str, size: int) -> int | None:
    """Return the number of blocks with the highest mean gain over scratch on the other targets."""
    gains = {
        blocks: [
            score.micro_f1.value - scratch.micro_f1.value
            for other in study.domains
            if other != target
            for source in study.trained_origins(other)
            if (score := scores.by_key[transfer_of(study, other, size, source, blocks)]).micro_f1
            if (scratch := scores.by_key[ScoreKey(other, size, SCRATCH)]).micro_f1
        ]
        for blocks in study.judged_blocks
    }
    known = {blocks: float(np.mean(gain)) for blocks, gain in gains.items() if gain}
    return max(known, key=lambda blocks: known[blocks]) if known else None


def transfer_of(study: StudyDesign, target: str, size: int, source: str, blocks: int) -> ScoreKey:
    """Return the transfer with so many blocks that is judged."""
    return ScoreKey(target, size, LearningMethod("network", source, blocks, study.judged_branches))


def best_classical(scores: Scores, target: str, size: int) -> LearningMethod | None:
    """Return the classical baseline that is best on the test windows, a choice in its favour."""
    classical = {
        approach: score.micro_f1.value
        for approach in CLASSICAL
        if (score := scores.by_key.get(ScoreKey(target, size, approach))) and score.micro_f1
    }
    return max(classical, key=lambda approach: classical[approach]) if classical else None


def _uncorrected(study: StudyDesign, scores: Scores) -> Iterator[Verdict]:
    sizes = scores.sizes
    for target in study.domains if study.grid.blocks else ():
        for size in sizes:
            blocks = blocks_for(study, scores, target, size)
            for source in study.trained_origins(target):
                verdict = Verdict(target, source, size, blocks)
                yield verdict if blocks is None else _judge(study, verdict, blocks, scores)


def _judge(study: StudyDesign, verdict: Verdict, blocks: int, scores: Scores) -> Verdict:
    target, size = verdict.target, verdict.size
    ours = transfer_of(study, target, size, verdict.source, blocks)
    untrained = transfer_of(study, target, size, UNTRAINED, blocks)
    best = best_classical(scores, target, size)
    return replace(
        verdict,
        micro_f1=scores.by_key[ours].micro_f1,
        over_scratch=scores.contrast(ours, ScoreKey(target, size, SCRATCH)),
        over_untrained=scores.contrast(ours, untrained),
        over_classical=scores.contrast(ours, ScoreKey(target, size, best)) if best else None,
        classical=best.label if best else "",
    )
