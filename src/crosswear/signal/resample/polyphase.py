"""Change of rate by an exact ratio, with a low-pass filter against aliasing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.resample.positions import EVEN, Floats

_ATTENUATION_DB = 50.0
_PASS, _STOP = 0.44, 0.56  # of the lower rate: 11 Hz and 14 Hz at 25 Hz
_LARGEST_TERM = 20_000  # of the ratio: beyond it the filter has millions of taps


@dataclass(frozen=True, eq=False)
class LowPass:
    """Change of rate by `up` / `down` from an even grid.

    Attributes:
        scale: grid points in a nominal sampling period.
        up: factor by which the grid is raised first.
        down: factor by which the rate of the raised grid is lowered.
        taps: coefficients of the low-pass at the raised rate.
        half: grid points that the taps reach to either side.
    """

    scale: float
    up: int
    down: int
    taps: Floats
    half: int

    def count(self, end: float) -> int:
        """Return how many outputs a segment has whose last sample is at grid position `end`."""
        return int((end + EVEN) * self.up / self.down) + 1

    def first_input(self, output: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first grid point that has a part in each output; before the start below 0."""
        return -(-output * self.down // self.up) - self.half

    def last_input(self, output: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the last grid point that has a part in each output, perhaps beyond the end."""
        return output * self.down // self.up + self.half


@lru_cache(maxsize=4)  # recordings of one dataset share their rate
def design_low_pass(rate_hz: float, target_hz: float) -> LowPass:
    """Return a Kaiser low-pass for the exact ratio of the rates as written in decimals."""
    grid_hz = float(rate_hz)
    ratio = Fraction(str(float(target_hz))) / Fraction(str(grid_hz))
    if max(ratio.numerator, ratio.denominator) > _LARGEST_TERM:
        grid_hz = float(max(round(grid_hz), 1))
        ratio = Fraction(str(float(target_hz))) / Fraction(str(grid_hz))
    scale, up, down = grid_hz / rate_hz, ratio.numerator, ratio.denominator
    if up == down:
        return LowPass(scale, 1, 1, np.ones(1), 0)
    from scipy.signal import firwin, kaiser_beta, kaiserord  # slow to import, needless to train

    lower = 1 / max(up, down)  # the lower rate, where the grid raised `up` times has rate 1
    length, _ = kaiserord(_ATTENUATION_DB, 2 * (_STOP - _PASS) * lower)
    half = -(-length // (2 * up))
    window = ("kaiser", kaiser_beta(_ATTENUATION_DB))
    taps = firwin(2 * half * up + 1, (_PASS + _STOP) / 2 * lower, window=window, fs=1.0)
    # Every phase on its own has to keep a constant: gravity must not ripple.
    phases = np.append(taps, np.zeros(up - 1)).reshape(-1, up)
    phases /= phases.sum(axis=0)
    return LowPass(scale, up, down, phases.ravel()[: len(taps)], half)


class PolyphaseFilter:
    """Low-pass filter of one segment as its grid samples come in; output i is at i · down / up.

    The signal is mirrored at both ends: with zeros there, gravity would look like a jump.
    """

    def __init__(self, design: LowPass, channels: int) -> None:
        self._design = design
        self._pad = design.half + 1
        self._inputs = np.empty((0, channels))  # that later outputs or the mirrored end need
        self._begin: int | None = None  # grid position of the first of them; None before the start
        self._next = 0  # output

    def push(self, values: Floats, end: float | None = None) -> Floats:
        """Take the next grid samples [t, channels] and return the outputs that they complete.

        Args:
            values: the samples.
            end: grid position of the end of the segment, if it ends with these samples.
        """
        up, down, half = self._design.up, self._design.down, self._design.half
        if up == down:
            return values
        inputs = np.concatenate([self._inputs, values]) if len(self._inputs) else values
        if self._begin is None and end is None and len(inputs) <= self._pad:
            self._inputs = inputs
            return values[:0]
        mirrored = (0 if self._begin is not None else self._pad, 0 if end is None else self._pad)
        if any(mirrored):
            inputs = np.pad(inputs, (mirrored, (0, 0)), mode="reflect")
        begin = -self._pad if self._begin is None else self._begin
        known = begin + len(inputs)
        stop = -(-(known - half) * up // down) if end is None else self._design.count(end)
        outputs = self._filter(inputs, begin, max(stop, self._next))
        if end is None:
            low = int(self._design.first_input(np.array(self._next)))
            self._begin = max(min(low, known - self._pad - 2), begin)
            self._inputs = inputs[self._begin - begin :].copy()
        return outputs

    def _filter(self, inputs: Floats, begin: int, stop: int) -> Floats:
        """Return the outputs up to `stop`, from inputs of which the first is at `begin`."""
        from scipy.signal import upfirdn

        up, down = self._design.up, self._design.down
        delay = self._next * down - begin * up + self._design.half * up
        shift = -delay % down
        taps = np.concatenate([np.zeros(shift), self._design.taps])
        first, count = (delay + shift) // down, stop - self._next
        self._next = stop
        outputs: Floats = upfirdn(taps, inputs.T, up, down)[:, first : first + count].T
        return outputs
