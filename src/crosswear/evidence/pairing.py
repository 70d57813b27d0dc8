"""Two methods compared over all targets, sources and sizes that a study pairs them on.

On each target the pairs are pooled, repetition by repetition and person by person, so that the
interval is that of any other contrast; over the targets the mean counts every target once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from crosswear.evidence import phrases
from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.inference import finding, mean_over
from crosswear.evidence.scores import CorrectCounts, holm
from crosswear.evidence.statements import Contrast, Finding


def pooled(pairs: Iterable[tuple[CorrectCounts, CorrectCounts]]) -> Contrast | None:
    """Return ours less theirs over pairs that were tested on the same windows; None without any."""
    both = list(pairs)
    if not both:
        return None
    surplus = np.sum([ours.correct - theirs.correct for ours, theirs in both], axis=0)
    mean = crossed_mean(surplus, np.sum([ours.windows for ours, _ in both], axis=0))
    return Contrast(mean.interval(), mean.p(), None)


def paired_finding(
    name: str, question: str, what: str, by_target: Mapping[str, Contrast | None]
) -> Finding | None:
    """Return a finding on the mean over the targets; its sentence names each of them.

    Args:
        name: of the finding.
        question: with yes for an answer where the difference is positive.
        what: the difference, in words.
        by_target: of each target; p-values are corrected over the targets, after Holm.
    """
    known = {target: one for target, one in by_target.items() if one is not None}
    if not known:
        return None
    corrected = dict(zip(known, holm(known.values()), strict=True))
    test = mean_over([one.difference.value for one in known.values()])
    each = "; ".join(
        f"{target} {phrases.gain(one)}, {phrases.compared(one)}"
        for target, one in corrected.items()
    )
    return finding(
        name=name,
        question=question,
        test=test,
        answer=f"{what} is {test.points()}, over {test.n} targets. By target, corrected: {each}.",
    )
