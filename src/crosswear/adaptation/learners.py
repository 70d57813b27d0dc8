"""What takes part in a choice: classical classifiers and networks, seen in one way."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.network import NetworkPlan, NetworkTrainer
from crosswear.baselines import BASELINES, Classifier
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.keys import seed_for
from crosswear.deploy.bundle.manifest import Kind

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]
State: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Labelled windows to choose on.

    Attributes:
        x: float32 [N, 3, L], in g.
        y: integers [N] from 0 to `classes` - 1.
        classes: size C of the class table.
        rate_hz: sampling rate of the windows.
        seed: of everything random.
        others: windows of other datasets, with classes of their own.
    """

    x: NDArray[np.float32]
    y: NDArray[np.integer]
    classes: int
    rate_hz: float
    seed: int
    others: Sequence[LabelledWindows] = ()


class Learner(Protocol):
    """A candidate, bound to the windows that it learns from."""

    @property
    def name(self) -> str:
        """One readable name, unique in a choice."""
        ...

    @property
    def kind(self) -> Kind:
        """What a bundle calls it."""
        ...

    @property
    def plan(self) -> NetworkPlan | None:
        """How a network comes about; None for a classical classifier."""
        ...

    @property
    def most(self) -> int:
        """Windows that it learns from at most; of more, it takes a part."""
        ...

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """Learn from some windows; the class probabilities [n, C] of others."""
        ...

    def final(self) -> State:
        """Learn from all windows; plain arrays, as a bundle holds them."""
        ...

    def seconds(self, windows: int) -> float:
        """What learning from so many windows will take, roughly."""
        ...


PROBE = 400
"""Windows that are learned from to see how long it takes; fewer are not worth it."""
LARGEST = 10_000
"""Windows that a classical classifier learns from at most: MiniRocket has 80 kB for each."""


class ClassicalLearner:
    """A classifier of `crosswear.baselines`; the vote learns from windows of other datasets too.

    The plain baselines are in a race as they are: what they would be without anybody else's data.

    Args:
        kind: its name there.
        material: what it learns from.
        seconds: what learning may take; from too many windows it learns from a part, drawn once.
    """

    plan = None

    def __init__(self, kind: Kind, material: TrainingData, seconds: float) -> None:
        self.kind = kind
        self._material = material
        self._seed = seed_for(material.seed, kind)
        self._took = (0.0, 1)
        windows = len(material.y)
        self._order = np.random.default_rng(self._seed).permutation(windows)
        self.most = min(windows, LARGEST)
        if windows > 2 * PROBE:
            self._probe(PROBE // 8)  # what is slow at first
            probed = max(self._probe(PROBE), 1e-3)
            room = PROBE * (max(seconds, 1e-3) / probed) ** (1 / BASELINES[kind].growth)
            self.most = int(np.clip(room, PROBE, self.most))

    @property
    def name(self) -> str:
        """The name in the registry, and whether others' windows are in it."""
        with_others = self._material.others and BASELINES[self.kind].fit_with_others
        return f"{self.kind}, whitened" if with_others else self.kind

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        start = time.perf_counter()
        scores = self._fit(train).scores(self._material.x[test])
        self._took = (time.perf_counter() - start, min(len(train), self.most))
        return scores

    def final(self) -> State:
        """See `Learner`."""
        return self._fit(np.arange(len(self._material.y))).state()

    def seconds(self, windows: int) -> float:
        """From the last time that it learned; 0 before."""
        seconds, learned = self._took
        return float(seconds * (min(windows, self.most) / learned) ** BASELINES[self.kind].growth)

    def _fit(self, train: Rows) -> Classifier:
        data = self._material
        if len(train) > self.most:
            train = np.sort(self._order[np.isin(self._order, train)][: self.most])
        known = (data.x[train], data.y[train], data.classes, data.rate_hz, self._seed)
        baseline = BASELINES[self.kind]
        if baseline.fit_with_others:
            return baseline.fit_with_others(*known, data.others)
        return baseline.fit(*known)

    def _probe(self, windows: int) -> float:
        start = time.perf_counter()
        self._fit(np.sort(self._order[:windows]))
        return time.perf_counter() - start


class NetworkLearner:
    """A network, from scratch or from a source.

    Args:
        plan: how it comes about.
        trainer: bound to what it learns from.
    """

    kind: Kind = "network"

    def __init__(self, plan: NetworkPlan, trainer: NetworkTrainer) -> None:
        self.plan = plan
        self._trainer = trainer

    @property
    def name(self) -> str:
        """The name of the plan."""
        return self.plan.name

    @property
    def most(self) -> int:
        """All of them."""
        return len(self._trainer.x)

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        training = self._trainer.fit(self.plan, train)
        return np.asarray(training.scores(test)[0].double().softmax(dim=1).numpy(), np.float64)

    def final(self) -> State:
        """See `Learner`."""
        everything = np.arange(len(self._trainer.x))
        state = self._trainer.fit(self.plan, everything).state(0)
        return {name: value.numpy() for name, value in state.items()}

    def seconds(self, windows: int) -> float:
        """See `NetworkTrainer.seconds`."""
        return self._trainer.seconds(self.plan, windows)
