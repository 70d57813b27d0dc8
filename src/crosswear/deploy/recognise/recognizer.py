"""Recognition of activities in a stream of samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crosswear.core.errors import DataFormatError, UsageError
from crosswear.core.texts import counted
from crosswear.datasets.quantities import LARGEST_G
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.bundle.smoothing import Smoothing
from crosswear.deploy.recognise.framing import Framing
from crosswear.signal.familiarity import Watch
from crosswear.signal.gravity import (
    RESTING_G,
    SPOTS,
    described,
    directions,
    spread,
    strengths,
    turn_between,
)
from crosswear.signal.nonwear import DOUBTFUL_S, NOT_WORN_S, StillTime, still
from crosswear.signal.quality import Clipping, constant
from crosswear.signal.resample import Span, StreamResampler
from crosswear.tables.units import UNITS, unit_at_rest

_ORIENTED = 20
"""Windows from which on the mean direction of gravity shows how a sensor sits."""


Reason: TypeAlias = Literal["", "still", "unfamiliar", "improbable"]


@dataclass(frozen=True, slots=True)
class Event:
    """The activity recognised in one window.

    Attributes:
        start_s: start of the window, in seconds after the first sample of the stream.
        end_s: end of the window, likewise.
        label: the most probable class.
        probability: probability of `label`.
        smoothed: the most probable class by the mean over the bundle's number of windows.
        reason: why the answer is unsure; empty if it is not. ``still``: the sensor has not moved
            for `crosswear.signal.nonwear.DOUBTFUL_S` or longer: on a table it would look like that,
            too. ``unfamiliar``: the window is unlike those that the model has learned from, or it
            has no gravity of about 1 g. ``improbable``: `probability` is below the bundle's
            threshold.
        still_s: seconds for which the sensor has not moved at the end of the window.
        worn: False once that is `crosswear.signal.nonwear.NOT_WORN_S` or longer.
        probabilities: of every class, in the order of the bundle's classes.
    """

    start_s: float
    end_s: float
    label: str
    probability: float
    smoothed: str
    reason: Reason
    still_s: float
    worn: bool
    probabilities: tuple[float, ...]

    @property
    def unsure(self) -> bool:
        """Return whether there is a reason not to rely on the answer."""
        return bool(self.reason)


class Recognizer:
    """A recogniser of activities in one stream of acceleration.

    The same samples give the same events to the last bit, pushed one by one or all at once. An
    event comes once the windows that it is smoothed with are complete (or the segment ends): up to
    `window_s` + 2 · `hop_s` after its start, the reach of the filter, and that of the spline if
    there are time stamps.

    Args:
        bundle: the model.
        rate_hz: nominal rate of the stream; None for the rate of the bundle.
        unit: unit of the samples: ``g``, ``mg``, ``m/s2``, or how many counts are one g.

    Raises:
        UsageError: if rate or unit are impossible, or `bundle` is not a bundle.
    """

    def __init__(
        self, bundle: Bundle, rate_hz: float | None = None, unit: str | float = "g"
    ) -> None:
        if not isinstance(bundle, Bundle):
            raise UsageError(
                f"{bundle!r} is not a bundle",
                where="bundle",
                expected="what crosswear.load_bundle(FOLDER) reads",
            )
        about = bundle.manifest
        self._about = about
        self._classifier = bundle.classifier()
        self._units_per_g = _units_per_g(unit)
        self._rate_hz = about.rate_hz if rate_hz is None else rate_hz
        if not (np.isfinite(self._rate_hz) and 0 < self._rate_hz <= 100_000):
            raise UsageError(
                f"a rate of {rate_hz} Hz", where="rate_hz", expected="above 0, at most 100000 Hz"
            )
        self._resampler = StreamResampler(self._rate_hz, about.rate_hz, about.bridge_s)
        self._framing = Framing(about.rate_hz, about.window, about.hop)
        self._smoothing = Smoothing(len(about.classes), about.smoothing)
        self._clipping = Clipping()
        self._still_time = StillTime()
        # start_s, still_s and whether unfamiliar, of windows without an event yet
        self._waiting = np.empty((0, 3))
        self._reference = bundle.reference()
        limits = about.familiarity
        self._watch = Watch(limits.window, limits.recording) if limits else None
        self._samples = 0
        self._lost = 0
        self._windows = 0
        self._constant = 0
        self._weak = self._strong = 0  # windows without gravity, and with far too much
        self._gravity = 0.0  # sum over the windows
        self._down = np.zeros(len(SPOTS))  # sum over the windows

    def push(
        self, samples: NDArray[np.floating], time_s: NDArray[np.float64] | None = None
    ) -> list[Event]:
        """Take the next samples and return the events that they complete.

        Args:
            samples: [t, 3], x, y and z with gravity, in the unit of the stream; a row with NaN is
                a lost sample.
            time_s: [t], time stamps in seconds, for all samples of the stream or for none.
                Without them, samples are 1 / `rate_hz` apart.

        Raises:
            UsageError: if values are not numbers, shapes are wrong, or only some samples have
                time stamps.
            DataFormatError: if a sample is infinite or beyond any sensor's range, or the time
                does not increase.
        """
        samples = _numbers(samples, "samples")
        if samples.ndim != 2 or samples.shape[1] != 3:
            raise UsageError(
                f"samples of shape {samples.shape}",
                expected="[t, 3]: a row for each sample, with x, y and z",
            )
        if time_s is not None:
            time_s = _numbers(time_s, "time stamps, in seconds")
            if time_s.shape != samples.shape[:1]:
                raise UsageError(
                    f"{time_s.shape} time stamps for {len(samples)} samples",
                    expected="a time stamp for each sample",
                )
        # Through float32, as recordings are read for training.
        values = (samples / self._units_per_g).astype(np.float32).astype(np.float64)
        wrong = (np.abs(values) > LARGEST_G).any(axis=1)
        if wrong.any():
            raise DataFormatError(
                f"acceleration is {np.abs(values[wrong][0]).max():.4g} g",
                where=f"sample {self._samples + int(wrong.argmax())}",
                expected=f"finite numbers up to {LARGEST_G:g} g, or NaN where a sample was lost",
                todo="check the unit in which the sensor reports",
            )
        spans = self._resampler.push(values, time_s)
        self._samples += len(values)
        self._lost += int(np.isnan(values).any(axis=1).sum())
        self._clipping.push(values)
        return self._recognise(spans)

    def flush(self) -> list[Event]:
        """End the stream and return the remaining events."""
        return self._recognise(self._resampler.flush())

    def notes(self) -> list[str]:
        """Return what was repaired or looks wrong so far, one sentence each."""
        gaps, rate_hz = self._resampler.gaps, self._about.rate_hz
        notes = []
        if self._rate_hz < rate_hz:
            notes.append(
                f"{self._rate_hz:g} Hz is less than the {rate_hz:g} Hz of the model: movements "
                "that it may rely on are not in the samples"
            )
        if self._lost:
            lost = f"of {self._samples} samples"
            notes.append(counted(self._lost, f"{lost} is lost (NaN)", f"{lost} are lost (NaN)"))
        if self._resampler.bridged:
            bridged = counted(self._resampler.bridged, "lost sample was", "lost samples were")
            notes.append(f"{bridged} interpolated")
        if gaps:
            split = counted(len(gaps), "gap splits", "gaps split")
            notes.append(f"{split} the recording, the first at {gaps[0]:.1f} s")
        if self._constant:
            still = f"of {self._windows} windows"
            does_not = counted(self._constant, f"{still} does not", f"{still} do not")
            notes.append(f"{does_not} vary at all: the sensor may have been off")
        notes += self._clipping.notes()
        if max(self._weak, self._strong) > self._windows / 2:
            notes.append(self._unit_note())
        if self._about.gravity and self._windows >= _ORIENTED:
            known = np.array(self._about.gravity)
            turn = turn_between(self._down / self._windows, known)
            if turn is not None:
                notes.append(
                    "the sensor seems to sit differently than in the training data, perhaps "
                    f"turned: in its terms, {described(turn)}. Nothing was turned back"
                )
        if self.is_unfamiliar:
            notes.append(self._unfamiliar_note())
        if self._samples and not self._windows:
            notes.append(f"no window of {self._about.window_s:g} s without a gap: no label")
        return notes

    def _recognise(self, spans: Iterable[Span]) -> list[Event]:
        frames = [self._framing.push(span) for span in spans]
        if not frames:
            return []
        x = np.concatenate([one.x for one in frames])
        scores = self._classifier.scores(x)
        starts = np.concatenate([one.start_s for one in frames])
        still_s = self._still_time.push(starts, self._about.window_s, still(x))
        self._windows += len(x)
        self._constant += int(constant(x).sum())
        strong = strengths(x)
        self._gravity += float(strong.sum())
        self._weak += int((strong < RESTING_G[0]).sum())
        self._strong += int((strong > RESTING_G[1]).sum())
        unfamiliar = (strong < RESTING_G[0]) | (strong > RESTING_G[1])
        if self._reference and self._watch:
            answers = scores.argmax(axis=1)
            strangeness = self._reference.strangeness(x, answers, self._about.rate_hz)
            unfamiliar |= self._watch.push(strangeness)
        facts = np.stack([starts, still_s, unfamiliar], axis=1)
        if len(x):
            self._down += spread(directions(x)) * len(x)
        events: list[Event] = []
        done = 0
        for one in frames:
            mine = slice(done, done + len(one.x))
            done += len(one.x)
            self._waiting = np.append(self._waiting, facts[mine], axis=0)
            own, smoothed = self._smoothing.push(scores[mine], last=one.last)
            ready, self._waiting = self._waiting[: len(own)], self._waiting[len(own) :]
            events += map(self._event, ready, own, smoothed)
        return events

    @property
    def is_unfamiliar(self) -> bool:
        """Return whether the stream so far, as a whole, is unlike the training data."""
        return self._watch is not None and self._watch.is_unfamiliar

    def _unfamiliar_note(self) -> str:
        about, share = self._about, self._watch.share if self._watch else 0.0
        limits = about.familiarity
        usual = f", about {limits.false_alarms:.0%} is usual" if limits else ""
        return (
            "the recording is unlike those that the model has learned from: do not rely on its "
            f"labels ({share:.0%} of the windows are unfamiliar{usual}). Check the unit, the "
            f"order and direction of the axes, the rate, and whether the sensor is at the place "
            f"{about.placement!r}; or these are other activities"
        )

    def _unit_note(self) -> str:
        gravity = self._gravity / self._windows
        unit = unit_at_rest(gravity * self._units_per_g)
        hint = f"the numbers look like {unit}; " if unit else ""
        return (
            f"gravity measures {gravity:.3g} g, not 1 g, in most windows: {hint}with a wrong unit, "
            "or without gravity, no label can be trusted"
        )

    def _event(
        self,
        facts: NDArray[np.float64],
        own: NDArray[np.float64],
        smoothed: NDArray[np.float64],
    ) -> Event:
        about = self._about
        start_s, still_s, unfamiliar = facts.tolist()
        probability = float(own.max())
        reason: Reason = "improbable" if probability < about.threshold else ""
        if still_s >= DOUBTFUL_S:
            reason = "still"
        elif unfamiliar:
            reason = "unfamiliar"
        return Event(
            start_s=start_s,
            end_s=start_s + about.window / about.rate_hz,
            label=about.classes[int(own.argmax())],
            probability=probability,
            smoothed=about.classes[int(smoothed.argmax())],
            reason=reason,
            still_s=still_s,
            worn=still_s < NOT_WORN_S,
            probabilities=tuple(own.tolist()),
        )


def recognise(
    recognizer: Recognizer,
    chunks: Iterable[tuple[NDArray[np.floating], NDArray[np.float64] | None]],
) -> Iterator[Event]:
    """Yield the events of a whole recording.

    Args:
        recognizer: a new recognizer.
        chunks: samples and time stamps, as `Recognizer.push` takes them.
    """
    for samples, time_s in chunks:
        yield from recognizer.push(samples, time_s)
    yield from recognizer.flush()


def _numbers(values: ArrayLike, what: str) -> NDArray[np.float64]:
    try:
        found = np.asarray(values)
        if found.dtype.kind not in "USmM":  # texts and dates would be made numbers silently
            return found.astype(np.float64)
        kind = found.dtype.name
    except (TypeError, ValueError) as error:
        kind = str(error)
    raise UsageError(
        f"these are no numbers ({kind})", where="push", expected=f"an array of numbers: {what}"
    )


def _units_per_g(unit: str | float) -> float:
    counts = UNITS.get(unit) if isinstance(unit, str) else unit
    if counts is None or not (np.isfinite(counts) and counts > 0):
        raise UsageError(
            f"unit {unit!r}",
            where="unit",
            expected=f"one of {', '.join(UNITS)}, or how many counts are one g",
        )
    return float(counts)
