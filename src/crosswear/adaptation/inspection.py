"""What can be said of recordings before anything is learned from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.folds import Grouping
from crosswear.adaptation.signals import check_signals, find_turn, turned_people
from crosswear.adaptation.sources import Source
from crosswear.core.texts import counted
from crosswear.datasets.domain import Domain
from crosswear.signal.gravity import described, directions


def look_at(domain: Domain, grouping: Grouping) -> Iterator[str]:
    """Sentences about recordings that are too few, or look wrong.

    Raises:
        DataFormatError: if the unit cannot be g.
    """
    rows = np.flatnonzero(grouping.kept)
    x = np.array(domain.windows.x[rows])
    if len(rows) < len(grouping.kept):
        dropped = len(grouping.kept) - len(rows)
        share = counted(dropped, "window shares", "windows share")
        yield f"{share} samples with ones that are held back apart: left out"
    if grouping.unit == "occurrence":
        yield (
            f"{counted(len(domain.summary.subjects), 'person is', 'people are')} too few to hold "
            "people back: the score to "
            "expect is for other occurrences of the same people, not for new people"
        )
    yield from check_signals(x)
    people = domain.windows.subject[rows]
    for person, how in turned_people(x, _names(domain, rows), people):
        yield (
            f"the sensor of {domain.summary.subjects[person]} seems to sit turned round: compared "
            f"with the others, {how}"
        )


def compare(domain: Domain, sources: Sequence[Source]) -> Iterator[str]:
    """Whether the sensor sits as the sources' do, as far as they share activities by name."""
    everything = np.arange(len(domain.windows))
    ours = directions(np.array(domain.windows.x))
    for source in sources:
        theirs = directions(np.array(source.domain.windows.x))
        their_names = _names(source.domain, np.arange(len(theirs)))
        turn = find_turn(ours, _names(domain, everything), theirs, their_names)
        if turn is not None:
            yield (
                f"the sensor seems to sit otherwise than that of {source.name}: in its terms, "
                f"{described(turn)}"
            )


def _names(domain: Domain, rows: NDArray[np.int64]) -> list[str]:
    """Class names of windows, in a form in which datasets can be compared."""
    plain = [" ".join(name.lower().replace("_", " ").split()) for name in domain.classes]
    return [plain[index] for index in domain.windows.y[rows].tolist()]
