"""Encoders as candidates: a logistic regression on the features of each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import numpy as np

from crosswear.adaptation.learners import PROBE, Floats, Learner, Rows, State, TrainingData
from crosswear.baselines.regression import fit_logistic
from crosswear.core.errors import UsageError
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain
from crosswear.deploy.bundle.manifest import Kind
from crosswear.encoders import Encoder, expect_onnx
from crosswear.engine.learned_datasets import learned_from

TIMED = 32
"""Windows by which the time for all of them is estimated."""
GROWTH = 1.1
"""The time for a regression grows with this power of the windows."""


class EncoderLearner:
    """A regression on the features of an encoder, which are computed once for all windows.

    Args:
        name: of the encoder.
        encoder: bound to the training data.
        data: the training data.
    """

    kind: Kind = "encoder"
    plan = None

    def __init__(self, name: str, encoder: Encoder, data: TrainingData) -> None:
        from crosswear.deploy.bundle.encoder_classifier import (
            features_for_classifier,  # an optional extra
        )

        self.name = f"encoder {name}"
        self.max_windows = len(data.y)
        self.encoder = encoder
        self._data = data
        self._features = features_for_classifier(encoder, data.x, data.rate_hz)
        self._last_timing = (0.0, 1)
        rows = np.arange(0, len(data.y), -(-len(data.y) // PROBE))
        self.probabilities(rows, rows)  # for its time

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        start = time.perf_counter()
        regression = fit_logistic(self._features[train], self._data.y[train], self._data.classes)
        found = regression.scores(self._features[test])
        self._last_timing = (time.perf_counter() - start, len(train))
        return found

    def final(self) -> State:
        """See `Learner`."""
        from crosswear.deploy.bundle.encoder_classifier import EncoderClassifier

        data, encoder = self._data, self.encoder
        regression = fit_logistic(self._features, data.y, data.classes)
        return EncoderClassifier(
            encoder.model(), encoder.manifest, data.rate_hz, regression
        ).state()

    def seconds(self, windows: int) -> float:
        """Extrapolate from the last training."""
        seconds, trained = self._last_timing
        return float(seconds * (windows / trained) ** GROWTH)


def exclude_learned(target: Domain, encoders: Iterable[Encoder], note: Note) -> list[Encoder]:
    """Return encoders that have not learned from the target: its windows would test them too well.

    Args:
        target: the domain.
        encoders: to choose from.
        note: takes a sentence about each encoder that is left out.
    """
    kept = []
    for one in encoders:
        learned = learned_from(one, target.summary.reference)
        if learned is None:
            kept.append(one)
        else:
            note(f"encoder {one.folder.name} is left out: it has learned from {learned.dataset}")
    return kept


def encoders_by_name(encoders: Iterable[Encoder]) -> dict[str, Encoder]:
    """Return encoders by the names of their folders.

    Raises:
        UsageError: if two have one name.
    """
    found: dict[str, Encoder] = {}
    for one in encoders:
        name = one.folder.resolve().name
        if name in found:
            raise UsageError(
                f"two encoders are called {name!r}",
                where=str(one.folder),
                expected="folders with different names",
            )
        found[name] = one
    return found


def encoder_learners(
    encoders: Mapping[str, Encoder], data: TrainingData, budget_s: float, note: Note
) -> list[Learner]:
    """Return a candidate for each encoder that has time for all windows.

    Args:
        encoders: by name.
        data: the training data.
        budget_s: seconds for the features of one encoder.
        note: takes a sentence about each encoder that is left out.

    Raises:
        UsageError: if the extra `onnx` is not installed, or the windows are shorter than an
            encoder's and its card refuses those.
        CheckpointError: if the file of an encoder is damaged.
    """
    if not encoders:
        return []
    expect_onnx()
    from crosswear.deploy.bundle.encoder_classifier import features_for_classifier

    found: list[Learner] = []
    for name, encoder in encoders.items():
        some = data.x[:TIMED]
        start = time.perf_counter()
        features_for_classifier(encoder, some, data.rate_hz)
        needed_s = (time.perf_counter() - start) / len(some) * len(data.x)
        if needed_s > budget_s:
            note(
                f"no time for the encoder {name}: its features of all windows take about "
                f"{needed_s:.0f} s, and it has {budget_s:.0f} s. A longer budget lets it take part"
            )
            continue
        found.append(EncoderLearner(name, encoder, data))
    return found
