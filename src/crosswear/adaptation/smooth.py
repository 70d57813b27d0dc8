"""Choice of the number of windows to smooth labels over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Windows
from crosswear.deploy.bundle.manifest import SMOOTHINGS, Smoothed
from crosswear.deploy.bundle.smoothing import Smoothing
from crosswear.signal.metrics import confusion, per_class_f1

Floats = NDArray[np.float64]


def choose_smoothing(
    probabilities: Floats, y: NDArray[np.integer], runs: Sequence[NDArray[np.int64]]
) -> Smoothed:
    """Return the number of windows with the best macro-F1; the smallest of equal ones.

    Smoothing removes short activities, which are rare: micro-F1 would hardly count them.

    Args:
        probabilities: [n, C] of test windows.
        y: their classes [n].
        runs: rows of consecutive windows, as of `runs_of`.
    """
    rows = np.concatenate(runs)
    truth = np.asarray(y[rows], np.int64)
    scores = {}
    for windows in SMOOTHINGS:
        smoothing = Smoothing(probabilities.shape[1], windows)
        smooth = [smoothing.push(probabilities[run], last=True)[1] for run in runs]
        answers = np.concatenate(smooth).argmax(axis=1)
        f1 = per_class_f1(confusion(truth, answers, probabilities.shape[1]))
        scores[windows] = float(f1[np.unique(truth)].mean())
    return max(SMOOTHINGS, key=lambda windows: (scores[windows], -windows))


def runs_of(windows: Windows, rows: NDArray[np.int64], hop: float) -> list[NDArray[np.int64]]:
    """Return the indices into `rows` of consecutive windows, run by run.

    Args:
        windows: of a domain.
        rows: indices of some windows, rising.
        hop: raw samples between neighbouring windows.
    """
    same = np.diff(windows.recording[rows]) == 0
    near = np.diff(windows.start[rows]) < 1.5 * hop
    return np.split(np.arange(len(rows)), np.flatnonzero(~(same & near)) + 1)
