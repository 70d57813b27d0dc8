"""Classes of a domain: those of its class table that have windows, of enough people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from crosswear.core.recording import Windows
from crosswear.core.texts import counted
from crosswear.datasets.spec import ActivityClass
from crosswear.signal.splits import choose_unit


def used_classes(
    windows: Windows, table: Sequence[ActivityClass], min_subjects: int, notes: list[str]
) -> tuple[Windows, tuple[str, ...]]:
    """Number the classes of a domain that it can be split by.

    Args:
        windows: labelled by places in the class table.
        table: the class table.
        min_subjects: where the domain is split by subject, windows of classes that fewer people
            perform are left out.
        notes: takes sentences on what is left out, and on names that are nearly equal.

    Returns:
        The windows, labelled by places among the classes that are left, and the names of these.
    """
    notes += _nearly_equal([row.name for row in table])
    unused = [row.name for index, row in enumerate(table) if index not in np.unique(windows.y)]
    if unused:
        notes.append(f"no window of {', '.join(unused)}: left out of the classes")
    if choose_unit(len(np.unique(windows.subject))) == "subject":
        windows = _of_several_people(windows, table, min_subjects, notes)
    used = np.unique(windows.y)
    y = np.searchsorted(used, windows.y).astype(np.int16)
    return replace(windows, y=y), tuple(table[index].name for index in used)


def _of_several_people(
    windows: Windows, table: Sequence[ActivityClass], min_subjects: int, notes: list[str]
) -> Windows:
    people = {
        label: len(np.unique(windows.subject[windows.y == label]))
        for label in np.unique(windows.y).tolist()
    }
    few = {label: count for label, count in people.items() if count < min_subjects}
    if not few:
        return windows
    kept = ~np.isin(windows.y, list(few))
    named = ", ".join(
        f"{table[label].name} ({counted(count, 'person', 'people')})"
        for label, count in few.items()
    )
    notes.append(
        f"performed by fewer than {min_subjects} people, so left out of the classes with "
        f"{counted(int((~kept).sum()), 'window')}: {named}; preparation.min_subjects = 1 keeps them"
    )
    return windows.some(kept)


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
