"""Tests of the hypotheses of the 2019 study, and of further ones (docs/evidence.md, Findings).

Every target counts once: its sources and sizes are not independent of each other. With few targets
most answers are therefore "undecided".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from crosswear.core.intervals import Interval
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.by_blocks import block_findings
from crosswear.evidence.by_branch import branch_findings
from crosswear.evidence.by_recipe import recipe_findings
from crosswear.evidence.by_sources import source_findings
from crosswear.evidence.inference import (
    Tested,
    correlation,
    correlation_within,
    finding,
    mean_over,
)
from crosswear.evidence.scores import Scores
from crosswear.evidence.statements import MEASURES, Contrast, Finding, Similarity, Support, Verdict
from crosswear.grid.experiment import StudyDesign


def findings_of(
    study: StudyDesign,
    scores: Scores,
    verdicts: Sequence[Verdict],
    similarities: Sequence[Similarity],
    domains: Mapping[str, DomainSummary],
) -> tuple[Finding, ...]:
    """Return all findings that the grid of a study allows; on transfer, once a verdict is known."""
    judged = [verdict for verdict in verdicts if verdict.over_scratch is not None]
    of_transfer = (
        (
            *_gains(judged),
            *_by_labels(judged),
            *_thresholds(judged),
            _by_classes(judged, domains),
            *_by_similarity(judged, similarities),
            *block_findings(study, scores),
            *branch_findings(study, scores),
            *source_findings(study, scores, judged),
        )
        if judged
        else ()
    )
    return (*of_transfer, *recipe_findings(study, scores))


def _gains(judged: Sequence[Verdict]) -> Iterator[Finding]:
    """Test the mean difference over sources and sizes, over the targets."""
    contrasts: tuple[tuple[str, str, Callable[[Verdict], Contrast | None]], ...] = (
        ("over_scratch", "the network from scratch", lambda v: v.over_scratch),
        ("over_untrained", "an untrained source", lambda v: v.over_untrained),
        ("over_classical", "the best classical baseline", lambda v: v.over_classical),
    )
    for name, against, contrast in contrasts:
        gains: dict[str, list[float]] = {}
        for verdict in judged:
            if one := contrast(verdict):
                gains.setdefault(verdict.target, []).append(one.difference.value)
        if not gains:
            continue
        test = mean_over([float(np.mean(values)) for values in gains.values()])
        yield finding(
            name=name,
            question=f"Does transfer beat {against}, over all sources and sizes?",
            test=test,
            answer=f"{test.points()} on average over {test.n} targets.",
        )


def _by_labels(judged: Sequence[Verdict]) -> Iterator[Finding]:
    """Test that the gain is larger with fewer labels."""
    sizes = sorted({verdict.size for verdict in judged})
    if len(sizes) < 2:
        return
    few, many = (_by_target(v for v in judged if v.size == size) for size in (sizes[0], sizes[-1]))
    test = mean_over([few[target] - many[target] for target in few if target in many])
    yield finding(
        name="labels",
        question="Is the gain larger with few labels than with many?",
        test=test,
        answer=f"the gain over scratch with {sizes[0]} windows less that with "
        f"{sizes[-1]} is {test.points()}, over {test.n} targets.",
        measure="difference of gains in micro-F1",
    )


def _thresholds(judged: Sequence[Verdict]) -> Iterator[Finding]:
    """Find the size from which transfer stops helping, on each target."""
    for target in dict.fromkeys(verdict.target for verdict in judged):
        mine = [verdict for verdict in judged if verdict.target == target]
        sizes = sorted({verdict.size for verdict in mine})
        helped = {verdict.size for verdict in mine if verdict.effect == "helps"}
        beyond = [size for size in sizes if size > max(helped, default=0)]
        support: Support = "not supported"
        if any(verdict.effect == "unknown" for verdict in mine):
            support, answer = "undecided", "Not every verdict is known"
        elif not helped:
            answer = "At no size is it shown to help, from any source"
        elif not beyond:
            answer = f"It still helps with {sizes[-1]} windows, from some source"
        else:
            support = "supported"
            answer = f"From {beyond[0]} windows on it is shown to help from no source"
        hurt = sum(verdict.effect == "hurts" for verdict in mine)
        size = Interval(beyond[0]) if support == "supported" else None
        yield finding(
            name=f"threshold_{target}",
            question=f"Is there a size from which transfer stops helping on {target}?",
            test=Tested(size, None, len(mine)),
            support=support,
            answer=f"{answer}; {hurt} of {len(mine)} verdicts say it hurts.",
            measure="windows",
        )


def _by_classes(judged: Sequence[Verdict], domains: Mapping[str, DomainSummary]) -> Finding:
    """Test that small adaptation sets gain more where there are few classes."""
    sizes = sorted({verdict.size for verdict in judged})
    small = sizes[: math.ceil(len(sizes) / 2)]
    gains = _by_target(verdict for verdict in judged if verdict.size in small)
    test = correlation([len(domains[target].classes) for target in gains], list(gains.values()))
    return finding(
        name="classes",
        question="Do small adaptation sets gain more where the target has few classes?",
        test=test,
        support=test.support(-1),
        answer=f"{test.rho()} of the number of classes with the gain over "
        f"scratch at up to {small[-1]} windows, over {test.n} targets.",
        measure="Spearman's rho",
    )


def _by_similarity(
    judged: Sequence[Verdict], similarities: Sequence[Similarity]
) -> Iterator[Finding]:
    """Test that, within each target, sources that are more similar gain more."""
    gains = _by_pair(judged)
    known = {(one.target, one.source): one for one in similarities}
    for name, (what, sign) in MEASURES.items():
        measured = {pair: float(getattr(one, name)) for pair, one in known.items()}
        test = correlation_within(measured, gains)
        yield finding(
            name=f"similarity_{name}",
            question=f"Do sources that are more like the target ({what}) transfer better?",
            test=test,
            support=test.support(sign),
            answer=f"{test.rho()} of {what} with the gain over scratch, "
            f"within targets, over {test.n} pairs.",
            measure="mean Spearman's rho within targets",
        )


def _by_pair(judged: Iterable[Verdict]) -> dict[tuple[str, str], float]:
    """Return the mean gain over scratch by target and source."""
    gains: dict[tuple[str, str], list[float]] = {}
    for verdict in judged:
        if verdict.over_scratch:
            pair = verdict.target, verdict.source
            gains.setdefault(pair, []).append(verdict.over_scratch.difference.value)
    return {pair: float(np.mean(values)) for pair, values in gains.items()}


def _by_target(judged: Iterable[Verdict]) -> dict[str, float]:
    pairs = _by_pair(judged)
    targets = dict.fromkeys(target for target, _ in pairs)
    return {t: float(np.mean([v for (one, _), v in pairs.items() if one == t])) for t in targets}
