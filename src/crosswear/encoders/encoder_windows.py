"""Windows of a domain as an encoder takes them: its rate, unit, length, order of axes, layout."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import UsageError
from crosswear.core.recording import STANDARD_GRAVITY
from crosswear.encoders.card import EncoderCard
from crosswear.signal.resample.polyphase import PolyphaseFilter, design_low_pass

STILL = 1e-6
"""Deviation below which an axis counts as constant; its z-scores are zero."""

Floats = NDArray[np.float64]


def pieces(card: EncoderCard, samples: int, rate_hz: float) -> int:
    """Return how many windows of the encoder cover one of `samples` at `rate_hz`.

    Raises:
        UsageError: if it is shorter and the card does not say what becomes of it.
    """
    length = _resampled_length(samples, rate_hz, card.rate_hz)
    if length < card.samples and card.shorter is None:
        raise UsageError(
            f"windows of {samples / rate_hz:g} s are shorter than the encoder's",
            expected=f"{card.window_s:g} s, or a card that says what becomes of shorter ones",
            todo="import it again with --shorter pad, repeat or keep, or use longer windows",
        )
    return math.ceil(length / card.samples)


def encoder_windows(
    card: EncoderCard, x: NDArray[np.float32], rate_hz: float
) -> NDArray[np.float32]:
    """Return the windows that the encoder takes for windows of a domain.

    Longer windows become several pieces, evenly spread and overlapping, so that each is whole.

    Args:
        card: of the encoder.
        x: [n, 3, L] in g; the axes are x, y and z.
        rate_hz: their sampling rate.

    Returns:
        [n · pieces, 3, W] or [n · pieces, W, 3], as the card has it; W are its samples.

    Raises:
        UsageError: as `pieces`.
    """
    count = pieces(card, x.shape[2], rate_hz)
    axes = x[:, ["xyz".index(axis) for axis in card.channels]].astype(np.float64)
    signal = _resampled(axes, rate_hz, card.rate_hz)
    if card.unit == "m/s2":
        signal = signal * STANDARD_GRAVITY
    length, own = signal.shape[2], card.samples
    starts = np.rint(np.linspace(0, max(length - own, 0), count)).astype(int)
    cut = np.stack([signal[:, :, start : start + own] for start in starts], axis=1)
    cut = _normalised(card, cut.reshape(-1, 3, min(length, own)))
    if length < own and card.shorter == "repeat":
        cut = np.tile(cut, math.ceil(own / length))[:, :, :own]
    elif length < own and card.shorter == "pad":
        cut = np.pad(cut, ((0, 0), (0, 0), (0, own - length)))
    shaped = cut if card.layout == "NCL" else cut.transpose(0, 2, 1)
    return np.ascontiguousarray(shaped, dtype=np.float32)


def _normalised(card: EncoderCard, x: Floats) -> Floats:
    """Normalise [n, 3, L], in the unit and order of the card."""
    if card.normalisation == "none":
        return x
    if card.normalisation == "fixed":
        scaled: Floats = (x - np.array(card.mean)[:, None]) / np.array(card.std)[:, None]
        return scaled
    centred = x - x.mean(axis=2, keepdims=True)
    spread = centred.std(axis=2, keepdims=True)
    return np.where(spread > STILL, centred / np.maximum(spread, STILL), 0.0)


def _resampled_length(samples: int, rate_hz: float, target_hz: float) -> int:
    ratio = Fraction(str(float(target_hz))) / Fraction(str(float(rate_hz)))
    return max(round(samples * ratio), 1)


def _resampled(x: Floats, rate_hz: float, target_hz: float) -> Floats:
    """Resample windows [n, 3, L] as recordings are, mirrored at both ends."""
    count, channels, samples = x.shape
    if rate_hz == target_hz:
        return x
    length = _resampled_length(samples, rate_hz, target_hz)
    design = design_low_pass(rate_hz, target_hz)
    # A filter ends at the last sample; the last output may lie up to one output later.
    beyond = math.ceil(rate_hz / target_hz)
    columns = np.pad(x.reshape(-1, samples).T, ((0, beyond), (0, 0)), mode="reflect")
    outputs = PolyphaseFilter(design, columns.shape[1]).push(columns, end=len(columns) - 1)
    return outputs[:length].T.reshape(count, channels, length)
