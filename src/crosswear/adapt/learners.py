"""What takes part in a choice: classical classifiers and networks, seen in one way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.adapt.network import NetworkPlan, NetworkTrainer
from crosswear.baselines import BASELINES
from crosswear.bundle.manifest import Kind
from crosswear.keys import seed_for

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]
State: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Material:
    """Labelled windows to choose on.

    Attributes:
        x: float32 [N, 3, L], in g.
        y: integers [N] from 0 to `classes` - 1.
        classes: size C of the class table.
        rate_hz: sampling rate of the windows.
        seed: of everything random.
    """

    x: NDArray[np.float32]
    y: NDArray[np.integer]
    classes: int
    rate_hz: float
    seed: int


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

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """Learn from some windows; the class probabilities [n, C] of others."""
        ...

    def final(self) -> State:
        """Learn from all windows; plain arrays, as a bundle holds them."""
        ...

    def seconds(self, windows: int) -> float:
        """What learning from so many windows will take, roughly."""
        ...


class ClassicalLearner:
    """A classifier of `crosswear.baselines`.

    Args:
        kind: its name there.
        material: what it learns from.
    """

    plan = None

    def __init__(self, kind: Kind, material: Material) -> None:
        self.kind = kind
        self._material = material
        self._rate = 0.0

    @property
    def name(self) -> str:
        """The name in the registry."""
        return self.kind

    def probabilities(self, train: Rows, test: Rows) -> Floats:
        """See `Learner`."""
        start = time.perf_counter()
        data = self._material
        seed = seed_for(data.seed, self.kind)
        fit = BASELINES[self.kind].fit
        fitted = fit(data.x[train], data.y[train], data.classes, data.rate_hz, seed)
        scores = fitted.scores(data.x[test])
        self._rate = (time.perf_counter() - start) / len(train)
        return scores

    def final(self) -> State:
        """See `Learner`."""
        data = self._material
        seed = seed_for(data.seed, self.kind)
        return BASELINES[self.kind].fit(data.x, data.y, data.classes, data.rate_hz, seed).state()

    def seconds(self, windows: int) -> float:
        """From the last time that it learned; 0 before."""
        return self._rate * windows


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
