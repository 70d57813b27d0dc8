"""Assignment of windows to training, validation and test: from metadata alone, never from signals.

Whole groups of windows go to one subset: subjects where there are enough of them, otherwise chains
of activity occurrences that follow each other too closely to be separated. Windows that still
share raw samples with another subset are purged (`crosswear.signal.leakage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DomainError
from crosswear.core.recording import PURGED, GroupUnit, Subset, Windows
from crosswear.signal.leakage import chains, purge_overlaps

Floats: TypeAlias = NDArray[np.float64]

TARGET_SHARES = (0.4, 0.1, 0.5)
"""Of the overall duration, in the order of `Subset`."""

_TOLERANCE = 0.05  # how much worse than the best a further split may be
_EXHAUSTIVE = 60_000  # assignments: 10 groups
_RESTARTS = 32
_SWAPS = 2_000  # looked at in one step of the search
_DRAWS = 64  # of people for validation, if one person is left out


@dataclass(frozen=True)
class SplitReport:
    """Result of a split; every tuple is in the order of `Subset`.

    Attributes:
        unit: what was kept whole: a subject, or an occurrence with all others of its chain.
        percent: share of the remaining windows' duration.
        windows: windows in each subset after the purge.
        purged: windows that each subset lost to the purge.
        groups: subjects or occurrences with windows in the subset after the purge.
        missing: classes of the domain without a window in the subset.
    """

    unit: GroupUnit
    percent: tuple[float, float, float]
    windows: tuple[int, int, int]
    purged: tuple[int, int, int]
    groups: tuple[int, int, int]
    missing: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


_APART = {
    "subject": "people in all three subsets, with windows that share no sample",
    "occurrence": "occurrences so far apart that windows of different subsets share no sample: of "
    "fewer than four people, each occurrence, one performance of an activity until another label "
    "or a gap, is in one subset",
}


def choose_unit(subjects: int) -> GroupUnit:
    """Whole subjects from four on; with fewer, occurrences: one test subject would decide all."""
    return "subject" if subjects >= 4 else "occurrence"


def split_windows(
    windows: Windows, classes: int, seed: int, number: int = 0, min_subjects: int = 1
) -> tuple[NDArray[np.int8], SplitReport]:
    """Split a domain into train, validation and test.

    The duration of a group is counted in windows, which are all a hop apart.

    Args:
        windows: of the whole domain; `x` is not looked at.
        classes: size of the class table.
        seed: decides between equally good splits.
        number: which of several splits, see `split_groups`.
        min_subjects: in a split by subject, no person should have a larger part of the test
            windows than if so many people had equal parts.

    Returns:
        int8 [N], a `Subset` or `PURGED` for each window, and what was reached.

    Raises:
        DomainError: if there are too few groups, too few splits, or the purge empties a subset.
    """
    unit = choose_unit(len(np.unique(windows.subject)))
    group = windows.subject if unit == "subject" else chains(windows)
    groups, group = np.unique(group, return_inverse=True)
    cells = group * classes + windows.y
    counts = np.bincount(cells, minlength=len(groups) * classes).reshape(len(groups), classes)
    largest = 1 / min_subjects if unit == "subject" else 1.0
    assigned = split_groups(counts.astype(np.float64), seed, number, largest)[group]
    kept = purge_overlaps(windows, assigned)
    subset = np.where(kept, assigned, PURGED).astype(np.int8)
    report = _report(windows, assigned, subset, unit)
    if not all(report.windows):
        raise DomainError(
            f"the {Subset(report.windows.index(0)).name.lower()} subset is empty",
            expected=_APART[unit],
            todo="record every activity several times, with pauses of more than a window between "
            "(another file will do); or four people; or use shorter windows",
        )
    return subset, report


def leave_out(
    windows: Windows, classes: int, seed: int, person: int
) -> tuple[NDArray[np.int8], SplitReport]:
    """Test one person, and learn from the others.

    A fifth of the others, rounded, one at least, is for validation, as in `TARGET_SHARES`: of
    random choices the one that leaves most classes in train, and of these the one whose windows
    are nearest to a fifth.

    Args:
        windows: of the whole domain, of four people or more; `x` is not looked at.
        classes: size of the class table.
        seed: of the choices.
        person: place of the tested person among those with windows, in the order of their numbers.

    Returns:
        int8 [N], a `Subset` or `PURGED` for each window, and what was reached.
    """
    people, number = np.unique(windows.subject, return_inverse=True)
    cells = np.bincount(number * classes + windows.y, minlength=len(people) * classes)
    counts = cells.reshape(len(people), classes)
    others = np.delete(np.arange(len(people)), person)
    rng = np.random.default_rng(seed)
    part = TARGET_SHARES[Subset.VALIDATION] / (1 - TARGET_SHARES[Subset.TEST])
    size = max(1, round(part * len(others)))
    best: tuple[int, float] | None = None
    for _ in range(_DRAWS):
        chosen = rng.choice(others, size, replace=False)
        train = np.setdiff1d(others, chosen)
        lacking = int((counts[train].sum(axis=0) == 0).sum())
        cost = lacking, abs(float(counts[chosen].sum() / counts[others].sum()) - part)
        if best is None or cost < best:
            best, validation = cost, chosen
    of_person = np.full(len(people), Subset.TRAIN, np.int8)
    of_person[validation], of_person[person] = Subset.VALIDATION, Subset.TEST
    assigned = of_person[number]
    subset = np.where(purge_overlaps(windows, assigned), assigned, PURGED).astype(np.int8)
    return subset, _report(windows, assigned, subset, "subject")


def _report(
    windows: Windows,
    assigned: NDArray[np.int8],
    subset: NDArray[np.int8],
    unit: GroupUnit,
) -> SplitReport:
    before = np.bincount(assigned, minlength=3)
    after = np.bincount(subset[subset != PURGED], minlength=3)
    percent = 100 * after / max(after.sum(), 1)
    inside = [subset == part for part in Subset]
    all_classes = set(windows.y.tolist())
    absent = [tuple(sorted(all_classes - set(windows.y[i].tolist()))) for i in inside]
    names = windows.subject if unit == "subject" else windows.occurrence
    groups = [len(np.unique(names[i])) for i in inside]
    return SplitReport(
        unit=unit,
        percent=(float(percent[0]), float(percent[1]), float(percent[2])),
        windows=(int(after[0]), int(after[1]), int(after[2])),
        purged=(int(before[0] - after[0]), int(before[1] - after[1]), int(before[2] - after[2])),
        groups=(groups[0], groups[1], groups[2]),
        missing=(absent[0], absent[1], absent[2]),
    )


def split_groups(
    durations: Floats, seed: int, number: int = 0, largest: float = 1.0
) -> NDArray[np.int8]:
    """Assign groups to subsets, as near to 40/10/50 and with as many classes as can be.

    What is minimised: the absolute deviations of the three shares of the duration from
    `TARGET_SHARES`, plus the share of the classes that train lacks and the share that test lacks,
    plus a tenth of the same deviations within each class, on average over the classes, plus what
    one group's share of the duration of test exceeds `largest` by. Up to ten
    groups every assignment is tried, beyond that a seeded search over moves and swaps.

    Split 0 is the best one. Split k is, among those at most 0.05 worse, the one whose test set
    shares least duration with the test sets of the splits before it. The seed decides ties.

    Args:
        durations: float [G, C], how long each class lasts in each group, in any one unit.
        seed: of the search and of ties.
        number: which split.
        largest: share of the duration of test that one group should not exceed.

    Returns:
        int8 [G], a `Subset` for each group.

    Raises:
        DomainError: if there are fewer than three groups or fewer than `number` + 1 splits.
    """
    if len(durations) < 3:
        raise DomainError(
            f"{len(durations)} groups cannot be split in three",
            expected="at least three subjects or occurrences",
            todo="use a dataset with more recordings",
        )
    rng = np.random.default_rng(seed)
    weight = durations.sum(axis=1) / durations.sum()
    totals = durations.sum(axis=0)
    classes = durations[:, totals > 0] / totals[totals > 0]
    search = _try_all if 3 ** len(durations) <= _EXHAUSTIVE else _descend
    assignments, costs = search(weight, classes, rng)
    tested = (assignments == Subset.TEST) * weight
    excess = tested.max(axis=1) / tested.sum(axis=1) - largest
    costs = (costs + np.maximum(excess, 0.0)).round(9)

    good = costs <= costs.min() + _TOLERANCE
    assignments, costs = assignments[good], costs[good]
    if number >= len(costs):
        raise DomainError(
            f"there is no split number {number}",
            expected=f"a number below {len(costs)}: that many good splits were found",
            todo="ask for fewer splits",
        )
    order = rng.permutation(len(costs))  # so that the seed decides ties
    assignments, costs = assignments[order], costs[order]
    tests = (assignments == Subset.TEST) * weight
    shared = np.zeros(len(costs))
    for _ in range(number + 1):
        chosen = int(np.lexsort((costs, shared.round(9)))[0])
        shared += tests @ (assignments[chosen] == Subset.TEST)
        shared[chosen] = np.inf
    best: NDArray[np.int8] = assignments[chosen]
    return best


def _term(part: int, weight: Floats, classes: Floats) -> Floats:
    """Return a subset's part of the cost, by its shares of everything [...], of classes [..., C].

    The cost of an assignment is the sum over the subsets: a move changes two of the terms only.
    """
    target = TARGET_SHARES[part]
    cost = np.abs(weight - target) + 0.1 * np.abs(classes - target).mean(axis=-1)
    if part != Subset.VALIDATION:
        cost = cost + (classes < 1e-9).mean(axis=-1)
    return np.asarray(cost)


def _try_all(
    weight: Floats, classes: Floats, rng: np.random.Generator
) -> tuple[NDArray[np.int8], Floats]:
    """Every assignment that leaves no subset empty, with its cost."""
    groups = len(weight)
    assignments = (np.arange(3**groups)[:, None] // 3 ** np.arange(groups) % 3).astype(np.int8)
    members = [assignments == part for part in Subset]
    costs = sum(
        _term(part, m @ weight, m @ classes) for part, m in zip(Subset, members, strict=True)
    )
    full = np.all([m.any(axis=1) for m in members], axis=0)
    return assignments[full], np.asarray(costs)[full].round(9)


def _descend(
    weight: Floats, classes: Floats, rng: np.random.Generator
) -> tuple[NDArray[np.int8], Floats]:
    """Every assignment that steepest descents from random ones pass, with its cost.

    The optima alone would be few and alike; the last steps before them differ as the starts do.
    """
    passed: dict[bytes, float] = {}
    for _ in range(_RESTARTS):
        start = rng.choice(3, size=len(weight), p=TARGET_SHARES).astype(np.int8)
        start[rng.permutation(len(weight))[:3]] = list(Subset)  # none is empty
        passed.update(_descent(start, weight, classes, rng))
    assignments = np.frombuffer(b"".join(passed), np.int8).reshape(len(passed), len(weight))
    return assignments, np.array(list(passed.values()))


def _descent(
    assigned: NDArray[np.int8], weight: Floats, classes: Floats, rng: np.random.Generator
) -> Iterator[tuple[bytes, float]]:
    """Improve by the best move of one group; where none helps, by the best swap of two."""
    groups = np.arange(len(weight))
    while True:
        members = (assigned == np.arange(3)[:, None]).astype(np.float64)
        w, c = members @ weight, members @ classes
        now = np.array([_term(part, w[part], c[part]) for part in Subset])
        yield assigned.tobytes(), round(float(now.sum()), 9)
        # [3, G]: a subset's term without, and with, each group.
        less, more = (
            np.array([_term(p, w[p] + sign * weight, c[p] + sign * classes) for p in Subset])
            for sign in (-1, 1)
        )
        gain = (now[assigned] - less[assigned, groups]) + (now[:, None] - more)
        gain[:, members.sum(axis=1)[assigned] == 1] = -np.inf  # none may become empty
        gain[assigned, groups] = -np.inf
        to, who = np.unravel_index(gain.argmax(), gain.shape)
        if gain[to, who] > 1e-9:
            assigned[who] = to
            continue
        one, two = _pairs(len(weight), rng)
        one, two = one[assigned[one] != assigned[two]], two[assigned[one] != assigned[two]]
        w_change, c_change = weight[two] - weight[one], classes[two] - classes[one]
        swapped = np.zeros(len(one))
        for part in Subset:
            for side, sign in ((one, 1), (two, -1)):
                at = assigned[side] == part
                after = _term(part, w[part] + sign * w_change[at], c[part] + sign * c_change[at])
                swapped[at] += now[part] - after
        best = int(swapped.argmax())
        if swapped[best] <= 1e-9:
            return
        assigned[[one[best], two[best]]] = assigned[[two[best], one[best]]]


def _pairs(groups: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of groups, or a random part of them where there are very many."""
    if groups * (groups - 1) // 2 <= _SWAPS:
        return np.triu_indices(groups, 1)
    one, two = rng.integers(groups, size=(2, _SWAPS))
    return one, two
