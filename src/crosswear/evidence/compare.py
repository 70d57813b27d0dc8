"""Two studies, or two runs of one, compared cell by cell where they tested the same windows.

Domains that differ in their sensors alone have the same windows, with more channels or with fewer:
so a study with a gyroscope is compared with one without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from crosswear.core.errors import UsageError
from crosswear.core.intervals import Interval
from crosswear.datasets.domain import DomainSummary
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.scores import (
    CorrectCounts,
    ScoreKey,
    correct_counts,
    difference,
    holm,
    score_key,
)
from crosswear.evidence.statements import SCRATCH, Contrast, Finding
from crosswear.grid.experiment import UNTRAINED
from crosswear.grid.methods import Role

OVERALL: Mapping[str, tuple[str, str]] = {
    "scratch": (
        "Is the network of A better than that of B, from scratch?",
        "A less B, from scratch, over all sizes,",
    ),
    "transfer": (
        "Is the network of A better than that of B, transferred?",
        "A less B, transferred, over all sources, sizes and blocks,",
    ),
    "gain": (
        "Does the network of A gain more by transfer than that of B?",
        "what A gains over its scratch less what B gains over its own",
    ),
}
"""Findings over all that two studies have in common: the question, and the difference in words."""


@dataclass(frozen=True)
class Compared:
    """A method on one target with one size, in both.

    Attributes:
        key: target, size and approach.
        repetitions: number in both, of equal split and seed.
        a, b: micro-F1 over these.
        contrast: a less b.
    """

    key: ScoreKey
    repetitions: int
    a: Interval
    b: Interval
    contrast: Contrast


@dataclass(frozen=True)
class Comparison:
    """The comparison of two studies.

    Attributes:
        compared: in the order of the first.
        only_a, only_b: number of finished repetitions that the other lacks.
        foreign: targets of both whose prepared windows differ in more than channels; they are not
            compared.
        seeds: of both studies. Where they differ, so do the draws, and the pairing of repetitions
            is arbitrary.
        findings: whether the networks of a do better than those of b, over all that was compared:
            from scratch, transferred, and in what transfer gains over scratch. Where some targets
            differ in their sensors, these alone count.
    """

    compared: tuple[Compared, ...]
    only_a: int
    only_b: int
    foreign: tuple[str, ...]
    seeds: tuple[int, int]
    findings: tuple[Finding, ...]


def compare(a: StudyRecords, b: StudyRecords) -> Comparison:
    """Compare what is done in both; p-values are corrected over all comparisons.

    Raises:
        UsageError: if they have nothing in common.
    """
    shared = a.domains.keys() & b.domains.keys()
    equal = {place for place in shared if _same_windows(a.domains[place], b.domains[place])}
    foreign = sorted({name for name, _ in shared - equal})
    ours, theirs = _repetitions(a), _repetitions(b)
    common = [place for place in ours if place in theirs and (place[0].target, place[1]) in equal]
    if not common:
        raise UsageError(
            "the two have no finished cell in common",
            expected="two studies with a target, an adaptation size and a method in common"
            + (f"; the windows of {', '.join(foreign)} differ" if foreign else ""),
        )
    pairs = _paired(common, ours, theirs)
    found = list(_compared(pairs))
    corrected = holm(one.contrast for one in found)
    turned = {name for name, at in equal if a.domains[name, at] != b.domains[name, at]}
    compared = {one: pair for one, pair in pairs.items() if not turned or one.target in turned}
    return Comparison(
        compared=tuple(
            replace(one, contrast=contrast)
            for one, contrast in zip(found, corrected, strict=True)
            if contrast is not None
        ),
        only_a=len(ours) - len(common),
        only_b=len(theirs) - len(common),
        foreign=tuple(foreign),
        seeds=(a.study.seed, b.study.seed),
        findings=tuple(_overall(compared)),
    )


def _same_windows(a: DomainSummary, b: DomainSummary) -> bool:
    """Return whether two domains are equal, or of one dataset and different in sensors alone."""
    if a.digest == b.digest:
        return True
    datasets = {one.reference.partition(":")[0] for one in (a, b)}
    ours, theirs = (replace(one, reference="", digest="", sensors=()) for one in (a, b))
    return len(datasets) == 1 and a.sensors != b.sensors and ours == theirs


Repetition = tuple[ScoreKey, int, int]
"""Score key, split and seed."""


def _repetitions(records: StudyRecords) -> dict[Repetition, Observed]:
    found = {}
    for digest, cell in records.cells():
        key = score_key(cell)
        if key is not None and digest in records.observed:
            found[key, cell.split, cell.seed] = records.observed[digest]
    return found


Pairs = dict[ScoreKey, tuple[CorrectCounts, CorrectCounts]]


def _paired(
    common: list[Repetition], a: Mapping[Repetition, Observed], b: Mapping[Repetition, Observed]
) -> Pairs:
    """Correct counts of both for each key, repetition by repetition."""
    by_key: dict[ScoreKey, list[Repetition]] = {}
    for place in common:
        by_key.setdefault(place[0], []).append(place)
    return {
        key: (
            correct_counts([a[one] for one in places]),
            correct_counts([b[one] for one in places]),
        )
        for key, places in by_key.items()
    }


def _compared(pairs: Pairs) -> Iterator[Compared]:
    for key, (ours, theirs) in pairs.items():
        both = ours.share(), theirs.share()
        yield Compared(key, len(ours.correct), *both, difference(ours, theirs))


def _overall(pairs: Pairs) -> Iterator[Finding]:
    """Compare over all sources, sizes and blocks of a target; every target counts once.

    Only keys with the most repetitions are pooled, repetition by repetition.
    """
    most = max(len(ours.correct) for ours, _ in pairs.values())
    groups: dict[str, dict[str, list[tuple[CorrectCounts, CorrectCounts]]]] = {
        one: {} for one in OVERALL
    }
    for key, pair in pairs.items():
        approach, target = key.approach, key.target
        if approach.role is not Role.NETWORK or approach.source == UNTRAINED:
            continue
        if len(pair[0].correct) < most:
            continue
        kind = "transfer" if approach.source else "scratch"
        groups[kind].setdefault(target, []).append(pair)
        scratch = pairs.get(replace(key, approach=SCRATCH))
        if kind == "transfer" and scratch and len(scratch[0].correct) == most:
            ours, theirs = (
                replace(one, correct=one.correct - own.correct)
                for one, own in zip(pair, scratch, strict=True)
            )
            groups["gain"].setdefault(target, []).append((ours, theirs))
    for name, (question, what) in OVERALL.items():
        by_target = {target: pooled(some) for target, some in groups[name].items()}
        if found := paired_finding(name, question, what, by_target):
            yield found
