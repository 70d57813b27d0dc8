"""Distance of windows from those that a model has learned from.

The squared Mahalanobis distance of a window's features from their mean, with the covariance of
Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal
of Multivariate Analysis 88(2), 2004. Lee et al., "A simple unified framework for detecting
out-of-distribution samples and adversarial attacks", NeurIPS 2018, use this distance for models
that are trained. Its logarithm is compared with that of windows with the same answer: a window of
running is farther from the mean than one of sitting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.features import bounded_features

FALSE_ALARMS = 0.01
"""Share of windows, and of whole recordings, of new people that count as unfamiliar by chance."""
FEWEST = 20
"""Windows from which on a recording is judged as a whole."""

Floats: TypeAlias = NDArray[np.float64]
_BATCH = 256  # windows: 10 MB


@dataclass(frozen=True, eq=False)
class Reference:
    """The windows that a model has learned from, in features.

    Attributes:
        mean: [F].
        whitening: [F, F], its product with features less `mean` has unit covariance.
        usual: [2, C], mean and standard deviation of the logarithmic distance of windows of other
            people, by the class that the model answers.
    """

    mean: Floats
    whitening: Floats
    usual: Floats

    def strangeness(
        self, x: NDArray[np.float32], answers: NDArray[np.int64], rate_hz: float
    ) -> Floats:
        """Return how far windows are from the reference, in standard deviations; [N].

        The same window gives the same number, to the last bit, alone or among others.

        Args:
            x: windows [N, 3, L] in g.
            answers: [N], the class that the model answers.
            rate_hz: sampling rate.
        """
        centre, deviation = self.usual[:, answers]
        found: Floats = (log_distances(x, self, rate_hz) - centre) / deviation
        return found


def log_distances(x: NDArray[np.float32], reference: Reference, rate_hz: float) -> Floats:
    """Return the logarithm of the squared Mahalanobis distance of windows [N, 3, L] in g; [N]."""
    columns = np.ascontiguousarray(reference.whitening.T)
    found = np.empty(len(x))
    for first in range(0, len(x), _BATCH):
        batch = slice(first, first + _BATCH)
        centred = bounded_features(x[batch], rate_hz) - reference.mean
        # Not a product of matrices: its last digits depend on the number of rows.
        whitened = (centred[:, None, :] * columns).sum(axis=2)
        found[batch] = np.log(np.square(whitened).sum(axis=1) + 1e-9)
    return found


class Watch:
    """Counts unfamiliar windows of a recording as they come in.

    Args:
        limit: strangeness from which on a window is unfamiliar.
        recording_limit: mean strangeness from which on a recording is unfamiliar as a whole.
    """

    def __init__(self, limit: float, recording_limit: float) -> None:
        self._limit, self._recording_limit = limit, recording_limit
        self._windows = self._beyond = 0
        self._sum = 0.0

    def push(self, strangeness: Floats) -> NDArray[np.bool_]:
        """Take the next windows [N]; return which of them are unfamiliar."""
        beyond = strangeness > self._limit
        self._windows += len(beyond)
        self._beyond += int(beyond.sum())
        self._sum += float(strangeness.sum())
        return np.asarray(beyond)

    @property
    def share(self) -> float:
        """Share of the windows so far that are unfamiliar."""
        return self._beyond / max(self._windows, 1)

    @property
    def is_unfamiliar(self) -> bool:
        """Return whether the recording so far is unfamiliar as a whole."""
        return self._windows >= FEWEST and self._sum / self._windows > self._recording_limit
