"""Over how many windows labels are smoothed: as many as pay on people held back."""

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
    """The number of windows whose mean recognises held-back windows best; of equal ones the least.

    By macro-F1: what smoothing wipes out is short and thereby rare, and would not count by
    micro-F1.

    Args:
        probabilities: of held-back windows [n, C].
        y: their classes [n].
        runs: rows of windows that follow on each other, as of `runs_of`.
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
    """Places in `rows` of windows that follow on each other, run by run.

    Args:
        windows: of a domain.
        rows: some of them, rising.
        hop: raw samples between neighbouring windows.
    """
    same = np.diff(windows.recording[rows]) == 0
    near = np.diff(windows.start[rows]) < 1.5 * hop
    return np.split(np.arange(len(rows)), np.flatnonzero(~(same & near)) + 1)
