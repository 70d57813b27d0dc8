"""MiniRocket's features: shares of samples at which convolutions are larger than biases.

Each kernel weighs six taps by -1 and three by 2, so the 84 of a dilation share the sum of all nine:
a convolution is three times the sum of its three taps, less that. The windows of a batch lie side
by side in memory: numpy compares and counts them together, in blocks that stay in the cache.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

TAPS = 9
KERNELS = tuple(itertools.combinations(range(TAPS), 3))
"""The three taps of weight 2 of each of the 84 kernels; the other six weigh -1."""
WINDOWS = 96
"""Windows in a batch at most: more are no faster."""
BLOCK = 1 << 17
"""Samples of convolutions that are compared with one bias after another: 512 KB."""
_MOST = 255  # rows whose flags can be added in a byte


class PositiveShares:
    """The features of windows, by chosen kernels.

    A window's features depend neither on its batch nor on the number of threads. For samples in
    steps (`crosswear.signal.windows.in_steps`) they are exact: their sums are not rounded.

    Args:
        state: `dilations`, `quantiles`, `biases` and `channels` of `baselines.minirocket`.
    """

    def __init__(self, state: Mapping[str, NDArray[Any]]) -> None:
        self._dilations: list[int] = state["dilations"].tolist()
        added, which = np.unique(state["channels"], axis=0, return_inverse=True)
        self._added = added
        self._which = which.reshape(len(self._dilations), len(KERNELS)).tolist()
        cuts = np.cumsum(state["quantiles"] * len(KERNELS))[:-1]
        parts = np.split(state["biases"], cuts)
        self._biases = [part.reshape(len(KERNELS), -1) for part in parts]
        self._size = len(state["biases"])

    def __call__(self, x: Floats) -> Floats:
        """Return the features [n, F] of windows [n, C, L].

        For each kernel and bias the share of samples at which the convolution is larger; every
        other kernel counts only where it lies wholly in the window.
        """
        features = np.empty((len(x), self._size), np.float32)
        batches = -(-len(x) // WINDOWS)
        for batch in np.array_split(np.arange(len(x)), batches) if batches else ():
            some = slice(batch[0], batch[-1] + 1)
            self._fill(features[some], np.asarray(x[some], np.float32))
        return features

    def _fill(self, features: Floats, x: Floats) -> None:
        """Write the features [n, F] of a batch."""
        n, _, samples = x.shape
        reach = TAPS // 2 * max(self._dilations)
        padded = np.pad(x.transpose(1, 2, 0), ((0, 0), (reach, reach), (0, 0)))
        signals = [padded[channels].sum(axis=0) for channels in self._added]
        memory = _Memory(max(BLOCK, samples * n))
        written = 0
        for number, dilation in enumerate(self._dilations):
            margin = TAPS // 2 * dilation
            shares = np.empty((*self._biases[number].shape, n), np.float32)
            for odd in (0, 1):
                cut = margin if odd == (number % 2 == 0) else 0
                first, rows = reach - margin + cut, samples - 2 * cut
                starts = range(first, first + TAPS * dilation, dilation)
                parts = [_Parts(one, starts, rows) for one in signals]
                for some, y in self._convolutions(number, odd, parts, memory):
                    limits = self._biases[number][some]
                    shares[some] = _larger(y, limits, memory.flags) / np.float32(rows)
            features[:, written : written + len(shares[0]) * len(KERNELS)] = shares.reshape(-1, n).T
            written += len(shares[0]) * len(KERNELS)

    def _convolutions(
        self, number: int, odd: int, parts: Sequence[_Parts], memory: _Memory
    ) -> Iterator[tuple[slice, Floats]]:
        """Yield the odd or even kernels of a dilation, some at a time, with [rows, kernels, n]."""
        rows, n = parts[0].all_taps.shape
        each = max(1, BLOCK // (rows * n))
        kernels = range(odd, len(KERNELS), 2)
        total = memory.total[: rows * n].reshape(rows, n)
        for first in range(0, len(kernels), each):
            some = kernels[first : first + each]
            y = memory.values[: rows * len(some) * n].reshape(rows, len(some), n)
            for place, kernel in enumerate(some):
                part = parts[self._which[number][kernel]]
                one, two, three = KERNELS[kernel]
                np.add(part.taps[one], part.taps[two], total)
                np.add(total, part.taps[three], total)
                np.subtract(total, part.all_taps, y[:, place])
            yield slice(some.start, some.stop, 2), y


class _Parts:
    """Sums of what kernels see of a signal: three times each tap [rows, n], and all taps."""

    def __init__(self, signal: Floats, starts: Sequence[int], rows: int) -> None:
        seen = [signal[start : start + rows] for start in starts]
        self.all_taps = sum(seen[1:], seen[0])
        tripled = 3 * signal
        self.taps = [tripled[start : start + rows] for start in starts]


class _Memory:
    """Arrays that are filled over and over: fresh ones take as long as the arithmetic."""

    def __init__(self, size: int) -> None:
        self.values = np.empty(size, np.float32)
        self.total = np.empty(size, np.float32)
        self.flags = np.empty(size, np.bool_)


def _larger(y: Floats, limits: Floats, memory: NDArray[np.bool_]) -> Floats:
    """Return in how many of the rows of y [rows, K, n] it is above limits [K, B]; [K, B, n]."""
    rows, kernels, n = y.shape
    y = y.reshape(rows, -1)
    flags = memory[: y.size].reshape(y.shape)
    parts = [flags[first : first + _MOST].view(np.uint8) for first in range(0, rows, _MOST)]
    counts = np.zeros((limits.shape[1], kernels * n), np.float32)
    for count, limit in zip(counts, np.repeat(limits.T, n, axis=1), strict=True):
        np.greater(y, limit, flags)
        for part in parts:
            count += np.add.reduce(part, axis=0, dtype=np.uint8)
    return counts.reshape(-1, kernels, n).transpose(1, 0, 2)
