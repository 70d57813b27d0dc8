"""Account of the recordings that windows were cut from; those of several parts are joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosswear.core.texts import counted
from crosswear.signal.quality import Clipping


@dataclass(frozen=True)
class RecordingFacts:
    """Facts that are kept of a recording.

    Attributes:
        subject: the person.
        session: unique within the subject.
        duration_s: length, null and gaps included.
        bridged: lost samples that were interpolated.
        gaps: losses that were too long for that.
        is_short: whether it has no piece as long as a window.
        samples: digest of its samples; None if it is short or its sensor was stuck, for then they
            say nothing.
    """

    subject: str
    session: str
    duration_s: float
    bridged: int
    gaps: int
    is_short: bool
    samples: str | None


@dataclass(frozen=True, eq=False)
class Account:
    """Account of recordings in their order.

    Attributes:
        recordings: what is kept of each.
        null: windows that were dropped because most of their samples are unlabelled.
        clipping: the end of the sensor's range.
    """

    recordings: tuple[RecordingFacts, ...]
    null: int
    clipping: Clipping

    @classmethod
    def joined(cls, parts: Sequence[Account]) -> Account:
        """Return the account of all recordings of parts, in their order."""
        clipping = Clipping()
        for part in parts:
            clipping = clipping.joined(part.clipping)
        recordings = tuple(one for part in parts for one in part.recordings)
        return cls(recordings, sum(part.null for part in parts), clipping)

    @property
    def subjects(self) -> tuple[str, ...]:
        """People in the order in which they first come."""
        return tuple(dict.fromkeys(one.subject for one in self.recordings))

    @property
    def duration_s(self) -> float:
        """Length of all recordings."""
        total = 0.0
        for one in self.recordings:  # `sum` rounds in another way from Python 3.12 on
            total += one.duration_s
        return total

    @property
    def repeated(self) -> list[str]:
        """Pairs of recordings that hold the same samples."""
        known: dict[str, str] = {}
        pairs = []
        for one in self.recordings:
            if one.samples is not None:
                name = f"{one.session} (person {one.subject})"
                first = known.setdefault(one.samples, name)
                pairs += [f"{first} and {name}"] if first != name else []
        return pairs

    def notes(self) -> Iterator[str]:
        """Yield a sentence on what was repaired, dropped or repeated."""
        bridged = sum(one.bridged for one in self.recordings)
        if bridged:
            yield counted(bridged, "lost sample was", "lost samples were") + " interpolated"
        gaps = sum(one.gaps for one in self.recordings)
        if gaps:
            yield counted(gaps, "gap splits a recording", "gaps split recordings")
        yield from self.clipping.notes()
        short = [one for one in self.recordings if one.is_short]
        if short:
            of = f"of {len(self.recordings)} recordings"
            are_short = counted(len(short), f"{of} is", f"{of} are")
            first = f"{short[0].subject}/{short[0].session}"
            yield f"{are_short} too short for a window (first: {first})"
        repeated = self.repeated
        if repeated:
            again = counted(len(repeated), "recording holds", "recordings hold")
            yield f"{again} the samples of another one (first: {repeated[0]})"
        if self.null:
            dropped = counted(self.null, "window was dropped", "windows were dropped")
            yield f"{dropped}: unlabelled for the most part"
