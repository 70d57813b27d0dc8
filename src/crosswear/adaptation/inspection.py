"""Inspection of recordings before training: too few, or suspicious."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.signals import check_signals, find_turn, turned_people
from crosswear.core.texts import counted
from crosswear.datasets.domain import Domain
from crosswear.engine.transfer_source import Source
from crosswear.signal.blocks import by_blocks
from crosswear.signal.folds import Grouping
from crosswear.signal.gravity import described, directions


def inspect_recordings(domain: Domain, grouping: Grouping, rate_hz: float) -> Iterator[str]:
    """Yield sentences about recordings that are too few or look wrong.

    Args:
        domain: the recordings.
        grouping: of their windows.
        rate_hz: sampling rate of the windows.

    Raises:
        DataFormatError: if the unit is not g.
    """
    rows = np.flatnonzero(grouping.kept)
    x = np.array(domain.windows.x[rows])
    recorded_hz = domain.summary.rate_hz
    if recorded_hz < rate_hz:
        yield (
            f"the recordings have {recorded_hz:g} Hz, less than the {rate_hz:g} Hz of the windows: "
            f"movements faster than {recorded_hz / 2:g} times a second are not in them, and no "
            "source network expects that"
        )
    if len(rows) < len(grouping.kept):
        dropped = len(grouping.kept) - len(rows)
        share = counted(dropped, "window shares", "windows share")
        yield f"{share} samples with windows of another fold: left out"
    if grouping.unit == "occurrence":
        yield (
            f"{counted(len(domain.summary.subjects), 'person is', 'people are')} too few for "
            "folds of people: the expected score is for other occurrences of the same people, not "
            "for new people"
        )
    yield from check_signals(x)
    people = domain.windows.subject[rows]
    for person, how in turned_people(x, _names(domain, rows), people):
        yield (
            f"the sensor of {domain.summary.subjects[person]} seems to be turned: compared with "
            f"the others, {how}"
        )


def compare_orientation(domain: Domain, sources: Sequence[Source]) -> Iterator[str]:
    """Yield a sentence about each source whose sensor is worn in another orientation.

    Only activities with the same name are compared.
    """
    everything = np.arange(len(domain.windows))
    ours = by_blocks(directions, domain.windows.x)
    for source in sources:
        theirs = by_blocks(directions, source.domain.windows.x)
        their_names = _names(source.domain, np.arange(len(theirs)))
        turn = find_turn(ours, _names(domain, everything), theirs, their_names)
        if turn is not None:
            yield (
                f"the sensor seems to be worn differently from that of {source.name}: compared "
                f"with it, {described(turn)}"
            )


def _names(domain: Domain, rows: NDArray[np.int64]) -> list[str]:
    """Return the class names of windows, normalised to compare datasets."""
    plain = [" ".join(name.lower().replace("_", " ").split()) for name in domain.classes]
    return [plain[index] for index in domain.windows.y[rows].tolist()]
