"""Windows of recordings, one recording at a time, and an account of what was in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording, Windows
from crosswear.datasets.window_account import Account, RecordingFacts
from crosswear.signal.quality import CONSTANT_G, Clipping
from crosswear.signal.resample import Segment, resample
from crosswear.signal.windows import cut_recordings


class WindowReader:
    """An iterator over the windows of each segment, which also counts what each recording holds."""

    def __init__(
        self, recordings: Iterable[Recording], reference: str, config: PreparationConfig
    ) -> None:
        self._recordings = recordings
        self._reference = reference
        self._config = config
        self._subjects: dict[str, int] = {}
        self._facts: list[RecordingFacts] = []
        self._null = 0
        self._clipping = Clipping()

    def __iter__(self) -> Iterator[Windows]:
        window, hop = self._config.window, self._config.hop
        for windows, null in cut_recordings(self._segments(), window, hop):
            self._null += null
            yield windows

    def account(self) -> Account:
        """Return the account of what has been read."""
        return Account(tuple(self._facts), self._null, self._clipping)

    def _segments(self) -> Iterator[tuple[int, Sequence[Segment]]]:
        for recording in self._recordings:
            subject = self._subjects.setdefault(recording.subject, len(self._subjects))
            try:
                pieces = resample(recording, self._config.rate_hz, self._config.bridge_s)
            except DataFormatError as error:
                raise error.inside(self._reference) from error
            self._clipping.push(recording.acceleration)
            self._facts.append(self._facts_of(recording, pieces))
            yield subject, pieces
            del recording, pieces  # not in memory while the next one is read

    def _facts_of(self, recording: Recording, pieces: Sequence[Segment]) -> RecordingFacts:
        is_short = all(len(piece) < self._config.window for piece in pieces)
        return RecordingFacts(
            subject=recording.subject,
            session=recording.session,
            duration_s=len(recording.labels) / recording.rate_hz,
            bridged=sum(piece.bridged for piece in pieces),
            gaps=max(len(pieces) - 1, 0),
            is_short=is_short,
            samples=None if is_short else _digest(recording),
        )


def _digest(recording: Recording) -> str | None:
    """Return the digest of the samples; none of a stuck sensor's, which say nothing."""
    measured = recording.acceleration[~np.isnan(recording.acceleration).any(axis=1)]
    if not len(measured) or np.ptp(measured, axis=0).max() < CONSTANT_G:
        return None
    return hashlib.sha256(recording.acceleration.tobytes()).hexdigest()
