"""Classes of a domain: those of its class table that have windows, of enough people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Windows
from crosswear.core.texts import counted
from crosswear.datasets.spec import ActivityClass
from crosswear.signal.splits import choose_unit


def used_classes(
    windows: Windows, table: Sequence[ActivityClass], min_subjects: int, notes: list[str]
) -> NDArray[np.integer]:
    """Return which classes of its class table a domain can be split by.

    Args:
        windows: labelled by places in the class table; `x` is not looked at.
        table: the class table.
        min_subjects: where the domain is split by subject, windows of classes that fewer people
            perform are left out.
        notes: takes sentences on what is left out, and on names that are nearly equal.

    Returns:
        Places in the class table, rising.
    """
    notes += _nearly_equal([row.name for row in table])
    used: NDArray[np.integer] = np.unique(windows.y)
    unused = [row.name for place, row in enumerate(table) if place not in used]
    if unused:
        notes.append(f"no window of {', '.join(unused)}: left out of the classes")
    if choose_unit(len(np.unique(windows.subject))) == "subject":
        used = _of_several_people(used, windows, table, min_subjects, notes)
    return used


def _of_several_people(
    used: NDArray[np.integer],
    windows: Windows,
    table: Sequence[ActivityClass],
    min_subjects: int,
    notes: list[str],
) -> NDArray[np.integer]:
    people = {label: len(np.unique(windows.subject[windows.y == label])) for label in used.tolist()}
    few = {label: count for label, count in people.items() if count < min_subjects}
    if not few:
        return used
    left_out = np.isin(windows.y, list(few))
    named = ", ".join(
        f"{table[label].name} ({counted(count, 'person', 'people')})"
        for label, count in few.items()
    )
    notes.append(
        f"performed by fewer than {min_subjects} people, so left out of the classes with "
        f"{counted(int(left_out.sum()), 'window')}: {named}; preparation.min_subjects = 1 keeps "
        "them"
    )
    return used[~np.isin(used, list(few))]


def _nearly_equal(names: Sequence[str]) -> Iterator[str]:
    """A sentence on the names that differ in upper and lower case only."""
    by_folded: dict[str, list[str]] = {}
    for name in names:
        by_folded.setdefault(name.casefold(), []).append(name)
    found = ["/".join(map(repr, some)) for some in by_folded.values() if len(some) > 1]
    if found:
        yield (
            "classes that differ only in upper and lower case are different classes: "
            f"{', '.join(found)}; "
            "give them one name in [classes] if they are one activity"
        )
