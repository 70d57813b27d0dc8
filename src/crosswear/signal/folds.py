"""Folds of cross-validation: whole people, or whole chains of occurrences.

No window is both trained on and tested, and neither are two windows that share a raw sample.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DomainError
from crosswear.core.recording import GroupUnit, Windows
from crosswear.signal.leakage import chains

FOLDS = 5
ALONE = 10
"""Up to so many groups, each is tested alone (leave one subject out): of few people, a fold of two
leaves too few to learn from."""
PEOPLE = 3
"""Fewest people to make folds of people; with fewer, folds are of occurrences of activities."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups of windows that stay together.

    Attributes:
        unit: a person, or an occurrence of an activity with all that share samples with it.
        groups: int64 [N], number of each window's group.
        kept: bool [N], False where a window shares raw samples with another group's.
    """

    unit: GroupUnit
    groups: NDArray[np.int64]
    kept: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold of a cross-validation.

    Attributes:
        train: int64, rising, windows to train on.
        test: int64, rising, windows of other groups whose class is in `train`.
        unknown: int64, rising, windows of other groups whose class is not.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    unknown: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> Fold:
        """Return the same fold of all windows, if it is one of some, `rows`, of them."""
        return Fold(rows[self.train], rows[self.test], rows[self.unknown])


def group_windows(windows: Windows) -> Grouping:
    """Group windows by people if there are `PEOPLE`, else by chains of occurrences."""
    people = np.unique(windows.subject, return_inverse=True)[1]
    if people.max(initial=0) + 1 >= PEOPLE:
        return Grouping("subject", people, np.ones(len(windows), np.bool_))
    groups = chains(windows)
    order = np.lexsort((windows.start, windows.recording))
    kept = np.ones(len(windows), np.bool_)
    recording, group, stop, end = -1, -1, 0, 0
    for index in order.tolist():
        if windows.recording[index] != recording:
            recording, group, stop, end = int(windows.recording[index]), -1, 0, 0
        if groups[index] != group:  # a chain that was cut: its first windows overlap the last ones
            group, end = int(groups[index]), stop
        kept[index] = windows.start[index] >= end
        stop = max(stop, int(windows.stop[index]))
    return Grouping("occurrence", groups, kept)


def make_folds(
    y: NDArray[np.integer], groups: NDArray[np.integer], seed: int, most: int = ALONE
) -> tuple[Fold, ...]:
    """Split into folds as `split_into_folds` does.

    Raises:
        DomainError: where that gives none.
    """
    folds = split_into_folds(y, groups, seed, most)
    if not folds:
        raise _too_few(y, len(np.unique(groups)))
    return folds


def split_into_folds(
    y: NDArray[np.integer], groups: NDArray[np.integer], seed: int, most: int = ALONE
) -> tuple[Fold, ...]:
    """Split into folds of whole groups: each group alone if they are few, else five alike folds.

    Args:
        y: class of each window [N].
        groups: group of each window [N].
        seed: seed of the order of groups.
        most: largest number of folds; with fewer folds than groups, several share a fold.

    Returns:
        Two folds or more, each with two classes or more to train on; none unless two classes or
        more are in two groups or more.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # slow to import, needless to predict

    available = len(np.unique(groups))
    common = [c for c in np.unique(y) if len(np.unique(groups[y == c])) > 1]
    if len(common) < 2:
        return ()
    number = available if available <= ALONE else FOLDS
    number = min(number, most, int(np.bincount(y).max()))
    split = StratifiedGroupKFold(number, shuffle=True, random_state=seed % 2**32)
    folds = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for train, test in split.split(y, y, groups):
            known = np.isin(y[test], y[train])
            if known.any() and len(np.unique(y[train])) > 1:
                folds.append(Fold(np.sort(train), np.sort(test[known]), np.sort(test[~known])))
    return tuple(folds) if len(folds) > 1 else ()


def _too_few(y: NDArray[np.integer], groups: int) -> DomainError:
    return DomainError(
        f"{len(y)} windows of {len(np.unique(y))} classes in {groups} groups: too few for "
        "cross-validation",
        expected="at least two classes that two people, or two separate occurrences, performed",
        todo="record and label more, preferably of other people",
    )
