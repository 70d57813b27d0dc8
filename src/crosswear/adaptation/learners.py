"""Candidates of a choice: classical classifiers and networks behind one interface."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.network import NetworkPlan, NetworkTrainer
from crosswear.baselines import BUNDLED, Classifier
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.keys import seed_for
from crosswear.deploy.bundle.manifest import Kind
from crosswear.encoders import Encoder

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]
State: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Labelled windows to train and choose on.

    Attributes:
        x: float32 [N, 3, L], in g.
        y: integers [N] from 0 to `classes` - 1.
        groups: integers [N]; windows of one group (a person, an occurrence) stay together.
        classes: size C of the class table.
        rate_hz: sampling rate of the windows.
        seed: seed of all random numbers.
        others: windows of other datasets, with classes of their own.
        encoders: imported encoders by name, each of them a candidate.
    """

    x: NDArray[np.float32]
    y: NDArray[np.integer]
    groups: NDArray[np.integer]
    classes: int
    rate_hz: float
    seed: int
    others: Sequence[LabelledWindows] = ()
    encoders: Mapping[str, Encoder] = field(default_factory=dict)


class Learner(Protocol):
    """A candidate, bound to its training data."""

    @property
    def name(self) -> str:
        """Readable name, unique among the candidates."""
        ...

    @property
    def kind(self) -> Kind:
        """Kind of model in a bundle."""
        ...

    @property
    def plan(self) -> NetworkPlan | None:
        """Training of a network; None for other kinds."""
        ...

    @property
    def encoder(self) -> Encoder | None:
        """Encoder whose features it fits; None for other kinds."""
        ...

    @property
    def max_windows(self) -> int:
        """Largest number of windows to train on; of more, a sample is drawn."""
        ...

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """Train on some windows; return the class probabilities [n, C] of others."""
        ...

    def final(self) -> State:
        """Train on all windows; return the arrays that a bundle holds."""
        ...

    def seconds(self, windows: int) -> float:
        """Return roughly how long training on this many windows takes."""
        ...


PROBE = 400
"""Most windows of a timing."""
LARGEST = 10_000
"""Windows that a classical classifier trains on at most: MiniRocket needs 80 kB for each."""


class ClassicalLearner:
    """A classifier of `crosswear.baselines`; the vote trains on windows of other datasets too.

    The plain baselines take part unchanged: they show the score without other people's data.

    Args:
        kind: its name there.
        data: the training data.
        seconds: time for one training; of too many windows, it trains on a sample, drawn once.
    """

    plan = None
    encoder = None

    def __init__(self, kind: Kind, data: TrainingData, seconds: float) -> None:
        self.kind = kind
        self.name = f"{kind}, whitened" if data.others and BUNDLED[kind].fit_with_others else kind
        self._data = data
        self._seed = seed_for(data.seed, kind)
        self._last_timing = (0.0, 1)
        windows = len(data.y)
        self._order = np.random.default_rng(self._seed).permutation(windows)
        self.max_windows = min(windows, LARGEST)
        self._probe(PROBE // 8)  # the first call is slower
        probed = max(self._probe(PROBE), 1e-3)
        if windows > 2 * PROBE:
            room = PROBE * (max(seconds, 1e-3) / probed) ** (1 / BUNDLED[kind].growth)
            self.max_windows = int(np.clip(room, PROBE, self.max_windows))

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        start = time.perf_counter()
        scores = self._fit(train).scores(self._data.x[test])
        self._last_timing = (time.perf_counter() - start, min(len(train), self.max_windows))
        return scores

    def final(self) -> State:
        """See `Learner`."""
        return self._fit(np.arange(len(self._data.y))).state()

    def seconds(self, windows: int) -> float:
        """Extrapolate from the last training."""
        seconds, trained = self._last_timing
        return float(
            seconds * (min(windows, self.max_windows) / trained) ** BUNDLED[self.kind].growth
        )

    def _fit(self, train: Rows) -> Classifier:
        data = self._data
        if len(train) > self.max_windows:
            train = np.sort(self._order[np.isin(self._order, train)][: self.max_windows])
        arguments = (data.x[train], data.y[train], data.classes, data.rate_hz, self._seed)
        baseline = BUNDLED[self.kind]
        if baseline.fit_with_others:
            return baseline.fit_with_others(*arguments, data.others)
        return baseline.fit(*arguments)

    def _probe(self, windows: int) -> float:
        """Return the seconds to train on some windows, and to classify as many."""
        rows = np.sort(self._order[:windows])
        if len(np.unique(self._data.y[rows])) > 1:  # as in every fold
            self.probabilities(rows, rows)
        return self._last_timing[0]


class NetworkLearner:
    """A network, from scratch or from a source.

    Args:
        plan: source, transfer and training.
        trainer: bound to the training data.
    """

    kind: Kind = "network"
    encoder = None

    def __init__(self, plan: NetworkPlan, trainer: NetworkTrainer) -> None:
        self.plan, self.name = plan, plan.name
        self.max_windows = len(trainer.x)
        self._trainer = trainer

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        training = self._trainer.fit(self.plan, train)
        return np.asarray(training.scores(test)[0].double().softmax(dim=1).numpy(), np.float64)

    def final(self) -> State:
        """See `Learner`."""
        state = self._trainer.fit(self.plan, np.arange(self.max_windows)).state(0)
        return {name: value.numpy() for name, value in state.items()}

    def seconds(self, windows: int) -> float:
        """See `NetworkTrainer.seconds`."""
        return self._trainer.seconds(self.plan, windows)
