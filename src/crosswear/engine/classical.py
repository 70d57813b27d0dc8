"""Classical baselines as cells: what they learn from, and when they are done.

`forest`, `extra-trees`, `minirocket` and `vote` (`crosswear.baselines`) see the windows of the
adaptation set alone; with sources, the latter two are whitened by train windows of these.
`logistic` is a logistic regression on what all frozen blocks of a source network and its spectral
branch make of these windows: what a user gets of a source network without training any network.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from crosswear.baselines.forest import grow_forest
from crosswear.baselines.minirocket import fit_minirocket
from crosswear.baselines.vote import fit_vote
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.config import TrainConfig, TransferConfig
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset, channel_names
from crosswear.datasets.domain import Domain, load_domain
from crosswear.engine.cached_inputs import InputCache
from crosswear.engine.subsets import adaptation_set, count, source_weights, weight_seed
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.grid.result import CellResult, Timing
from crosswear.networks.models import build
from crosswear.networks.transfer import plan_transfer
from crosswear.signal.features import window_features

ITERATIONS = 5000
KEPT = 2
"""Domains whose features are held: a worker goes from one target to the next."""

Indices: TypeAlias = NDArray[np.int64]
Predict: TypeAlias = Callable[[Indices], NDArray[np.integer]]
"""The classes of windows of the domain, as a fitted classifier has them."""


class ClassicalTrainer:
    """Fits and tests cohorts of classical cells.

    Args:
        fronts: of the networks that `logistic` looks through.
    """

    def __init__(self, cached_inputs: InputCache) -> None:
        self.cached_inputs = cached_inputs
        self._features: OrderedDict[tuple[Path, float], NDArray[np.float64]] = OrderedDict()

    def __call__(self, cohort: Cohort, domain: Domain) -> list[Outcome]:
        """The outcome of each cell of a cohort; they share method, target and source."""
        # Sums over several threads would depend on how many there are.
        with threadpool_limits(1):
            return [self._train(task, domain) for task in cohort]

    def _train(self, task: Task, domain: Domain) -> Outcome:
        begun = time.perf_counter()
        predict = self._fit(task, domain, adaptation_set(task.cell, domain))
        fitted = time.perf_counter()
        counts = count(domain, predict(domain.indices(Subset.TEST)))
        result = CellResult(len(domain.classes), counts)
        return Outcome(task, result, Timing(fitted - begun, time.perf_counter() - fitted))

    def _fit(self, task: Task, domain: Domain, rows: Indices) -> Predict:
        x, y = domain.windows.x, domain.windows.y[rows]
        classes, seed = len(domain.classes), weight_seed(task.cell)
        if task.cell.method == "logistic":
            return _logistic(self._frozen(task, domain), rows, y)
        known = (y, classes, task.rate_hz, seed)
        if task.cell.method == "minirocket":
            rocket = fit_minirocket(x[rows], *known, _others(task))
            return lambda test: rocket.scores(x[test]).argmax(axis=1)
        features = self._established(task, domain)  # computed once for all cells
        if task.cell.method == "vote":
            vote = fit_vote(x[rows], *known, _others(task), features[rows])
            return lambda test: vote.vote(x[test], features[test]).argmax(axis=1)
        forest = grow_forest(features[rows], *known, extra=task.cell.method == "extra-trees")
        return lambda test: forest.vote(features[test]).argmax(axis=1)

    def _established(self, task: Task, domain: Domain) -> NDArray[np.float64]:
        """`window_features` [N, F] of all windows."""
        key = (domain.folder, task.rate_hz)
        if key not in self._features:
            self._features[key] = window_features(domain.windows.x, task.rate_hz)
            while len(self._features) > KEPT:
                self._features.popitem(last=False)
        return self._features[key]

    def _frozen(self, task: Task, domain: Domain) -> NDArray[np.float64]:
        """What the source network's blocks make of all windows, [N, F]: means over time.

        And over frequency for the spectral branch. Means do better than all values one by one for
        few windows, and as well for many; the dense layers behind have forgotten what their own
        classes do not need.
        """
        cell = task.cell
        if cell.model is None:
            raise ValueError("a cell that looks through a network has model settings")
        # What the source has not it cannot look through.
        sensors = tuple(one for one in domain.sensors if one in task.source_sensors)
        network = build(cell.model, len(domain.classes), domain.samples, 0, sensors)
        whole = TransferConfig(freeze_spectral=True)
        plan = plan_transfer(network, whole, cell.blocks, source_sensors=task.source_sensors)
        frozen = plan.apply(network, source_weights(task, cell.model, domain)).frozen
        train = TrainConfig()
        weights = str(task.source or cell.study_seed)
        origin = (task.domains, sensors, cell.model, train.precision, weights)
        x = domain.windows.x[:, : len(channel_names(sensors))]
        cached_input = self.cached_inputs.get(origin, x, network, frozen, train)
        pooled = torch.cat([part.mean(dim=-1).flatten(1) for part in cached_input], dim=1)
        return pooled.numpy(force=True).astype(np.float64)


def _others(task: Task) -> list[LabelledWindows]:
    """Labelled windows of the sources of a cell that is whitened; the same for all its sizes."""
    cell, drawn = task.cell, []
    for name, folder in zip(cell.sources, task.source_domains, strict=True):
        domain = load_domain(folder)
        windows = LabelledWindows.of(domain.windows, domain.indices(Subset.TRAIN))
        drawn.append(windows.draw(seed_for(cell.study_seed, "whitening", name, cell.split)))
    return drawn


def _logistic(features: NDArray[np.float64], rows: Indices, y: NDArray[np.integer]) -> Predict:
    if len(np.unique(y)) == 1:
        return lambda test: np.full(len(test), y[0])
    # Scaled by the adaptation set alone.
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    model.fit(features[rows], y)

    def predict(test: Indices) -> NDArray[np.integer]:
        found: NDArray[np.integer] = model.predict(features[test])
        return found

    return predict
