"""Windows of a dataset, one recording at a time, and an account of what was in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording, Windows
from crosswear.core.texts import counted
from crosswear.signal.quality import CONSTANT_G, Clipping
from crosswear.signal.resample import Segment, resample
from crosswear.signal.windows import cut_recordings


class WindowReader:
    """Yields the windows of one segment after another, and keeps account of the recordings."""

    def __init__(
        self, recordings: Iterable[Recording], reference: str, config: PreparationConfig
    ) -> None:
        self._recordings = recordings
        self._reference = reference
        self._config = config
        self.subjects: dict[str, int] = {}
        self.duration_s = 0.0
        self.short: list[str] = []
        self.recordings = 0
        self.bridged = 0
        self.gaps = 0
        self.null = 0
        self.clipping = Clipping()
        self.repeated: list[str] = []
        self._known: dict[bytes, str] = {}

    def __iter__(self) -> Iterator[Windows]:
        window, hop = self._config.window, self._config.hop
        for windows, null in cut_recordings(self._segments(), window, hop):
            self.null += null
            yield windows

    def _segments(self) -> Iterator[tuple[int, Sequence[Segment]]]:
        for recording in self._recordings:
            subject = self.subjects.setdefault(recording.subject, len(self.subjects))
            try:
                pieces = resample(recording, self._config.rate_hz, self._config.bridge_s)
            except DataFormatError as error:
                raise error.inside(self._reference) from error
            self.recordings += 1
            self.clipping.push(recording.acceleration)
            self.duration_s += len(recording.labels) / recording.rate_hz
            self.bridged += sum(piece.bridged for piece in pieces)
            self.gaps += max(len(pieces) - 1, 0)
            if all(len(piece) < self._config.window for piece in pieces):
                self.short.append(f"{recording.subject}/{recording.session}")
            else:
                self._compare(recording)
            yield subject, pieces
            del recording, pieces  # not in memory while the next one is read

    def _compare(self, recording: Recording) -> None:
        """Note a recording with the samples of an earlier one; a stuck sensor's say nothing."""
        measured = recording.acceleration[~np.isnan(recording.acceleration).any(axis=1)]
        if not len(measured) or np.ptp(measured, axis=0).max() < CONSTANT_G:
            return
        name = f"{recording.session} (person {recording.subject})"
        key = hashlib.sha256(recording.acceleration.tobytes()).digest()
        first = self._known.setdefault(key, name)
        if first != name:
            self.repeated.append(f"{first} and {name}")

    def notes(self) -> Iterator[str]:
        """Yield a sentence on what was repaired, dropped or repeated, once all are read."""
        if self.bridged:
            yield counted(self.bridged, "lost sample was", "lost samples were") + " interpolated"
        if self.gaps:
            yield counted(self.gaps, "gap splits a recording", "gaps split recordings")
        yield from self.clipping.notes()
        if self.short:
            of = f"of {self.recordings} recordings"
            short = counted(len(self.short), f"{of} is", f"{of} are")
            yield f"{short} too short for a window (first: {self.short[0]})"
        if self.repeated:
            again = counted(len(self.repeated), "recording holds", "recordings hold")
            yield f"{again} the samples of another one (first: {self.repeated[0]})"
        if self.null:
            dropped = counted(self.null, "window was dropped", "windows were dropped")
            yield f"{dropped}: unlabelled for the most part"
