"""Two studies, or two runs of one, cell by cell: paired wherever they tested the same windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from crosswear.errors import UsageError
from crosswear.evidence.crossed import crossed_mean
from crosswear.evidence.model import Contrast, Interval
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.scores import Question, hits_of, holm, question_of


@dataclass(frozen=True)
class Compared:
    """A rival on one target with one size, in both.

    Attributes:
        question: target, size and rival.
        repetitions: how many are in both: equal split and seed.
        a, b: micro-F1 over these.
        contrast: a less b.
    """

    question: Question
    repetitions: int
    a: Interval
    b: Interval
    contrast: Contrast


@dataclass(frozen=True)
class Comparison:
    """What two studies have in common.

    Attributes:
        compared: in the order of the first.
        only_a, only_b: how many finished repetitions the other has not.
        foreign: targets of both whose prepared windows differ; they are not compared.
    """

    compared: tuple[Compared, ...]
    only_a: int
    only_b: int
    foreign: tuple[str, ...]


def compare(a: StudyRecords, b: StudyRecords) -> Comparison:
    """Compare what is done in both; p-values are corrected over all comparisons.

    Raises:
        UsageError: if they have nothing in common.
    """
    shared = a.domains.keys() & b.domains.keys()
    equal = {place for place in shared if a.domains[place].digest == b.domains[place].digest}
    foreign = sorted({name for name, _ in shared - equal})
    ours, theirs = _repetitions(a), _repetitions(b)
    common = [place for place in ours if place in theirs and (place[0].target, place[1]) in equal]
    if not common:
        raise UsageError(
            "the two have no finished cell in common",
            expected="two studies with a target, an adaptation size and a rival that are the same"
            + (f"; the windows of {', '.join(foreign)} differ" if foreign else ""),
        )
    found = list(_compared(common, ours, theirs))
    corrected = holm(one.contrast for one in found)
    return Comparison(
        compared=tuple(
            replace(one, contrast=contrast)
            for one, contrast in zip(found, corrected, strict=True)
            if contrast is not None
        ),
        only_a=len(ours) - len(common),
        only_b=len(theirs) - len(common),
        foreign=tuple(foreign),
    )


Place = tuple[Question, int, int]
"""Question, split and seed."""


def _repetitions(records: StudyRecords) -> dict[Place, Observed]:
    found = {}
    for key, cell in records.cells():
        question = question_of(cell)
        if question is not None and key in records.observed:
            found[question, cell.split, cell.seed] = records.observed[key]
    return found


def _compared(
    common: list[Place], a: Mapping[Place, Observed], b: Mapping[Place, Observed]
) -> Iterator[Compared]:
    for question in dict.fromkeys(question for question, _, _ in common):
        places = [place for place in common if place[0] == question]
        ours, theirs = (hits_of([one[place] for place in places]) for one in (a, b))
        mean = crossed_mean(ours.hits - theirs.hits, ours.windows)
        yield Compared(
            question,
            len(places),
            crossed_mean(ours.hits, ours.windows).interval(),
            crossed_mean(theirs.hits, theirs.windows).interval(),
            Contrast(mean.interval(), mean.p(), None),
        )
