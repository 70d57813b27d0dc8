"""The verdict of a study in one paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from crosswear.core.intervals import percent, points
from crosswear.core.recording import GROUP_NAMES
from crosswear.core.texts import counted
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.scores import Scores
from crosswear.evidence.statements import Contrast, Verdict
from crosswear.grid.experiment import StudyDesign

MOST = 0.5
"""Share of a domain's test windows above which one person or occurrence is named."""


def summarise(
    study: StudyDesign,
    domains: Mapping[str, DomainSummary],
    scores: Scores,
    verdicts: Sequence[Verdict],
    done: int,
    expected: int,
) -> str:
    """Return the verdict and its limits."""
    judged = [verdict for verdict in verdicts if verdict.over_scratch is not None]
    lacking = f"{expected - done:,} of {counted(expected, 'cell')} are not done."
    if not verdicts:
        verdict = "No transfer from another domain is asked for here: see the curves and findings."
        return f"{verdict} {lacking}" if done < expected else verdict
    if not judged:
        return f"No transfer can be judged yet. {lacking}"
    scratch, untrained, classical = (
        [one for one in contrasts if one is not None]
        for contrasts in (
            [verdict.over_scratch for verdict in judged],
            [verdict.over_untrained for verdict in judged],
            [verdict.over_classical for verdict in judged],
        )
    )
    more = study.adaptation.selection == "validation"
    baseline = "the best classical baseline" + ("" if more else " with the same labels")
    sentences = [_headline(scratch), _others(untrained, classical, baseline)]
    if classical and more:
        sentences.append(
            "Networks had more labels than the classical baselines: their epochs were chosen on "
            "the validation subset."
        )
    if any(one.effect == "unknown" for one in scratch):
        sentences.append("Some have too few repetitions or people to be sure of.")
    if study.grid.seeds == study.grid.splits == 1:
        sentences.append(
            "There is one repetition: intervals and verdicts account for test people alone, not "
            "for other draws of windows or initial weights."
        )
    sentences += _lonely(scores, domains)
    if done < expected:
        sentences.append(lacking)
    return " ".join(sentence for sentence in sentences if sentence)


def _lonely(scores: Scores, domains: Mapping[str, DomainSummary]) -> Iterator[str]:
    """Name the domains whose test windows are mostly of one person or chain of occurrences."""
    windows = {one.target: counts.windows.sum(axis=0) for one, counts in scores.counts.items()}
    for target, of_groups in windows.items():
        share = float(of_groups.max() / of_groups.sum())
        if np.count_nonzero(of_groups) > 1 and share > MOST:
            one, many = GROUP_NAMES[domains[target].split.unit]
            yield (
                f"{percent(share)} % of the test windows of {target} are of one {one}: how "
                f"{many} differ there is hardly known, and its intervals are wide for it."
            )


def _headline(scratch: Sequence[Contrast]) -> str:
    effects = Counter(one.effect for one in scratch)
    helps, hurts, of = effects["helps"], effects["hurts"], len(scratch)
    if helps and not hurts:
        opening = "Transfer helps here, in part." if helps < of else "Transfer helps here."
    elif hurts and not helps:
        opening = "Transfer hurts here."
    elif helps:
        opening = "Transfer helps here in some places and hurts in others."
    else:
        opening = "No gain of transfer is shown here."
    return (
        f"{opening} Against the network from scratch it is better in {helps} of "
        f"{counted(of, 'comparison')} and worse in {hurts} (mean {_mean(scratch)} points)."
    )


def _others(untrained: Sequence[Contrast], classical: Sequence[Contrast], baseline: str) -> str:
    """Compare with the untrained control and with the best classical baseline."""
    parts = [
        f"against {whom} it is better in {effects['helps']}, worse in {effects['hurts']} "
        f"(mean {_mean(contrasts)} points)"
        for contrasts, whom in (
            (untrained, "the same with an untrained source"),
            (classical, baseline),
        )
        if contrasts
        for effects in [Counter(one.effect for one in contrasts)]
    ]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _mean(contrasts: Sequence[Contrast]) -> str:
    return points(float(np.mean([one.difference.value for one in contrasts])))
