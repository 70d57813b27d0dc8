"""Zero-label transfer: the gain from the target's windows without their labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from crosswear.core.texts import counted
from crosswear.evidence.inference import finding, mean_over
from crosswear.evidence.scores import ScoreKey, Scores, holm
from crosswear.evidence.statements import Finding, LearningMethod, ZeroLabel
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.methods import METHODS, Alignment


def zero_labels_of(study: StudyDesign, scores: Scores) -> tuple[ZeroLabel, ...]:
    """Judge every alignment on every pair; p-values are corrected over all alignments and pairs.

    Args:
        study: the study.
        scores: on shared classes, from `crosswear.evidence.scores.shared_scores_of`.
    """
    found = [
        ZeroLabel(
            alignment,
            len(study.shared_between(source, target)),
            scores.by_key[_key(source, target, alignment)],
            None
            if METHODS[alignment].sees
            != "windows"  # references: nothing of the target, or its labels
            else scores.contrast(
                _key(source, target, alignment), _key(source, target, "source-only")
            ),
        )
        for source, target in study.shared_pairs
        for alignment in study.grid.alignments
    ]
    corrected = holm(one.over_source_only for one in found)
    return tuple(
        replace(one, over_source_only=contrast)
        for one, contrast in zip(found, corrected, strict=True)
    )


def zero_label_findings(rows: Sequence[ZeroLabel]) -> Iterator[Finding]:
    """Test for each alignment whether it beats source only on the targets."""
    for alignment in dict.fromkeys(row.alignment for row in rows if row.over_source_only):
        mine = [row for row in rows if row.alignment == alignment]
        gains: dict[str, list[float]] = {}
        for row in mine:
            if row.over_source_only:
                gains.setdefault(row.target, []).append(row.over_source_only.difference.value)
        test = mean_over([float(np.mean(values)) for values in gains.values()])
        yield finding(
            name=f"alignment_{alignment}",
            question=f"Without a label of the target, does {METHODS[alignment].label} beat "
            "the source alone?",
            test=test,
            answer=f"{test.points()} on average over {counted(test.n, 'target')}; "
            f"{_counted(mine)}.",
        )


def zero_label_summary(rows: Sequence[ZeroLabel]) -> str:
    """Return the result in one sentence; empty where there is none."""
    judged = [row for row in rows if row.over_source_only]
    if not judged:
        return ""
    return (
        "Against a network that has seen the source alone, one that has also seen the target's "
        f"windows without their labels: {_counted(judged)}."
    )


def _counted(rows: Sequence[ZeroLabel]) -> str:
    effects = Counter(row.over_source_only.effect for row in rows if row.over_source_only)
    comparisons = counted(sum(effects.values()), "comparison")
    return f"better in {effects['helps']} of {comparisons}, worse in {effects['hurts']}"


def _key(source: str, target: str, alignment: Alignment) -> ScoreKey:
    return ScoreKey(target, 0, LearningMethod(alignment, source))
